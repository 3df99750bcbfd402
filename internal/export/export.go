// Package export writes a phonebook for people and programs outside: as JSON,
// as CSV for a spreadsheet, and as vCards for another address book.
//
// What stands in a phonebook was typed by anybody, often by strangers whose
// messages were saved as contacts. Each writer takes care that it arrives as
// data: no cell runs as a formula, no line end begins another vCard.
package export

import (
	"encoding/json"
	"io"

	"contactsync/internal/phonebook"
)

// JSON writes a phonebook as one document, indented, with a line end.
func JSON(w io.Writer, pb phonebook.Phonebook) error {
	if pb.Entries == nil {
		pb.Entries = []phonebook.Entry{} // an empty list, where null would break a reader's loop
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(pb)
}
