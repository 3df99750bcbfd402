package phonebook

import (
	"slices"
	"strconv"
	"strings"
)

// A spelling can be flawless and still be something else. A wrong number rings
// at a stranger's, no number is merely dialled as typed; so what looks like two
// numbers or like a date has none.

// minWhole is how few digits a number has that is complete, so that the
// library need not be asked about "0049" and "+49 30".
const minWhole = 6

// oneAtMost is how many digits a text has that cannot hold two numbers.
const oneAtMost = 11

// isTwo reports whether a spelling is that of two numbers, or of a number and
// its neighbour: "030 901820 / 0171 1234567", "030 901820/21". A slash is also
// what stands behind the area code, "030/901820", and nobody is reached on
// "030" alone; so it matters whether what stands in front is complete.
func (p *plan) isTwo(s *spelling) bool {
	slashes := 0
	for _, c := range s.cuts[:s.ncuts] {
		if c.mark == '/' {
			slashes++
		}
	}
	for _, c := range s.cuts[:s.ncuts] {
		switch {
		case c.at < minWhole:
		case c.mark == '(' || c.mark == '/' && slashes == 1:
			if p.whole(s.head(c.at)) {
				return true
			}
		case c.mark == '/' || s.n > oneAtMost && s.digits[c.at] == '0':
			if p.prefixed(s.tail(c.at)) && p.whole(s.head(c.at)) {
				return true
			}
		}
	}
	return false
}

// whole reports whether a part of a spelling is a number by itself.
func (p *plan) whole(s *spelling) bool {
	if s.n < minWhole {
		return false
	}
	_, ok := p.resolve(s)
	return ok
}

// prefixed is whole for a part that is more than a local number.
func (p *plan) prefixed(s *spelling) bool {
	withoutArea := *p
	withoutArea.area = ""
	return withoutArea.whole(s)
}

// isDate reports whether a spelling begins as a date does: 2024-05-01,
// 01.05.2024, 5/1/2024, and 01.05.24 where numbers of six digits need more in
// front. A time may follow.
func (p *plan) isDate(s *spelling) bool {
	if s.plus || s.ncuts < 2 || s.ncuts > 2 && s.cuts[2].mark != ' ' {
		return false
	}
	mark := s.cuts[0].mark
	if mark != s.cuts[1].mark || !strings.ContainsRune(".-/", rune(mark)) {
		return false
	}
	end := int32(s.n)
	if s.ncuts > 2 {
		end = s.cuts[2].at
	}
	first := string(s.digits[:s.cuts[0].at])
	second := string(s.digits[s.cuts[0].at:s.cuts[1].at])
	third := string(s.digits[s.cuts[1].at:end])
	switch {
	case isYear(first):
		return isDay(second, third)
	case isYear(third), isShortYear(third) && p.trunk != "":
		return isDay(first, second)
	}
	return false
}

// isElse reports whether a spelling is that of something else that consists of
// digits, and must not become a local number: an IP address, a month (2024-05),
// hours (8.00-17.00).
func isElse(s *spelling) bool {
	if s.plus || s.n == 0 || s.digits[0] == '0' || s.ncuts == 0 || s.ncuts == 2 {
		return false
	}
	groups, marks := s.groups()
	switch marks {
	case "...":
		return !slices.ContainsFunc(groups, func(g string) bool { n, _ := strconv.Atoi(g); return n > 255 })
	case "-":
		return isYear(groups[0]) && groups[0] < "2040" && len(groups[1]) == 2 && isDay(groups[1], "1")
	case ".-.":
		return true
	}
	return false
}

// groups returns the digits between separators, and the separators.
func (s *spelling) groups() (groups []string, marks string) {
	from := int32(0)
	for _, c := range s.cuts[:s.ncuts] {
		groups = append(groups, string(s.digits[from:c.at]))
		marks += string(c.mark)
		from = c.at
	}
	return append(groups, string(s.digits[from:s.n])), marks
}

func isYear(s string) bool {
	return len(s) == 4 && "1900" <= s && s < "2100"
}

// isShortYear reports whether two digits are a year as people write it so: the
// present one, or one in which somebody was born.
func isShortYear(s string) bool {
	return len(s) == 2 && (s <= "30" || s >= "40")
}

// isDay reports whether two numbers are a day and a month in either order.
func isDay(a, b string) bool {
	if len(a) > 2 || len(b) > 2 {
		return false
	}
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return min(x, y) >= 1 && min(x, y) <= 12 && max(x, y) <= 31
}
