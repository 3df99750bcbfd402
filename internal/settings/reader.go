package settings

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"contactsync/internal/transport"
	"contactsync/internal/words"
)

// reader takes values out of the store one by one, and collects what is wrong
// with them. Each of its methods reads the value of one key; a value that is
// missing or wrong becomes the default.
type reader struct {
	values   map[string]string
	known    []string // the keys that were asked for
	problems Problems
	warnings []Problem
}

// problem notes what is wrong with the value of a key: the format goes on
// after the value, or says alone what is wanted.
func (r *reader) problem(key, format string, args ...any) {
	text := words.Say(format, args...)
	switch value := r.quoted(key); {
	case value == "":
	case strings.HasPrefix(format, "want "):
		text = words.Say(words.Unfit, value, text)
	default:
		text = words.Say(words.Amiss, value, text)
	}
	r.problems = append(r.problems, Problem{Key: key, Text: text})
}

// advise says of the last problem how to solve it otherwise than by setting the
// key.
func (r *reader) advise(hint string) { r.problems[len(r.problems)-1].hint = hint }

func (r *reader) warn(key, format string, args ...any) {
	r.warnings = append(r.warnings, Problem{Key: key, Text: words.Say(format, args...)})
}

// idle warns of a key that has no effect.
func (r *reader) idle(key, why string) {
	r.warnings = append(r.warnings, Problem{Key: key, Text: words.Fill(why), Idle: true})
}

// failed says whether a problem of the key is known already.
func (r *reader) failed(key string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Key == key })
}

// text returns a value without the blanks, line ends and invisible characters
// around it.
func (r *reader) text(key, def string) string {
	r.known = append(r.known, key)
	v := clean(r.values[key])
	switch {
	case v == "":
		return def
	case !utf8.ValidString(v):
		r.problem(key, words.NotUTF8)
	case strings.ContainsFunc(v, func(c rune) bool { return unicode.IsControl(c) || isInvisible(c) }):
		r.problem(key, words.HasInvisible)
	default:
		return v
	}
	return def
}

// clean drops what pasting leaves around a value.
func clean(v string) string {
	return strings.TrimFunc(v, func(c rune) bool { return unicode.IsSpace(c) || isInvisible(c) })
}

// isInvisible says whether c is of those that come along with a paste from a
// web page or an editor: control characters, zero-width ones, byte order marks.
func isInvisible(c rune) bool {
	return unicode.IsControl(c) || c >= '\u200b' && c <= '\u200f' || c == '\u2060' || c == '\ufeff'
}

func (r *reader) secret(key string) Secret { return NewSecret(r.text(key, "")) }

// need reports a key that has no value although one is needed; the format says
// what is wanted.
func (r *reader) need(key string, missing bool, format string, args ...any) {
	if !missing || r.failed(key) {
		return
	}
	what := words.Missing
	if r.values[key] != "" {
		what = words.OnlyBlanks
	}
	r.problem(key, what, words.Say(format, args...))
}

// pattern returns a value that matches a pattern, such as the example.
func (r *reader) pattern(key, def string, re *regexp.Regexp, want, example string) string {
	v := r.text(key, def)
	if v != def && !re.MatchString(v) {
		r.problem(key, want, example)
		return def
	}
	return v
}

// choice returns one of the allowed values, the first of which is the default.
func (r *reader) choice(key string, allowed ...string) string {
	v := strings.ToLower(r.text(key, allowed[0]))
	if slices.Contains(allowed, v) {
		return v
	}
	r.problem(key, words.WantOneOf, strings.Join(allowed, " or "))
	return allowed[0]
}

// boolean returns a yes or no; besides true and false it takes what people and
// other programs write for them, in English and German.
func (r *reader) boolean(key string, def bool) bool {
	switch strings.ToLower(r.text(key, strconv.FormatBool(def))) {
	case "true", "yes", "y", "on", "1", "ja", "j", "wahr":
		return true
	case "false", "no", "n", "off", "0", "nein", "falsch":
		return false
	}
	r.problem(key, words.WantBoolean)
	return def
}

func (r *reader) number(key string, def, least, most int) int {
	n, err := strconv.Atoi(r.text(key, strconv.Itoa(def)))
	if err != nil || n < least || n > most {
		r.problem(key, words.WantNumber, least, most)
		return def
	}
	return n
}

// date returns a day as its midnight in UTC; the zero time where none is set. It
// serves to warn in time, so what is wrong with it is worth a warning only.
func (r *reader) date(key string) time.Time {
	before := len(r.problems)
	v := r.text(key, "")
	t, err := time.Parse(time.DateOnly, v)
	if err != nil && v != "" {
		r.problem(key, words.WantDate)
	}
	r.warnings = append(r.warnings, r.problems[before:]...)
	r.problems = r.problems[:before]
	return t
}

// address returns the URL of a service without a slash at its end. Plain
// http:// is taken to loopback only, where nobody can listen in.
func (r *reader) address(key, def string) string {
	v := r.text(key, def)
	u, err := url.Parse(v)
	switch {
	case err != nil || u.Hostname() == "" || !validPort(u) || u.Scheme != "https" && u.Scheme != "http":
		r.problem(key, words.WantAddress, def)
	case u.User != nil:
		r.problem(key, words.AddressHasUser, def)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		r.problem(key, words.AddressHasQuery, def)
	case u.Scheme == "http" && !transport.Loopback(u.Hostname()):
		r.problem(key, words.AddressPlain)
	default:
		u.Host = strings.ToLower(u.Host)
		return strings.TrimRight(u.String(), "/")
	}
	return def
}

// validPort says whether the address has no port or one that exists.
func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.Atoi(u.Port())
	return err == nil && n > 0 && n < 1<<16
}
