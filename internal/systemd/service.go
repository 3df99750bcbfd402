package systemd

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ServiceUnit is the unit that makes a run.
const ServiceUnit = "contactsync.service"

// What ProtectHome= and PrivateTmp= hide of a service (systemd.exec(5)).
var (
	homes     = []string{"/home", "/root", "/run/user"}
	temporary = []string{"/tmp", "/var/tmp"}
)

// IsService tells whether systemd started this process as a service: it tells
// its services their invocation (systemd.exec(5)).
func IsService() bool { return os.Getenv("INVOCATION_ID") != "" }

// Hidden returns the folders of which a service sees nothing. The error wraps
// ErrNone where nobody can be asked; the folders are then those that the unit
// hides as it is installed.
func Hidden(ctx context.Context, unit string) (folders []string, err error) {
	err = ask(ctx, unit, func(m manager) error {
		service, err := m.properties(unit, "Service")
		if how := service["ProtectHome"]; how == "yes" || how == "tmpfs" {
			folders = append(folders, homes...)
		}
		if service["PrivateTmp"] == true {
			folders = append(folders, temporary...)
		}
		return err
	})
	if err != nil {
		folders = slices.Concat(homes, temporary)
	}
	return folders, err
}

// Below returns in which of the folders a file lies, and where that is when
// symbolic links are followed as far as they can be; an empty folder where it
// lies in none, or the path is empty.
func Below(path string, folders []string) (folder, place string) {
	if path == "" { // which is not the working directory here
		return "", ""
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", path
	}
	real, err := filepath.EvalSymlinks(path)
	if at, ok := err.(*os.PathError); ok {
		real = at.Path // as far as it is seen
	}
	for _, place := range []string{path, real} {
		for _, folder := range folders {
			if strings.HasPrefix(place, folder+"/") {
				return folder, place
			}
		}
	}
	return "", real
}
