package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"contactsync/internal/simulator/accounts"
)

// shellOf returns functions of one of the package's scripts as they stand there.
func shellOf(t *testing.T, file string, functions ...string) string {
	t.Helper()
	var all strings.Builder
	for _, f := range functions {
		text, err := exec.Command("sed", "-n", "/^"+f+"() {/,/^}/p", "../../debian/ucware-contactsync."+file).Output()
		if err != nil || len(text) == 0 {
			t.Fatalf("%s has no %s: %v", file, f, err)
		}
		all.Write(text)
	}
	return all.String()
}

// A wrong answer comes back as it was typed, and a blank makes no domain.
func TestDialogTakesAnID(t *testing.T) {
	parallel(t)
	const script = `
put() { answer=$2; }
get() { RET=another; }
h4='[0-9a-f][0-9a-f][0-9a-f][0-9a-f]' guid=$h4$h4-$h4-$h4-$h4-$h4$h4$h4
value=$2 answer=$2
if right_id "$1"; then printf 'right %s' "$answer"; else printf 'wrong %s' "$answer"; fi`
	functions := shellOf(t, "config", "trimmed", "right_id", "is_domain")
	for _, tt := range []struct{ key, typed, want string }{
		{"tenant_id", "firma gmbh", "wrong firma gmbh"},
		{"tenant_id", "Firma GmbH.de", "wrong Firma GmbH.de"},
		{"tenant_id", " Firma.onmicrosoft.com ", "right firma.onmicrosoft.com"},
		{"tenant_id", "{12345678-90AB-cdef-1234- 567890abcdef}", "right 12345678-90ab-cdef-1234-567890abcdef"},
		{"tenant_id", "", "right "},
		{"client_id", "firma.de", "wrong firma.de"},
		{"client_id", " 12345678-90ab-cdef-1234-567890abcdef", "right 12345678-90ab-cdef-1234-567890abcdef"},
	} {
		out, err := exec.Command("sh", "-c", "export LC_ALL=C\n"+functions+script, "sh", tt.key, tt.typed).Output()
		if err != nil {
			t.Fatal(err)
		}
		check(t, tt.key+" "+tt.typed, string(out), tt.want)
	}
}

// A day that is over is refused as contactsync secret refuses it, and not
// offered either.
func TestDialogTakesALastDay(t *testing.T) {
	parallel(t)
	const script = `
put() { answer=$2; }
value=$1 answer=none
if right_date; then printf 'right %s' "$answer"; else printf '%s %s' "$note" "$answer"; fi`
	functions := shellOf(t, "config", "trimmed", "right_date", "is_date", "is_over")
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly) }
	for typed, want := range map[string]string{
		"":                        "right ",
		" " + day(500) + "\u00a0": "right " + day(500),
		day(2):                    "right " + day(2),
		day(-2):                   "past_date " + day(-2),
		"2001-12-31":              "past_date 2001-12-31",
		"31.12.2031":              "wrong_date 31.12.2031",
		"2031-02-30":              "wrong_date 2031-02-30",
		"yesterday":               "wrong_date yesterday",
	} {
		out, err := exec.Command("sh", "-c", "export LC_ALL=C\n"+functions+script, "sh", typed).Output()
		if err != nil {
			t.Fatal(err)
		}
		check(t, typed, string(out), want)
	}
	for stored, want := range map[string]string{"2001-12-31": "none", day(2): day(2), "soon": "soon", "": "none"} {
		out, err := exec.Command("sh", "-c", "put() { answer=$2; }\nget() { RET=; }\nstored() { echo \"$stored\"; }\nstored=$1 answer=none\n"+
			functions+shellOf(t, "config", "offer")+"offer client_secret_expires\necho \"$answer\"", "sh", stored).Output()
		if err != nil {
			t.Fatal(err)
		}
		check(t, "offered of "+stored, strings.TrimSpace(string(out)), want)
	}
}

// What is wrong with an answer is shown to whoever is there, and said where
// nobody is; what was typed stays in no file of debconf's.
func TestDialogExplains(t *testing.T) {
	parallel(t)
	show, refuse := shellOf(t, "config", "show"), shellOf(t, "config", "refuse")
	templates, postinst := document(t, "debian/ucware-contactsync.templates"), document(t, "debian/ucware-contactsync.postinst")
	errors := regexp.MustCompile(`(?s)Template: ucware-contactsync/(\w+)\nType: error\n(.*?)(?:\n\n|$)`).FindAllStringSubmatch(templates, -1)
	check(t, "explanations", len(errors) > 4, true)
	for _, e := range errors {
		contains(t, show, "    "+e[1]+")\n")
		contains(t, refuse, "    "+e[1]+") what=")
		check(t, e[1]+" is wiped", strings.Contains(postinst, "\nSUBST ucware-contactsync/"+e[1]+" value\n"), strings.Contains(e[2], "${value}"))
	}
}

// The phonebooks' folder is made where it is missing, and repaired but on an
// upgrade, as an administrator may want it otherwise.
func TestPostinstMakesTheFolder(t *testing.T) {
	parallel(t)
	a := accounts.New(t)
	a.User("ucservices", "ucphonebooks")
	const before, after = `set -e
mount -t tmpfs none /var/lib
fill=$1
mkdir /var/lib/bin
printf '#!/bin/sh\n[ -z "%s" ] || exec echo "%s"\nexit 1\n' "$2" "$2" >/var/lib/bin/dpkg-statoverride
chmod +x /var/lib/bin/dpkg-statoverride
PATH=/var/lib/bin:$PATH
eval "$3"
`, `make_folder
stat -c '%U:%G %a' /var/lib/ucware/phonebooks`
	const mistaken, usual = "mkdir -m 755 -p /var/lib/ucware/phonebooks", "ucservices:ucphonebooks 2770\n"
	for _, tt := range []struct{ name, fill, override, before, want string }{
		{name: "the first time", want: usual},
		{"missing on an upgrade", "yes", "", "", usual},
		{"reconfigured", "", "", mistaken, usual},
		{"upgraded", "yes", "", mistaken, "root:root 755\n"},
		{"overridden", "", "root ucphonebooks 2775 /var/lib/ucware/phonebooks", mistaken, "root:ucphonebooks 2775\n"},
		{"overridden by id", "", "#0 ucphonebooks 2750 /var/lib/ucware/phonebooks", "", "root:ucphonebooks 2750\n"},
	} {
		out, err := a.Command("root", "sh", "-c", before+shellOf(t, "postinst", "make_folder")+after, "sh", tt.fill, tt.override, tt.before).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		check(t, tt.name, string(out), tt.want)
	}
}
