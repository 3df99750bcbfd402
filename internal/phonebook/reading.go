package phonebook

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Reading a number as the library's parser reads it takes the metadata alone,
// at a fraction of the time: the parser is made for text of any kind, and looks
// for extensions, letters and punctuation in digits that scan has cleaned. So
// digits are read here, by the parser's own rules (Parse, IsValidNumber and
// IsValidShortNumberForRegion), and only those of countries that rewrite their
// numbers go to the parser. Tests hold the two against each other.

// reading is what the parser makes of digits. They need not be a valid number.
type reading struct {
	calling  *calling
	national string // national significant number; empty: the parser refuses
	abroad   bool   // an international prefix was dialled
}

// minNational is how many digits a national significant number has at least.
const minNational = 2

// read reads digits that begin with a country calling code. It reports false
// where the parser has to.
func read(digits string) (reading, bool) {
	if len(digits) <= minNational {
		return reading{}, true
	}
	for n := 1; n <= 3; n++ {
		if c := callings()[digits[:n]]; c != nil {
			return reading{calling: c, national: c.main().significant(digits[n:])}, !c.main().rewrites()
		}
	}
	return reading{}, true
}

// e164 returns the number where it is valid. The library knows a few German
// ones with more digits than E.164 has.
func (r *reading) e164() (string, bool) {
	if r.national == "" || len(r.calling.code)+len(r.national) > 15 || !r.calling.valid(r.national) {
		return "", false
	}
	return "+" + r.calling.code + r.national, true
}

// significant returns the national significant number of digits that may begin
// with the national prefix; empty where they are too few. The prefix goes only
// where a number can have as many digits as stand behind it.
func (t *territory) significant(digits string) string {
	if bare := t.withoutPrefix(digits); t.general.lengths.have(len(bare)) {
		digits = bare
	}
	if len(digits) < minNational {
		return ""
	}
	return digits
}

// withoutPrefix drops the national prefix, unless that makes a number of
// something that is one with it.
func (t *territory) withoutPrefix(digits string) string {
	t.prepare()
	n := t.prefix.front(digits)
	if n <= 0 || t.general.digits.whole(digits) && !t.general.digits.whole(digits[n:]) {
		return digits
	}
	return digits[n:]
}

// tooLong reports whether no number of the territory has so many digits.
func (t *territory) tooLong(digits int) bool {
	return digits > t.general.lengths.max()
}

// home is the administrator's country, whose numbers are written as dialled.
type home struct {
	calling   *calling
	territory *territory
	idd       *automaton // what calls abroad begin with
	layouts   []layout
	short     pattern // numbers like 112 and what else is dialled in the country only
	shortCode pattern
}

// newHome returns a region's home, nil where the parser has to read its numbers.
func newHome(code, region string) *home {
	h := &home{calling: callings()[code]}
	for _, t := range h.calling.territories {
		if t.metadata.GetId() == region {
			h.territory = t
		}
	}
	if h.territory == nil || h.territory.rewrites() || h.calling.main().rewrites() {
		return nil
	}
	h.idd = known(h.territory.metadata.GetInternationalPrefix())
	for _, f := range h.calling.main().metadata.GetNumberFormat() {
		h.layouts = append(h.layouts, newLayout(f))
	}
	shorts, _ := phonenumbers.ShortNumberMetadataCollection() // as for callings
	for _, m := range shorts.GetMetadata() {
		if m.GetId() == region {
			h.short, h.shortCode = newPattern(m.GetGeneralDesc()), newPattern(m.GetShortCode())
		}
	}
	return h
}

// read reads digits as dialled in the country: an international prefix and a
// foreign number, a national number, or one behind the country's own calling
// code where it is no number with that. It reports false where the parser has
// to.
func (h *home) read(digits string) (reading, bool) {
	if n := h.idd.front(digits); n >= 0 && (n == len(digits) || digits[n] != '0') {
		r, ok := read(digits[n:])
		r.abroad = true
		return r, ok
	}
	t := h.territory
	if behind, ok := strings.CutPrefix(digits, h.calling.code); ok {
		behind = t.withoutPrefix(behind)
		if t.tooLong(len(digits)) || !t.general.digits.whole(digits) && t.general.digits.whole(behind) {
			return reading{calling: h.calling, national: h.calling.main().significant(behind)}, true
		}
	}
	return reading{calling: h.calling, national: t.significant(digits)}, true
}

// isShort reports whether digits are dialled the same everywhere in the country
// and from nowhere else; known is false where the parser has to tell.
func (h *home) isShort(digits string) (short, known bool) {
	r, known := h.read(digits)
	return r.calling == h.calling && h.short.fits(r.national) && h.shortCode.fits(r.national), known
}

// writesBare reports whether the country writes a national significant number
// as it is, without the trunk prefix that others have, and in groups.
func (h *home) writesBare(national string) bool {
	for i := range h.layouts {
		if f := &h.layouts[i]; (f.leading == nil || f.leading.front(national) >= 0) && f.digits.whole(national) {
			return f.bare
		}
	}
	return false
}

// layout is one of the country's ways of writing numbers.
type layout struct {
	leading *automaton // what the numbers begin with; nil: anything
	digits  *automaton
	bare    bool // groups of the number's digits, with separators and no other digits
}

var group = regexp.MustCompile(`\$[0-9]`)

// newLayout reads "$1 $2-$3", and a rule like "0$1" or "($1)" which stands for
// the first group.
func newLayout(f *phonenumbers.NumberFormat) layout {
	all := layout{digits: known(f.GetPattern())}
	if n := len(f.GetLeadingDigitsPattern()); n > 0 {
		all.leading = known(f.GetLeadingDigitsPattern()[n-1]) // the most detailed one
	}
	between := group.ReplaceAllString(f.GetFormat(), "") + group.ReplaceAllString(f.GetNationalPrefixFormattingRule(), "")
	all.bare = between != "" && !strings.ContainsAny(between, "0123456789")
	return all
}
