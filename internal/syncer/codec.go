package syncer

import (
	"encoding/binary"

	"contactsync/internal/phonebook"
)

// appendEntry appends an entry as bytes, which only entryOf reads: each text
// with its length before it, each list with its number of parts.
func appendEntry(b []byte, e *phonebook.Entry) []byte {
	for _, text := range []string{
		e.ID, e.DisplayName, e.GivenName, e.Surname, e.Company, e.Department, e.JobTitle, e.Birthday, e.Notes,
	} {
		b = appendText(b, text)
	}
	b = appendTexts(b, e.Emails)
	b = appendTexts(b, e.Categories)
	b = binary.AppendUvarint(b, uint64(len(e.Numbers)))
	for _, n := range e.Numbers {
		b = appendText(appendText(appendText(b, string(n.Kind)), n.Number), n.AsTyped)
	}
	b = binary.AppendUvarint(b, uint64(len(e.Addresses)))
	for _, a := range e.Addresses {
		for _, text := range []string{string(a.Kind), a.Street, a.PostalCode, a.City, a.State, a.Country} {
			b = appendText(b, text)
		}
	}
	return b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendTexts(b []byte, texts []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(texts)))
	for _, text := range texts {
		b = appendText(b, text)
	}
	return b
}

// entryOf is the reverse of appendEntry. The entry's texts are parts of record.
func entryOf(record string) (e phonebook.Entry) {
	r := record
	for _, text := range []*string{
		&e.ID, &e.DisplayName, &e.GivenName, &e.Surname, &e.Company, &e.Department, &e.JobTitle, &e.Birthday, &e.Notes,
	} {
		*text = cutText(&r)
	}
	e.Emails, e.Categories = cutTexts(&r), cutTexts(&r)
	if n := cutLength(&r); n > 0 {
		e.Numbers = make([]phonebook.Number, n)
	}
	for i := range e.Numbers {
		e.Numbers[i] = phonebook.Number{Kind: phonebook.Kind(cutText(&r)), Number: cutText(&r), AsTyped: cutText(&r)}
	}
	if n := cutLength(&r); n > 0 {
		e.Addresses = make([]phonebook.Address, n)
	}
	for i := range e.Addresses {
		e.Addresses[i] = phonebook.Address{
			Kind: phonebook.AddressKind(cutText(&r)), Street: cutText(&r), PostalCode: cutText(&r),
			City: cutText(&r), State: cutText(&r), Country: cutText(&r),
		}
	}
	return e
}

// idOf returns the id in a record.
func idOf(record []byte) []byte {
	n, size := binary.Uvarint(record)
	return record[size : size+int(n)]
}

func cutTexts(r *string) (texts []string) {
	if n := cutLength(r); n > 0 {
		texts = make([]string, n)
	}
	for i := range texts {
		texts[i] = cutText(r)
	}
	return texts
}

func cutText(r *string) string {
	n := cutLength(r)
	text := (*r)[:n]
	*r = (*r)[n:]
	return text
}

// cutLength is binary.Uvarint for a string.
func cutLength(r *string) (n uint64) {
	for i, shift := 0, 0; ; i, shift = i+1, shift+7 {
		b := (*r)[i]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			*r = (*r)[i+1:]
			return n
		}
	}
}
