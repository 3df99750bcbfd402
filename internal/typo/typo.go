// Package typo guesses what a misspelt word was to be.
package typo

// Distance returns how many bytes must be put in, taken out or replaced to make
// b of a (Levenshtein's distance).
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Nearest returns the known word that differs least from a misspelt one, the
// first of several; empty where none is near enough. most is by how many bytes
// it may differ from a known word to be that one.
func Nearest(word string, known []string, most func(known string) int) (nearest string) {
	least := -1
	for _, k := range known {
		if d := Distance(word, k); d <= most(k) && (least < 0 || d < least) {
			nearest, least = k, d
		}
	}
	return nearest
}
