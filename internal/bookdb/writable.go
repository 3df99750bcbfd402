package bookdb

import (
	"errors"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Writable tells whether Lock and Open could write the file at path, as far as
// rights go, without writing anything (access(2)). It returns the folder in
// which they would write first: that of the file or, where it is still to be
// made, the one that is there. The error is as of Open.
func Writable(path string) (folder string, err error) {
	d := &DB{path: path}
	if err := unix.Access(path, unix.R_OK|unix.W_OK); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", d.explain("write the phonebooks", err)
	}
	for folder = filepath.Dir(path); ; folder = filepath.Dir(folder) {
		err := unix.Access(folder, unix.W_OK|unix.X_OK)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			return folder, d.explain("write the phonebooks", err)
		}
	}
}
