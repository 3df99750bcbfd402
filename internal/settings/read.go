package settings

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"
	"github.com/nyaruka/phonenumbers"

	"contactsync/internal/words"
)

const exampleGUID = "12345678-90ab-cdef-1234-567890abcdef"

var (
	guid      = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	domain    = regexp.MustCompile(`^([0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.)+[A-Za-z][0-9A-Za-z-]*[0-9A-Za-z]$`)
	attribute = regexp.MustCompile(`^([A-Za-z][0-9A-Za-z-]*|[0-2](\.[0-9]+)+)(;[0-9A-Za-z-]+)*$`)
	digits    = regexp.MustCompile(`^[0-9]{1,8}$`)
)

// readAll reads every key that there is.
func (s *Settings) readAll(r *reader) {
	s.readAccess(r)
	s.readContent(r)
	s.readNetwork(r)
	s.readLDAP(r)
}

// readAccess reads what the sign-in and the services need.
func (s *Settings) readAccess(r *reader) {
	s.TenantID = strings.ToLower(r.text("tenant_id", ""))
	if s.TenantID != "" && !guid.MatchString(s.TenantID) && !domain.MatchString(s.TenantID) {
		r.problem("tenant_id", words.NoTenantID, exampleGUID)
	}
	s.ClientID = strings.ToLower(r.text("client_id", ""))
	if s.ClientID != "" && !guid.MatchString(s.ClientID) {
		r.problem("client_id", words.NoClientID, exampleGUID)
	}
	s.ClientSecret = r.secret("client_secret")
	s.ClientSecretExpires = r.date("client_secret_expires")
	s.ClientCertificate = r.path("client_certificate", CertificatePlace)
	s.Office365 = r.boolean("office365", true)
	s.Source = Source(r.choice("source", string(Auto), string(Graph), string(EWS)))
	s.Authority = r.address("authority", "https://"+clouds[0].login[0])
	s.GraphURL = r.address("graph_url", clouds[0].graphURL)
	s.EWSURL = r.address("ews_url", clouds[0].ewsURL)
	s.EWSUsername = r.text("ews_username", "")
	s.EWSPassword = r.secret("ews_password")
}

// readContent reads what becomes of the contacts.
func (s *Settings) readContent(r *reader) {
	s.PhonebookName = r.text("phonebookname", "Privat")
	if n := utf8.RuneCountInString(s.PhonebookName); n > 100 {
		r.problem("phonebookname", words.TitleTooLong, n)
	}
	s.AllFolders = r.choice("contact_folders", "default", "all") == "all"
	s.SkipWithoutNumber = r.boolean("skip_without_number", false)
	s.IncludeNotes = r.boolean("include_notes", false)
	s.DefaultRegion = strings.ToUpper(r.text("default_region", "DE"))
	if !phonenumbers.GetSupportedRegions()[s.DefaultRegion] {
		r.problem("default_region", words.NoCountryCode)
		s.DefaultRegion = "DE"
	}
	s.DefaultAreaCode = r.areaCode("default_area_code", s.DefaultRegion)
	s.DeleteLeavers = r.choice("leavers", "keep", "delete") == "delete"
	s.Workers = r.number("workers", 4, 1, 64)
}

// areaCode returns an area code without separators and without the prefix that
// is dialled before it within the country (0 in Germany).
func (r *reader) areaCode(key, region string) string {
	v := strings.NewReplacer(" ", "", "(", "", ")", "", "/", "", "-", "").Replace(r.text(key, ""))
	if v == "" {
		return ""
	}
	trunk := phonenumbers.GetNddPrefixForRegion(region, true)
	code := v
	if trunk != "" {
		code = strings.TrimPrefix(v, trunk)
	}
	if !digits.MatchString(code) || trunk == "0" && code[0] == '0' {
		r.problem(key, words.WantAreaCode)
		return ""
	}
	return code
}

// Where the files that keys name belong: the service sees them there, and no
// other program takes what lies there for an authority of its own, as all do in
// /etc/ssl/certs.
const (
	CertificatePlace = "/etc/ucware/contactsync.pem"
	CAPlace          = "/etc/ucware/contactsync-ca.pem"
)

// path returns an absolute path, such as the example; whether the file is what
// it should be, its reader finds out.
func (r *reader) path(key, example string) string {
	v := r.text(key, "")
	if v != "" && !filepath.IsAbs(v) {
		r.problem(key, words.WantPath, example)
		return ""
	}
	return v
}

// readNetwork reads what stands between us and the services.
func (s *Settings) readNetwork(r *reader) {
	s.CAFile = r.path("ca_file", CAPlace)
	s.checkCAFile(r)
	s.ProxyURL = r.proxy("proxy_url")
	s.ProxyUsername = r.text("proxy_username", "")
	s.ProxyPassword = r.secret("proxy_password")
}

// checkCAFile looks whether the file can be read.
func (s *Settings) checkCAFile(r *reader) {
	if s.CAFile == "" {
		return
	}
	f, err := os.Open(s.CAFile)
	switch {
	case err == nil:
		f.Close()
	case errors.Is(err, fs.ErrPermission):
		r.problem("ca_file", words.CAFileClosed)
		if _, err := os.Stat(s.CAFile); err != nil {
			r.advise(words.Say(words.OpenCAFolders, s.CAFile, CAPlace))
		} else {
			r.advise(words.Fill(words.OpenCAFile))
		}
	default:
		r.problem("ca_file", words.CAFileNone, err.(*os.PathError).Err)
	}
}

// proxy returns the address of an HTTP proxy. A password in it is refused,
// because `kvstore list` shows this key and hides proxy_password.
func (r *reader) proxy(key string) string {
	v := r.text(key, "")
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	switch {
	case err != nil || u.Hostname() == "" || !validPort(u) || u.Scheme != "http" && u.Scheme != "https":
		r.problem(key, words.WantProxy)
	case u.User != nil:
		r.problem(key, words.ProxyHasUser)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		r.problem(key, words.ProxyEnds)
	default:
		return u.Scheme + "://" + u.Host
	}
	return ""
}

// readLDAP reads where members are found.
func (s *Settings) readLDAP(r *reader) {
	l := &s.LDAP
	l.URL = r.directory("ldap_url", "ldapi:///")
	l.StartTLS = r.boolean("ldap_starttls", true)
	l.BindDN = r.text("ldap_bind_dn", "")
	l.BindPassword = r.secret("ldap_bind_password")
	l.BaseDN = r.text("ldap_base_dn", "")
	if _, err := ldap.ParseDN(l.BaseDN); err != nil {
		r.problem("ldap_base_dn", words.NoDN)
	}
	l.GroupFilter = r.text("ldap_group_filter", "(&(objectClass=groupOfNames)(description=ews_synccontacts=true))")
	if _, err := ldap.CompileFilter(l.GroupFilter); err != nil {
		r.problem("ldap_group_filter", words.NoFilter)
	}
	name := func(key, def string) string {
		return r.pattern(key, def, attribute, words.WantAttribute, def)
	}
	l.MemberAttribute = name("ldap_member_attribute", "member")
	l.UIDAttribute = name("ldap_uid_attribute", "uid")
	l.MailAttribute = name("ldap_mail_attribute", "mail")
	l.ObjectIDAttribute = r.pattern("ldap_object_id_attribute", "", attribute, words.WantAttribute, "entraObjectId")
}

// directory returns the address of an LDAP server. An ldapi:// address may have
// the escaped path of a socket for its host, as OpenLDAP writes it, which
// package url does not parse; it is returned as ldapi:///run/slapd/ldapi.
func (r *reader) directory(key, def string) string {
	v := r.text(key, def)
	scheme, rest, _ := strings.Cut(v, "://")
	if scheme = strings.ToLower(scheme); scheme == "ldapi" {
		socket, err := url.PathUnescape(rest)
		if err != nil || !filepath.IsAbs(socket) {
			r.problem(key, words.WantSocket)
			return def
		}
		return (&url.URL{Scheme: scheme, Path: filepath.Clean(socket)}).String()
	}
	u, err := url.Parse(v)
	switch {
	case err != nil || u.Hostname() == "" || !validPort(u) || scheme != "ldap" && scheme != "ldaps":
		r.problem(key, words.WantLDAPURL)
	case u.User != nil:
		r.problem(key, words.LDAPURLHasUser)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		r.problem(key, words.LDAPURLEnds)
	default:
		return scheme + "://" + u.Host
	}
	return def
}
