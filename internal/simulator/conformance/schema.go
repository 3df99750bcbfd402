// Package conformance holds the simulator, and what our clients send, against
// what others wrote: Microsoft's schema of Exchange Web Services, exchangelib,
// and Microsoft's own Graph client for JavaScript. Its tests run those clients
// against a simulated tenant and compare what they read with what the tenant
// holds.
package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// ValidateEWS fails the test where one of the documents, whole SOAP envelopes,
// is not what Microsoft's schema allows: the body's element, the elements of
// the header, and a fault's response code. Characters that XML forbids are
// replaced before, because Exchange sends them. One call with many documents
// is much faster than many calls.
//
// Without the schema it only says so in the log, so that a test which has
// checked more is not counted as skipped. Without xmllint (Debian:
// libxml2-utils) the test is skipped.
func ValidateEWS(t testing.TB, docs ...[]byte) {
	t.Helper()
	if _, there := find(t, fixture("ews/xsd")); !there {
		t.Logf("%d documents are not validated: Microsoft's schema is not there", len(docs))
		return
	}
	for n, complaint := range complaints(t, docs...) {
		if n < 20 {
			t.Error(complaint)
		}
	}
}

// complaints returns what xmllint says against the documents, and the document
// itself for each that fails.
func complaints(t testing.TB, docs ...[]byte) []string {
	t.Helper()
	schema, dir := schemaFile(t), t.TempDir()
	args := []string{"--noout", "--nonet", "--schema", schema}
	for i, doc := range docs {
		file := filepath.Join(dir, fmt.Sprintf("%04d.xml", i))
		if err := os.WriteFile(file, Sanitise(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	out, err := exec.Command("xmllint", args...).CombinedOutput()
	if err == nil {
		return nil
	}
	all := []string{fmt.Sprintf("run xmllint: %v", err)}
	for line := range strings.Lines(string(out)) {
		var i int
		line = strings.TrimSpace(strings.ReplaceAll(line, dir+string(filepath.Separator), ""))
		switch {
		case strings.HasSuffix(line, " validates"):
			continue
		case strings.HasSuffix(line, " fails to validate"):
			if _, err := fmt.Sscanf(line, "%d.xml", &i); err == nil && i < len(docs) {
				line += fmt.Sprintf(": %.3000s", docs[i])
			}
		}
		all = append(all, line)
	}
	return all
}

var characterReference = regexp.MustCompile(`&#(x[0-9A-Fa-f]+|[0-9]+);`)

// Sanitise replaces references to characters that XML 1.0 forbids by U+FFFD.
func Sanitise(doc []byte) []byte {
	return characterReference.ReplaceAllFunc(doc, func(ref []byte) []byte {
		digits, base := string(ref[2:len(ref)-1]), 10
		if digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err == nil && (n == '\t' || n == '\n' || n == '\r' || n >= ' ' && n < 0xD800 || n >= 0xE000 && n < 0xFFFE || n > 0xFFFF && n <= 0x10FFFF) {
			return ref
		}
		return []byte("\uFFFD")
	})
}

// schemaFile writes a schema of SOAP envelopes around Microsoft's messages and
// returns its path.
func schemaFile(t testing.TB) string {
	t.Helper()
	xsd := Fixture(t, "ews/xsd")
	Need(t, "xmllint", "libxml2-utils")
	dir := t.TempDir()
	for name, text := range map[string]string{"soap.xsd": soapSchema, "errors.xsd": errorSchema} {
		text = strings.ReplaceAll(text, "XSD", filepath.ToSlash(xsd))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "soap.xsd")
}

const soapSchema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors" targetNamespace="http://schemas.xmlsoap.org/soap/envelope/"
  elementFormDefault="qualified">
<xs:import namespace="http://schemas.microsoft.com/exchange/services/2006/messages" schemaLocation="XSD/messages.xsd"/>
<xs:import namespace="http://schemas.microsoft.com/exchange/services/2006/types" schemaLocation="XSD/types.xsd"/>
<xs:import namespace="http://schemas.microsoft.com/exchange/services/2006/errors" schemaLocation="errors.xsd"/>
<xs:element name="Envelope"><xs:complexType><xs:sequence>
  <xs:element name="Header" minOccurs="0"><xs:complexType><xs:sequence>
    <xs:any namespace="http://schemas.microsoft.com/exchange/services/2006/types" processContents="strict" minOccurs="0" maxOccurs="unbounded"/>
  </xs:sequence></xs:complexType></xs:element>
  <xs:element name="Body"><xs:complexType><xs:choice>
    <xs:element name="Fault" type="s:Fault"/>
    <xs:any namespace="http://schemas.microsoft.com/exchange/services/2006/messages" processContents="strict"/>
  </xs:choice></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element>
<xs:complexType name="Fault"><xs:sequence>
  <xs:element name="faultcode" type="xs:QName" form="unqualified"/>
  <xs:element name="faultstring" form="unqualified"><xs:complexType><xs:simpleContent><xs:extension base="xs:string">
    <xs:anyAttribute processContents="skip"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
  <xs:element name="detail" form="unqualified"><xs:complexType><xs:sequence>
    <xs:element ref="e:ResponseCode"/><xs:element ref="e:Message"/>
    <xs:any namespace="http://schemas.microsoft.com/exchange/services/2006/types" processContents="lax" minOccurs="0"/>
  </xs:sequence></xs:complexType></xs:element>
</xs:sequence></xs:complexType>
</xs:schema>`

const errorSchema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
  xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"
  targetNamespace="http://schemas.microsoft.com/exchange/services/2006/errors">
<xs:import namespace="http://schemas.microsoft.com/exchange/services/2006/messages" schemaLocation="XSD/messages.xsd"/>
<xs:element name="ResponseCode" type="m:ResponseCodeType"/>
<xs:element name="Message" type="xs:string"/>
</xs:schema>`

// Need skips the test where a program is missing, and names the Debian package
// that has it. In continuous integration (CI=true) a missing program fails.
func Need(t testing.TB, program, debian string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		Missing(t, program+" is not installed (Debian: "+debian+")")
	}
}

// Missing skips the test because of what is missing; in continuous integration
// (CI=true) it fails it.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Fixture returns the absolute path of a file or folder below the fixtures
// that lie beside the project, and skips the test where it is not there.
func Fixture(t testing.TB, path string) string {
	t.Helper()
	return beside(t, fixture(path))
}

func fixture(path string) string { return filepath.Join("shared", "fixtures", path) }

// beside returns the absolute path of what lies in the project's parent folder.
func beside(t testing.TB, path string) string {
	t.Helper()
	found, there := find(t, path)
	if !there {
		t.Skipf("%s is not there: it lies beside the project, not in it", filepath.Join("..", path))
	}
	return found
}

// find is beside that does not skip.
func find(t testing.TB, path string) (found string, there bool) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	found = filepath.Join(filepath.Dir(dir), path)
	_, err = os.Stat(found)
	return found, err == nil
}
