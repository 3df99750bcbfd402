package dbfile

import (
	"errors"
	"io/fs"
	"os/user"
	"path/filepath"
	"strconv"
)

// OwnerOf returns the user id of a file's owner. A path below a folder that may
// not be entered counts as that folder's. The error is that of stat(2).
func OwnerOf(path string) (uid int, err error) {
	uid, _, err = owner(path)
	if errors.Is(err, fs.ErrPermission) && path != filepath.Dir(path) {
		return OwnerOf(filepath.Dir(path))
	}
	return uid, err
}

// UserName returns the name of a user, or the id as sudo(8) takes it where it
// has none.
func UserName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return "#" + strconv.Itoa(uid)
}
