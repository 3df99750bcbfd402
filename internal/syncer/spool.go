package syncer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"iter"
	"os"
	"slices"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// inMemory is how many bytes of a mailbox are held in memory, about those of a
// thousand contacts; what comes before lies in a file, so that memory does not
// grow with the mailbox.
const inMemory = 1 << 19

// none is the version of a contact that is gone, or has no place in a
// phonebook.
const none = -1

// spool holds what was read of a mailbox until it has been read whole. A
// service can tell a contact twice, where the mailbox changes between two
// pages: the last version counts.
//
// Entries are held as bytes: their texts are parts of larger ones, which the
// source has from the service and which would have to stay as well.
type spool struct {
	versions int32                 // that were put
	last     map[fingerprint]int32 // the version of each contact that counts, or none
	live     int                   // contacts that have one
	gone     map[string]struct{}   // ids of contacts without one
	file     *os.File              // the first versions; nil: none. It has no name
	rest     []byte                // the other versions
}

// fingerprint stands for an id, which can be long.
type fingerprint [16]byte

func fingerprintOf(id string) fingerprint {
	sum := sha256.Sum256([]byte(id))
	return fingerprint(sum[:16])
}

// put takes the entry of a contact.
func (s *spool) put(e phonebook.Entry) error {
	s.set(e.ID, s.versions)
	delete(s.gone, e.ID)
	s.versions++
	start := len(s.rest)
	s.rest = appendEntry(append(s.rest, make([]byte, sizeOfLength)...), &e)
	binary.LittleEndian.PutUint32(s.rest[start:], uint32(len(s.rest)-start-sizeOfLength))
	if len(s.rest) < inMemory {
		return nil
	}
	return s.spill()
}

// sizeOfLength is that of the number before each entry.
const sizeOfLength = 4

// spill moves what is in memory to the file.
func (s *spool) spill() error {
	if s.file == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	if _, err := s.file.Write(s.rest); err != nil {
		return noRoom("write", err)
	}
	s.rest = s.rest[:0]
	return nil
}

// drop takes note of a contact that is gone, or has no place in a phonebook.
func (s *spool) drop(id string) {
	s.set(id, none)
	if s.gone == nil {
		s.gone = make(map[string]struct{})
	}
	s.gone[id] = struct{}{}
}

func (s *spool) set(id string, version int32) {
	if s.last == nil {
		s.last = make(map[fingerprint]int32)
	}
	f := fingerprintOf(id)
	if before, ok := s.last[f]; ok && before != none {
		s.live--
	}
	if version != none {
		s.live++
	}
	s.last[f] = version
}

// open makes the file and takes its name away, so that it goes with the
// process whatever happens.
func (s *spool) open() (err error) {
	if s.file, err = os.CreateTemp("", "contactsync"); err != nil {
		return noRoom("make", err)
	}
	return os.Remove(s.file.Name())
}

// noRoom explains a failure of the temporary file.
func noRoom(what string, err error) error {
	return fault.New(fault.Member, "free some space in "+os.TempDir()+", or let the environment variable TMPDIR name another folder",
		"%s the temporary file for a large mailbox: %w", what, err)
}

// close releases what the spool holds, and leaves it empty.
func (s *spool) close() error {
	file := s.file
	*s = spool{}
	if file == nil {
		return nil
	}
	return file.Close()
}

// entries returns the version that counts of each contact.
func (s *spool) entries() iter.Seq2[phonebook.Entry, error] {
	return func(yield func(phonebook.Entry, error) bool) {
		all, err := s.reader()
		var record []byte
		for i := int32(0); i < s.versions && err == nil; i++ {
			if record, err = next(all, record); err != nil {
				err = noRoom("read", err)
				break
			}
			e := entryOf(string(record))
			if s.last[fingerprintOf(e.ID)] == i && !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(phonebook.Entry{}, err)
		}
	}
}

// reader reads all versions: from the file, where there is one.
func (s *spool) reader() (io.Reader, error) {
	if s.file == nil {
		return bytes.NewReader(s.rest), nil
	}
	if err := s.spill(); err != nil {
		return nil, err
	}
	s.rest = nil
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, noRoom("read", err)
	}
	return bufio.NewReaderSize(s.file, 1<<16), nil
}

// next returns the next version's bytes, in the room of the last.
func next(r io.Reader, record []byte) ([]byte, error) {
	record = slices.Grow(record[:0], sizeOfLength)[:sizeOfLength]
	if _, err := io.ReadFull(r, record); err != nil {
		return record, err
	}
	size := int(binary.LittleEndian.Uint32(record))
	record = slices.Grow(record[:0], size)[:size]
	_, err := io.ReadFull(r, record)
	return record, err
}
