package stories

import (
	"errors"
	"strings"

	"lamplight/assets/starter"
	"lamplight/tokenizer"
)

// The starter is so small that it leaves out a hero now and then, most of all one whose name somebody has typed, or says a
// sentence twice. Both can be seen while it writes. Then what is amiss is taken back, and it goes on from there by other
// random numbers: it does well far more often than not, so few tries are enough. The same seed still tells the same story.

// errAmiss says that a part of the story was taken back. It never leaves the package.
var errAmiss = errors.New("a part of the story was taken back")

// Bounds of what is taken back: what is still amiss then stays.
const (
	triesAt  = 8  // at one place
	triesAll = 40 // in a story

	longestOpening = 240 // tokens of a title and a first paragraph: whatever is longer is none
)

// mends are what was taken back of a story.
type mends struct {
	ends   []int // of the tokens, in the text
	opened bool  // the first paragraph is there, and is good, or was not to be had
	at     int   // the place of the last time, in the text
	here   int   // times there
	all    int
}

// seed is that of the random numbers after what was taken back.
func (m *mends) seed(first uint64) uint64 { return first ^ uint64(m.all)*0x9e3779b97f4a7c15 }

// add puts a token at the end of the story.
func (t *teller) add(id tokenizer.ID, text string) {
	t.ids, t.text = append(t.ids, id), t.text+text
	t.mends.ends = append(t.mends.ends, len(t.text))
}

// takeBack takes away what is amiss at the end of the story, and reports whether anything was.
func (t *teller) takeBack() bool {
	at, bad := t.amiss()
	m := &t.mends
	if !bad || m.all >= triesAll {
		return false
	}
	if m.here++; at != m.at {
		m.at, m.here = at, 1
	}
	if m.here > triesAt {
		return false
	}
	m.all++
	n, end := 0, 0
	for n < len(m.ends) && m.ends[n] <= at {
		end = m.ends[n]
		n++
	}
	t.ids, m.ends, t.text = t.ids[:n], m.ends[:n], t.text[:end]
	return true
}

// amiss looks at the last sentence, and at the beginning until that is complete. It returns from where on the text should be
// another one.
func (t *teller) amiss() (at int, bad bool) {
	if at, again := starter.Again(t.text); again {
		return at, true
	}
	if len(t.ids)%lookAgain == 0 {
		if once, ok := circle(t.text); ok {
			return 1 + strings.LastIndexAny(once, ".?!\n"), true
		}
	}
	if t.mends.opened {
		return 0, false
	}
	at, bad = t.opening()
	if bad && (t.mends.here >= triesAt && t.mends.at == at || t.mends.all >= triesAll) {
		t.mends.opened, bad = true, false // it was not to be had
	}
	return at, bad
}

// opening looks at the title and the first paragraph: there the starter has learnt to name everybody and the place.
func (t *teller) opening() (at int, bad bool) {
	title, text, told := strings.Cut(t.text, "\n\n")
	switch first, _, whole := strings.Cut(text, "\n\n"); {
	case t.choice == nil: // no story from its beginning on
		t.mends.opened = true
	case len(title) > maxTitle || !told && strings.Contains(title, ". "):
		return 0, true
	case whole:
		v := starter.Judge(t.choice, first)
		t.mends.opened = v.Heroes && v.Place
		return len(title), !t.mends.opened
	case len(t.ids) > longestOpening:
		return len(title), true
	}
	return 0, false
}
