package phonebook

import (
	"fmt"
	"regexp/syntax"
	"slices"
)

// The metadata describes numbers by regular expressions over digits, dozens of
// them for a country, some with a thousand alternatives. The package regexp
// walks all of them at once for each number; that was most of the time that a
// contact took. Over an alphabet of ten a table for each state is small, and a
// digit costs one look into it.

// automaton is a deterministic automaton over the digits 0 to 9. A nil one
// matches nothing.
type automaton struct {
	next    [][10]uint16 // by state and digit
	accepts []bool       // by state
}

// States that every automaton has.
const (
	dead  = 0 // nothing matches any more
	start = 1
)

// maxStates bounds an automaton; the largest of the metadata has 300.
const maxStates = 1 << 14

// newAutomaton makes an automaton of a regular expression of libphonenumber's
// metadata. The error says that it is none, looks around itself (^, $, \b), or
// needs too many states.
func newAutomaton(expr string) (*automaton, error) {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	for i := range prog.Inst {
		if prog.Inst[i].Op == syntax.InstEmptyWidth {
			return nil, fmt.Errorf("pattern %q looks around itself", expr)
		}
	}
	b := builder{prog: prog, numbers: map[string]uint16{"": dead}, seen: make([]int, len(prog.Inst)), round: 1}
	b.sets = [][]uint32{dead: nil, start: b.closure(nil, uint32(prog.Start))}
	var a automaton
	for state := 0; state < len(b.sets); state++ { // which grows in the loop
		if state == maxStates {
			return nil, fmt.Errorf("pattern %q needs too many states", expr)
		}
		a.next = append(a.next, b.steps(b.sets[state]))
		a.accepts = append(a.accepts, slices.ContainsFunc(b.sets[state], func(pc uint32) bool { return prog.Inst[pc].Op == syntax.InstMatch }))
	}
	return &a, nil
}

// builder makes states of sets of the program's instructions, the classical
// subset construction.
type builder struct {
	prog    *syntax.Prog
	sets    [][]uint32 // by state
	numbers map[string]uint16
	seen    []int // by instruction: the last round in which closure met it
	round   int   // one for each set that is being made
}

// steps returns the states that each digit leads to.
func (b *builder) steps(set []uint32) (next [10]uint16) {
	for digit := range next {
		var to []uint32
		b.round++
		for _, pc := range set {
			if i := &b.prog.Inst[pc]; i.Op != syntax.InstMatch && i.MatchRune('0'+rune(digit)) {
				to = b.closure(to, i.Out)
			}
		}
		next[digit] = b.number(to)
	}
	return next
}

// closure adds to a set what an instruction leads to without reading a digit.
// An instruction can lead to itself, where what is repeated can be empty.
func (b *builder) closure(set []uint32, pc uint32) []uint32 {
	if b.seen[pc] == b.round {
		return set
	}
	b.seen[pc] = b.round
	switch i := &b.prog.Inst[pc]; i.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		return b.closure(b.closure(set, i.Out), i.Arg)
	case syntax.InstCapture, syntax.InstNop:
		return b.closure(set, i.Out)
	case syntax.InstFail:
		return set
	}
	return append(set, pc)
}

// number returns the state of a set, a new one where there is none yet.
func (b *builder) number(set []uint32) uint16 {
	slices.Sort(set)
	var key []byte
	for _, pc := range set {
		key = append(key, byte(pc), byte(pc>>8), byte(pc>>16))
	}
	state, known := b.numbers[string(key)]
	if !known {
		state = uint16(len(b.sets))
		b.numbers[string(key)] = state
		b.sets = append(b.sets, set)
	}
	return state
}

// whole reports whether the automaton matches all of the digits.
func (a *automaton) whole(digits string) bool {
	return a != nil && a.front(digits) == len(digits)
}

// front returns how many digits the longest match at the front has, -1 where
// there is none.
func (a *automaton) front(digits string) int {
	if a == nil {
		return -1
	}
	longest, state := -1, uint16(start)
	if a.accepts[start] {
		longest = 0
	}
	for i := range len(digits) {
		digit := digits[i] - '0'
		if digit > 9 {
			break
		}
		if state = a.next[state][digit]; state == dead {
			break
		}
		if a.accepts[state] {
			longest = i + 1
		}
	}
	return longest
}
