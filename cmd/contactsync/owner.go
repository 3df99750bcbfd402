package main

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"contactsync/internal/fault"
)

// rightUser refuses a run as another user than the one to whom the files
// belong: root would leave files behind that the service cannot use, and
// anybody else could read nothing. The hint is what to type instead.
func (p *program) rightUser() error {
	for _, path := range []string{p.store, p.phonebooks, filepath.Dir(p.phonebooks)} {
		owner, ok := ownerOf(path)
		if ok && owner != os.Geteuid() {
			return p.wrongUser(owner, path)
		}
	}
	return nil
}

// wrongUser is the error of a run that does not own path.
func (p *program) wrongUser(owner int, path string) error {
	name := userName(owner)
	return fault.New(fault.Permission, "sudo -u "+name+" "+p.commandLine(), "this runs as %s, but %s belongs to %s", userName(os.Geteuid()), path, name)
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
	line := "contactsync"
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$`&|;<>()*?[]#~!{}") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		line += " " + a
	}
	return line
}

// ownerOf returns the user id of a file's owner. A path below a folder that
// may not be entered counts as that folder's.
func ownerOf(path string) (uid int, ok bool) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrPermission) && path != filepath.Dir(path) {
		return ownerOf(filepath.Dir(path))
	}
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "#" + strconv.Itoa(uid)
}
