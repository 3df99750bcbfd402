package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// floor is the least that a first sync over Graph could cost with programs
// that everybody has: curl sends the requests that ours sent, four at a time
// over connections that are kept, zipped, and throws the answers away; then
// SQLite's shell imports the rows that ours wrote, from files that are there
// already, into the same tables with the same indexes, but without triggers.
func (s *stage) floor(ctx context.Context, o *syncs, asked []request, rounds int) (*program, error) {
	token, err := s.token(ctx, "https://graph.microsoft.com")
	if err != nil {
		return nil, err
	}
	asked = slices.DeleteFunc(slices.Clone(asked), func(r request) bool { return !strings.HasPrefix(r.URL, graphPath) })
	curl, script, file := s.path("curl.conf"), s.path("import.sql"), s.path("floor.db")
	// The file, and no argument, holds the token.
	if err := os.WriteFile(curl, []byte(s.curlConfig(asked, token)), 0o600); err != nil {
		return nil, err
	}
	sql, err := s.importScript(o.phonebooks)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(script, []byte(sql), 0o600); err != nil {
		return nil, err
	}
	return &program{
		name: "curl, sqlite3", rounds: rounds,
		prepare: func() error { return remove(file) },
		command: func(ctx context.Context) *exec.Cmd {
			return exec.CommandContext(ctx, "/bin/sh", "-c", `curl --config "$0" >"$3" && sqlite3 -bail "$1" <"$2"`,
				curl, file, script, os.DevNull)
		},
		check: func([]byte) error { return whole(file, s.entries()) },
	}, nil
}

// curlConfig has curl send requests, in groups of those with the same headers.
func (s *stage) curlConfig(asked []request, token string) string {
	var c strings.Builder
	fmt.Fprint(&c, "parallel\nparallel-max = 4\nfail-early\nno-progress-meter\n")
	kind := func(r request) string { return r.Prefer + "\n" + r.Body }
	slices.SortStableFunc(asked, func(x, y request) int { return strings.Compare(kind(x), kind(y)) })
	for i, r := range asked {
		if i == 0 || kind(r) != kind(asked[i-1]) {
			if i > 0 {
				fmt.Fprint(&c, "next\n")
			}
			fmt.Fprintf(&c, "silent\nshow-error\nfail\ncompressed\nglobless\ncacert = %s\n", quoted(s.tenant.CAFile))
			fmt.Fprintf(&c, "header = %s\nheader = \"Accept: application/json\"\n", quoted("Authorization: Bearer "+token))
			if r.Prefer != "" {
				fmt.Fprintf(&c, "header = %s\n", quoted("Prefer: "+r.Prefer))
			}
			if r.Method != "GET" {
				fmt.Fprintf(&c, "request = %s\nheader = \"Content-Type: application/json\"\ndata-raw = %s\n", r.Method, quoted(r.Body))
			}
		}
		fmt.Fprintf(&c, "url = %s\n", quoted(strings.TrimSuffix(s.tenant.GraphURL, "/v1.0")+r.URL))
	}
	return c.String()
}

// quoted writes a value as curl reads it in a file ("-K" in curl(1)).
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(text) + `"`
}

// importScript writes the tables that readers read to files of CSV, which
// holds all but our hashes, and returns what makes and fills them anew.
func (s *stage) importScript(file string) (string, error) {
	sql := "PRAGMA journal_mode = WAL;\nPRAGMA synchronous = NORMAL;\n"
	schema, err := shell(file, `SELECT sql || ';' FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL
		AND tbl_name IN ('phonebook', 'entry', 'number');`)
	if err != nil {
		return "", err
	}
	sql += schema + ".mode csv\n"
	for _, table := range []string{"phonebook", "entry", "number"} {
		columns, err := shell(file, `SELECT group_concat('CASE typeof("' || name || '") WHEN ''blob'' THEN '''' ELSE "' || name || '" END', ', ')
			FROM pragma_table_info('`+table+`');`)
		if err != nil {
			return "", err
		}
		csv := s.path(table + ".csv")
		if _, err := shell(file, ".mode csv\n.output "+csv+"\nSELECT "+strings.TrimSpace(columns)+" FROM "+table+";"); err != nil {
			return "", err
		}
		sql += ".import " + csv + " " + table + "\n"
	}
	return sql, nil
}
