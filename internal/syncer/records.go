package syncer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"slices"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// inMemory is how many bytes of records are held in memory, about those of a
// thousand contacts; what comes before lies in a file, so that memory does not
// grow with a mailbox.
const inMemory = 1 << 19

// records is a row of entries as bytes, to which some are added until they are
// read. Entries are held so because their texts are parts of larger ones, which
// the source has from the service and which would have to stay as well.
type records struct {
	file *os.File // the first ones; nil: none. It has no name
	size int64    // bytes in the file
	rest []byte   // the others

	reader *bufio.Reader // of the file
}

// sizeOfLength is that of the number before each record.
const sizeOfLength = 4

// add adds an entry.
func (r *records) add(e *phonebook.Entry) error {
	start := len(r.rest)
	r.rest = appendEntry(append(r.rest, make([]byte, sizeOfLength)...), e)
	binary.LittleEndian.PutUint32(r.rest[start:], uint32(len(r.rest)-start-sizeOfLength))
	return r.spill()
}

// addRecord adds what next returned.
func (r *records) addRecord(record []byte) error {
	r.rest = append(binary.LittleEndian.AppendUint32(r.rest, uint32(len(record))), record...)
	return r.spill()
}

// end is where the next record will begin.
func (r *records) end() int64 { return r.size + int64(len(r.rest)) }

// spill moves what is in memory to the file, where it is much.
func (r *records) spill() error {
	if len(r.rest) < inMemory {
		return nil
	}
	if r.file == nil {
		if err := r.open(); err != nil {
			return err
		}
	}
	// What a failure leaves half-written is written over by the next.
	n, err := r.file.WriteAt(r.rest, r.size)
	if err != nil {
		return noRoom("write", err)
	}
	r.size += int64(n)
	r.rest = r.rest[:0]
	return nil
}

// cut takes away all from where a record begins.
func (r *records) cut(start int64) {
	if start < r.size {
		r.size, r.rest = start, r.rest[:0]
	} else {
		r.rest = r.rest[:start-r.size]
	}
}

// open makes the file and takes its name away, so that it goes with the
// process whatever happens.
func (r *records) open() (err error) {
	if r.file, err = os.CreateTemp("", "contactsync"); err != nil {
		return noRoom("make", err)
	}
	if err = os.Remove(r.file.Name()); err != nil {
		return noRoom("unlink", err)
	}
	return nil
}

// noRoom explains a failure of the temporary file.
func noRoom(what string, err error) error {
	return fault.New(fault.Member, words.Say(words.FreeTemp, os.TempDir()),
		"%s the temporary file for contacts: %w", what, err)
}

// reset makes it empty again. It keeps its memory, unless a single large record
// made it large.
func (r *records) reset() {
	if r.file != nil {
		r.file.Close() // nobody needs what is in it
	}
	if cap(r.rest) > 2*inMemory {
		r.rest = nil
	}
	*r = records{rest: r.rest[:0]}
}

// from reads from where a record begins, until it is called again. Nothing may
// be added meanwhile.
func (r *records) from(start int64) io.Reader {
	rest := bytes.NewReader(r.rest[max(start-r.size, 0):])
	if start >= r.size {
		return rest
	}
	section := &exactly{io.NewSectionReader(r.file, start, r.size-start), r.size - start}
	if r.reader == nil {
		r.reader = bufio.NewReaderSize(section, 1<<16)
	} else {
		r.reader.Reset(section)
	}
	return io.MultiReader(r.reader, rest)
}

// exactly reads so many bytes, and finds out where there are fewer.
type exactly struct {
	from io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next returns the next record, in the room of the last.
func next(from io.Reader, record []byte) ([]byte, error) {
	record = slices.Grow(record[:0], sizeOfLength)[:sizeOfLength]
	if _, err := io.ReadFull(from, record); err != nil {
		return record, noRoom("read", err)
	}
	size := int(binary.LittleEndian.Uint32(record))
	record = slices.Grow(record[:0], size)[:size]
	if _, err := io.ReadFull(from, record); err != nil {
		return record, noRoom("read", err)
	}
	return record, nil
}
