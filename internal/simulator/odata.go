package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// odata holds the system query options of a request (OData 4.01, part 2) and
// what its Prefer header asks for.
type odata struct {
	selected   []string // $select, properties as their type spells them; nil: all
	extended   []string // ids of $expand=singleValueExtendedProperties($filter=…), lower case
	filter     string
	top        int // 0: not given
	skip       int
	count      bool
	skipToken  string
	deltaToken string
	maxPage    int // Prefer: odata.maxpagesize; 0: not given
	immutable  bool
	text       bool // Prefer: outlook.body-content-type="text"
	raw        url.Values
}

func badRequest(code, format string, args ...any) *graphError {
	return &graphError{http.StatusBadRequest, code, fmt.Sprintf(format, args...), nil}
}

// parseOData reads a request's options. An option's "$" may be missing.
func parseOData(r *http.Request) (*odata, *graphError) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("BadRequest", "Malformed query string.")
	}
	o := &odata{raw: url.Values{}}
	for k, v := range values {
		name := "$" + strings.TrimPrefix(strings.ToLower(k), "$")
		o.raw[name] = v
		if failed := o.option(name, v[0]); failed != nil {
			return nil, failed
		}
	}
	o.preferences(r.Header.Values("Prefer"))
	return o, nil
}

func (o *odata) option(name, value string) *graphError {
	var failed *graphError
	switch name {
	case "$select":
		for _, p := range strings.Split(value, ",") {
			o.selected = append(o.selected, strings.TrimSpace(p))
		}
	case "$expand":
		o.extended, failed = parseExpand(value)
	case "$filter":
		o.filter = value
	case "$top":
		o.top, failed = number(name, value)
	case "$skip":
		o.skip, failed = number(name, value)
	case "$count":
		o.count = strings.EqualFold(value, "true")
	case "$skiptoken":
		o.skipToken = value
	case "$deltatoken":
		o.deltaToken = value
	}
	return failed
}

func number(name, value string) (int, *graphError) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, badRequest("BadRequest", "Invalid value '%s' for %s query option found. The %s query option requires a "+
			"non-negative integer value.", value, name, name)
	}
	return n, nil
}

// preferences reads the header Prefer (RFC 7240).
func (o *odata) preferences(values []string) {
	for _, p := range strings.Split(strings.Join(values, ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "odata.maxpagesize", "maxpagesize":
			o.maxPage, _ = strconv.Atoi(value)
		case "idtype":
			o.immutable = strings.EqualFold(value, "ImmutableId")
		case "outlook.body-content-type":
			o.text = strings.EqualFold(value, "text")
		}
	}
}

var (
	expandForm = regexp.MustCompile(`(?i)^\s*singleValueExtendedProperties\s*\(\s*\$?filter\s*=\s*(.*)\)\s*$`)
	expandTerm = regexp.MustCompile(`(?i)^\s*\(?\s*id\s+eq\s+'([^']+)'\s*\)?\s*$`)
	orWord     = regexp.MustCompile(`(?i)\s+or\s+`)
	propertyID = regexp.MustCompile(`(?i)^(String|Boolean|Integer|SystemTime|Binary|Double|Long|CLSID|StringArray)\s+(0x[0-9a-f]{1,4}|\{[0-9a-f-]{36}\}\s+(Name\s+.+|Id\s+0x[0-9a-f]+))$`)
)

// maxNodes bounds a filter as Graph's OData library does.
const maxNodes = 100

// parseExpand reads which extended properties are wanted.
func parseExpand(value string) ([]string, *graphError) {
	m := expandForm.FindStringSubmatch(value)
	if m == nil {
		return nil, badRequest("BadRequest", "Parsing OData Select and Expand failed: Term '%s' is not valid in a $select or $expand expression.", value)
	}
	terms := orWord.Split(strings.TrimSpace(m[1]), -1)
	if len(terms)*4 > maxNodes {
		return nil, badRequest("BadRequest", "The query specified in the URI is not valid. The node count limit of '%d' has been exceeded.", maxNodes)
	}
	var ids []string
	for _, term := range terms {
		id := expandTerm.FindStringSubmatch(term)
		if id == nil {
			return nil, badRequest("BadRequest", "Parsing OData Select and Expand failed: Syntax error in '%s'.", term)
		}
		if !propertyID.MatchString(id[1]) {
			return nil, badRequest("ErrorInvalidProperty", "PropertyId values for the extended property '%s' is invalid.", id[1])
		}
		ids = append(ids, canonicalProperty(id[1]))
	}
	return ids, nil
}

// canonicalProperty writes an id as Graph answers it: a hexadecimal number in
// lower case, whatever the request had.
func canonicalProperty(id string) string {
	kind, tag, _ := strings.Cut(id, " ")
	kind = strings.ToUpper(kind[:1]) + kind[1:]
	if strings.HasPrefix(strings.ToLower(tag), "0x") {
		tag = strings.ToLower(tag)
	}
	return kind + " " + strings.TrimSpace(tag)
}

// check refuses a $select that names what the type does not have, and returns
// the selection as a set; nil means all.
func (o *odata) check(typ string, properties []string) (map[string]bool, *graphError) {
	if o.selected == nil || slices.Contains(o.selected, "*") {
		return nil, nil
	}
	set := map[string]bool{}
	for _, name := range o.selected {
		i := slices.IndexFunc(properties, func(p string) bool { return strings.EqualFold(p, name) })
		if i < 0 {
			return nil, badRequest("BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, typ)
		}
		set[properties[i]] = true
	}
	return set, nil
}

// pageSize returns how many entries a page may have at most: what the request
// asks for within bounds, and the server's own limit.
func (s *Server) pageSize(o *odata, standard, most int) int {
	n := standard
	if o.top > 0 {
		n = o.top
	} else if o.maxPage > 0 {
		n = o.maxPage
	}
	n = min(n, most)
	if s.opts.MaxPage > 0 {
		n = min(n, s.opts.MaxPage)
	}
	return n
}

// link returns the address of another page: this request's with some options
// replaced.
func (s *Server) link(path string, o *odata, replace map[string]string) string {
	q := url.Values{}
	for k, v := range o.raw {
		q[k] = v
	}
	for k, v := range replace {
		q.Set(k, v)
	}
	return s.base + path + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}
