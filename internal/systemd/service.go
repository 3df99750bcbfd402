package systemd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/coreos/go-systemd/v22/dbus"
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
	all := append(append([]string(nil), homes...), temporary...)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := dbus.NewSystemConnectionContext(ctx)
	if err != nil {
		return all, fmt.Errorf("ask systemd about %s: %w", unit, absent(err))
	}
	defer conn.Close()
	service, err := conn.GetUnitTypePropertiesContext(ctx, unit, "Service")
	if err != nil {
		return all, fmt.Errorf("ask systemd about %s: %w", unit, err)
	}
	if how := service["ProtectHome"]; how == "yes" || how == "tmpfs" {
		folders = append(folders, homes...)
	}
	if service["PrivateTmp"] == true {
		folders = append(folders, temporary...)
	}
	return folders, nil
}

// Below returns in which of the folders a file lies, and where that is when
// symbolic links are followed as far as they can be; an empty folder where it
// lies in none.
func Below(path string, folders []string) (folder, place string) {
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
