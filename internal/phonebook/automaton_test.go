package phonebook

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// metadata returns what the library knows of numbers, and of short numbers.
func metadata(t testing.TB) (numbers, shorts []*phonenumbers.PhoneMetadata) {
	t.Helper()
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	short, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		t.Fatal(err)
	}
	return all.GetMetadata(), short.GetMetadata()
}

// patterns returns the regular expressions of the metadata that automata read.
func patterns(t testing.TB) []string {
	numbers, shorts := metadata(t)
	seen := map[string]bool{}
	for _, m := range append(numbers, shorts...) {
		for _, d := range descriptions(m) {
			seen[d.GetNationalNumberPattern()] = true
		}
		for _, f := range m.GetNumberFormat() {
			seen[f.GetPattern()] = true
			for _, leading := range f.GetLeadingDigitsPattern() {
				seen[leading] = true
			}
		}
		if m.GetNationalPrefixTransformRule() == "" {
			seen[m.GetNationalPrefixForParsing()] = true
		}
		seen[m.GetInternationalPrefix()], seen[m.GetLeadingDigits()] = true, true
	}
	var all []string
	for pattern := range seen {
		all = append(all, pattern)
	}
	return all
}

// descriptions returns all kinds of numbers that the metadata describes, those
// too that typesOf may have forgotten.
func descriptions(m *phonenumbers.PhoneMetadata) (all []*phonenumbers.PhoneNumberDesc) {
	fields := reflect.ValueOf(m).Elem()
	for _, field := range reflect.VisibleFields(fields.Type()) {
		if !field.IsExported() {
			continue
		}
		if d, ok := fields.FieldByIndex(field.Index).Interface().(*phonenumbers.PhoneNumberDesc); ok && d != nil {
			all = append(all, d)
		}
	}
	return all
}

// walk returns digits that mostly follow an automaton, so that they match or
// nearly do, which digits at random hardly ever would.
func walk(a *automaton, random *rand.Rand) string {
	var b []byte
	state := uint16(start)
	for range random.IntN(18) {
		digit := random.IntN(10)
		for range 10 {
			if a.next[state][digit] != dead || random.IntN(100) == 0 {
				break
			}
			digit = (digit + 1) % 10
		}
		state = a.next[state][digit]
		b = append(b, '0'+byte(digit))
		if a.accepts[state] && random.IntN(3) == 0 {
			break
		}
	}
	return string(b)
}

// Automata match what the package regexp matches, for every pattern of the
// metadata: the whole of the digits, and at the front, where regexp prefers the
// first alternative and an automaton the longest.
func TestAutomatonEqualsRegexp(t *testing.T) {
	random := rand.New(rand.NewPCG(20260101, 11))
	matched, compared := 0, 0
	loops := []string{"(?:1?)*2", "(?:|1)+2", "(?:1*|2*)*3", "(?:(?:1?)*2?)*"} // of which a part can be empty
	for _, pattern := range append(patterns(t), loops...) {
		a, err := newAutomaton(pattern)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		whole := regexp.MustCompile("^(?:" + pattern + ")$")
		front := regexp.MustCompile("^(?:" + pattern + ")")
		for range 200 {
			digits := walk(a, random)
			want := whole.MatchString(digits)
			if got := a.whole(digits); got != want {
				t.Fatalf("%s: automaton %t, regexp %t, pattern %s", digits, got, want, pattern)
			}
			compared++
			if want {
				matched++
			}
			if got, want := a.front(digits), front.FindStringIndex(digits); (got >= 0) != (want != nil) {
				t.Fatalf("%s: automaton matches %d, regexp %v, pattern %s", digits, got, want, pattern)
			}
		}
	}
	t.Logf("%d compared, %d matched", compared, matched)
	if matched < compared/10 || matched > compared*9/10 {
		t.Errorf("%d of %d matched, which proves little", matched, compared)
	}
}

// Where a match at the front is cut off, in prefixes, it is regexp's own.
func TestFrontEqualsRegexp(t *testing.T) {
	random := rand.New(rand.NewPCG(20260101, 13))
	numbers, _ := metadata(t)
	for _, m := range numbers {
		for _, pattern := range []string{m.GetNationalPrefixForParsing(), m.GetInternationalPrefix()} {
			if m.GetNationalPrefixTransformRule() != "" || pattern == "" {
				continue
			}
			a, err := newAutomaton(pattern)
			if err != nil {
				t.Fatal(err)
			}
			front := regexp.MustCompile("^(?:" + pattern + ")")
			for range 2000 {
				digits := walk(a, random)
				want := -1
				if match := front.FindStringIndex(digits); match != nil {
					want = match[1]
				}
				if got := a.front(digits); got != want {
					t.Fatalf("%s: automaton matches %d digits, regexp %d, pattern %s", digits, got, want, pattern)
				}
			}
		}
	}
}

func TestAutomatonRefuses(t *testing.T) {
	for _, pattern := range []string{"(", "1$", "^1", `\b1`, "[01]*1[01]{20}"} {
		if _, err := newAutomaton(pattern); err == nil {
			t.Errorf("%s: no error", pattern)
		}
	}
}
