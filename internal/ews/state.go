package ews

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"contactsync/internal/phonebook"
)

// state is what a reading leaves for the next one: how far each folder has
// been followed. Its text is JSON in one line.
type state struct {
	Mail    string     `json:"mail"` // the mailbox's address
	Folders []followed `json:"folders"`
}

// followed is a folder with the SyncState that the service gave last.
type followed struct {
	ID        string `json:"id,omitempty"` // empty: Contacts, which comes first
	SyncState string `json:"state"`
}

var errDamaged = errors.New("it is damaged")

// parseState returns the folders of a state that a reading of this mailbox
// returned; none where the text is empty. The error is phonebook.ErrStale.
func parseState(text, mail string) ([]followed, error) {
	if text == "" {
		return nil, nil
	}
	var s state
	if err := json.Unmarshal([]byte(text), &s); err != nil || !s.whole() {
		return nil, stale(errDamaged)
	}
	if !strings.EqualFold(s.Mail, mail) {
		return nil, stale(fmt.Errorf("it is one of another mailbox, %s", s.Mail))
	}
	return s.Folders, nil
}

// whole tells whether the state names Contacts first, and each folder once.
func (s state) whole() bool {
	seen := make(map[string]bool, len(s.Folders))
	for i, f := range s.Folders {
		if f.SyncState == "" || (f.ID == "") != (i == 0) || seen[f.ID] {
			return false
		}
		seen[f.ID] = true
	}
	return len(s.Folders) > 0
}

func (s state) text() (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

// stale says why only a full reading helps.
func stale(why error) error { return fmt.Errorf("%w: %w", phonebook.ErrStale, why) }
