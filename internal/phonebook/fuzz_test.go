package phonebook

import (
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// FuzzReading holds digits, dialled from abroad and in every country, against
// the library's parser, which is slower and not ours.
func FuzzReading(f *testing.F) {
	var regions []string
	for region := range phonenumbers.GetSupportedRegions() {
		regions = append(regions, region)
	}
	slices.Sort(regions)
	f.Add("030901820", uint8(slices.Index(regions, "DE")), "30")
	f.Fuzz(func(t *testing.T, typed string, where uint8, area string) {
		digits, area := digitsOf(typed, 20), digitsOf(area, maxArea)
		if digits == "" {
			return
		}
		var c comparison
		c.compareAbroad(t, digits)
		for range 2 { // without the area code and with it
			c.compareAtHome(t, regions[int(where)%len(regions)], area, digits)
		}
	})
}

// digitsOf returns the first digits that there are in text.
func digitsOf(text string, most int) string {
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, text)
	return digits[:min(len(digits), most)]
}
