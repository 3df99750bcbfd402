package phonebook

import (
	"math/rand/v2"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// byLibrary returns a region's plan that asks the library's parser alone.
func byLibrary(t *testing.T, region string) plan {
	p, err := newPlan(region, "")
	if err != nil {
		t.Fatal(err)
	}
	p.home = false
	return p
}

// The plain path gives what the library's parser gives, for examples of every
// kind of number of every region, for these with digits changed, added and
// taken away, and for digits at random; each behind the calling code, behind a
// nought, and behind the two of a call abroad.
func TestPlainEqualsTheParser(t *testing.T) {
	random := rand.New(rand.NewPCG(20260101, 7))
	home := byLibrary(t, "DE")
	fast, compared := 0, 0
	for code, territory := range territories() {
		own := byLibrary(t, territory.metadata.GetId())
		for _, national := range samples(territory.metadata.GetId(), random) {
			for _, digits := range []string{national, "0" + national, "00" + national} {
				compared++
				if got, ok := direct(code + digits); ok {
					fast++
					if want, ok := parsed(code + digits); !ok || got != want {
						t.Fatalf("+%s %s: plain gives %s, the parser %q %t", code, digits, got, want, ok)
					}
				}
				compareAtHome(t, own, digits)
				compareAtHome(t, home, "00"+code+digits)
			}
		}
	}
	t.Logf("%d numbers compared, %d of them plain", compared, fast)
	if fast < compared/10 {
		t.Errorf("only %d of %d numbers are plain", fast, compared)
	}
}

func compareAtHome(t *testing.T, library plan, digits string) {
	t.Helper()
	quick := library
	quick.home = isPlain(library.code, library.region)
	got, ok := quick.directAtHome(digits)
	if !ok {
		return
	}
	if want, ok := library.national(digits); !ok || got != want {
		t.Fatalf("%s in %s: plain gives %s, the parser %q %t", digits, library.region, got, want, ok)
	}
}

// samples returns national numbers of a region: valid, nearly valid and not.
func samples(region string, random *rand.Rand) []string {
	var all []string
	for kind := range phonenumbers.UNKNOWN {
		n := phonenumbers.GetExampleNumberForType(region, kind)
		if n == nil {
			continue
		}
		example := phonenumbers.GetNationalSignificantNumber(n)
		all = append(all, example, example[1:], example[:len(example)-1], example+"0", example+"12")
		for range 20 {
			b := []byte(example)
			for range 1 + random.IntN(3) {
				b[random.IntN(len(b))] = byte('0' + random.IntN(10))
			}
			all = append(all, string(b))
		}
	}
	for range 60 {
		b := make([]byte, 1+random.IntN(13))
		for i := range b {
			b[i] = byte('0' + random.IntN(10))
		}
		all = append(all, string(b))
	}
	return all
}
