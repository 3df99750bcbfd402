package phonebook

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Which numbers a text can mean is libphonenumber's knowledge, by way of
// nyaruka/phonenumbers. It was made to find as much as it can in any text and
// would make a number of "intern 42 12345", of a date, and of a local number
// without its area code. So it never sees text here: scan decides what is one
// number's spelling at all, and plan what the digits have to begin with.

// plan is how numbers are dialled in the administrator's country.
type plan struct {
	region string // ISO 3166
	code   string // country calling code
	trunk  string // what national numbers begin with, "0" in most countries; empty where with nothing
	area   string // area code of local numbers, without the trunk prefix; empty: none
	home   *home  // nil: the library's parser reads its numbers
}

// newPlan returns the plan of a region. The error names a value that is none.
func newPlan(region, area string) (plan, error) {
	p := plan{region: strings.ToUpper(strings.TrimSpace(region))}
	code := phonenumbers.GetCountryCodeForRegion(p.region)
	if code == 0 {
		return p, fmt.Errorf("region %q is no country of ISO 3166", region)
	}
	p.code = strconv.Itoa(code)
	p.home = newHome(p.code, p.region)
	p.trunk = phonenumbers.GetNddPrefixForRegion(p.region, true)
	if strings.TrimSpace(area) == "" {
		return p, nil
	}
	s, ok := scan(area)
	p.area = s.String()
	if p.trunk != "8" { // with which area codes begin too, in the countries that dial it
		p.area = strings.TrimPrefix(p.area, p.trunk)
	}
	if !ok || s.plus || s.extension != "" || p.area == "" || len(p.area) > maxArea {
		return p, fmt.Errorf("%q is no area code", area)
	}
	return p, nil
}

// maxArea is how many digits the longest area codes have.
const maxArea = 5

// Number returns the number that was typed into a telephone slot in E.164, an
// extension as ";ext=12". It reports false where the text is anything but one
// valid number that can be dialled from everywhere: a remark, two numbers, a
// date, a short code, a local number whose area code nobody knows.
func (n *Normaliser) Number(typed string) (e164 string, ok bool) {
	s, ok := scan(typed)
	if !ok || n.plan.isDate(&s) || n.plan.isTwo(&s) {
		return "", false
	}
	plan := n.plan
	if isElse(&s) {
		plan.area = ""
	}
	if e164, ok = plan.resolve(&s); !ok {
		return "", false
	}
	if s.extension != "" {
		e164 += ";ext=" + s.extension
	}
	return e164, true
}

// resolve returns the E.164 form of a spelling. The nought of "+49 (0)30" is
// kept at first, because in Italy it belongs to the number.
func (p *plan) resolve(s *spelling) (string, bool) {
	e164, ok := p.dial(s.plus, s.String())
	if !ok && s.zero > 0 {
		e164, ok = p.dial(s.plus, s.withoutZero())
	}
	return e164, ok
}

// dial resolves the digits of a spelling, with a plus sign in front or without.
func (p *plan) dial(plus bool, digits string) (string, bool) {
	if plus {
		return international(digits)
	}
	return p.national(digits)
}

// international resolves digits that begin with a country calling code. Who
// writes "+0049" means "+49": no calling code begins with a nought.
func international(digits string) (string, bool) {
	digits = strings.TrimPrefix(digits, "00")
	if r, ok := read(digits); ok {
		return r.e164()
	}
	return parsed(digits)
}

// parsed is international by the library's parser alone.
func parsed(digits string) (string, bool) {
	number, err := phonenumbers.Parse("+"+digits, phonenumbers.UNKNOWN_REGION)
	if err != nil {
		return "", false
	}
	return format(number)
}

// format returns a valid number in E.164. The library knows a few German ones
// with more digits than E.164 has.
func format(number *phonenumbers.PhoneNumber) (string, bool) {
	if !phonenumbers.IsValidNumber(number) {
		return "", false
	}
	e164 := phonenumbers.Format(number, phonenumbers.E164)
	return e164, len(e164) <= len("+")+15
}

// national resolves digits without a plus sign, as dialled in the region: an
// international prefix and a foreign number, a national number, the country's
// own calling code without the plus sign, or a local number.
func (p *plan) national(digits string) (string, bool) {
	// Where calls abroad begin with 008, as in Korea, 0082 must not lead there.
	abroad, is00 := strings.CutPrefix(digits, "00")
	if is00 && strings.HasPrefix(abroad, p.code) {
		if e164, ok := international(digits); ok {
			return e164, true
		}
	}
	if e164, ok := p.dialled(digits); ok {
		return e164, true
	}
	if is00 { // written so also where another prefix is dialled
		return international(digits)
	}
	if len(digits) >= minWithCode && strings.HasPrefix(digits, p.code) {
		if e164, ok := international(digits); ok {
			return e164, true
		}
	}
	return p.local(digits)
}

// minWithCode is how many digits begin with the country's calling code rather
// than happen to: local numbers are shorter. Machines write numbers so.
const minWithCode = 10

// dialled resolves digits that are a number as they are dialled in the region.
func (p *plan) dialled(digits string) (string, bool) {
	if p.home != nil {
		if r, ok := p.home.read(digits); ok {
			bare := digits == r.national && p.home.writesBare(digits)
			if !p.inFull(digits, r.national, r.abroad, bare) {
				return "", false
			}
			return r.e164()
		}
	}
	// The library keeps what it reads; a copy for it lets others stay off the heap.
	number, err := phonenumbers.ParseAndKeepRawInput(strings.Clone(digits), p.region)
	if err != nil {
		return "", false
	}
	number.RawInput = nil // which the library gives back in place of a number of noughts only
	national := phonenumbers.GetNationalSignificantNumber(number)
	abroad := number.GetCountryCodeSource() == phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD
	bare := digits == national && writtenBare(number, national)
	if !p.inFull(digits, national, abroad, bare) {
		return "", false
	}
	return format(number)
}

// inFull reports whether the digits are all of the number: nothing had to be
// added to reach it, and no area code is missing. Where national numbers begin
// with a trunk prefix, one without it is a local number, even if libphonenumber
// takes its first digits for an area code; bare says that the country writes it
// so, abroad that an international prefix was dialled.
func (p *plan) inFull(digits, national string, abroad, bare bool) bool {
	switch {
	case p.trunk == "", abroad:
		return true
	case digits == national:
		return bare
	case len(digits) < len(national): // the library knows a small country's only area code
		return false
	}
	// Older trunk prefixes and carriers' are known to the library only.
	return strings.HasPrefix(digits, p.trunk) || strings.HasSuffix(digits, national) && !strings.HasPrefix(digits, p.code)
}

// writtenBare reports whether a country that has a trunk prefix nevertheless
// writes this number without it, as in "(650) 253-0000" and as Brazil and
// China's mobile networks do. The library's own way of writing it tells; what
// it has no pattern for it writes as bare digits, which tells nothing.
func writtenBare(number *phonenumbers.PhoneNumber, national string) bool {
	written := phonenumbers.Format(number, phonenumbers.NATIONAL)
	return written != national && phonenumbers.NormalizeDigitsOnly(written) == national
}

// Bounds of a local number. Shorter ones are extensions of the house's own
// telephone system; with its area code none has more than eleven digits, and
// what has is a number of another kind that lost its prefix.
const (
	minLocal         = 4
	minLocalWithArea = 7
	maxLocalWithArea = 11
)

// local resolves a number that lacks its area code, where there is one to add.
func (p *plan) local(digits string) (string, bool) {
	whole := p.area + digits
	switch {
	case p.area == "", p.trunk != "" && strings.HasPrefix(digits, p.trunk):
		return "", false
	case len(digits) < minLocal, len(whole) < minLocalWithArea, len(whole) > maxLocalWithArea:
		return "", false
	case p.isShort(digits):
		return "", false
	}
	return international(p.code + whole)
}

// isShort reports whether the digits are a number like 116117, which is
// dialled the same everywhere in the country and from nowhere else.
func (p *plan) isShort(digits string) bool {
	if p.home != nil {
		if short, ok := p.home.isShort(digits); ok {
			return short
		}
	}
	number, err := phonenumbers.Parse(strings.Clone(digits), p.region)
	return err == nil && phonenumbers.IsValidShortNumberForRegion(number, p.region)
}
