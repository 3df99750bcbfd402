package phonebook

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// Reading gives what the library's parser gives, and refuses what that refuses:
// for examples of every kind of number of every region, for these with digits
// changed, added and taken away, and for digits at random; each behind the
// calling code, and behind it and a prefix.
func TestReadingEqualsTheParser(t *testing.T) {
	random := rand.New(rand.NewPCG(20260101, 7))
	var c comparison
	for code, calling := range callings() {
		for _, territory := range calling.territories {
			for i, national := range samples(territory.metadata, random) {
				for _, prefix := range []string{"", "0", territory.metadata.GetNationalPrefix(), prefixes[i%len(prefixes)]} {
					c.compareAbroad(t, code+prefix+national)
				}
			}
		}
	}
	for range 5000 {
		c.compareAbroad(t, randomDigits(random))
	}
	c.check(t)
}

// prefixes are some that are dialled before national numbers and calls abroad,
// in one country or another.
var prefixes = []string{"0", "00", "011", "810", "8", "1", "06", "180020", "1001", "0010", "15"}

// The same as dialled at home, with an area code and without: national numbers
// with and without what belongs in front of them, local and short ones, calls
// abroad.
func TestReadingAtHomeEqualsTheParser(t *testing.T) {
	random := rand.New(rand.NewPCG(20260101, 8))
	numbers, _ := metadata(t)
	var c comparison
	for _, m := range numbers {
		if m.GetId() == "001" {
			continue
		}
		code := strconv.Itoa(int(m.GetCountryCode()))
		all := samples(m, random)
		area := all[0][:min(len(all[0]), 1+random.IntN(4))]
		for i, national := range all {
			for _, digits := range []string{national, m.GetNationalPrefix() + national, code + national, national[min(i%5, len(national)-1):]} {
				c.compareAtHome(t, m.GetId(), area, digits)
			}
			c.compareAtHome(t, m.GetId(), area, prefixes[i%len(prefixes)]+national)
			c.compareAtHome(t, m.GetId(), area, "00"+[]string{code, "49", "1", "44", "39"}[i%5]+national)
		}
		for range 20 {
			c.compareAtHome(t, m.GetId(), area, randomDigits(random))
		}
	}
	c.check(t)
}

// comparison counts what both sides were asked, and how often both said yes.
type comparison struct {
	read, valid int
	region      string
	quick, slow plan
}

func (c *comparison) compareAbroad(t *testing.T, digits string) {
	t.Helper()
	r, ok := read(digits)
	if !ok {
		return
	}
	got, valid := r.e164()
	c.count(valid)
	if want, ok := parsed(digits); valid != ok || ok && got != want {
		t.Fatalf("+%s: reading gives %q %t, the parser %q %t", digits, got, valid, want, ok)
	}
}

func (c *comparison) compareAtHome(t *testing.T, region, area, digits string) {
	t.Helper()
	if c.region != region {
		var err error
		if c.quick, err = newPlan(region, ""); err != nil {
			t.Fatal(err)
		}
		c.region, c.slow = region, c.quick
		c.slow.home = nil
	}
	if c.quick.home == nil {
		return
	}
	if c.read%2 == 0 {
		area = ""
	}
	c.quick.area, c.slow.area = area, area
	got, valid := c.quick.national(digits)
	c.count(valid)
	if want, ok := c.slow.national(digits); valid != ok || ok && got != want {
		t.Fatalf("%s in %s, area code %q: reading gives %q %t, the parser %q %t", digits, region, area, got, valid, want, ok)
	}
	if len(digits) > 9 {
		return
	}
	if got, want := c.quick.isShort(digits), c.slow.isShort(digits); got != want {
		t.Fatalf("%s in %s: reading says short %t, the parser %t", digits, region, got, want)
	}
}

func (c *comparison) count(valid bool) {
	c.read++
	if valid {
		c.valid++
	}
}

// check fails where so few numbers were valid, or refused, that it proves little.
func (c *comparison) check(t *testing.T) {
	t.Logf("%d compared, %d of them valid", c.read, c.valid)
	if c.read < 30000 || c.valid < c.read/20 || c.valid > c.read*19/20 {
		t.Errorf("%d compared, %d of them valid: proves little", c.read, c.valid)
	}
}

// samples returns national numbers of a region: valid, nearly valid and not.
func samples(m *phonenumbers.PhoneMetadata, random *rand.Rand) []string {
	var all []string
	for _, d := range descriptions(m) {
		example := d.GetExampleNumber()
		if example == "" {
			continue
		}
		all = append(all, example, example[1:], example[:len(example)-1], example+"0", example+"12")
		for range 6 {
			b := []byte(example)
			for range 1 + random.IntN(3) {
				b[random.IntN(len(b))] = byte('0' + random.IntN(10))
			}
			all = append(all, string(b))
		}
	}
	for range 12 {
		all = append(all, randomDigits(random))
	}
	return all
}

func randomDigits(random *rand.Rand) string {
	b := make([]byte, 1+random.IntN(13))
	for i := range b {
		b[i] = byte('0' + random.IntN(10))
	}
	return string(b)
}
