package simulator

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// parseEWSRequest reads a SOAP envelope and checks the call against the parts
// of the schema that matter here.
func parseEWSRequest(body []byte) (*ewsRequest, *ewsError) {
	root, err := parseXML(body)
	if err != nil {
		return nil, schemaError("%s", err)
	}
	if root.name != "s:Envelope" || root.child("s:Body") == nil {
		return nil, schemaError("the root element is %s and not a SOAP envelope with a body", root.name)
	}
	ops := root.children("s:Body")
	if len(ops) != 1 {
		return nil, schemaError("the SOAP body has %d elements", len(ops))
	}
	q := &ewsRequest{op: ops[0]}
	if ewsOperations[q.name()] == nil {
		return nil, &ewsError{code: "ErrorInvalidRequest", text: "The request is invalid."}
	}
	if fail := q.header(root.child("s:Header")); fail != nil {
		return nil, fail
	}
	return q, checkSchema(q.op)
}

// header reads what the SOAP header says.
func (q *ewsRequest) header(h *element) *ewsError {
	if v := h.child("t:RequestServerVersion"); v != nil && !knownVersion(v.attr("Version")) {
		return &ewsError{code: "ErrorInvalidServerVersion", text: "The specified server version is invalid."}
	}
	imp := h.child("t:ExchangeImpersonation")
	if imp == nil {
		return nil
	}
	sid := imp.child("t:ConnectingSID")
	if sid == nil || len(sid.kids) != 1 {
		return schemaError("the element ConnectingSID must hold exactly one element")
	}
	q.sid = sid.kids[0]
	return nil
}

func knownVersion(v string) bool {
	for _, year := range []string{"2007", "2007_SP1", "2010", "2010_SP1", "2010_SP2", "2013", "2013_SP1", "2015", "2016"} {
		if v == "Exchange"+year {
			return true
		}
	}
	return strings.HasPrefix(v, "V201")
}

// peekEWS reads a request's call and leaves the body for who serves it; nil
// where it is no call.
func peekEWS(r *http.Request) *ewsRequest {
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	q, fail := parseEWSRequest(body)
	if fail != nil {
		return nil
	}
	return q
}

// schemaRule says which children an element has, in their order: "!" marks
// one that must be there, "|" separates alternatives, "*" marks a place that
// may be filled several times. Attributes that must be there follow an "@",
// with "=" and the values that they may have.
type schemaRule []string

var ewsSchema = map[string]schemaRule{
	"m:FindFolder": {"@Traversal=Shallow|Deep|SoftDeleted", "m:FolderShape!", "m:IndexedPageFolderView|m:FractionalPageFolderView",
		"m:Restriction", "m:ParentFolderIds!"},
	"m:FindItem": {"@Traversal=Shallow|SoftDeleted|Associated", "m:ItemShape!",
		"m:IndexedPageItemView|m:FractionalPageItemView|m:SeekToConditionPageItemView|m:CalendarView|m:ContactsView",
		"m:GroupBy|m:DistinguishedGroupBy", "m:Restriction", "m:SortOrder", "m:ParentFolderIds!", "m:QueryString"},
	"m:GetFolder":           {"m:FolderShape!", "m:FolderIds!"},
	"m:GetItem":             {"m:ItemShape!", "m:ItemIds!"},
	"m:SyncFolderItems":     {"m:ItemShape!", "m:SyncFolderId!", "m:SyncState", "m:Ignore", "m:MaxChangesReturned!", "m:SyncScope"},
	"m:SyncFolderHierarchy": {"m:FolderShape!", "m:SyncFolderId", "m:SyncState"},
	"m:ResolveNames":        {"@ReturnFullContactData", "m:ParentFolderIds", "m:UnresolvedEntry!"},
	"m:ConvertId":           {"@DestinationFormat", "m:SourceIds!"},
	"m:ItemShape": {"t:BaseShape!", "t:IncludeMimeContent", "t:BodyType", "t:UniqueBodyType", "t:NormalizedBodyType", "t:FilterHtmlContent",
		"t:ConvertHtmlCodePageToUTF8", "t:InlineImageUrlTemplate", "t:BlockExternalImages", "t:AddBlankTargetToLinks", "t:MaximumBodySize",
		"t:AdditionalProperties"},
	"m:FolderShape":           {"t:BaseShape!", "t:AdditionalProperties"},
	"t:AdditionalProperties":  {"t:FieldURI|t:IndexedFieldURI|t:ExtendedFieldURI|t:ExceptionFieldURI!*"},
	"m:ParentFolderIds":       {"t:FolderId|t:DistinguishedFolderId!*"},
	"m:FolderIds":             {"t:FolderId|t:DistinguishedFolderId!*"},
	"m:SyncFolderId":          {"t:FolderId|t:DistinguishedFolderId!"},
	"m:Ignore":                {"t:ItemId!*"},
	"m:ItemIds":               {"t:ItemId|t:OccurrenceItemId|t:RecurringMasterItemId!*"},
	"m:IndexedPageItemView":   {"@Offset", "@BasePoint=Beginning|End"},
	"m:IndexedPageFolderView": {"@Offset", "@BasePoint=Beginning|End"},
	"t:FolderId":              {"@Id"},
	"t:ItemId":                {"@Id"},
	"t:DistinguishedFolderId": {"@Id", "t:Mailbox"},
	"t:FieldURI":              {"@FieldURI"},
	"t:IndexedFieldURI":       {"@FieldURI", "@FieldIndex"},
	"t:ExtendedFieldURI":      {"@PropertyType"},
}

// checkSchema reports the first violation in e and below it.
func checkSchema(e *element) *ewsError {
	if rule, ok := ewsSchema[e.name]; ok {
		if fail := rule.check(e); fail != nil {
			return fail
		}
	}
	if fail := checkValue(e); fail != nil {
		return fail
	}
	for _, k := range e.kids {
		if fail := checkSchema(k); fail != nil {
			return fail
		}
	}
	return nil
}

func (r schemaRule) check(e *element) *ewsError {
	kids := e.kids
	for _, part := range r {
		if attr, ok := strings.CutPrefix(part, "@"); ok {
			if fail := checkAttribute(e, attr); fail != nil {
				return fail
			}
			continue
		}
		part, many := strings.CutSuffix(part, "*")
		part, required := strings.CutSuffix(part, "!")
		names := strings.Split(part, "|")
		n := 0
		for len(kids) > 0 && slices.Contains(names, kids[0].name) && (many || n == 0) {
			kids = kids[1:]
			n++
		}
		if required && n == 0 {
			return schemaError("The element '%s' has incomplete content. Expected: '%s'.", e.name, part)
		}
	}
	if len(kids) > 0 {
		return schemaError("The element '%s' has invalid child element '%s'.", e.name, kids[0].name)
	}
	return nil
}

func checkAttribute(e *element, rule string) *ewsError {
	name, values, limited := strings.Cut(rule, "=")
	i := slices.IndexFunc(e.attrs, func(a xmlAttr) bool { return a.Name.Local == name })
	if i < 0 {
		return schemaError("The required attribute '%s' is missing.", name)
	}
	if limited && !slices.Contains(strings.Split(values, "|"), e.attrs[i].Value) {
		return schemaError("The '%s' attribute is invalid - The value '%s' is invalid.", name, e.attrs[i].Value)
	}
	return nil
}

// checkValue checks the values of elements that have a narrow type.
func checkValue(e *element) *ewsError {
	valid := true
	switch e.name {
	case "t:BaseShape":
		valid = slices.Contains([]string{"IdOnly", "Default", "AllProperties"}, e.text)
	case "t:BodyType":
		valid = slices.Contains([]string{"Best", "HTML", "Text"}, e.text)
	case "m:MaxChangesReturned":
		n, err := strconv.Atoi(e.text)
		valid = err == nil && n >= 1 && n <= 512
	case "t:DistinguishedFolderId":
		valid = knownFolders[e.attr("Id")]
	case "t:FieldURI":
		valid = knownField(e.attr("FieldURI"))
	case "t:IndexedFieldURI":
		valid = strings.HasPrefix(e.attr("FieldURI"), "contacts:") || e.attr("FieldURI") == "item:InternetMessageHeader" ||
			e.attr("FieldURI") == "distributionlist:Members:Member"
	}
	if !valid {
		return schemaError("The '%s' element is invalid - The value '%s' is invalid.", e.name, e.text+e.attr("Id")+e.attr("FieldURI"))
	}
	return nil
}
