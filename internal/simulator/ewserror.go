package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// ewsError is an error of Exchange Web Services. Where it concerns the call as
// a whole it is a SOAP fault, else it stands in a response message.
type ewsError struct {
	code, text string
	about      string        // the property that it is about
	values     []string      // names and values for MessageXml
	backOff    time.Duration // of ErrorServerBusy
	status     int           // of a fault; default 500
	schema     bool          // the text describes a violation of the schema
}

// The errors that more than one operation answers.
var (
	errItemNotFound     = &ewsError{code: "ErrorItemNotFound", text: "The specified object was not found in the store."}
	errFolderNotFound   = &ewsError{code: "ErrorFolderNotFound", text: "The specified folder could not be found in the store."}
	errIDMalformed      = &ewsError{code: "ErrorInvalidIdMalformed", text: "Id is malformed."}
	errIDEmpty          = &ewsError{code: "ErrorInvalidIdEmpty", text: "Id must be non-empty."}
	errSyncState        = &ewsError{code: "ErrorInvalidSyncStateData", text: "Synchronization state data is corrupt or otherwise invalid."}
	errSyncFolder       = &ewsError{code: "ErrorSyncFolderNotFound", text: "The folder to be synchronized could not be found."}
	errNoMailbox        = &ewsError{code: "ErrorNonExistentMailbox", text: "The SMTP address has no mailbox associated with it."}
	errEWSAccess        = &ewsError{code: "ErrorAccessDenied", text: "Access is denied. Check credentials and try again."}
	errImpersonate      = &ewsError{code: "ErrorImpersonateUserDenied", text: "The account does not have permission to impersonate the requested user."}
	errNotImpersonating = &ewsError{code: "ErrorInvalidExchangeImpersonationHeaderData",
		text: "ExchangeImpersonation SOAP header must be present for this type of OAuth token."}
)

func schemaError(format string, args ...any) *ewsError {
	return &ewsError{code: "ErrorSchemaValidation", text: fmt.Sprintf(format, args...), schema: true}
}

// detail returns what stands in MessageXml.
func (e *ewsError) detail() string {
	var w xmlWriter
	if e.schema {
		w.element("t:LineNumber", "1")
		w.element("t:LinePosition", "1")
		w.element("t:Violation", e.text)
	}
	if e.about != "" {
		w.WriteString("<t:FieldURI")
		w.attribute("FieldURI", e.about)
		w.WriteString("/>")
	}
	values := e.values
	if e.backOff > 0 {
		values = append(values, "BackOffMilliseconds", strconv.FormatInt(e.backOff.Milliseconds(), 10))
	}
	for i := 0; i+1 < len(values); i += 2 {
		w.WriteString("<t:Value")
		w.attribute("Name", values[i])
		w.WriteString(">")
		w.escape(values[i+1])
		w.WriteString("</t:Value>")
	}
	return w.String()
}

// answer returns the error as a SOAP fault.
func (e *ewsError) answer() *answer {
	text := e.text
	if e.schema {
		text = "The request failed schema validation: " + text
	}
	var w xmlWriter
	w.WriteString(`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + nsSOAP + `"><s:Body><s:Fault>` +
		`<faultcode xmlns:a="` + nsTypes + `">a:` + e.code + `</faultcode><faultstring xml:lang="en-US">`)
	w.escape(text)
	w.WriteString(`</faultstring><detail><e:ResponseCode xmlns:e="` + nsErrors + `">` + e.code + `</e:ResponseCode><e:Message xmlns:e="` + nsErrors + `">`)
	w.escape(text)
	w.WriteString(`</e:Message>`)
	if d := e.detail(); d != "" {
		w.WriteString(`<t:MessageXml xmlns:t="` + nsTypes + `">` + d + `</t:MessageXml>`)
	}
	w.WriteString(`</detail></s:Fault></s:Body></s:Envelope>`)
	status := http.StatusInternalServerError
	if e.status != 0 {
		status = e.status
	}
	return &answer{status: status, header: ewsHeader, body: w.Bytes()}
}

// ewsDisabled refuses a call because EWS is switched off.
func ewsDisabled(reason string) *answer {
	return &answer{status: http.StatusForbidden, header: map[string]string{"X-EWS-Policy-Reason": reason}}
}

// EWSFault answers a call with a SOAP fault and HTTP 500.
func EWSFault(code, text string) Fault {
	return (&ewsError{code: code, text: text}).fault()
}

// EWSBusy answers ErrorServerBusy as a SOAP fault with HTTP 500, the usual
// shape. A wait of 0 leaves BackOffMilliseconds out.
func EWSBusy(wait time.Duration) Fault {
	return busy(wait, 0).fault()
}

// EWSBusyUnavailable answers ErrorServerBusy with HTTP 503.
func EWSBusyUnavailable(wait time.Duration) Fault {
	return busy(wait, http.StatusServiceUnavailable).fault()
}

// EWSBusyMessage answers ErrorServerBusy in the response messages of an answer
// with HTTP 200.
func EWSBusyMessage(wait time.Duration) Fault {
	return inMessages(busy(wait, 0))
}

// EWSMessage answers with an error in each response message and HTTP 200.
func EWSMessage(code, text string) Fault {
	return inMessages(&ewsError{code: code, text: text})
}

// EWSBlocked answers 403 with X-EWS-Policy-Reason.
func EWSBlocked(reason string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) { ewsDisabled(reason).write(w, r) }
}

// EWSTimes returns a hook that gives f to the first n calls of an operation;
// a negative n means all of them.
func EWSTimes(n int, op string, f Fault) func(*http.Request) Fault {
	var seen atomic.Int64
	return func(r *http.Request) Fault {
		if q := peekEWS(r); q == nil || q.name() != op {
			return nil
		}
		if n >= 0 && seen.Add(1) > int64(n) {
			return nil
		}
		return f
	}
}

func busy(wait time.Duration, status int) *ewsError {
	return &ewsError{code: "ErrorServerBusy", text: "The server cannot service this request right now. Try again later.",
		backOff: wait, status: status}
}

func (e *ewsError) fault() Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) { e.answer().write(w, r) }
}

// inMessages answers each part of a call with the error.
func inMessages(e *ewsError) Fault {
	return func(w http.ResponseWriter, r *http.Request, service http.Handler) {
		q := peekEWS(r)
		if q == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/xml") {
			service.ServeHTTP(w, r)
			return
		}
		var x xmlWriter
		x.WriteString(ewsHead)
		x.response(q.name(), func() {
			for range max(1, len(q.op.children("m:ItemIds"))+len(q.op.children("m:FolderIds"))) {
				x.failure(q.name(), e, emptyContent[q.name()])
			}
		})
		x.WriteString("</s:Body></s:Envelope>")
		(&answer{status: http.StatusOK, header: ewsHeader, body: x.Bytes()}).write(w, r)
	}
}

// emptyContent is what failures of an operation hold nevertheless.
var emptyContent = map[string]string{
	"GetItem":             "<m:Items/>",
	"GetFolder":           "<m:Folders/>",
	"SyncFolderItems":     "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>",
	"SyncFolderHierarchy": "<m:SyncState/><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>",
}
