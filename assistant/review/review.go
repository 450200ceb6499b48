// Package review compares a text with what became of it, word by word, so that every change can be taken or left on
// its own. The model never edits a text: it writes another one, and what differs is found here.
//
//	changes := review.Diff(old, new)
//	text := review.Apply(old, changes, func(i int) bool { return taken[i] })
//
// The same two texts always have the same changes. They are found in three steps: the texts are cut into words
// (tokens.go), the words are compared (diff.go), and what differs is put together as a reader would (changes.go).
package review

import "strings"

// Change is a part of the old text and what takes its place. Neither part begins or ends within a word.
type Change struct {
	Start, End int    // of the part in the old text, in bytes; equal for what is only added
	New        string // "" for what is only removed
}

// Diff returns the changes that make new of old, in their order; none of them touches the next. Its time grows
// with the length of the texts times the number of words that differ, up to a bound: texts that have little in
// common are compared more coarsely.
func Diff(old, new string) []Change {
	a, b := split(old), split(new)
	return changes(old, a, b, compare(a, b))
}

// Apply makes the changes for which take is true and leaves the others.
func Apply(old string, changes []Change, take func(i int) bool) string {
	var b strings.Builder
	at := 0
	for i, c := range changes {
		if take(i) {
			b.WriteString(old[at:c.Start])
			b.WriteString(c.New)
			at = c.End
		}
	}
	b.WriteString(old[at:])
	return b.String()
}
