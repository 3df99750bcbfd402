package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"contactsync/internal/fault"
	"contactsync/internal/phonebook"
	"contactsync/internal/words"
)

// What to do about failures that may be a matter of graph_url.
var (
	hintToken   = words.Say(words.CheckSameCloud, "graph_url")
	hintGateway = words.Say(words.ServerOrGatewayAnswer, "graph_url")
)

// known says what the codes of errors mean to us. A code that is not here is
// judged by the status of the answer.
var known = []struct {
	code  string
	class fault.Class
	hint  string
}{
	{"ErrorAccessDenied", fault.Refused, words.MailboxRefused},
	{"Authorization_RequestDenied", fault.Refused, words.MailboxRefused},
	// Status 401, but no matter of the token's age: nothing was consented.
	{"NoPermissionsInAccessToken", fault.Refused, words.MailboxRefused},

	{"Request_ResourceNotFound", fault.Member, words.NoSuchPerson},
	{"ErrorInvalidUser", fault.Member, words.NoSuchPerson},
	{"ResourceNotFound", fault.Member, words.NoMailbox},
	{"MailboxNotEnabledForRESTAPI", fault.Member, words.NoMailbox},
	{"MailboxNotSupportedForRESTAPI", fault.Member, words.NoMailbox},
	{"ErrorNonExistentMailbox", fault.Member, words.NoMailbox},
	{"ErrorItemNotFound", fault.Member, words.GoneMeanwhile},
	{"ErrorMailboxStoreUnavailable", fault.Member, words.MailboxDown},
	{"ErrorMailboxMoveInProgress", fault.Member, words.MailboxDown},
	{"ErrorMailboxFailover", fault.Member, words.MailboxDown},
	{"ErrorFolderNotFound", fault.Member, words.GoneMeanwhile},

	{"InvalidAuthenticationToken", fault.Config, hintToken},
	{"OrganizationFromTenantGuidNotFound", fault.Config, words.NoExchangeOnline},
}

// errorBody is the object "error" of an answer.
type errorBody struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Inner   innerError `json:"innerError"`
}

// innerError names the request, for Microsoft's support. The service writes
// its name both with a hyphen and without.
type innerError struct {
	RequestID  string `json:"request-id"`
	RequestID2 string `json:"requestId"`
}

// serviceError is an answer that says what is wrong.
type serviceError struct {
	Status    int
	Code      string
	Message   string
	RequestID string
}

// Error returns the status, the code and the message.
func (e *serviceError) Error() string {
	s := fmt.Sprintf("Microsoft Graph answers %d %s", e.Status, fault.Line(e.Code, 60))
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.RequestID != "" && e.Status >= 500 {
		s += " (request id " + e.RequestID + ")"
	}
	return s
}

// is tells whether the error's code is among codes; case does not matter.
func (e *serviceError) is(codes ...string) bool {
	return slices.ContainsFunc(codes, func(code string) bool { return strings.EqualFold(e.Code, code) })
}

// noUser tells whether the error says that there is no such user or mailbox.
func (e *serviceError) noUser() bool {
	return e.is("Request_ResourceNotFound", "ErrorInvalidUser", "ResourceNotFound", "ErrorNonExistentMailbox")
}

// decodeError returns the error in a body, nil where there is none.
func decodeError(status int, body []byte) *serviceError {
	var answer struct {
		Error *errorBody `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error == nil || answer.Error.Code == "" {
		return nil
	}
	id := answer.Error.Inner.RequestID
	if id == "" {
		id = answer.Error.Inner.RequestID2
	}
	return &serviceError{
		Status:    status,
		Code:      answer.Error.Code,
		Message:   strings.TrimRight(fault.Line(answer.Error.Message, 300), "."),
		RequestID: fault.Line(id, 60),
	}
}

// failure returns what an answer that is not successful means.
func failure(resp *http.Response, body []byte) error {
	e := decodeError(resp.StatusCode, body)
	if e == nil {
		return foreign(resp)
	}
	for _, k := range known {
		if e.is(k.code) {
			return fault.New(k.class, k.hint, "%w", e)
		}
	}
	switch {
	case e.Status == http.StatusUnauthorized:
		return fault.New(fault.Config, hintToken, "%w", e)
	case e.Status == http.StatusForbidden:
		return fault.New(fault.Refused, words.MailboxRefused, "%w", e)
	case e.Status == http.StatusNotFound:
		return fault.New(fault.Member, words.NoMailbox, "%w", e)
	case e.Status >= 500:
		return fault.New(fault.Unavailable, words.ServiceFailedID, "%w", e)
	}
	return fault.New(fault.Member, words.AnswerNew, "%w", e)
}

// foreign returns the error for an answer that is not in Graph's form.
func foreign(resp *http.Response) error {
	host := resp.Request.URL.Host
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return fault.New(fault.Config, hintGateway, words.LeadsElsewhere, host, resp.Status)
	case resp.StatusCode == http.StatusUnauthorized:
		return fault.New(fault.Config, hintToken, "%s answers %s", host, resp.Status)
	case resp.StatusCode >= 500:
		return fault.New(fault.Unavailable, words.ServiceFailedID, "%s answers %s", host, resp.Status)
	}
	return fault.New(fault.Config, hintGateway, "%s answers %s with %s, not in Microsoft Graph's form",
		host, resp.Status, contentType(resp))
}

func contentType(resp *http.Response) string {
	if t := fault.Line(resp.Header.Get("Content-Type"), 60); t != "" {
		return t
	}
	return "no content type"
}

// passing tells whether the failure may be over in a moment.
func passing(status int, err error) bool {
	var e *serviceError
	if errors.As(err, &e) && e.is("ErrorServerBusy", "ErrorTimeoutExpired", "ErrorInternalServerTransientError", "ErrorExceededConnectionCount") {
		return true
	}
	return status >= 500 && status != http.StatusNotImplemented || status == http.StatusRequestTimeout
}

// ofMailbox tells whether the failure is one mailbox's and may be over in a
// moment.
func ofMailbox(err error) bool {
	var e *serviceError
	return errors.As(err, &e) && e.is("ErrorMailboxStoreUnavailable", "ErrorMailboxMoveInProgress", "ErrorMailboxFailover")
}

// gone tells whether the service says that a folder or a contact is not there.
func gone(err error) bool {
	var e *serviceError
	return errors.As(err, &e) && e.is("ErrorItemNotFound", "ErrorFolderNotFound")
}

// forgotten tells whether the service cannot say any more what happened since
// a state.
func forgotten(err error) bool {
	var e *serviceError
	return errors.As(err, &e) && (e.Status == http.StatusGone || e.is("SyncStateNotFound", "ResyncRequired", "SyncStateInvalid"))
}

// refused tells whether the service makes nothing of a link that it gave.
func refused(err error) bool {
	var e *serviceError
	return errors.As(err, &e) && e.Status == http.StatusBadRequest
}

// unsupported tells whether the service knows no delta for contacts, as in the
// national cloud of China.
func unsupported(err error) bool {
	var e *serviceError
	return errors.As(err, &e) && (e.Status == http.StatusBadRequest || e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusNotImplemented)
}

// stale is an error with phonebook.ErrStale in its chain, which says in words
// why only a full reading helps.
type stale struct {
	why string
	err error // what the service said; nil: nothing
}

// Error returns the reason.
func (e *stale) Error() string {
	if e.err == nil {
		return e.why
	}
	return e.why + ": " + e.err.Error()
}

// Unwrap returns phonebook.ErrStale and what the service said.
func (e *stale) Unwrap() []error {
	if e.err == nil {
		return []error{phonebook.ErrStale}
	}
	return []error{phonebook.ErrStale, e.err}
}
