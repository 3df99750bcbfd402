package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"contactsync/internal/bookdb"
	"contactsync/internal/fault"
	"contactsync/internal/settings"
	"contactsync/internal/systemd"
	"contactsync/internal/words"
)

// testStore tests whether the key-value store can be read, as the user to whom
// it belongs.
func (k *checker) testStore(context.Context) error {
	if err := k.mine(k.store); err != nil {
		k.fail("store", err)
		return nil
	}
	values, err := k.values()
	if err != nil {
		k.fail("store", err)
		return nil
	}
	for _, l := range k.looseStore() {
		k.warn("store", l.hint, "%s", l.text)
	}
	k.testPlace("store", k.store)
	if len(values) == 0 {
		k.ok("store", words.NothingStored, k.store)
		return nil
	}
	k.ok("store", words.StoreHolds, k.store, words.Count(len(values), words.Keys))
	return nil
}

// testKeys tests what stands in the store: each key that is missing or
// malformed, and each that has no effect, in a line of its own.
func (k *checker) testKeys(context.Context) error {
	values, err := k.values()
	if err != nil {
		k.fail("keys", err)
		return nil
	}
	set, err := settings.Load(values)
	k.set = set
	var problems settings.Problems
	if errors.As(err, &problems) {
		for _, one := range problems {
			k.fail("keys", fault.New(fault.Config, k.howToSet(problems), "%s", one))
			k.broken[partOf(one.Key)] = "keys"
			if one.Key == "ca_file" { // for the directory, too
				k.broken[directoryKeys] = "keys"
			}
		}
	} else if len(set.Warnings) == 0 {
		k.ok("keys", words.KeysWell)
	}
	for _, w := range set.Warnings {
		k.warn("keys", k.howToMend(w), "%s", w)
	}
	k.testHidden("ca_file", set.CAFile, "-m 644", settings.CAPlace)
	if set.Office365 {
		k.testHidden("client_certificate", set.ClientCertificate, "-m 640 -g ucservices", settings.CertificatePlace)
	}
	return nil
}

// partOf returns what cannot be tested where a key is wrong; an empty string
// where everything can.
func partOf(key string) string {
	switch {
	case strings.HasPrefix(key, "ldap_"):
		return directoryKeys
	case strings.HasPrefix(key, "proxy_"), slices.Contains([]string{"office365", "authority", "graph_url", "ews_url", "ca_file"}, key):
		return networkKeys
	case strings.HasPrefix(key, "client_"), strings.HasPrefix(key, "ews_"), key == "tenant_id", key == "source":
		return signInKeys
	}
	return ""
}

// testSecret tests how long the client secret, or the certificate, is good for.
func (k *checker) testSecret(context.Context) error {
	for _, l := range looseKey(k.set) {
		k.warn("secret", l.hint, "%s", l.text)
	}
	e, err := k.expiry(k.set)
	now := time.Now()
	switch {
	case err != nil:
		k.fail("secret", err)
	case e.what == noProof:
		k.skip("secret", words.NotNeededOwn)
	case e.amiss.Key != "":
		k.skip("secret", words.Say(words.NotTested, "keys"))
	case e.last.IsZero():
		k.warn("secret", words.Say(words.NoteExpiry, k.noteLastDay()), words.NobodyNoted)
	case e.warning(now) != "":
		k.warn("secret", e.renew, "%s", e.end(now))
	default:
		k.ok("secret", "%s", e.end(now))
	}
	return nil
}

// testPhonebooks tests whether a run can write the phonebooks, without writing,
// and whether they are as whole as it wants them.
func (k *checker) testPhonebooks(ctx context.Context) error {
	if err := k.mayWrite(); err != nil {
		k.fail("phonebooks", err)
		return nil
	}
	folder, err := bookdb.Writable(k.phonebooks)
	if err != nil {
		k.fail("phonebooks", placeError(err))
		return nil
	}
	free := freeIn(folder)
	if free < leastSpace {
		k.fail("phonebooks", fault.New(fault.Damage, words.Say(words.FreeSpace, folder), words.SpaceLeft, size(free), folder))
		return nil
	}
	db, err := bookdb.OpenReader(k.phonebooks)
	if err != nil {
		k.fail("phonebooks", placeError(err))
		return nil
	}
	defer db.Close()
	k.testPlace("phonebooks", k.phonebooks)
	list, err := db.List(ctx)
	if err == nil {
		err = db.Intact()
	}
	if err != nil {
		k.fail("phonebooks", placeError(err))
		return nil
	}
	info, err := os.Stat(k.phonebooks)
	odd := k.oddRights()
	switch {
	case free < spareSpace, err == nil && free < info.Size():
		k.warn("phonebooks", words.Say(words.FreeSpace, folder), words.LittleSpaceLeft, size(free), folder)
	case odd != "":
		k.warn("phonebooks", words.Say(words.GroupsRights, k.usualRights()), "%s", odd)
	case err != nil:
		k.ok("phonebooks", words.MadeByFirstRun, k.phonebooks)
	default:
		k.ok("phonebooks", words.BooksWritable, k.phonebooks, words.Count(len(list), words.Phonebooks))
	}
	return nil
}

// oddRights says which of the appliance's phonebooks, the folder or the file, is
// not open to the group that reads them, or open to others; nothing where both
// are as they were made.
func (k *checker) oddRights() string {
	readers, err := user.LookupGroup("ucphonebooks")
	if err != nil || !k.homeBook() {
		return ""
	}
	for _, of := range []struct {
		path string
		mode uint32
	}{{filepath.Dir(k.phonebooks), 0o2770}, {k.phonebooks, 0o660}} {
		var is unix.Stat_t
		if err := unix.Stat(of.path, &is); err != nil {
			continue
		}
		group, mode := strconv.Itoa(int(is.Gid)), is.Mode&0o7777
		if group == readers.Gid && mode == of.mode {
			continue
		}
		if g, err := user.LookupGroupId(group); err == nil {
			group = g.Name
		}
		return words.Say(words.OddRights, of.path, group, mode, of.mode)
	}
	return ""
}

// usualRights returns the command that makes them so. Who types it need not be
// allowed to look into the folder, so that another shell has to find the files.
func (k *checker) usualRights() string {
	command := bookdb.FolderCommand(filepath.Dir(k.phonebooks))
	if _, err := os.Stat(k.phonebooks); err == nil {
		command += fmt.Sprintf("; sudo sh -c 'chgrp ucphonebooks %[1]s* && chmod 660 %[1]s*'", k.phonebooks)
	}
	return command
}

// A run writes to a log beside the file first, which can become as large as the
// file. Below the least nothing can be written at all.
const (
	leastSpace = 1 << 20
	spareSpace = 64 << 20
)

// freeIn returns how many bytes are free for us in a folder.
func freeIn(folder string) int64 {
	var is unix.Statfs_t
	if err := unix.Statfs(folder, &is); err != nil {
		return math.MaxInt64 // no reason to think that there are none
	}
	return int64(is.Bavail) * is.Bsize
}

// testLock tests whether another run is under way, or could never be.
func (k *checker) testLock(context.Context) error {
	switch err := bookdb.Held(k.phonebooks); {
	case err == nil:
		k.ok("lock", words.NoOtherRun)
	case fault.ClassOf(err) == fault.Unavailable:
		k.warn("lock", fault.HintOf(err), "%s", err)
	default:
		k.fail("lock", err)
	}
	return nil
}

// testTimer tests whether a run begins by itself every night.
func (k *checker) testTimer(ctx context.Context) error {
	t, err := systemd.TimerOf(ctx, systemd.TimerUnit)
	why, hint := idle(t)
	switch {
	case errors.Is(err, systemd.ErrNone):
		k.skip("timer", words.NoSystemd)
	case err != nil:
		k.warn("timer", words.LookAtManager, "%s", err)
	case why != "":
		k.warn("timer", hint, "%s", why)
	case !t.Enabled:
		k.warn("timer", words.StartTimer, words.TimerNotEnabled, systemd.TimerUnit)
	case t.Next.IsZero():
		k.ok("timer", words.TimerActive, systemd.TimerUnit)
	default:
		k.ok("timer", words.NextRunBegins, local(t.Next.Format(time.RFC3339)))
	}
	return nil
}
