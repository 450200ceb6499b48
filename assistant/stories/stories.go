// Package stories tells bedtime stories: from what somebody has ticked to a prompt, from what a model says to a story with
// a title and paragraphs, and from there to another chapter, another paragraph, or the shelf.
//
//	for step, err := range stories.Tell(ctx, runner.Borrow, stories.Job{Choice: choice, Seed: 7, Params: params}) { … }
//
// The options are those of package assets/starter. The starter model is asked exactly as it was trained; other models are
// asked the same, and told in which language to answer (prompt.go). The same model, choice, settings and seed give the same
// story.
package stories

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"lamplight/assets/starter"
)

// Choice is what a story is about, see [starter.Choice].
type Choice = starter.Choice

// Groups are the options, in the order of the page. They are shared: nobody changes them.
var Groups = sync.OnceValue(starter.Groups)

// Story is a story with what it was made from.
type Story struct {
	Choice Choice
	Seed   uint64
	Tongue string // the language it was asked for, as models know it: "German"; "": English
	Model  string // the name of the model that told it

	Title      string // "" if the model gave it none
	Paragraphs []Paragraph

	ID int64 // of the document that keeps it; 0: it is not on the shelf
}

// Paragraph is a paragraph, or the heading of a chapter.
type Paragraph struct {
	Text    string
	Heading bool
}

// Clone returns a story that shares nothing with s.
func (s *Story) Clone() *Story {
	c := *s
	c.Choice, c.Paragraphs = cloned(s.Choice), slices.Clone(s.Paragraphs)
	return &c
}

func cloned(c Choice) Choice {
	c = maps.Clone(c)
	for group, list := range c {
		c[group] = slices.Clone(list)
	}
	return c
}

// Chapters is how many chapters the story has.
func (s *Story) Chapters() int {
	n := 1
	for _, p := range s.Paragraphs {
		if p.Heading {
			n++
		}
	}
	return n
}

// Words is the story as it is read aloud: everything, a paragraph a line.
func (s *Story) Words() string {
	lines := []string{s.Title}
	for _, p := range s.Paragraphs {
		lines = append(lines, p.Text)
	}
	return strings.TrimSpace(strings.Join(lines, "\n\n"))
}

// MaxSeed is the largest seed that is chosen by chance: one that can be read, and typed again.
const MaxSeed = 999_999

// NewSeed chooses a seed.
func NewSeed() uint64 { return 1 + rand.Uint64N(MaxSeed) }

// Surprise makes a choice of options by chance. The same seed makes the same one.
func Surprise(seed uint64) Choice {
	r, c := rand.New(rand.NewPCG(seed, 1)), Choice{}
	for _, g := range Groups() {
		n := 1
		switch g.ID {
		case starter.Heroes:
			n = 1 + r.IntN(4)/3 // seldom two
		case starter.Companions:
			n = r.IntN(2)
		case starter.Twist:
			n = min(1, r.IntN(3))
		}
		for _, at := range r.Perm(len(g.Options))[:n] {
			c[g.ID] = append(c[g.ID], g.Options[at].Phrase)
		}
	}
	return c
}

// Hero chooses a hero by chance, for a choice that has none.
func Hero(seed uint64) string { return Surprise(seed)[starter.Heroes][0] }

// Tick puts a phrase into a choice, or takes it out, and returns the new choice. In a group of which one option can be ticked
// it takes the place of the other; where several can be, the first gives way to the one that is too many.
func Tick(c Choice, g starter.Group, phrase string) Choice {
	c = cloned(c)
	if c == nil {
		c = Choice{}
	}
	list := c[g.ID]
	if at := slices.Index(list, phrase); at >= 0 {
		list = slices.Delete(list, at, at+1)
	} else if list = append(list, phrase); !g.Many {
		list = list[len(list)-1:]
	} else if len(list) > starter.MaxMany {
		list = list[len(list)-starter.MaxMany:]
	}
	if c[g.ID] = list; len(list) == 0 {
		delete(c, g.ID)
	}
	return c
}

// Own makes a phrase of what the user has typed, as the prompt has it: one line, not too long; "" for nothing.
func Own(text string) string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, ";", " ")), " ")
	if r := []rune(text); len(r) > starter.MaxOwn {
		text = strings.TrimSpace(string(r[:starter.MaxOwn]))
	}
	return text
}

// Option returns the option of a group that has this phrase; false for the user's own.
func Option(g starter.Group, phrase string) (starter.Option, bool) {
	if i := slices.IndexFunc(g.Options, func(o starter.Option) bool { return o.Phrase == phrase }); i >= 0 {
		return g.Options[i], true
	}
	return starter.Option{}, false
}
