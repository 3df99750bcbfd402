package main

import (
	"context"
	"os"

	"contactsync/internal/fault"
	"contactsync/internal/settings"
	"contactsync/internal/systemd"
	"contactsync/internal/words"
)

// What lies below /home or /tmp is there for whoever runs this by hand, and not
// for contactsync.service.

// hiddenFolders returns the folders of which the service sees nothing; none
// where there is no service to ask about.
func hiddenFolders(ctx context.Context) []string {
	folders, err := systemd.Hidden(ctx, systemd.ServiceUnit)
	if err != nil && !systemd.IsService() {
		return nil
	}
	return folders
}

// testHidden warns of a file that a key names and whoever checks can read, but
// not the service; place is where a copy belongs, how the options with which it
// is made.
func (k *checker) testHidden(key, file, how, place string) {
	if folder, path := systemd.Below(file, k.hidden()); folder != "" && readable(file) {
		k.warn("keys", words.Say(words.CopyFile, "sudo install -D "+how+" "+quote(path)+" "+place, k.kvstore()+" set contactsync "+key+" "+place),
			words.FileHidden, key, file, folder)
	}
}

// testPlace warns of a place for databases that the service does not see.
func (k *checker) testPlace(name, path string) {
	if folder, _ := systemd.Below(path, k.hidden()); folder != "" {
		k.warn(name, words.MovePlace, words.PlaceHidden, path, folder)
	}
}

func readable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// blameHiding gives the error of a run by the service that cannot open one of
// its files, because it is hidden, the hint that says so: else the rights would
// seem to be wrong, or the file to be gone.
func (p *program) blameHiding(ctx context.Context, set settings.Settings, err error) error {
	if err == nil || !systemd.IsService() {
		return err
	}
	files := []string{p.store, p.phonebooks, set.CAFile}
	if set.Office365 { // else nobody signs in with a certificate
		files = append(files, set.ClientCertificate)
	}
	hidden := hiddenFolders(ctx)
	for _, path := range files {
		if folder, _ := systemd.Below(path, hidden); folder != "" && !readable(path) {
			return fault.New(fault.ClassOf(err), words.Say(words.NotSeen, path, folder, p.command("check")), "%w", err)
		}
	}
	return err
}
