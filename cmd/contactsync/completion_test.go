package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"contactsync/internal/settings"
)

// shell completes words as a bash does in which the package is installed.
type shell struct {
	t                *testing.T
	program, snippet string // the path of the program, and of its completion
	env              []string
}

// newShell returns a shell that completes a program. It skips the test without
// bash and its completion (in continuous integration, CI=true, it fails it).
func newShell(t *testing.T, program, snippet string) *shell {
	t.Helper()
	_, err := exec.LookPath("bash")
	if _, missing := os.Stat(library); err == nil {
		err = missing
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("completion needs bash and bash-completion: %v", err)
		}
		t.Skipf("completion needs bash and bash-completion: %v", err)
	}
	path, err := filepath.Abs(snippet)
	if err != nil {
		t.Fatal(err)
	}
	return &shell{t, program, path, append(os.Environ(), asProgram+"=1")}
}

const library = "/usr/share/bash-completion/bash_completion"

// complete returns what the shell offers for the last of the words.
func (s *shell) complete(words ...string) []string {
	s.t.Helper()
	const script = `. "$1"; . "$2"; shift 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
COMP_LINE=${COMP_LINE// = /=} COMP_POINT=${#COMP_LINE} COMP_TYPE=9
function=$(complete -p "${1##*/}" | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"`
	cmd := exec.Command("bash", append([]string{"--norc", "-c", script, "bash", library, s.snippet, s.program}, words...)...)
	cmd.Env = s.env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.String() != "" {
		s.t.Fatalf("complete %q: %v\n%s", words, err, stderr.String())
	}
	return strings.Fields(string(out))
}

// same checks that two lists hold the same, in any order.
func (s *shell) same(what string, got, want []string) {
	s.t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.t.Errorf("%s: completed are %q, there are %q", what, got, want)
	}
}

// asHelpSays compares what is completed behind a command with its --help, and
// does so for each subcommand.
func (s *shell) asHelpSays(command ...string) {
	s.t.Helper()
	cmd := exec.Command(s.program, append(slices.Clone(command), "--help")...)
	cmd.Env = s.env
	help, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%q --help: %v: %s", command, err, help)
	}
	commands, options := offered(string(help))
	s.same(strings.Join(command, " ")+" options", s.complete(append(command, "-")...), options)
	s.same(strings.Join(command, " ")+" commands", s.complete(append(command, "")...), commands)
	for _, c := range commands {
		s.asHelpSays(append(slices.Clone(command), c)...)
	}
}

// offered returns the commands and options in a text of --help, each by the
// first of its names.
func offered(help string) (commands, options []string) {
	head := regexp.MustCompile(`^[A-Z ]+:$`)
	word := regexp.MustCompile(`^   (-{0,2}[a-z0-9][a-z0-9-]*)`)
	section := ""
	for line := range strings.Lines(help) {
		line = strings.TrimSuffix(line, "\n")
		name := word.FindStringSubmatch(line)
		switch {
		case head.MatchString(line):
			section = line
		case name != nil && section == "COMMANDS:":
			commands = append(commands, name[1])
		case name != nil && (section == "OPTIONS:" || section == "GLOBAL OPTIONS:"):
			options = append(options, name[1])
		}
	}
	return commands, options
}

func TestCompletionOfContactsync(t *testing.T) {
	parallel(t)
	program := filepath.Join(t.TempDir(), "contactsync")
	if err := os.Symlink(self(t), program); err != nil {
		t.Fatal(err)
	}
	s := newShell(t, program, "../../debian/ucware-contactsync.bash-completion")
	s.asHelpSays()
	s.same("phone", s.complete("phone"), []string{"phonebook"})
	s.same("behind options", s.complete("--user", "phonebook", "-v", "mem"), []string{"members"})
	s.same("--format", s.complete("phonebook", "export", "--format", ""), []string{"json", "csv", "vcard"})
	s.same("--vcard-version=", s.complete("phonebook", "export", "--vcard-version", "=", "4"), []string{"4.0"})
	folder := filepath.Join(t.TempDir(), "store")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	s.same("--store", s.complete("--store", folder[:len(folder)-2]), []string{folder})
	s.same("no such command", s.complete("frobnicate", ""), nil)
}

func TestCompletionOfUsers(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna", "annette", "a$(touch x)", "a;b", "--full", "bram")
	w.sync(0)
	program := filepath.Join(w.dir, "contactsync")
	if err := os.Symlink(self(t), program); err != nil {
		t.Fatal(err)
	}
	s := newShell(t, program, "../../debian/ucware-contactsync.bash-completion")
	s.env = append(s.env, "UCWARE_PHONEBOOKS="+w.path("phonebooks.db"))
	s.same("--user", s.complete("--user", ""), []string{"anna", "annette", "bram"})
	s.same("--user an", s.complete("phonebook", "export", "--user", "an"), []string{"anna", "annette"})
	s.env = append(s.env, "UCWARE_PHONEBOOKS="+w.path("nothing.db"))
	s.same("without phonebooks", s.complete("--user", ""), nil)
	w.damage("phonebooks.db")
	s.env = append(s.env, "UCWARE_PHONEBOOKS="+w.path("phonebooks.db"))
	s.complete("--user", "") // says nothing
}

func TestCompletionOfKvstore(t *testing.T) {
	parallel(t)
	program := filepath.Join(t.TempDir(), "kvstore")
	if out, err := exec.Command("go", "build", "-tags", "libsqlite3", "-o", program, "contactsync/cmd/kvstore").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := newShell(t, program, "../../debian/ucware-kvstore.bash-completion")
	help, err := exec.Command(program, "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	commands, options := offered(string(help))
	s.same("commands", s.complete(""), commands)
	s.same("options", s.complete("-"), options)
	for _, c := range commands {
		s.same(c, s.complete(c, "con"), []string{"contactsync"})
	}
	s.same("keys", s.complete("--store", "/x", "set", "contactsync", ""), settings.Keys())
	s.same("keys of others", s.complete("set", "another", ""), nil)
	s.same("list takes no key", s.complete("list", "contactsync", ""), nil)
	for key, values := range map[string][]string{"office365": {"true", "false"}, "source": {"auto", "graph", "ews"}, "client_secret": nil} {
		s.same(key, s.complete("set", "contactsync", key, ""), values)
		for _, v := range values {
			if set, err := settings.Load(map[string]string{key: v}); err != nil && strings.Contains(err.Error(), key+": want") {
				t.Errorf("%s %s is offered: %v %v", key, v, set, err)
			}
		}
	}
}

// self returns the path of this test, which is also the program.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
