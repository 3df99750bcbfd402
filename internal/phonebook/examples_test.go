package phonebook

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
)

// example is a number of libphonenumber's own examples.
type example struct{ region, trunk, national, e164 string }

// code returns the calling code, with the plus sign.
func (x example) code() string { return strings.TrimSuffix(x.e164, x.national) }

func examples(t *testing.T) []example {
	t.Helper()
	file, err := os.Open("../../../shared/fixtures/phone/example_numbers.csv")
	if err != nil {
		t.Skipf("the example numbers are not here: %v", err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for _, row := range rows[1:] {
		all = append(all, example{region: row[0], trunk: row[2], national: row[3], e164: row[4]})
	}
	if len(all) < 300 {
		t.Fatalf("only %d examples", len(all))
	}
	return all
}

// foreignPrefix holds what is dialled for an international call where that is
// not 00; few of the regions, but each kind.
var foreignPrefix = map[string]string{
	"US": "011", "AG": "011", "AU": "0011", "JP": "010", "KZ": "810", "UZ": "00", "TH": "001",
	"KR": "00700", "BR": "0015", "CO": "009", "CU": "119", "HK": "001", "ID": "008", "NG": "009",
	"FI": "990", "SG": "001", "TW": "002", "GY": "001", "KE": "000", "UG": "000", "TZ": "000",
}

// separators are what people put between groups of digits.
var separators = []string{" ", ".", "-", "/", "\u00a0", "\u202f", " - ", "–", "\u2011", "  ", "\u200e "}

// grouping returns digits in groups of two, three and four, with every
// separator, which also follows the code in front unless that is empty.
func grouping(code, digits string) []string {
	var all []string
	for i, separator := range separators {
		for size := 2; size <= 4; size++ {
			if i > 3 && size != 2+i%3 {
				continue // the first ones in all sizes, the others in one
			}
			all = append(all, strings.TrimPrefix(code+separator, separator)+grouped(digits, size, separator))
		}
	}
	return all
}

func grouped(digits string, size int, separator string) string {
	var groups []string
	for group := range slices.Chunk([]byte(digits), size) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, separator)
}

// TestExamples writes each example in the spellings that are usual anywhere,
// and wants the same number back from each.
func TestExamples(t *testing.T) {
	abroad := normaliser(t, "DE")
	for _, x := range examples(t) {
		check := func(n *Normaliser, typed string) {
			t.Helper()
			if got, _ := n.Number(typed); got != x.e164 {
				t.Errorf("%s in %s: Number(%q) = %q, want %q", x.region, n.plan.region, typed, got, x.e164)
			}
		}
		for _, typed := range append(x.international(), grouping(x.code(), x.national)...) {
			check(abroad, typed)
		}
		if x.region == "001" { // a satellite's or a network's; it is nobody's home
			continue
		}
		home := normaliser(t, x.region)
		for _, typed := range append(x.international(), x.inside()...) {
			check(home, typed)
		}
		if prefix := foreignPrefix[x.region]; prefix != "" {
			check(home, prefix+strings.TrimPrefix(x.e164, "+"))
			check(home, prefix+" "+strings.TrimPrefix(x.code(), "+")+" "+x.national)
		}
	}
}

// international returns spellings that mean the same in every country.
func (x example) international() []string {
	bare := strings.TrimPrefix(x.e164, "+")
	all := []string{
		x.e164, "tel:" + x.e164, "tel:" + x.code() + "-" + x.national,
		"\u202a" + x.e164 + "\u202c", "\u200e+\u200e" + bare,
		"(" + x.code() + ") " + x.national, "00" + bare, "00 " + strings.TrimPrefix(x.code(), "+") + " " + x.national,
	}
	if strings.HasPrefix(x.trunk, "0") {
		all = append(all,
			x.code()+" (0) "+x.national, x.code()+"(0)"+x.national, x.code()+" (0)"+x.national[:2]+" "+x.national[2:],
			"00"+strings.TrimPrefix(x.code(), "+")+"(0)"+x.national, x.code()+" "+x.trunk+x.national)
	}
	return all
}

// inside returns the spellings of the number's own country.
func (x example) inside() []string {
	whole := x.trunk + x.national
	all := []string{whole, "tel:" + whole, "\u202d" + whole + "\u202c"}
	if x.trunk != "" {
		all = append(all,
			"("+x.trunk+") "+x.national, "("+x.trunk+x.national[:2]+") "+x.national[2:],
			x.trunk+" ("+x.national[:2]+") "+x.national[2:], x.trunk+x.national[:2]+"/"+x.national[2:],
			x.trunk+" "+x.national[:2]+" / "+x.national[2:])
	}
	return append(all, grouping("", whole)...)
}
