package main

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"contactsync/kvstore"
)

// whoMay says how somebody who may not use the store comes to do so.
func whoMay(store string) string {
	command := "kvstore …"
	if filepath.Clean(store) != kvstore.DefaultDir {
		command = "kvstore --store " + visible(store) + " …" // sudo drops the variable that named it
	}
	switch owner := ownerOf(store); {
	case owner == os.Geteuid() || os.Geteuid() == 0:
		return "sudo chmod 750 " + visible(store) + "; sudo chmod 600 " + visible(filepath.Join(store, "*.db")) +
			"; where the error names a file of somebody else's: sudo chown " + userName(owner) + " FILE"
	case owner == 0:
		return "run it as the owner of the store: sudo " + command
	default:
		return "run it as the owner of the store: sudo -u " + userName(owner) + " " + command
	}
}

// ownerOf returns whose a folder is, or would be if it were made: as the next
// one above it that can be seen.
func ownerOf(path string) (uid int) {
	info, err := os.Stat(path)
	if (errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist)) && path != filepath.Dir(path) {
		return ownerOf(filepath.Dir(path))
	}
	if err != nil {
		return 0
	}
	return int(info.Sys().(*syscall.Stat_t).Uid)
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "#" + strconv.Itoa(uid)
}
