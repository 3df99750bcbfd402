package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"contactsync/internal/bookdb"
	"contactsync/internal/export"
	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// phonebookList is `contactsync phonebook list`, with --others the question of
// the package's removal whether the file may go.
func (p *program) phonebookList(c *cli.Context) error {
	if err := nothingElse(c); err != nil {
		return err
	}
	db, err := bookdb.OpenReader(p.phonebooks)
	if err != nil {
		return p.readError(err)
	}
	defer db.Close()
	read := db.List
	if c.Bool("others") {
		read = db.ListOthers
	}
	list, err := read(c.Context)
	if err != nil {
		return p.readError(err)
	}
	if given(c, "json") {
		return json.NewEncoder(p.stdout).Encode(append([]phonebook.Summary{}, list...))
	}
	t := newTable(column{head: words.HeadOwner}, column{head: words.HeadPhonebook, spare: true}, column{head: words.HeadEntries, right: true}, column{head: words.HeadSynchronised})
	if c.Bool("others") { // a script asks for those: no line, no phonebook
		t = newTable(column{}, column{spare: true}, column{right: true}, column{})
	}
	for _, b := range list {
		t.row(b.Owner, b.Title, strconv.Itoa(b.Entries), local(b.SyncedAt))
	}
	return t.print(p.stdout)
}

// phonebookExport is `contactsync phonebook export`.
func (p *program) phonebookExport(c *cli.Context) error {
	write, err := p.exporter(c)
	if err != nil {
		return err
	}
	db, err := bookdb.OpenReader(p.phonebooks)
	if err != nil {
		return p.readError(err)
	}
	defer db.Close()
	user := c.String("user")
	book, found, err := db.Phonebook(c.Context, user)
	if err != nil {
		return p.readError(err)
	}
	if !found {
		return fault.New(fault.Usage, words.Say(words.PhonebookLists, p.command("phonebook list")), words.HasNoPhonebookYet, user)
	}
	return write(book)
}

// exporter checks the options and returns what writes a phonebook that way.
func (p *program) exporter(c *cli.Context) (func(phonebook.Phonebook) error, error) {
	if c.Args().Present() {
		return nil, unknown(c, words.TypeExport)
	}
	if c.String("user") == "" {
		return nil, fault.New(fault.Usage, words.TypeExport, words.WhosePhonebook)
	}
	delimiter, size := utf8.DecodeRuneInString(c.String("delimiter"))
	if c.String("delimiter") == `\t` || c.String("delimiter") == "tab" {
		delimiter, size = '\t', len(c.String("delimiter"))
	}
	switch format := c.String("format"); format {
	case "json":
		return func(b phonebook.Phonebook) error { return export.JSON(p.stdout, b) }, nil
	case "csv":
		if size != len(c.String("delimiter")) || size == 0 || slices.Contains([]rune("\"\r\n\uFFFD"), delimiter) {
			return nil, fault.New(fault.Usage, words.TakesDelimiter, words.NotADelimiter, c.String("delimiter"))
		}
		return func(b phonebook.Phonebook) error { return export.CSV(p.stdout, b, delimiter) }, nil
	case "vcard":
		v := c.String("vcard-version")
		if v != "3.0" && v != "4.0" {
			return nil, fault.New(fault.Usage, words.TakesVersion, words.NotAVersion, v)
		}
		return func(b phonebook.Phonebook) error { return export.VCard(p.stdout, b, v) }, nil
	default:
		return nil, fault.New(fault.Usage, words.TakesFormat, words.NotAFormat, format)
	}
}
