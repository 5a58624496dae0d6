// Package suggest finds the word that somebody has probably meant.
package suggest

// Nearest returns the word of known that differs least from typed, and "" if none is near: two
// letters may be missing, added, different or swapped, and one in a word of up to four letters.
// Case does not matter. Of words that are equally near it is the first.
func Nearest(typed string, known ...string) string {
	best, least := "", 3
	if len(typed) <= 4 {
		least = 2
	}
	for _, word := range known {
		if d := distance(lower(typed), lower(word)); d < least && d < len(word) {
			best, least = word, d
		}
	}
	return best
}

// lower is strings.ToLower for ASCII, byte by byte.
func lower(s string) []byte {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

// distance is the number of bytes that are to be inserted, removed, changed or swapped with their
// neighbour to make b of a: the restricted Damerau-Levenshtein distance.
func distance(a, b []byte) int {
	var before []int // the row before last
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			changed := last[j]
			if a[i] != b[j] {
				changed++
			}
			row[j+1] = min(changed, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
