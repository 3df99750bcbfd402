package phonebook

import (
	"math/bits"
	"strconv"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// What the library's metadata says of countries' numbers, made ready for
// reading: automata and sets of lengths. Those of a country are made when one
// of its numbers is met for the first time.

// calling is a country calling code and who shares it, the main country first
// and the others in the order in which the library asks them.
type calling struct {
	code        string
	territories []*territory
}

// callings holds all calling codes.
var callings = sync.OnceValue(func() map[string]*calling {
	collection, _ := phonenumbers.MetadataCollection() // without which the library would not have started
	byID := map[string]*territory{}
	for _, m := range collection.GetMetadata() {
		byID[territoryID(int(m.GetCountryCode()), m.GetId())] = &territory{metadata: m}
	}
	all := map[string]*calling{}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		c := &calling{code: strconv.Itoa(code)}
		for _, region := range phonenumbers.GetRegionCodesForCountryCode(code) {
			c.territories = append(c.territories, byID[territoryID(code, region)])
		}
		all[c.code] = c
	}
	return all
})

// territoryID tells the calling codes of no country apart, which are all of
// region 001.
func territoryID(code int, region string) string { return region + strconv.Itoa(code) }

// main returns the country whose rules numbers of the calling code are read by.
func (c *calling) main() *territory { return c.territories[0] }

// valid reports whether a national significant number is valid.
func (c *calling) valid(national string) bool {
	if len(c.territories) == 1 {
		return c.main().has(national)
	}
	for _, t := range c.territories {
		switch t.prepare(); {
		case t.leading != nil:
			if t.leading.front(national) >= 0 {
				return t.has(national)
			}
		case t.has(national):
			return true
		}
	}
	return false
}

// territory is a country's numbers.
type territory struct {
	metadata *phonenumbers.PhoneMetadata

	once    sync.Once
	prefix  *automaton // what national numbers may begin with; nil: nothing
	leading *automaton // what those begin with that are this country's; nil: types tell
	general pattern
	types   []pattern // of which a valid number fits one
}

// rewrites reports whether the country's numbers change on the way to E.164 by
// more than losing a prefix. Only the library reads these.
func (t *territory) rewrites() bool { return t.metadata.GetNationalPrefixTransformRule() != "" }

// prepare makes the automata of a territory that is met for the first time.
func (t *territory) prepare() {
	t.once.Do(func() {
		m := t.metadata
		t.general = newPattern(m.GetGeneralDesc())
		for _, d := range typesOf(m) {
			if p := newPattern(d); p.lengths != 0 {
				t.types = append(t.types, p)
			}
		}
		if prefix := m.GetNationalPrefixForParsing(); prefix != "" && !t.rewrites() {
			t.prefix = known(prefix)
		}
		if leading := m.GetLeadingDigits(); leading != "" {
			t.leading = known(leading)
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

// has reports whether a national significant number is valid in the territory.
func (t *territory) has(national string) bool {
	t.prepare()
	if !t.general.fits(national) {
		return false
	}
	for i := range t.types {
		if t.types[i].fits(national) {
			return true
		}
	}
	return false
}

// known returns the automaton of one of the metadata's patterns. A test makes
// all of them, so that none fails here.
func known(expr string) *automaton {
	a, _ := newAutomaton(expr)
	return a
}

// pattern is one of the metadata's descriptions of numbers.
type pattern struct {
	lengths lengths
	digits  *automaton
}

func newPattern(d *phonenumbers.PhoneNumberDesc) pattern {
	p := pattern{lengths: newLengths(d.GetPossibleLength())}
	if len(d.GetPossibleLength()) == 0 {
		p.lengths = ^lengths(0) // those of the general description
	}
	if d.GetNationalNumberPattern() == "" {
		return pattern{}
	}
	if p.lengths != 0 {
		p.digits = known(d.GetNationalNumberPattern())
	}
	return p
}

func (p *pattern) fits(national string) bool {
	return p.lengths.have(len(national)) && p.digits.whole(national)
}

// lengths is a set of numbers of digits, a bit for each.
type lengths uint64

// newLengths leaves out -1, by which the metadata says that there is none.
func newLengths(all []int32) (set lengths) {
	for _, n := range all {
		if n >= 0 {
			set |= 1 << n
		}
	}
	return set
}

func (l lengths) have(n int) bool { return l>>n&1 != 0 }

// max returns the largest length.
func (l lengths) max() int { return bits.Len64(uint64(l)) - 1 }
