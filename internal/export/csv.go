package export

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// Delimiter is what separates a CSV's cells where nobody says otherwise: what
// spreadsheets expect in the countries that write a comma in decimals.
const Delimiter = ';'

// CSV writes a phonebook as a table: UTF-8 with a byte order mark, by which
// Excel knows it, a header, and a row for each entry, all ending in CRLF. Line
// ends within a cell stay LF, as spreadsheets write them.
//
// A number's cell holds the number in E.164, which every program dials, or
// what was typed where that is no number. A cell that a spreadsheet would run
// as a formula gets an apostrophe in front, but not a single telephone number.
// That holds for a spreadsheet that knows the delimiter; one that parts cells
// elsewhere shows a heap of fragments. All other characters stay as they are,
// those that turn the direction of writing too: they belong into Arabic and
// Hebrew names.
//
// A delimiter that CSV cannot have is a usage error, and nothing is written.
func CSV(w io.Writer, pb phonebook.Phonebook, delimiter rune) error {
	out := bufio.NewWriter(w)
	out.WriteString("\ufeff")
	t := table{out: out}
	t.cells = csv.NewWriter(&t.row)
	t.cells.Comma = delimiter
	if err := t.write(header()); err != nil {
		return fault.New(fault.Usage, words.TakesDelimiter,
			"writing CSV with the delimiter %q: %w", delimiter, err)
	}
	for _, e := range pb.Entries {
		if err := t.write(record(e)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// table writes rows. encoding/csv would turn the line ends within a cell into
// CRLF with those of the rows; so it writes each row with LF, and table ends it.
type table struct {
	out   *bufio.Writer
	row   bytes.Buffer
	cells *csv.Writer // to row
}

func (t *table) write(record []string) error {
	t.row.Reset()
	if err := t.cells.Write(record); err != nil {
		return err
	}
	t.cells.Flush()
	t.out.Write(bytes.TrimSuffix(t.row.Bytes(), []byte("\n")))
	_, err := t.out.WriteString("\r\n")
	return err
}

func header() []string {
	columns := []string{
		"display_name", "given_name", "surname", "company", "department", "job_title", "email1", "email2", "email3",
	}
	for _, kind := range phonebook.Kinds {
		columns = append(columns, string(kind))
	}
	for _, kind := range phonebook.AddressKinds {
		for _, part := range []string{"street", "postal_code", "city", "state", "country"} {
			columns = append(columns, string(kind)+"_"+part)
		}
	}
	return append(columns, "birthday", "categories", "notes")
}

// record returns the cells of an entry, in the header's order.
func record(e phonebook.Entry) []string {
	var emails [3]string
	copy(emails[:], e.Emails)
	cells := disarmed(e.DisplayName, e.GivenName, e.Surname, e.Company, e.Department, e.JobTitle,
		emails[0], emails[1], emails[2])
	for _, kind := range phonebook.Kinds {
		cells = append(cells, numbersCell(e.Numbers, kind))
	}
	for _, kind := range phonebook.AddressKinds {
		var a phonebook.Address
		if i := slices.IndexFunc(e.Addresses, func(a phonebook.Address) bool { return a.Kind == kind }); i >= 0 {
			a = e.Addresses[i]
		}
		cells = append(cells, disarmed(a.Street, a.PostalCode, a.City, a.State, a.Country)...)
	}
	// Outlook allows no comma in a category's name.
	return append(cells, disarmed(e.Birthday, strings.Join(e.Categories, ", "), e.Notes)...)
}

// numbersCell returns the cell of one kind of number.
func numbersCell(numbers []phonebook.Number, kind phonebook.Kind) string {
	var shown []string
	for _, n := range numbers {
		switch {
		case n.Kind != kind:
		case n.Number != "":
			shown = append(shown, n.Number)
		default:
			shown = append(shown, n.AsTyped)
		}
	}
	cell := strings.Join(shown, " / ")
	if oneNumber.MatchString(cell) {
		return cell
	}
	return disarm(cell)
}

// oneNumber is a telephone number that a spreadsheet shows as it is, or
// without its plus sign. Of two numbers it would show the quotient, and of
// "+49-30-90" the difference.
var oneNumber = regexp.MustCompile(`^\+[0-9][0-9 \x{a0}().]*(;ext=[0-9]+)?$`)

func disarmed(cells ...string) []string {
	for i, cell := range cells {
		cells[i] = disarm(cell)
	}
	return cells
}

// disarm puts an apostrophe before what a spreadsheet takes for a formula when
// it opens a CSV; the full-width signs count in East Asian ones.
func disarm(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
