package phonebook

import (
	"slices"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// Most numbers are plain: a calling code that one country has for itself, and
// a national number that needs no rewriting. For these the library's metadata
// alone gives the answer, at a tenth of the time that its parser takes. The
// path never refuses: what it does not know for sure goes to the parser, and a
// test holds the two against each other.

// territory is a country whose national numbers are dialled with a nought in
// front, or with nothing, and never change on the way to E.164. The calling
// codes of no country, region 001, are none.
type territory struct {
	code     string // country calling code
	trunk    bool   // a nought is dialled before national numbers
	metadata *phonenumbers.PhoneMetadata

	compile sync.Once
	general pattern
	types   []pattern // of which a valid number fits one, the most frequent first
}

// pattern is one of the metadata's descriptions of numbers.
type pattern struct {
	lengths []int32
	digits  *automaton // nil: none fits
}

func (p pattern) fits(national string) bool {
	return (len(p.lengths) == 0 || slices.Contains(p.lengths, int32(len(national)))) && p.digits.whole(national)
}

// territories holds the territories by calling code.
var territories = sync.OnceValue(func() map[string]*territory {
	all := map[string]*territory{}
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		return all // the parser does everything
	}
	for _, m := range collection.GetMetadata() {
		prefix := m.GetNationalPrefixForParsing()
		alone := len(phonenumbers.GetRegionCodesForCountryCode(int(m.GetCountryCode()))) == 1
		if alone && m.GetId() != "001" && m.GetNationalPrefixTransformRule() == "" && (prefix == "" || prefix == "0") {
			code := strconv.Itoa(int(m.GetCountryCode()))
			all[code] = &territory{code: code, trunk: prefix == "0", metadata: m}
		}
	}
	return all
})

// prepare compiles the patterns of a territory that is met for the first time.
func (t *territory) prepare() {
	t.compile.Do(func() {
		m := t.metadata
		t.general = newPattern(m.GetGeneralDesc())
		for _, d := range typesOf(m) {
			if p := newPattern(d); p.digits != nil {
				t.types = append(t.types, p)
			}
		}
	})
}

// typesOf returns the kinds of numbers of which a valid one is one, the most
// frequent first.
func typesOf(m *phonenumbers.PhoneMetadata) []*phonenumbers.PhoneNumberDesc {
	return []*phonenumbers.PhoneNumberDesc{
		m.GetMobile(), m.GetFixedLine(), m.GetVoip(), m.GetTollFree(), m.GetSharedCost(), m.GetPremiumRate(),
		m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
	}
}

func newPattern(d *phonenumbers.PhoneNumberDesc) pattern {
	if d.GetNationalNumberPattern() == "" {
		return pattern{}
	}
	digits, err := newAutomaton(d.GetNationalNumberPattern())
	if err != nil {
		return pattern{}
	}
	return pattern{d.GetPossibleLength(), digits}
}

// dial returns the E.164 form of a national number, with or without the nought
// in front, where it is plain and valid.
func (t *territory) dial(national string) (string, bool) {
	t.prepare()
	if t.trunk && len(national) > 1 && national[0] == '0' && !t.general.fits(national) {
		national = national[1:]
	}
	if national == "" || national[0] == '0' || len(t.code)+len(national) > 15 || !t.general.fits(national) {
		return "", false
	}
	for _, p := range t.types {
		if p.fits(national) {
			return "+" + t.code + national, true
		}
	}
	return "", false
}

// direct resolves digits that begin with a country calling code.
func direct(digits string) (string, bool) {
	for n := 1; n <= 3 && n < len(digits); n++ {
		if t := territories()[digits[:n]]; t != nil {
			return t.dial(digits[n:])
		}
	}
	return "", false
}

// directAtHome resolves digits as dialled in the region: a nought and a national
// number that does not begin with another, or the digits dialled for a call
// abroad where these are 00.
func (p *plan) directAtHome(digits string) (string, bool) {
	if !p.home || len(digits) < 3 || digits[0] != '0' {
		return "", false
	}
	if digits[1] == '0' {
		return direct(digits[2:])
	}
	return territories()[p.code].dial(digits[1:])
}

// isPlain tells whether the region is a territory with a nought before national
// numbers and two before calls abroad.
func isPlain(code, region string) bool {
	t := territories()[code]
	return t != nil && t.trunk && t.metadata.GetId() == region && t.metadata.GetInternationalPrefix() == "00"
}
