package bookdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"contactsync/internal/phonebook"
)

// squeezed is as_typed without separators, so that "12 34" is found by "1234".
const squeezed = `replace(replace(replace(replace(replace(replace(as_typed, ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', '')`

// separators are what it leaves out.
const separators = " -./()"

// squeeze does the same to what was typed.
func squeeze(typed string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(separators, r) {
			return -1
		}
		return r
	}, typed)
}

// beginnings returns what each spelling of a squeezed number begins with: its
// first two characters, the first and a separator, or a separator.
func beginnings(squeezed string) []string {
	all := []string{}
	characters := []rune(squeezed)
	if len(characters) == 0 {
		return all
	}
	for _, s := range separators {
		all = append(all, string(s), string([]rune{characters[0], s}))
	}
	return append(all, string(characters[:min(2, len(characters))]))
}

// lookup finds the rows of number first, in each of its three ways by an index,
// and then whose they are.
const lookup = `
SELECT coalesce(p.owner, ''), coalesce(e.display_name, ''), coalesce(e.company, ''), coalesce(n.kind, ''), coalesce(n.number, n.as_typed)
FROM (
	SELECT rowid AS id FROM number WHERE number IN (?1, ?2)
	UNION SELECT rowid FROM number WHERE number > ?1 || ';ext=' AND number < ?1 || ';ext>'
	UNION SELECT t.rowid FROM json_each(?5) b CROSS JOIN number t
		WHERE t.number IS NULL AND t.as_typed >= b.value AND t.as_typed < b.value || char(0x10FFFF) AND ` + squeezed + ` = ?3
) found
JOIN number n ON n.rowid = found.id
JOIN entry e ON e.id = n.entry
JOIN phonebook p ON p.id = e.phonebook
WHERE ?4 = '[]' OR p.owner IN (SELECT value FROM json_each(?4))
ORDER BY p.owner, p.id, e.id, n.position`

// Lookup returns who has a number, sorted by owner: in all phonebooks, the
// users' own too, or in those of the owners that are given.
//
// The number is looked for in two ways. number is its E.164 form, or empty
// where it has none: an extension (";ext=12") finds the number without one as
// well, and a number without one finds all its extensions. typed is how it was
// typed, and finds what is no telephone number to anybody else, such as an
// internal one; separators make no difference.
func (d *DB) Lookup(ctx context.Context, number, typed string, owners ...string) ([]phonebook.Match, error) {
	only, err := json.Marshal(append([]string{}, owners...))
	if err != nil {
		return nil, err
	}
	spelled := squeeze(typed)
	begins, err := json.Marshal(beginnings(spelled))
	if err != nil {
		return nil, err
	}
	var exact, base any // NULL is equal to nothing
	if number != "" {
		exact = number
		base, _, _ = strings.Cut(number, ";")
	}
	return list(ctx, d, "look up a number", lookup, func(rows *sql.Rows) (m phonebook.Match, err error) {
		err = rows.Scan(&m.Owner, &m.DisplayName, &m.Company, &m.Kind, &m.Number)
		return m, err
	}, exact, base, spelled, string(only), string(begins))
}

// HasPhonebook reports whether somebody owns a phonebook, managed or not.
func (d *DB) HasPhonebook(ctx context.Context, owner string) (bool, error) {
	const query = "SELECT 1 FROM phonebook WHERE owner = ? LIMIT 1"
	rows, err := list(ctx, d, "list the phonebooks", query, func(rows *sql.Rows) (one int, err error) {
		return one, rows.Scan(&one)
	}, owner)
	return len(rows) > 0, err
}
