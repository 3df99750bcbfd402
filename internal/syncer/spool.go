package syncer

import (
	"crypto/sha256"
	"strings"

	"contactsync/internal/phonebook"
)

// Versions of contacts that become no entry.
const (
	gone    int32 = -1 // from the mailbox
	noPlace int32 = -2 // in a phonebook, as the settings want it
	blank   int32 = -3 // without anything by which it could be told
)

// spool holds what was read of a mailbox until it has been read whole. A
// service can tell a contact twice, where the mailbox changes between two
// pages: the last version counts.
type spool struct {
	records   records               // all versions
	versions  int32                 // that were put
	last      map[fingerprint]int32 // the version of each contact that counts
	live      int                   // contacts that become an entry
	placeless int                   // contacts that the settings leave out
	dropped   map[string]struct{}   // ids of contacts that become no entry
	id        []byte                // scratch space
}

// fingerprint stands for an id, which can be long.
type fingerprint [16]byte

func fingerprintOf(id []byte) fingerprint {
	sum := sha256.Sum256(id)
	return fingerprint(sum[:16])
}

// put takes the entry of a contact.
func (s *spool) put(e phonebook.Entry) error {
	s.set(e.ID, s.versions)
	delete(s.dropped, e.ID)
	s.versions++
	return s.records.add(&e)
}

// drop takes note of a contact that is gone, or has no place.
func (s *spool) drop(id string, why int32) {
	s.set(id, why)
	if s.dropped == nil {
		s.dropped = make(map[string]struct{})
	}
	s.dropped[strings.Clone(id)] = struct{}{} // it is part of a page, which need not stay
}

func (s *spool) set(id string, version int32) {
	if s.last == nil {
		s.last = make(map[fingerprint]int32)
	}
	s.id = append(s.id[:0], id...)
	f := fingerprintOf(s.id)
	if before, ok := s.last[f]; ok {
		s.count(before, -1)
	}
	s.count(version, 1)
	s.last[f] = version
}

// count counts a contact of that version more, or one less.
func (s *spool) count(version int32, by int) {
	switch {
	case version >= 0:
		s.live += by
	case version == noPlace:
		s.placeless += by
	}
}

// moveTo adds the version that counts of each contact to other records.
func (s *spool) moveTo(other *records) error {
	all := s.records.from(0)
	var record []byte
	var err error
	for i := int32(0); i < s.versions; i++ {
		if record, err = next(all, record); err != nil {
			return err
		}
		if s.last[fingerprintOf(idOf(record))] != i {
			continue
		}
		if err := other.addRecord(record); err != nil {
			return err
		}
	}
	return nil
}

// reset makes the spool empty again, for the next mailbox.
func (s *spool) reset() {
	s.records.reset()
	if s.versions > maxKept {
		s.last = nil
	}
	clear(s.last)
	*s = spool{records: s.records, last: s.last, id: s.id}
}

// maxKept is the size up to which a map's memory is kept for the next mailbox.
const maxKept = 4096
