package bookdb

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Held returns the error that Lock would have where another run is under way
// (fault.Unavailable) or a folder is in the way (fault.Damage), and nil where
// neither is to be seen. It takes no lock for that, not even for a moment: a
// run that begins meanwhile must not meet it.
func Held(path string) error {
	name := filepath.Join(filepath.Dir(path), "contactsync.lock")
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil // none that we could hold or wait for
	}
	defer f.Close()
	if names, _ := f.Readdirnames(1); len(names) > 0 {
		return (&DB{path: path}).explain("lock the phonebooks", inTheWay(name))
	}
	var is syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &is); err != nil {
		return nil
	}
	content := make([]byte, 32)
	n, _ := f.ReadAt(content, 0)
	if pid := strings.TrimSpace(string(content[:n])); pid == "" || !flocked(pid, is.Ino) {
		return nil
	}
	return heldBy(f)
}

// flocked tells whether a process holds a lock of flock(2) on a file, as the
// kernel lists them in proc_locks(5). The device that stands before the inode's
// number is not compared: on file systems of several volumes it is another than
// stat(2) says.
func flocked(pid string, inode uint64) bool {
	list, err := os.Open("/proc/locks")
	if err != nil {
		return false
	}
	defer list.Close()
	for lines := bufio.NewScanner(list); lines.Scan(); {
		// 1: FLOCK ADVISORY WRITE 4711 fe:00:10347575 0 EOF
		f := strings.Fields(lines.Text())
		if len(f) > 5 && f[1] == "FLOCK" && f[4] == pid && strings.HasSuffix(f[5], ":"+strconv.FormatUint(inode, 10)) {
			return true
		}
	}
	return false
}
