package simulator

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The properties of a user that Graph answers unasked, those that it answers
// only to $select, and those that User.ReadBasic.All opens.
var (
	userDefault = []string{"businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone",
		"officeLocation", "preferredLanguage", "surname", "userPrincipalName", "id"}
	userProperties = append(slices.Clone(userDefault), "accountEnabled", "proxyAddresses", "userType", "mailNickname", "otherMails")
	userBasic      = []string{"displayName", "givenName", "surname", "mail", "userPrincipalName", "id"}
)

var (
	errAccessDenied = &graphError{http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again.", nil}
	errDenied       = &graphError{http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", nil}
)

// user returns whom a path names: Graph takes an object id or a sign-in name,
// and no other address.
func (t *Tenant) user(name string) *Mailbox {
	if m := t.oid(name); m != nil {
		return m
	}
	return t.upn(name)
}

// mayLookUp checks that the app may read users, and these properties of them.
func (c *call) mayLookUp(properties ...string) *graphError {
	if c.claims.has("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All") {
		return nil
	}
	beyond := slices.ContainsFunc(properties, func(p string) bool { return !slices.Contains(userBasic, p) })
	if !c.claims.has("User.ReadBasic.All") || beyond {
		return errDenied
	}
	return nil
}

// users answers /users.
func (c *call) users() (*answer, *graphError) {
	set, failed := c.check("user", userProperties)
	if failed != nil {
		return nil, failed
	}
	if failed := c.mayLookUp(names(set)...); failed != nil {
		return nil, failed
	}
	found, failed := c.filterUsers()
	if failed != nil {
		return nil, failed
	}
	start := 0
	if c.skipToken != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(c.skipToken, "RFNwdAIAAQ"))
		if err != nil || n < 0 || n > len(found) {
			return nil, badRequest("Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
		}
		start = n
	}
	end := min(start+c.s.pageSize(c.odata, 100, 999), len(found))
	w := &jsonWriter{}
	w.open('{')
	w.field("@odata.context", c.s.GraphURL()+"/$metadata#users"+projection(c.selected))
	if c.count {
		w.number("@odata.count", len(found))
	}
	if end < len(found) {
		w.field("@odata.nextLink", c.s.link(c.path, c.odata, map[string]string{"$skiptoken": "RFNwdAIAAQ" + strconv.Itoa(end)}))
	}
	w.key("value")
	w.open('[')
	for _, m := range found[start:end] {
		w.open('{')
		writeUser(w, m, set)
		w.end('}')
	}
	w.end(']')
	w.end('}')
	return ok(w.b), nil
}

// user answers /users/{id or sign-in name}.
func (c *call) user() (*answer, *graphError) {
	set, failed := c.check("user", userProperties)
	if failed != nil {
		return nil, failed
	}
	if failed := c.mayLookUp(names(set)...); failed != nil {
		return nil, failed
	}
	m := c.s.tenant.user(c.segs[1])
	if m == nil {
		return nil, &graphError{http.StatusNotFound, "Request_ResourceNotFound", "Resource '" + c.segs[1] +
			"' does not exist or one of its queried reference-property objects are not present.", nil}
	}
	note(c.r, m, "")
	w := &jsonWriter{}
	w.open('{')
	w.field("@odata.context", c.s.GraphURL()+"/$metadata#users"+projection(c.selected)+"/$entity")
	writeUser(w, m, set)
	w.end('}')
	return ok(w.b), nil
}

func names(set map[string]bool) []string {
	var all []string
	for name := range set {
		all = append(all, name)
	}
	return all
}

// projection is the part of a context that names the selection.
func projection(selected []string) string {
	if len(selected) == 0 {
		return ""
	}
	return "(" + strings.Join(selected, ",") + ")"
}

func writeUser(w *jsonWriter, m *Mailbox, set map[string]bool) {
	given, surname, _ := strings.Cut(m.DisplayName, " ")
	for _, p := range userProperties {
		if set == nil && !slices.Contains(userDefault, p) || set != nil && !set[p] {
			continue
		}
		switch p {
		case "id":
			w.field(p, m.ObjectID)
		case "displayName":
			w.field(p, m.DisplayName)
		case "givenName":
			w.orNull(p, given)
		case "surname":
			w.orNull(p, surname)
		case "mail":
			w.orNull(p, m.Mail)
		case "userPrincipalName":
			w.field(p, m.UPN)
		case "accountEnabled":
			w.key(p)
			w.raw("true")
		case "userType":
			w.field(p, "Member")
		case "mailNickname":
			nick, _, _ := strings.Cut(m.Mail, "@")
			w.field(p, nick)
		case "proxyAddresses":
			w.list(p, m.proxyAddresses())
		case "businessPhones", "otherMails":
			w.list(p, nil)
		default:
			w.orNull(p, "")
		}
	}
}

// proxyAddresses returns all addresses as Exchange lists them, the primary one
// with its prefix in capitals.
func (m *Mailbox) proxyAddresses() []string {
	all := []string{"SMTP:" + m.Mail}
	for _, a := range m.Aliases {
		all = append(all, "smtp:"+a)
	}
	return all
}

var (
	filterEq    = regexp.MustCompile(`(?i)^(mail|userPrincipalName|id)\s+eq\s+'((?:[^']|'')*)'$`)
	filterIn    = regexp.MustCompile(`(?i)^(mail|userPrincipalName|id)\s+in\s*\((.*)\)$`)
	filterProxy = regexp.MustCompile(`(?i)^proxyAddresses/any\(\s*(\w+)\s*:\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*\)$`)
	quoted      = regexp.MustCompile(`'((?:[^']|'')*)'`)
)

// filterUsers returns the users that $filter names, each once; all without one.
func (c *call) filterUsers() ([]*Mailbox, *graphError) {
	if c.filter == "" {
		return c.s.tenant.mailboxes, nil
	}
	var found []*Mailbox
	terms := orWord.Split(c.filter, -1)
	if len(terms) > 15 {
		return nil, badRequest("Request_UnsupportedQuery", "Too many child clauses specified in search filter expression containing 'OR' operators: %d. Max allowed: 15.", len(terms))
	}
	for _, term := range terms {
		matched, failed := c.filterTerm(strings.TrimSpace(term))
		if failed != nil {
			return nil, failed
		}
		for _, m := range matched {
			if m != nil && !slices.Contains(found, m) {
				found = append(found, m)
			}
		}
	}
	return found, nil
}

func (c *call) filterTerm(term string) ([]*Mailbox, *graphError) {
	if m := filterEq.FindStringSubmatch(term); m != nil {
		return c.lookup(m[1], unquote(m[2])), nil
	}
	if m := filterProxy.FindStringSubmatch(term); m != nil && m[1] == m[2] {
		if failed := c.mayLookUp("proxyAddresses"); failed != nil {
			return nil, failed
		}
		return []*Mailbox{c.byProxy(unquote(m[3]))}, nil
	}
	if m := filterIn.FindStringSubmatch(term); m != nil {
		var all []*Mailbox
		values := quoted.FindAllStringSubmatch(m[2], -1)
		if len(values) > 15 {
			return nil, badRequest("Request_UnsupportedQuery", "Too many child clauses specified in search filter expression containing 'OR' operators: %d. Max allowed: 15.", len(values))
		}
		for _, v := range values {
			all = append(all, c.lookup(m[1], unquote(v[1]))...)
		}
		return all, nil
	}
	return nil, badRequest("Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified for property of resource 'User': %s.", term)
}

func unquote(s string) string { return strings.ReplaceAll(s, "''", "'") }

// lookup returns the users whose property has this value. Only the mail address
// need not be unique.
func (c *call) lookup(property, value string) []*Mailbox {
	t := c.s.tenant
	switch strings.ToLower(property) {
	case "mail":
		return t.byMail[strings.ToLower(value)]
	case "id":
		return []*Mailbox{t.oid(value)}
	}
	return []*Mailbox{t.upn(value)}
}

// byProxy returns the user with a value of proxyAddresses, or nil.
func (c *call) byProxy(value string) *Mailbox {
	prefix, address, _ := strings.Cut(value, ":")
	if !strings.EqualFold(prefix, "smtp") {
		return nil
	}
	return c.s.tenant.address(address)
}
