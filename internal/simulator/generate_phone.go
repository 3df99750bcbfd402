package simulator

import (
	"fmt"
	"strings"
)

// phoneSlots are weighted by how often people fill them in.
var phoneSlots = weighted(map[string]int{
	"BusinessPhone": 30, "MobilePhone": 30, "HomePhone": 14, "BusinessPhone2": 6, "BusinessFax": 8, "HomePhone2": 3,
	"OtherTelephone": 2, "CompanyMainPhone": 3, "AssistantPhone": 1, "HomeFax": 1, "OtherFax": 1, "Pager": 1, "PrimaryPhone": 1,
	"CarPhone": 1, "Callback": 1, "Isdn": 1, "RadioPhone": 1, "Telex": 1, "TtyTddPhone": 1,
}, []string{
	"AssistantPhone", "BusinessFax", "BusinessPhone", "BusinessPhone2", "Callback", "CarPhone", "CompanyMainPhone", "HomeFax",
	"HomePhone", "HomePhone2", "Isdn", "MobilePhone", "OtherFax", "OtherTelephone", "Pager", "PrimaryPhone", "RadioPhone", "Telex", "TtyTddPhone",
})

// weighted repeats each key as often as its weight says, in the order given.
func weighted(weights map[string]int, order []string) (all []string) {
	for _, key := range order {
		for range weights[key] {
			all = append(all, key)
		}
	}
	return all
}

// phones fills none to six slots, three on average.
func (g *generator) phones() map[string]string {
	want := []int{0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6}[g.IntN(16)]
	if want == 0 {
		return nil
	}
	all := make(map[string]string, want)
	last := ""
	for len(all) < want {
		slot := g.one(phoneSlots)
		if all[slot] != "" {
			continue
		}
		if last == "" || !g.chance(30) { // else the same number twice
			last = g.number(slot == "MobilePhone")
		}
		all[slot] = last
	}
	return all
}

// number writes a number in one of the ways in which people do.
func (g *generator) number(mobile bool) string {
	switch n := g.IntN(1000); {
	case n < 12:
		return g.one(noNumbers)
	case n < 20:
		return g.one(shortCodes)
	case n < 45: // local, without an area code
		return fmt.Sprint(100000 + g.IntN(8999999))
	case n < 200:
		return g.foreign()
	}
	return g.german(mobile)
}

// german writes a German number.
func (g *generator) german(mobile bool) string {
	area, local := g.one(areaCodes), fmt.Sprint(200000+g.IntN(79999999))
	if mobile || g.chance(80) {
		area, local = g.one(mobileCodes), fmt.Sprint(1000000+g.IntN(89999999))
	}
	ext := g.IntN(90) + 10
	switch g.IntN(24) {
	case 0, 1, 2, 3:
		return "+49 " + area + " " + local
	case 4, 5:
		return "0" + area + " " + local
	case 6, 7:
		return "+49 (" + area + ") " + local
	case 8:
		return "+49 (0)" + area + " " + spaced(local, " ")
	case 9, 10:
		return "0" + area + "/" + local
	case 11:
		return "(0" + area + ") " + spaced(local, " ")
	case 12:
		return "0049" + area + local
	case 13:
		return fmt.Sprintf("+49 %s %s-%d", area, local[:6], ext)
	case 14:
		return fmt.Sprintf("0%s-%s-%d", area, local[:6], ext)
	case 15:
		return fmt.Sprintf("+49%s%s %s %d", area, local, g.one(extensionWords), ext)
	case 16:
		return "tel:+49" + area + local
	case 17:
		return " 0" + area + " - " + spaced(local, " ") + " "
	case 18: // as copied from another program, with marks nobody sees
		return "\u202a+49 " + area + " " + local + "\u202c"
	case 19:
		return "+49\u00a0" + area + "\u00a0" + spaced(local, "\u2011")
	case 20:
		return "0" + area + "." + spaced(local, ".")
	case 21:
		return "+49 " + area + " " + local + " " + g.one(remarks)
	case 22:
		return "0" + area + " " + local + " / 0" + g.one(mobileCodes) + " " + fmt.Sprint(1000000+g.IntN(8999999))
	}
	return "+49" + area + local
}

// foreign writes a number of another country.
func (g *generator) foreign() string {
	n := func(digits int) string {
		s := fmt.Sprint(2 + g.IntN(7))
		for len(s) < digits {
			s += fmt.Sprint(g.IntN(10))
		}
		return s
	}
	switch g.IntN(9) {
	case 0:
		return "+31 20 " + n(3) + " " + n(4)
	case 1:
		return "+31 6 " + n(8)
	case 2:
		return "0031 (0)10 - " + n(7)
	case 3:
		return "+43 1 " + n(7)
	case 4:
		return "+41 44 " + n(3) + " " + n(2) + " " + n(2)
	case 5:
		return "+1 (212) " + n(3) + "-" + n(4)
	case 6:
		return "+44 20 7" + n(3) + " " + n(4)
	case 7:
		return "+33 (0)1 " + spaced(n(8), " ")
	}
	return "+48 22 " + n(7)
}

// spaced puts sep between each two digits.
func spaced(digits, sep string) string {
	var parts []string
	for ; len(digits) > 2; digits = digits[2:] {
		parts = append(parts, digits[:2])
	}
	return strings.Join(append(parts, digits), sep)
}
