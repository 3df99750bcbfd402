package simulator

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"contactsync/internal/simulator/conformance"
)

// ewsSite is a server with a tenant to ask over EWS.
type ewsSite struct {
	*Server
	t      *testing.T
	app    *App
	box    *Mailbox
	client *http.Client
}

func newEWSSite(t *testing.T, o Options) *ewsSite {
	t.Helper()
	tenant := NewTenant("ews")
	app := tenant.AddApp(App{Roles: map[string][]string{EWSResource: {"full_access_as_app"}}})
	box := tenant.AddMailbox(Mailbox{Mail: "ada@example.test", Aliases: []string{"countess@example.test"}, DisplayName: "Ada <& Co>", Password: "pa ss"})
	s, err := Start(tenant, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &ewsSite{s, t, app, box, httpClient(s)}
}

func httpClient(s *Server) *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CAPEM)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
}

// token returns an access token for EWS.
func (s *ewsSite) token(app *App) string {
	s.t.Helper()
	token, _, err := s.issue(app, EWSResource, "1")
	if err != nil {
		s.t.Fatal(err)
	}
	return "Bearer " + token
}

// envelope wraps a call; sid is what ConnectingSID holds.
func envelope(sid, op string) string {
	if sid != "" {
		sid = "<t:ExchangeImpersonation><t:ConnectingSID>" + sid + "</t:ConnectingSID></t:ExchangeImpersonation>"
	}
	return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + nsSOAP + `" xmlns:m="` + nsMessages + `" xmlns:t="` + nsTypes + `">` +
		`<s:Header><t:RequestServerVersion Version="Exchange2013_SP1"/>` + sid + `</s:Header><s:Body>` + op + `</s:Body></s:Envelope>`
}

// post sends a document and returns the answer.
func (s *ewsSite) post(auth, doc string) (*http.Response, []byte) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.EWSURL(), strings.NewReader(doc))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, body
}

// ask sends a call about the site's mailbox and returns the answer's tree.
func (s *ewsSite) ask(op string) *element {
	s.t.Helper()
	resp, body := s.post(s.token(s.app), envelope(smtp(s.box.Mail), op))
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("answer %s: %s", resp.Status, body)
	}
	return tree(s.t, body)
}

func smtp(address string) string {
	return "<t:PrimarySmtpAddress>" + address + "</t:PrimarySmtpAddress>"
}

func tree(t *testing.T, doc []byte) *element {
	t.Helper()
	e, err := parseXML(conformance.Sanitise(doc))
	if err != nil {
		t.Fatalf("parse answer: %v: %.500s", err, doc)
	}
	return e
}

// all returns every element of that name, at any depth.
func (e *element) all(name string) []*element {
	var found []*element
	if e.name == name {
		found = append(found, e)
	}
	for _, k := range e.kids {
		found = append(found, k.all(name)...)
	}
	return found
}

// codes returns the response codes of an answer.
func (e *element) codes() string {
	var codes []string
	for _, c := range e.all("m:ResponseCode") {
		codes = append(codes, c.text)
	}
	for _, c := range e.all("{" + nsErrors + "}ResponseCode") {
		codes = append(codes, "fault "+c.text)
	}
	return strings.Join(codes, " ")
}

// messyContact is a contact of the kind that people have.
func messyContact(r *rand.Rand, n int) Contact {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	c := Contact{
		DisplayName: pick(fmt.Sprintf("Person %d", n), "Müller, Jürgen \"Jü\"", "<b>& Söhne</b>", "", " 日本 🎉 ", strings.Repeat("ä", 300),
			strings.Repeat("🎉", 200), "Zeile\r\nZwei\tTab", "\x1a\x00\x01 verboten", "\xff kaputt"),
		GivenName: pick("", "Ada", "Jürgen"), MiddleName: pick("", "von"), Surname: pick("", "Lovelace", "O'Neill"),
		Company: pick("", "Müller & Söhne GmbH", "]]>"), Department: pick("", "Einkauf"), JobTitle: pick("", "Leiter"),
		Phones: map[string]string{}, Addresses: map[string]Address{},
		Notes: pick("", "Zeile eins\r\nZeile zwei", strings.Repeat("lang ", 1000), "<html>", "\x02"),
	}
	for _, k := range phoneKeys {
		if r.IntN(4) == 0 {
			c.Phones[k] = pick("+49 30 123456", "030/23125 980", "", "tel:110", strings.Repeat("1", 260))
		}
	}
	for i := range c.Emails {
		c.Emails[i] = pick("", "", "ada@example.com", "/o=ExchangeLabs/ou=Exchange/cn=Recipients/cn=ada", "Ada\nLovelace <ada@example.com>")
	}
	for _, k := range addressKeys {
		if r.IntN(3) == 0 {
			c.Addresses[k] = Address{Street: pick("", "Am Graben 1\r\nHinterhaus"), City: pick("", "Köln"), PostalCode: "50667", Country: pick("", "Deutschland")}
		}
	}
	if r.IntN(2) == 0 {
		c.Birthday = time.Date(1900+r.IntN(120), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
	}
	for range r.IntN(3) {
		c.Categories = append(c.Categories, pick("Privat", "Kunde & Partner", ""))
	}
	return c
}

// fillMessy gives a mailbox contacts, lists and folders; nothing is random
// between two runs.
func fillMessy(m *Mailbox, n int) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range n {
		m.AddContact(m.Contacts, messyContact(r, i))
	}
	m.AddList(m.Contacts, "Verteiler & Co")
	sub := m.AddFolder(m.Contacts, "Kunden & <Partner>", "", false)
	m.AddContact(m.AddFolder(sub, "Tief", "", false), messyContact(r, n))
	m.AddFolder(m.Contacts, "Recipient Cache", "IPF.Contact.RecipientCache", true)
	m.AddFolder(m.Contacts, "GAL Contacts", "IPF.Contact.GalContacts", true)
}

const (
	idOnly   = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
	allItems = `<m:ParentFolderIds><t:DistinguishedFolderId Id="contacts"/></m:ParentFolderIds>`
)

func findItems(shape, view string) string {
	return `<m:FindItem Traversal="Shallow">` + shape + view + allItems + `</m:FindItem>`
}

func shapeOf(base, body string, paths ...string) string {
	s := "<m:ItemShape><t:BaseShape>" + base + "</t:BaseShape>"
	if body != "" {
		s += "<t:BodyType>" + body + "</t:BodyType>"
	}
	if len(paths) > 0 {
		s += "<t:AdditionalProperties>" + strings.Join(paths, "") + "</t:AdditionalProperties>"
	}
	return s + "</m:ItemShape>"
}

// everyPath asks for every property that the simulator knows.
func everyPath(table bool) []string {
	var paths []string
	for _, p := range append(append([]itemProperty{}, contactProperties...), listProperties...) {
		if p.uri != "" && !(table && notInTables[p.uri]) {
			paths = append(paths, `<t:FieldURI FieldURI="`+p.uri+`"/>`)
		}
	}
	for _, k := range phoneKeys {
		paths = append(paths, `<t:IndexedFieldURI FieldURI="contacts:PhoneNumber" FieldIndex="`+k+`"/>`)
	}
	for _, k := range emailKeys {
		paths = append(paths, `<t:IndexedFieldURI FieldURI="contacts:EmailAddress" FieldIndex="`+k+`"/>`)
	}
	for _, k := range addressKeys {
		for _, p := range addressParts {
			paths = append(paths, `<t:IndexedFieldURI FieldURI="contacts:PhysicalAddress:`+p+`" FieldIndex="`+k+`"/>`)
		}
	}
	for tag := range mapiProperties {
		paths = append(paths, fmt.Sprintf(`<t:ExtendedFieldURI PropertyTag="0x%X" PropertyType="String"/>`, tag))
	}
	return append(paths, `<t:ExtendedFieldURI PropertyTag="14856" PropertyType="String"/>`)
}

func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// copyTo drains an answer, into w where that is not nil.
func copyTo(w io.Writer, resp *http.Response) (int64, error) {
	defer resp.Body.Close()
	if w == nil {
		w = io.Discard
	}
	return io.Copy(w, resp.Body)
}
