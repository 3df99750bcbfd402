package bookdb

import (
	"database/sql"
	"maps"
	"slices"
	"strings"
	"sync"

	"contactsync/internal/words"
	"contactsync/kvstore/dbfile"
)

// schema is what a file has of ours.
type schema struct {
	version int    // PRAGMA user_version; 0: the file is empty
	lacking []part // triggers and indexes that are missing, or are not as we made them
}

type part struct{ kind, name, sql string }

func (s schema) upToDate() bool { return s.version == len(migrations) && len(s.lacking) == 0 }

// repair returns statements that make the missing parts. Nobody knows what was
// written without the triggers.
func (s schema) repair() (steps []string) {
	for _, p := range s.lacking {
		steps = append(steps, "DROP "+p.kind+" IF EXISTS "+p.name, p.sql)
	}
	if steps != nil {
		steps = append(steps, `INSERT OR IGNORE INTO touched
			SELECT id FROM phonebook WHERE managed_by = 'contactsync' UNION SELECT 0`)
	}
	return steps
}

// schemaOf returns the schema of a file. It refuses newer ones, files of other
// programs, and those in which a table of ours is not as we made it: a view in the place of a table, for one, could keep a reader for ever.
// Tables, indexes and columns that somebody added do no harm.
func schemaOf(q querier) (s schema, err error) {
	have, err := objectsOf(q)
	if err != nil {
		return s, err
	}
	err = q.QueryRow("PRAGMA user_version").Scan(&s.version)
	switch {
	case err != nil:
		return s, err
	case s.version > len(migrations):
		return s, dbfile.DamagedWithHint(words.NewerPhonebooks,
			words.Errorf(words.BooksTooNew, s.version, len(migrations)))
	case s.version < 0, s.version == 0 && len(have) > 0:
		return s, dbfile.DamagedWithHint(words.ForeignPhonebooks, words.Errorf(words.BooksOfOther))
	}
	want, err := current()
	if s.version < len(migrations) {
		want, err = objectsOfVersion(s.version)
	}
	if err == nil {
		s.lacking, err = compare(want, have)
	}
	return s, err
}

// object is a table, an index, a view or a trigger.
type object struct{ kind, sql string }

// objectsOf returns what a database holds, by name.
func objectsOf(q querier) (map[string]object, error) {
	rows, err := q.Query(`SELECT name, type, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	objects := map[string]object{}
	for rows.Next() {
		var name string
		var o object
		if err := rows.Scan(&name, &o.kind, &o.sql); err != nil {
			return nil, err
		}
		objects[name] = o
	}
	return objects, rows.Err()
}

// current is objectsOfVersion for the version of this program. Making it takes
// a millisecond or two.
var current = sync.OnceValues(func() (map[string]object, error) { return objectsOfVersion(len(migrations)) })

// objectsOfVersion returns what a file of that version holds, as SQLite notes
// it.
func objectsOfVersion(version int) (map[string]object, error) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, step := range migrations[:version] {
		if _, err := db.Exec(step); err != nil {
			return nil, err
		}
	}
	return objectsOf(db)
}

// compare returns the triggers and indexes that are not as they should be;
// anything else that is not is an error.
func compare(want, have map[string]object) (lacking []part, err error) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w := want[name]
		h, there := have[name]
		switch {
		case there && h.is(w):
		case w.kind != "table" && (!there || h.kind == w.kind):
			lacking = append(lacking, part{w.kind, name, w.sql})
		case !there:
			return nil, dbfile.DamagedWithHint(words.ForeignPhonebooks, words.Errorf(words.PartMissing, w.kind, name))
		default:
			return nil, dbfile.DamagedWithHint(words.ForeignPhonebooks, words.Errorf(words.PartForeign, name, w.kind))
		}
	}
	return lacking, nil
}

// is reports whether o is what we made, but for columns that were added to a
// table: SQLite writes them before the parenthesis that closes the list.
func (o object) is(want object) bool {
	if o == want {
		return true
	}
	end := strings.LastIndex(want.sql, ")")
	return o.kind == "table" && want.kind == "table" &&
		strings.HasPrefix(o.sql, want.sql[:end]+",") && strings.HasSuffix(o.sql, want.sql[end:])
}
