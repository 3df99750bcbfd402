package main

import (
	"strings"
	"testing"
)

// Every text of --help fits 80 columns.
func TestHelpFits(t *testing.T) {
	parallel(t)
	for _, command := range []string{"", "check", "configured", "status", "members", "lookup", "secret", "phonebook", "phonebook list", "phonebook export"} {
		var out strings.Builder
		args := append(append([]string{"contactsync"}, strings.Fields(command)...), "--help")
		check(t, "exit status of "+command, run(t.Context(), args, nil, &out, &out), 0)
		fits(t, out.String())
		contains(t, out.String(), "USAGE:\n   contactsync ", "--help")
	}
	var out strings.Builder
	run(t.Context(), []string{"contactsync", "--help"}, nil, &out, &out)
	contains(t, flat(out.String()), `--store FOLDER FOLDER of the key-value store (default: "/var/lib/ucware/kvstore") [$UCWARE_KVSTORE] --phonebooks FILE`)
}
