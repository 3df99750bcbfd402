package journaltest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"
)

// Record is what was written at once, by the names of the fields.
type Record map[string]string

// last is what Records writes behind the programs' datagrams.
var last = []byte("last")

// Records returns what programs that have ended wrote since the last call.
func (j *Journal) Records() (all []Record) {
	j.t.Helper()
	conn, err := net.Dial("unixgram", filepath.Join(j.dir, "socket"))
	if err != nil {
		j.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(last); err != nil {
		j.t.Fatal(err)
	}
	<-j.caughtUp
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, data := range j.data {
		record, err := Parse(data)
		if err != nil {
			j.t.Errorf("%v in %q", err, data)
		}
		all = append(all, record)
	}
	j.data = nil
	return all
}

// receive takes datagrams until the socket is closed. An empty one is ignored,
// as the journal does; one with a file stands for what is in it.
func (j *Journal) receive() {
	data, rights := make([]byte, 1<<20), make([]byte, 1024)
	for {
		n, nr, _, _, err := j.conn.ReadMsgUnix(data, rights)
		switch {
		case err != nil:
			return
		case bytes.Equal(data[:n], last):
			j.caughtUp <- true
		case n > 0:
			j.keep(bytes.Clone(data[:n]))
		case nr > 0:
			j.keep(content(rights[:nr]))
		}
	}
}

func (j *Journal) keep(data []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	time.Sleep(j.slow)
	j.data = append(j.data, data)
}

// content returns what is in a file that came with a datagram. Whoever wrote
// it left the position at its end.
func content(rights []byte) []byte {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return []byte(err.Error())
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return []byte(err.Error())
	}
	f := os.NewFile(uintptr(fds[0]), "from the datagram")
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, math.MaxInt64))
	if err != nil {
		return []byte(err.Error())
	}
	return data
}

// name is that of a field as journald takes it from programs.
var name = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// Parse reads a record as "Native Journal Protocol" describes it: a field is
// either NAME=value and a line end, or, for values of any bytes, NAME, a line
// end, the length in 64 bits (little endian), the value and a line end.
func Parse(data []byte) (Record, error) {
	r := Record{}
	for len(data) > 0 {
		line, rest, ended := bytes.Cut(data, []byte("\n"))
		if !ended {
			return r, fmt.Errorf("no line end after %q", line)
		}
		key, value, short := bytes.Cut(line, []byte("="))
		if !short {
			if len(rest) < 8 || uint64(len(rest)-8) <= binary.LittleEndian.Uint64(rest) {
				return r, fmt.Errorf("no length, or more than there is, after %q", line)
			}
			size := binary.LittleEndian.Uint64(rest)
			value, rest = rest[8:8+size], rest[8+size:]
			if rest[0] != '\n' {
				return r, fmt.Errorf("no line end after the value of %q", key)
			}
			rest = rest[1:]
		}
		if _, twice := r[string(key)]; twice || !name.Match(key) {
			return r, fmt.Errorf("field %q is there twice, or is no name", key)
		}
		r[string(key)] = string(value)
		data = rest
	}
	return r, nil
}
