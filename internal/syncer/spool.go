package syncer

import (
	"bufio"
	"crypto/sha256"
	"encoding/gob"
	"io"
	"iter"
	"os"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
)

// inMemory is how many entries of a mailbox are held in memory; those of a
// larger one lie in a file meanwhile, so that memory does not grow with it.
const inMemory = 4096

// none is the version of a contact that is gone, or has no place in a
// phonebook.
const none = -1

// spool holds what was read of a mailbox until it has been read whole. A
// service can tell a contact twice, where the mailbox changes between two
// pages: the last version counts.
type spool struct {
	versions int                 // that were put
	last     map[fingerprint]int // the version of each contact that counts, or none
	live     int                 // contacts that have one
	memory   []phonebook.Entry   // the first versions
	gone     map[string]struct{} // ids of contacts without one
	file     *os.File            // the other versions; nil: none. It has no name
	buffer   *bufio.Writer       // of file
	encoder  *gob.Encoder        // to buffer
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
	if len(s.memory) < inMemory {
		s.memory = append(s.memory, e)
		return nil
	}
	if s.file == nil {
		if err := s.open(); err != nil {
			return err
		}
	}
	if err := s.encoder.Encode(e); err != nil {
		return noRoom("write", err)
	}
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

func (s *spool) set(id string, version int) {
	if s.last == nil {
		s.last = make(map[fingerprint]int)
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
	s.buffer = bufio.NewWriterSize(s.file, 1<<16)
	s.encoder = gob.NewEncoder(s.buffer)
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
		for i, e := range s.memory {
			if s.last[fingerprintOf(e.ID)] == i && !yield(e, nil) {
				return
			}
		}
		if s.file == nil {
			return
		}
		err := s.buffer.Flush()
		if err == nil {
			_, err = s.file.Seek(0, io.SeekStart)
		}
		decoder := gob.NewDecoder(bufio.NewReaderSize(s.file, 1<<16))
		for i := len(s.memory); i < s.versions && err == nil; i++ {
			var e phonebook.Entry
			if err = decoder.Decode(&e); err == nil && s.last[fingerprintOf(e.ID)] == i && !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(phonebook.Entry{}, noRoom("read", err))
		}
	}
}
