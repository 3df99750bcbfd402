package ews

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// ErrSwitchedOff says that EWS is switched off for a mailbox or its whole
// tenant, which Exchange Online does not tell apart. It comes with the class
// fault.Refused.
var ErrSwitchedOff = words.Errorf(words.EWSIsOff)

// serviceError is an error that the service reports in its own terms.
type serviceError struct {
	code  string // such as ErrorServerBusy (ResponseCodeType)
	text  string // in the language of the mailbox
	wait  time.Duration
	fault bool // a SOAP fault, as opposed to an error about one thing asked for
}

// Error returns the code and the service's text.
func (e *serviceError) Error() string {
	s := "Exchange answers " + fault.Line(e.code, 80)
	if e.code == "" {
		s = "Exchange answers with an error"
	}
	if text := fault.Line(e.text, 300); text != "" {
		s += ": " + strings.TrimRight(text, ".")
	}
	return s
}

// What to do about errors that may be a matter of ews_url.
var (
	hintToken   = words.Say(words.CheckSameCloud, "ews_url")
	hintGateway = words.Say(words.ServerOrGatewayAnswer, "ews_url")
)

// retryCodes are errors that pass: the same request may succeed a little later.
var retryCodes = map[string]bool{
	"ErrorServerBusy":                   true,
	"ErrorTimeoutExpired":               true,
	"ErrorTooManyObjectsOpened":         true,
	"ErrorInternalServerTransientError": true,
	"ErrorMailboxStoreUnavailable":      true,
	"ErrorMailboxMoveInProgress":        true,
	"ErrorMailboxFailover":              true,
	"ErrorADUnavailable":                true,
	"ErrorExceededConnectionCount":      true,
	"ErrorConnectionFailed":             true,
	"ErrorInsufficientResources":        true,
}

// ofMailbox are those of them that concern one mailbox, or those of a database,
// and say nothing of the service.
var ofMailbox = map[string]bool{
	"ErrorMailboxStoreUnavailable": true,
	"ErrorMailboxMoveInProgress":   true,
	"ErrorMailboxFailover":         true,
}

// known says what the other errors mean. The service's codes are listed in the
// documentation page "ResponseCode". A code that is not here fails the member.
var known = map[string]struct {
	class fault.Class
	hint  string
}{
	"ErrorAccessDenied":          {fault.Refused, ""},
	"ErrorImpersonateUserDenied": {fault.Refused, ""},
	"ErrorImpersonationDenied":   {fault.Refused, ""},
	"ErrorImpersonationFailed":   {fault.Refused, ""},

	"ErrorNonExistentMailbox":         {fault.Member, words.CompareMailbox},
	"ErrorCannotFindUser":             {fault.Member, words.CompareMailbox},
	"ErrorInvalidSmtpAddress":         {fault.Member, words.CompareMailbox},
	"ErrorMissingEmailAddress":        {fault.Member, words.CompareMailbox},
	"ErrorNonPrimarySmtpAddress":      {fault.Member, words.EnterPrimary},
	"ErrorNoPrimarySmtpAddress":       {fault.Member, words.CompareMailbox},
	"ErrorMailboxConfiguration":       {fault.Member, words.CompareMailbox},
	"ErrorAccountDisabled":            {fault.Member, words.AccountDisabled},
	"ErrorInvalidLicense":             {fault.Member, words.NoLicence},
	"ErrorFolderNotFound":             {fault.Member, words.GoneMeanwhile},
	"ErrorItemNotFound":               {fault.Member, words.GoneMeanwhile},
	"ErrorSyncFolderNotFound":         {fault.Member, words.GoneMeanwhile},
	"ErrorInvalidSyncStateData":       {fault.Member, words.GoneMeanwhile},
	"ErrorItemCorrupt":                {fault.Member, words.ContactDamaged},
	"ErrorCorruptData":                {fault.Member, words.ContactDamaged},
	"ErrorMailboxVersionNotSupported": {fault.Member, words.MailboxTooOld},

	"ErrorInvalidServerVersion":                   {fault.Config, words.ServerTooOld},
	"ErrorInvalidExchangeImpersonationHeaderData": {fault.Config, words.AnswerStrange},
	"ErrorSchemaValidation":                       {fault.Config, words.RequestRefused},
	"ErrorInvalidRequest":                         {fault.Config, words.RequestRefused},
	"ErrorInternalServerError":                    {fault.Unavailable, words.ServiceFailed},
}

// explain gives an error of the service its class and a hint.
func (s *Source) explain(e *serviceError) error {
	switch {
	case ofMailbox[e.code]:
		return &transport.Retry{After: e.wait, Err: fault.New(fault.Member, words.MailboxDown, "%w", e)}
	case retryCodes[e.code]:
		return &transport.Retry{After: e.wait, Err: e}
	}
	k, ok := known[e.code]
	switch {
	case k.class == fault.Refused:
		return fault.New(fault.Refused, s.hintRefused(), "%w", e)
	case !ok && e.fault && !strings.HasPrefix(e.code, "Error"):
		// "Server" or "Receiver" and no reason: the service broke down.
		return &transport.Retry{Err: fault.New(fault.Unavailable, words.AnswerStrange, "%w", e)}
	case !ok:
		return fault.New(fault.Member, words.AnswerNew, "%w", e)
	}
	return fault.New(k.class, k.hint, "%w", e)
}

func (s *Source) hintRefused() string {
	if s.token == nil {
		return words.GrantImpersonation
	}
	return words.EWSRefused
}

// hasCode tells whether err is the service's error with one of these codes.
func hasCode(err error, codes ...string) bool {
	var e *serviceError
	if !errors.As(err, &e) {
		return false
	}
	for _, code := range codes {
		if e.code == code {
			return true
		}
	}
	return false
}

// staleState tells whether the service refuses what a state of an earlier run
// holds: the sync state itself, or the id of its folder.
func staleState(err error) bool {
	var e *serviceError
	return errors.As(err, &e) && (e.code == "ErrorInvalidSyncStateData" || e.code == "ErrorSyncFolderNotFound" ||
		e.code == "ErrorFolderNotFound" || e.code == "ErrorItemNotFound" || e.code == "ErrorInvalidFolderId" ||
		strings.HasPrefix(e.code, "ErrorInvalidId"))
}

// refusal explains an answer whose status alone says what is wrong; nil where
// the body has to tell.
func (s *Source) refusal(resp *http.Response) error {
	host := resp.Request.URL.Host
	switch code := resp.StatusCode; {
	case code == http.StatusOK, code == http.StatusInternalServerError:
		return nil
	case code == http.StatusUnauthorized:
		return s.unauthorized(resp)
	case code == http.StatusForbidden:
		return s.forbidden(resp)
	case code >= 300 && code < 400:
		return fault.New(fault.Config, hintGateway, words.LeadsElsewhere, host, resp.Status)
	case code == http.StatusNotFound, code == http.StatusMethodNotAllowed:
		return fault.New(fault.Config, words.EWSURLEnds, "%s answers %s at %s", host, resp.Status, resp.Request.URL.Path)
	case code == http.StatusProxyAuthRequired:
		return fault.New(fault.Config, words.ProxyWantsLogin, "%s answers %s", host, resp.Status)
	case code == http.StatusRequestTimeout, code > http.StatusInternalServerError:
		return &transport.Retry{Err: fault.New(fault.Unavailable, words.ServiceFailed, "%s answers %s", host, resp.Status)}
	}
	return fault.New(fault.Config, hintGateway, "%s answers %s", host, resp.Status)
}

// unauthorized explains status 401.
func (s *Source) unauthorized(resp *http.Response) error {
	host := resp.Request.URL.Host
	switch {
	case s.token != nil && strings.Contains(resp.Header.Get("X-Ms-Diagnostics"), "2000008"):
		// The token is good, but nobody consented to anything.
		return fault.New(fault.Refused, words.EWSRefused, words.TokenRefused, host, diagnosed(resp))
	case s.token != nil:
		return fault.New(fault.Config, hintToken, words.TokenRefused, host, diagnosed(resp))
	}
	if o := offered(resp.Header); !o.ntlm() && !o.basic {
		return fault.New(fault.Config, words.NoSignInScheme, "%s answers %s", host, resp.Status)
	}
	return fault.New(fault.Config, words.CheckEWSPassword, words.SignInRefused, host, resp.Status)
}

// forbidden explains status 403. Exchange Online says so where EWS is switched
// off (X-EWS-Policy-Reason); without that it is something else's refusal.
func (s *Source) forbidden(resp *http.Response) error {
	reason := fault.Line(resp.Header.Get("X-EWS-Policy-Reason"), 200)
	switch {
	case strings.Contains(strings.ToLower(reason), "blocked by policy"):
		return fault.New(fault.Refused, words.EWSBlocked, "%w (%s)", ErrSwitchedOff, reason)
	case reason != "":
		return fault.New(fault.Refused, words.EWSSwitchedOff, "%w (%s)", ErrSwitchedOff, reason)
	case s.token != nil:
		return fault.New(fault.Refused, words.EWSRefused, "%s answers %s", resp.Request.URL.Host, diagnosed(resp))
	}
	return fault.New(fault.Refused, words.LetReachEWS, "%s answers %s", resp.Request.URL.Host, resp.Status)
}

// diagnosed returns the status with the reason that Exchange Online adds.
func diagnosed(resp *http.Response) string {
	_, reason, _ := strings.Cut(resp.Header.Get("X-Ms-Diagnostics"), `reason="`)
	reason, _, _ = strings.Cut(reason, `"`)
	if reason == "" {
		return resp.Status
	}
	return resp.Status + ": " + strings.TrimRight(fault.Line(reason, 200), ".")
}

// foreign explains an answer that is not SOAP.
func foreign(resp *http.Response, err error) error {
	host := resp.Request.URL.Host
	if errors.Is(err, errTruncated) {
		return &transport.Retry{Err: fault.New(fault.Unavailable, words.BrokeOff, "%s: %w", host, err)}
	}
	if resp.StatusCode != http.StatusOK {
		return &transport.Retry{Err: fault.New(fault.Unavailable, words.ServiceFailed, "%s answers %s", host, resp.Status)}
	}
	if errors.Is(err, errNoSOAP) || errors.Is(err, errDoctype) || errors.Is(err, errText) || strings.Contains(resp.Header.Get("Content-Type"), "html") {
		return fault.New(fault.Config, hintGateway, words.PageNotEWS, host, fault.Line(resp.Header.Get("Content-Type"), 60))
	}
	return fault.New(fault.Member, words.AnswerStrange, "%s: %w", host, err)
}

// errShape is what an answer leads to that is SOAP but does not fit the
// question.
func errShape(format string, args ...any) error {
	return fault.New(fault.Member, words.AnswerStrange, "read answer: %w", fmt.Errorf(format, args...))
}
