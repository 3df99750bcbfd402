// Package settings makes typed, checked settings of the values that stand in
// the key-value store under contactsync.
//
// People paste these values from web pages, mails and spreadsheets, into a
// command or into a dialog of the installer. So the package is patient with
// what surrounds a value, and strict with the value itself: whatever is wrong
// is said at once, with what it should look like, before the first connection
// is made. It never repeats a secret, not even one in the wrong place.
package settings

import (
	"net/url"
	"slices"
	"time"

	"contactsync/internal/fault"
)

// Source is the service that contacts are read over.
type Source string

// The sources. Auto is Graph where the app may read contacts there, else EWS.
const (
	Auto  Source = "auto"
	Graph Source = "graph"
	EWS   Source = "ews"
)

// Settings are all keys of the namespace contactsync, defaults filled in.
// Printing them is safe.
type Settings struct {
	TenantID            string // a GUID or a domain of the tenant; lower case
	ClientID            string // a GUID; lower case
	ClientSecret        Secret
	ClientSecretExpires time.Time // midnight in UTC; zero: not known
	ClientCertificate   string    // absolute path; used instead of the secret where it is set
	Office365           bool      // false: an Exchange server of one's own
	Source              Source    // EWS where Office365 is false
	Authority           string    // of the sign-in, without the tenant; https
	GraphURL            string    // with the version, without a slash at the end
	EWSURL              string
	EWSUsername         string // for a server of one's own, as is EWSPassword
	EWSPassword         Secret

	PhonebookName     string
	AllFolders        bool // contact_folders=all: those below Contacts too
	SkipWithoutNumber bool
	IncludeNotes      bool
	DefaultRegion     string // ISO 3166, upper case
	DefaultAreaCode   string // digits, without the trunk prefix; may be empty
	DeleteLeavers     bool

	CAFile        string // absolute path; empty: the system's authorities alone
	ProxyURL      string // without user and password; empty: none
	ProxyUsername string
	ProxyPassword Secret
	LDAP          LDAP
	Workers       int

	// Warnings are what does not keep a run from working: misspelt keys, two
	// keys of which one has no effect, a day that is none.
	Warnings []Problem
}

// LDAP says where members are found.
type LDAP struct {
	URL               string
	StartTLS          bool // means something for ldap:// only
	BindDN            string
	BindPassword      Secret
	BaseDN            string // empty: the server's first naming context
	GroupFilter       string
	MemberAttribute   string
	UIDAttribute      string
	MailAttribute     string
	ObjectIDAttribute string // may be empty
}

// Load reads the settings out of the values of namespace contactsync. The
// error names every key that is missing or malformed: a *fault.Error of class
// Config around Problems. The settings are then as good as they can be, with
// defaults in place of what is wrong.
func Load(values map[string]string) (Settings, error) {
	r := &reader{values: values}
	var s Settings
	s.readAll(r)
	s.check(r)
	s.Warnings = append(r.warnings, unknown(values, r.known)...)
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int {
			return slices.Index(r.known, a.Key) - slices.Index(r.known, b.Key)
		})
		return s, fault.New(fault.Config, r.problems.Hint("sudo -u ucservices kvstore", true), "read settings:\n%w", r.problems)
	}
	return s, nil
}

// Keys returns the names of all keys.
func Keys() []string {
	r := &reader{}
	new(Settings).readAll(r)
	return r.known
}

// Proxy returns the HTTP proxy with its user and password, nil where there is
// none. The result shows the password when printed.
func (s Settings) Proxy() *url.URL {
	u, err := url.Parse(s.ProxyURL)
	if err != nil || s.ProxyURL == "" {
		return nil
	}
	if s.ProxyUsername != "" {
		u.User = url.UserPassword(s.ProxyUsername, s.ProxyPassword.Reveal())
	}
	return u
}
