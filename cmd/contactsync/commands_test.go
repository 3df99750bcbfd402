package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// texts returns the constants of package words, and of what they are made.
func texts(t *testing.T) (texts []string) {
	t.Helper()
	files, err := filepath.Glob("../../internal/words/*.go")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]ast.Expr{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, name := range spec.Names {
					values[name.Name] = spec.Values[i]
				}
			}
			return true
		})
	}
	var text func(ast.Expr) string
	text = func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.BasicLit:
			s, _ := strconv.Unquote(e.Value)
			return s
		case *ast.BinaryExpr:
			return text(e.X) + text(e.Y)
		case *ast.Ident:
			return text(values[e.Name])
		}
		return ""
	}
	for _, value := range values {
		texts = append(texts, text(value))
	}
	return texts
}

// What is set as a command, in one piece, is one in every text: no word of it
// belongs to the sentence.
func TestCommandsAreCommands(t *testing.T) {
	part := regexp.MustCompile(`^(-[\w-]+|[\w:]*[A-Z]{3}[\w:\]]*|%\S+|[ag][+][rx]|\S*[./_=]\S*|\d+)$`)
	known := map[string]bool{}
	for _, word := range strings.Fields(`sudo kvstore openssl contactsync sqlite3 apt reinstall install mv systemctl start slapd enable unmask revert restart && journalctl chmod chown chgrp timedatectl
		dpkg-reconfigure ucware-contactsync ucservices phonebook list export lookup status check members secret set set-ntp true req x509 rsa:3072 pkcs12 pkey [--user`) {
		known[word] = true
	}
	seen := 0
	for _, text := range texts(t) {
		for line := range strings.Lines(text) {
			for _, found := range typed.FindAllStringSubmatch("hint: "+line, -1) {
				seen++
				for _, word := range strings.Fields(found[1]) {
					if word = strings.TrimSuffix(word, ";"); !known[word] && !part.MatchString(word) {
						t.Errorf("%q is set as a command, with %q: put a colon before the command, and a comma or semicolon behind it", found[1], word)
					}
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d commands, where are the others?", seen)
	}
}

// A sentence is set as one, and a command stays whole.
func TestSentencesAroundCommands(t *testing.T) {
	parallel(t)
	w := newWorld(t, "anna")
	w.mail("anna", "")
	check(t, "exit status", w.run().status, 78)
	out := w.run("status").stdout
	contains(t, flat(out), "hint: see what is missing of each, with: contactsync --store ", " members check their entries, ldap_uid_attribute,")
	fits(t, out)
}
