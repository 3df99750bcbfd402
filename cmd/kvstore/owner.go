package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"contactsync/internal/words"
	"contactsync/kvstore"
	"contactsync/kvstore/dbfile"
)

// whoMay says how somebody who may not use the store comes to do so.
func whoMay(store string) string {
	command := commandFor(store) + " …"
	switch owner := ownerOf(store); {
	case owner == os.Geteuid() || os.Geteuid() == 0:
		return words.Say(words.ChownOthers,
			"sudo chmod 750 "+visible(store)+"; sudo chmod 600 "+visible(filepath.Join(store, "*.db")), dbfile.UserName(owner))
	case owner == 0:
		return words.Say(words.RunAsOwner, "sudo "+command)
	default:
		return words.Say(words.RunAsOwner, "sudo -u "+dbfile.UserName(owner)+" "+command)
	}
}

// commandFor returns the command that uses this store, also behind sudo, which
// drops the variable that named it.
func commandFor(store string) string {
	if filepath.Clean(store) == kvstore.DefaultDir {
		return "kvstore"
	}
	return "kvstore --store " + visible(store)
}

// ownerOf returns whose a folder is, or would be if it were made: as the next
// one above it that can be seen.
func ownerOf(path string) (uid int) {
	uid, err := dbfile.OwnerOf(path)
	if errors.Is(err, fs.ErrNotExist) && path != filepath.Dir(path) {
		return ownerOf(filepath.Dir(path))
	}
	return uid
}
