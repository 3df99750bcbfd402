package words

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// home is the root of the repository.
const home = "../.."

// sources returns the programs' files below a folder, without tests and what is
// for tests and the demo alone.
func sources(t *testing.T, folder string) (*token.FileSet, []*ast.File) {
	t.Helper()
	set, files := token.NewFileSet(), []*ast.File(nil)
	err := filepath.WalkDir(filepath.Join(home, folder), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "simulator" || d.Name() == "demo" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2):
			return fs.SkipDir
		case d.IsDir(), filepath.Ext(path) != ".go", strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		files = append(files, file)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return set, files
}

// said tells which argument of a function, by its name, a person reads as it
// is.
var said = map[string]int{
	"New":             1, // of package fault: the hint
	"DamagedWithHint": 0, "flaw": 0,
	"warn": 1, "skip": 1, // of a check: the hint, the reason
	"tell": 1, "hint": 0, // of status
	"say": 0, "find": 1, // of the bar, of the answer to Nagios
	"Say": 0, "Errorf": 0, "Fill": 0, "Count": 1,
}

// shown are the fields that a person reads as they are.
var shown = map[string]bool{"Usage": true, "UsageText": true, "Description": true, "ArgsUsage": false, "hint": true, "Hint": true}

// Nothing that a person reads stands elsewhere than here: not the hint of an
// error, not the help of a command or an option.
func TestTextsStandHere(t *testing.T) {
	set, files := sources(t, ".")
	seen := 0
	for _, file := range files {
		if file.Name.Name == "words" {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				pkg, name := called(n)
				at, ok := said[name]
				if !ok || len(n.Args) <= at || name == "New" && pkg != "fault" || name == "Errorf" && pkg != "words" {
					return true
				}
				seen++
				if text := literal(n.Args[at]); text != "" {
					t.Errorf("%s: %s says %s, which belongs into package words", set.Position(n.Pos()), name, text)
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && shown[key.Name] {
					seen++
					if text := literal(n.Value); text != "" {
						t.Errorf("%s: %s is %s, which belongs into package words", set.Position(n.Pos()), key.Name, text)
					}
				}
			case *ast.AssignStmt:
				for i, left := range n.Lhs {
					if name, ok := left.(*ast.Ident); ok && len(n.Rhs) == len(n.Lhs) && strings.Contains(strings.ToLower(name.Name), "hint") {
						if text := literal(n.Rhs[i]); text != "" {
							t.Errorf("%s: %s becomes %s, which belongs into package words", set.Position(n.Pos()), name.Name, text)
						}
					}
				}
			}
			return true
		})
	}
	if seen < 300 {
		t.Errorf("%d texts, where are the others?", seen)
	}
}

// called returns the package, or what stands for it, and the name of a function
// that is called.
func called(call *ast.CallExpr) (pkg, name string) {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return "", f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			pkg = x.Name
		}
		return pkg, f.Sel.Name
	}
	return "", ""
}

// literal returns the first text with a word in it that an expression is made
// of; not that of a command, which is the same in every language, nor what is
// handed to a function.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && word.MatchString(text) && !command.MatchString(text) {
			return e.Value
		}
	case *ast.BinaryExpr:
		if text := literal(e.X); text != "" {
			return text
		}
		return literal(e.Y)
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return ""
}

var (
	word    = regexp.MustCompile(`\pL{2}`)
	command = regexp.MustCompile(`^(\*?; )?sudo `)
)

// Each text is used, and none says the same as another one.
func TestTextsAreUsedOnce(t *testing.T) {
	set, own := sources(t, "internal/words")
	used := map[string]bool{}
	_, all := sources(t, ".")
	for _, file := range all {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := s.X.(*ast.Ident); ok && pkg.Name == "words" {
					used[s.Sel.Name] = true
				}
			}
			return true
		})
	}
	for _, file := range own { // a text may be part of another one
		ast.Inspect(file, func(n ast.Node) bool {
			if value, ok := n.(*ast.ValueSpec); ok {
				for _, v := range value.Values {
					ast.Inspect(v, func(n ast.Node) bool {
						if name, ok := n.(*ast.Ident); ok {
							used[name.Name] = true
						}
						return true
					})
				}
			}
			return true
		})
	}
	texts := texts(t, set, own)
	says := map[string]string{}
	for name, text := range texts {
		if !used[name] {
			t.Errorf("%s is used by nobody", name)
		}
		if other := says[text]; other != "" {
			t.Errorf("%s and %s both say %q", other, name, text)
		}
		says[text] = name
		rest := regexp.MustCompile(`\{[^}]*\}`).FindAllString(english.Replace(text), -1)
		for _, place := range rest {
			if place != "{renewal}" && place != "{consent page}" { // see signin.go
				t.Errorf("%s leads to %s, which is no place", name, place)
			}
		}
		if leads := strings.Contains(text, "{consent page}") || strings.Contains(text, "this page"); leads && !strings.Contains(text, thisPage) {
			t.Errorf("%s does not say how the page ends", name)
		}
		if verbs := verb.FindAllString(text, -1); len(verbs) > 1 && !numbered(verbs) && !strings.HasSuffix(name, "Done") { // as its library has it
			t.Errorf("%s: a translation cannot change the order of %q", name, verbs)
		}
	}
	if len(texts) < 300 {
		t.Errorf("%d texts, where are the others?", len(texts))
	}
}

// verb finds the verbs of a format.
var verb = regexp.MustCompile(`%(\[\d\])?[0-9]*(\[\d\])?[a-z]`)

func numbered(verbs []string) bool {
	for _, v := range verbs {
		if !strings.Contains(v, "[") {
			return false
		}
	}
	return true
}

// texts returns the package's constants that are texts, by their names.
func texts(t *testing.T, set *token.FileSet, files []*ast.File) map[string]string {
	t.Helper()
	// What is imported is not looked at, and no constant is made of it.
	conf := types.Config{Error: func(error) {}, IgnoreFuncBodies: true}
	pkg, _ := conf.Check("words", set, files, nil)
	found := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok && c.Val().Kind() == constant.String {
			found[name] = constant.StringVal(c.Val())
		}
	}
	return found
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 members", 1: "1 member", 2: "2 members", 1000: "1000 members"} {
		if got := Count(n, Members); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

func TestSay(t *testing.T) {
	if got := Say(MailboxesOpen, "2 mailboxes", "9 contacts {secrets}"); got != "2 mailboxes can be read, with 9 contacts {secrets}" {
		t.Error(got)
	}
	if err := Errorf(NobodyUpToDate, fs.ErrNotExist); !strings.HasSuffix(err.Error(), ": file does not exist") {
		t.Error(err)
	}
}
