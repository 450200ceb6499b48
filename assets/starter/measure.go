package starter

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Verdict says of a story what can be said without taste.
type Verdict struct {
	Heroes   bool // every hero is named
	Place    bool // the place is named
	Ended    bool // it wishes a good night, at its end
	Repeated bool // a sentence of three words or more is there twice
}

// Judge looks at a story that was told for a choice.
func Judge(c Choice, text string) Verdict {
	lower := strings.ToLower(text)
	v := Verdict{Heroes: true, Place: true, Ended: ending.MatchString(text)}
	for _, h := range c3(c[Heroes]) {
		v.Heroes = v.Heroes && strings.Contains(lower, strings.ToLower(HeroWord(h)))
	}
	if place := own(c.first(Place)); place != "" {
		_, later := placeWords(place)
		v.Place = strings.Contains(lower, strings.ToLower(strings.TrimPrefix(later, "the ")))
	}
	seen := map[string]bool{}
	sentences, _ := split(strings.ReplaceAll(text, "\n", " "))
	for _, s := range sentences {
		s = strings.Join(plainWords(s), " ")
		v.Repeated = v.Repeated || seen[s]
		seen[s] = strings.Count(s, " ") >= 2
	}
	return v
}

var ending = regexp.MustCompile(`[Gg]ood night(?:, [^.\n]+)?\.\s*$`)

// HeroWord is the word by which a hero is known: the name, or what it is.
func HeroWord(phrase string) string {
	phrase = own(phrase)
	if m := kindPattern.FindStringSubmatch(phrase); m != nil {
		words := strings.Fields(m[1])
		return words[len(words)-1]
	}
	name, _, _ := strings.Cut(phrase, " the ")
	return name
}

// Again returns where the last complete sentence of a text begins that is still being written, if it was said before in the
// text. What counts is what Judge counts.
func Again(text string) (at int, ok bool) {
	sentences, ends := split(strings.ReplaceAll(text, "\n", " "))
	if len(ends) == 0 {
		return 0, false
	}
	last := len(ends) - 1
	said := strings.Join(plainWords(sentences[last]), " ")
	for i, s := range sentences[:last] {
		ok = ok || strings.Join(plainWords(s), " ") == said
		at += len(s) + len(ends[i])
	}
	return at, ok && strings.Count(said, " ") >= 2
}

// plainWords are the words of a text, without marks and capitals.
func plainWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// runLength is how many words in a row two stories must not share.
const runLength = 12

// Shared returns the runs of words that two of the stories have in common, beyond their openings: the title and the first
// sentence.
func Shared(stories []string) (runs []string) {
	in := map[string]int{}
	for i, text := range stories {
		words := plainWords(text)
		_, body, _ := strings.Cut(text, "\n\n")
		first, _, _ := strings.Cut(body, ". ")
		from := len(words) - len(plainWords(body)) + len(plainWords(first))
		for at := max(0, from-runLength+2); at+runLength <= len(words); at++ {
			run := strings.Join(words[at:at+runLength], " ")
			if other, ok := in[run]; ok && other != i && !slices.Contains(runs, run) {
				runs = append(runs, run)
			}
			in[run] = i
		}
	}
	return runs
}
