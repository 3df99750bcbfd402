package entra

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"contactsync/internal/fault"
	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// answer is a refusal by the sign-in service: RFC 6749, section 5.2, with what
// Microsoft adds (Microsoft Entra authentication and authorization error codes).
type answer struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	Trace       string `json:"trace_id"`
	Correlation string `json:"correlation_id"`
	Timestamp   string `json:"timestamp"`
}

var codeInText = regexp.MustCompile(`AADSTS(\d+)`)

// code returns the code that says most: the first one that is explained here,
// else the first one, else 0.
func (a answer) code() int {
	codes := slices.Clone(a.Codes)
	for _, m := range codeInText.FindAllStringSubmatch(a.Description, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			codes = append(codes, n)
		}
	}
	for _, c := range codes {
		if _, ok := explanations[c]; ok {
			return c
		}
	}
	if len(codes) == 0 {
		return 0
	}
	return codes[0]
}

// explain returns the refusal with its class and what to do about it: a
// *transport.Retry where another try may help. What kind of refusal it is
// decides the status and the error of OAuth, which are standardised; the codes
// explain, since Microsoft may change them at any time. Only those of outages
// count for more, because they come with all kinds of errors.
func (a answer) explain(host string, resp *http.Response, w *web) error {
	code := a.code()
	e, known := explanations[code]
	hint := e.hint
	if !known {
		hint = byError(a.Error, code)
	}
	hint = strings.NewReplacer(renewal, w.renewal, consentPage, w.consent).Replace(words.Fill(hint))
	text := refusal{code, host + ": " + a.text()}
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests || a.Error == "temporarily_unavailable" ||
		a.Error == "server_error" || e.outage {
		if !e.outage {
			hint = words.SignInBusy
		}
		return &transport.Retry{After: transport.RetryAfter(resp.Header), Err: fault.New(fault.Unavailable, hint, "%w", text)}
	}
	if code == clockCode {
		text.said += clockDifference(resp.Header.Get("Date"), time.Now())
	}
	return fault.New(fault.Config, hint, "%w", text)
}

// refusal is an error that the sign-in service answers.
type refusal struct {
	code int // AADSTS
	said string
}

// Error returns what the service says.
func (r refusal) Error() string { return r.said }

// UnknownSecret tells whether the sign-in service refused the client secret as
// none of the app's (AADSTS7000215). It may say so too of one that was made a
// moment ago and that not all of its servers know yet.
func UnknownSecret(err error) bool {
	var r refusal
	return errors.As(err, &r) && r.code == 7000215
}

// text returns what Microsoft says, on one line, with the ids that its support
// asks for.
func (a answer) text() string {
	said, ids, _ := strings.Cut(a.Description, "Trace ID:")
	said = oneLine(said)
	if said == "" {
		said = "no description"
	}
	text := fmt.Sprintf("%s (%s)", said, oneLine(a.Error))
	switch {
	case a.Trace != "" || a.Correlation != "":
		text += " " + oneLine(fmt.Sprintf("[trace %s, correlation %s, %s]", a.Trace, a.Correlation, a.Timestamp))
	case ids != "":
		text += " " + oneLine("[trace "+ids+"]")
	}
	return text
}

// clockDifference says how far this machine's clock is off, where the header
// Date of the answer shows that it is.
func clockDifference(date string, now time.Time) string {
	there, err := http.ParseTime(date)
	if err != nil {
		return ""
	}
	switch d := now.Sub(there).Round(time.Second); {
	case d > time.Minute:
		return "; " + words.Say(words.ClockAhead, d, "Microsoft")
	case d < -time.Minute:
		return "; " + words.Say(words.ClockBehind, -d, "Microsoft")
	}
	return ""
}
