package graph

import (
	"bytes"
	"encoding/json"
	"strings"

	"contactsync/internal/words"
)

// stateType is what a reading leaves for the next one. It can be half as long
// as the links in it, because most of a link is known.
type stateType struct {
	Mailbox string            `json:"mailbox"` // the id of it
	Folders map[string]string `json:"folders"` // by id, the default one's is empty: where the next round of delta begins
}

// state returns the state of a mailbox from where the next round of delta
// begins in each folder.
func (s *Source) state(box mailbox, next map[string]string) (string, error) {
	doc := stateType{Mailbox: box.id, Folders: make(map[string]string, len(next))}
	for id, link := range next {
		doc.Folders[id] = s.short(box, id, link)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return "", err
	}
	return strings.TrimSuffix(buf.String(), "\n"), nil
}

// parseState undoes state. The error is a *stale.
func (s *Source) parseState(box mailbox, text string) (next map[string]string, err error) {
	var doc stateType
	if json.Unmarshal([]byte(text), &doc) != nil || doc.Folders[""] == "" {
		return nil, &stale{why: words.Fill(words.StateDamaged)}
	}
	if doc.Mailbox != box.id {
		return nil, &stale{why: words.Fill(words.AnotherMailbox)}
	}
	next = make(map[string]string, len(doc.Folders))
	for id, link := range doc.Folders {
		if next[id], err = s.follow(s.long(box, id, link)); err != nil {
			return nil, &stale{why: words.Fill(words.StateDamaged), err: err}
		}
	}
	return next, nil
}

// short returns a link without its beginning, where that is as long knows it.
func (s *Source) short(box mailbox, id, link string) string {
	for _, known := range []string{s.address + deltaPath(box, id), s.address} {
		if rest, ok := strings.CutPrefix(link, known); ok && s.long(box, id, rest) == link {
			return rest
		}
	}
	return link
}

// long undoes short.
func (s *Source) long(box mailbox, id, link string) string {
	switch {
	case strings.HasPrefix(link, "?"):
		return s.address + deltaPath(box, id) + link
	case strings.HasPrefix(link, "/"):
		return s.address + link
	}
	return link
}
