package main

import (
	"io/fs"
	"os"
	"path/filepath"

	"contactsync/internal/journal"
	"contactsync/internal/settings"
	"contactsync/internal/words"

	"github.com/urfave/cli/v2"
)

// loose is something with a secret in it that is open to more people than it
// was made for, as after a chmod or a copy that was brought back. It is no
// reason to stop: whoever wanted to read the secret has done so.
type loose struct{ text, hint string }

// looseStore looks at the key-value store: its folder is to be 0750, the file
// 0600.
func (p *program) looseStore() (found []loose) {
	file := filepath.Join(p.store, namespace+".db")
	if who := openTo(p.store, 0o027); who != "" {
		found = append(found, loose{words.Say(words.FolderLoose, p.store, who), "sudo chmod 750 " + quote(p.store)})
	}
	if who := openTo(file, 0o077); who != "" {
		found = append(found, loose{words.Say(words.SecretsLoose, file, who),
			words.Say(words.ExchangeSecret, "sudo chmod 600 "+quote(file), p.renewal())})
	}
	return found
}

// looseKey looks at the file of client_certificate, which may be its group's to
// read.
func looseKey(set settings.Settings) (found []loose) {
	file := set.ClientCertificate
	if file == "" || !set.Office365 {
		return nil
	}
	if who := openTo(file, 0o027); who != "" {
		found = append(found, loose{words.Say(words.CertKeyLoose, file, who),
			words.Say(words.ExchangeKey, "sudo chmod 640 "+quote(file))})
	}
	return found
}

// openTo returns to whom beyond the owner a file or folder is open, of the
// rights that nobody is to have; an empty string where it is not, or is not
// there.
func openTo(path string, nobody fs.FileMode) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	switch rights := info.Mode().Perm() & nobody; {
	case rights&0o007 != 0:
		return words.Fill(words.Everybody)
	case rights != 0:
		return words.Fill(words.ItsGroup)
	}
	return ""
}

// warnOfLooseRights warns of all that, in each run.
func (p *program) warnOfLooseRights(c *cli.Context, set settings.Settings) {
	for _, l := range append(p.looseStore(), looseKey(set)...) {
		p.logger(c).Warn(l.text, journal.Hint, l.hint)
	}
}
