package systemd_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"contactsync/internal/systemd"
	"contactsync/internal/systemd/systemdtest"
)

func TestHidden(t *testing.T) {
	homes, all := []string{"/home", "/root", "/run/user"}, []string{"/home", "/root", "/run/user", "/tmp", "/var/tmp"}
	for name, tt := range map[string]struct {
		service systemdtest.Properties
		want    []string
	}{
		"as it is installed":    {systemdtest.Properties{"ProtectHome": "yes", "PrivateTmp": true}, all},
		"homes are empty":       {systemdtest.Properties{"ProtectHome": "tmpfs", "PrivateTmp": false}, homes},
		"homes can be read":     {systemdtest.Properties{"ProtectHome": "read-only", "PrivateTmp": false}, nil},
		"nothing is hidden":     {systemdtest.Properties{"ProtectHome": "no", "PrivateTmp": false}, nil},
		"there is no such unit": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(systemdtest.Address, systemdtest.Start(t, map[string]systemdtest.Unit{systemd.ServiceUnit: {"Service": tt.service}}))
			if got, err := systemd.Hidden(t.Context(), systemd.ServiceUnit); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%v, %v, want %v", got, err, tt.want)
			}
		})
	}
	t.Setenv(systemdtest.Address, "unix:path="+t.TempDir()+"/nobody")
	if got, err := systemd.Hidden(t.Context(), systemd.ServiceUnit); !errors.Is(err, systemd.ErrNone) || !slices.Equal(got, all) {
		t.Errorf("nobody to ask: %v, %v", got, err)
	}
}

func TestBelow(t *testing.T) {
	folder := t.TempDir()
	hidden, file, link := filepath.Join(folder, "home"), filepath.Join(folder, "home", "chef", "ca.pem"), filepath.Join(folder, "link")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600), os.Symlink(file, link),
		os.Symlink(hidden+"/gone/x", folder+"/dangling"), os.Symlink(folder+"/outside", hidden+"/out"), os.WriteFile(folder+"/outside", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file: file, link: file, folder + "/dangling": hidden + "/gone", hidden + "/out": hidden + "/out",
		hidden: "", folder + "/homes/x": "", folder + "/outside": "", hidden + "/../outside": "",
	} {
		switch in, place := systemd.Below(path, []string{"/elsewhere", hidden}); {
		case want == "" && in != "":
			t.Errorf("%s lies in %s", path, in)
		case want != "" && (in != hidden || place != want):
			t.Errorf("%s lies in %q as %s, want %s", path, in, place, want)
		}
	}
}
