package writing

import (
	"regexp"
	"slices"
	"strings"

	"lamplight/assistant/review"
)

// Guarded is something in a text that a model must not change.
type Guarded string

// What is guarded.
const (
	Code   Guarded = "code"   // `between` backticks
	Link   Guarded = "link"   // addresses of pages, files and people
	Quote  Guarded = "quote"  // words between quotation marks
	Number Guarded = "number" // digits with what is within them
)

// guards find what is guarded. Group 1, where there is one, is what may not be changed.
var guards = map[Guarded]*regexp.Regexp{
	Code:   regexp.MustCompile("(?s)`+[^`]+`+"),
	Link:   regexp.MustCompile(`(?i)\b(?:https?|ftp|mailto|file):[^\s<>"”»)\]]+|\bwww\.[^\s<>"”»)\]]+|[\pL\d._%+-]+@[\pL\d.-]+\.\pL{2,}|\]\(([^)\s]+)`),
	Quote:  regexp.MustCompile(`"([^"\n]+)"|“([^”\n]+)”|„([^“”\n]+)[“”]|«([^»\n]+)»|「([^」\n]+)」`),
	Number: regexp.MustCompile(`\d+(?:[.,:/’ \x{202f}-]?\d+)*`),
}

// find returns the parts of a text that are of a kind.
func (g Guarded) find(text string) (parts []Part) {
	for _, m := range guards[g].FindAllStringSubmatchIndex(text, -1) {
		p := Part{m[0], m[1]}
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				p = Part{m[i], m[i+1]}
			}
		}
		if p.End > p.Start {
			parts = append(parts, p)
		}
	}
	return parts
}

// Check says for each change which of what is guarded it touches: it removes some of it or writes into it, or brings
// a number, a link or code that the text does not have.
func Check(text string, changes []review.Change, keeps []Guarded) [][]Guarded {
	found := make([][]Guarded, len(changes))
	for _, g := range keeps {
		parts := g.find(text)
		had := map[string]bool{}
		for _, p := range parts {
			had[text[p.Start:p.End]] = true
		}
		for i, c := range changes {
			if touches(parts, c) || g != Quote && brings(g, text, c, had) {
				found[i] = append(found[i], g)
			}
		}
	}
	return found
}

// touches reports whether a change removes some of the parts or writes into one.
func touches(parts []Part, c review.Change) bool {
	return slices.ContainsFunc(parts, func(p Part) bool {
		if c.Start == c.End {
			return c.Start > p.Start && c.Start < p.End
		}
		return c.Start < p.End && c.End > p.Start
	})
}

// brings reports whether the text of a change, read with the characters beside it, has something of the kind that the text
// had nowhere.
func brings(g Guarded, text string, c review.Change, had map[string]bool) bool {
	const beside = 20
	left, right := text[max(0, c.Start-beside):c.Start], text[c.End:min(len(text), c.End+beside)]
	left = left[strings.LastIndexAny(left, " \n")+1:]
	if i := strings.IndexAny(right, " \n"); i >= 0 {
		right = right[:i]
	}
	now := left + c.New + right
	for _, p := range g.find(now) {
		if p.End > len(left) && p.Start < len(left)+len(c.New) && !had[now[p.Start:p.End]] {
			return true
		}
	}
	return false
}
