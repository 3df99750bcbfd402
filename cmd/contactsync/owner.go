package main

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/words"
	"contactsync/kvstore/dbfile"
)

// rightUser refuses a run as another user than the one to whom the files
// belong: root would leave files behind that the service cannot use, and
// anybody else could read nothing. The hint is what to type instead.
func (p *program) rightUser() error {
	if err := p.mine(p.store); err != nil {
		return err
	}
	return p.mayWrite()
}

// mayWrite refuses who may not write the phonebooks, or would leave files
// behind that the service cannot use.
func (p *program) mayWrite() error {
	folder := filepath.Dir(p.phonebooks)
	// A file that was copied here may belong to anybody who may write it, and
	// what lies beside it.
	if _, err := dbfile.OwnerOf(p.phonebooks); err == nil && os.Geteuid() != 0 && unix.Access(p.phonebooks, unix.W_OK) == nil {
		if unix.Access(folder, unix.W_OK) != nil {
			return p.mine(folder)
		}
		return nil
	}
	if err := p.mine(p.phonebooks); err != nil {
		return err
	}
	if _, err := dbfile.OwnerOf(p.phonebooks); err != nil && unix.Access(folder, unix.W_OK) != nil || os.Geteuid() == 0 {
		return p.mine(folder)
	}
	return nil
}

// mine returns an error where path belongs to somebody else.
func (p *program) mine(path string) error {
	owner, err := dbfile.OwnerOf(path)
	if err != nil || owner == os.Geteuid() {
		return nil
	}
	name := dbfile.UserName(owner)
	hint := "sudo -u " + quote(name) + " " + p.commandLine()
	folderOwner, _ := dbfile.OwnerOf(filepath.Dir(path))
	switch {
	case folderOwner == os.Geteuid() && owner != os.Geteuid() && path == p.phonebooks:
		hint = bookdb.FileCommand(dbfile.UserName(folderOwner), path)
	case owner == 0 && p.homeBook() && path == filepath.Dir(p.phonebooks):
		hint = bookdb.FolderCommand(path)
	case owner == 0:
		hint = words.Say(words.NotForRoot, quote(path))
	}
	return fault.New(fault.Permission, hint, words.BelongsTo, dbfile.UserName(os.Geteuid()), path, name)
}

// commandLine returns the command as it was typed, quoted for a shell where
// needed. What came by the environment, which sudo drops, is given by options.
func (p *program) commandLine() string {
	args := p.args[1:]
	if file := os.Getenv("UCWARE_PHONEBOOKS"); file != "" && file == p.phonebooks {
		args = append([]string{"--phonebooks", file}, args...)
	}
	if folder := os.Getenv("UCWARE_KVSTORE"); folder != "" && folder == p.store {
		args = append([]string{"--store", folder}, args...)
	}
	return "contactsync " + quoted(args)
}

// quoted returns arguments as a shell takes them.
func quoted(args []string) string {
	all := make([]string, len(args))
	for i, a := range args {
		all[i] = quote(a)
	}
	return strings.Join(all, " ")
}

// quote returns a word as a shell takes it.
func quote(word string) string {
	if word == "" || strings.ContainsAny(word, " \t\n'\"\\$`&|;<>()*?[]#~!{}") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
