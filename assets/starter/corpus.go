package starter

import (
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// Turn is something that is asked with its answer.
type Turn struct{ Ask, Answer string }

// Row is a conversation to learn from. Where Action says so, its turns are texts of the page Write with what the action makes
// of them, and the first text has something before and after it; else they are those of a chat.
type Row struct {
	Action        string // id of the action, or ""
	Turns         []Turn
	Before, After string
}

// mix100 is how many of a hundred rows are of a kind.
var mix100 = []struct {
	part int
	make func(r *rand.Rand, side Side) Row
}{
	{22, storyRow},
	{34, correctionRow},
	{9, styleRow},
	{27, chatRow},
	{2, wishRow},
	{2, chatCorrectionRow},
	{2, unableRow},
	{4, echoRow},
}

// Copies makes n rows of which every answer is what was asked, word for word. All else a starter does needs copying: names
// of heroes, words that are right as they are. Learnt alone it takes some hundred thousand tokens, among everything else
// many times as many, and so it is to be learnt first. Rows are short: what counts is the number of steps.
func Copies(seed uint64, side Side, n int) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for i := range n {
			r := source(seed, []string{"copies", "copies held"}[side], i)
			row := echoes(r, side, 1+r.IntN(2))
			if r.IntN(4) == 0 {
				row = corrections(r, side, 1+r.IntN(2), func() Correction { return Spoil(anySentence(r, side), 0, r) })
			}
			if !yield(row) {
				return
			}
		}
	}
}

// Rows makes n rows of one side. The same seed makes the same rows.
func Rows(seed uint64, side Side, n int) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for i := range n {
			r := source(seed, []string{"train", "held"}[side], i)
			at := r.IntN(100)
			for _, kind := range mix100 {
				if at -= kind.part; at < 0 {
					if !yield(kind.make(r, side)) {
						return
					}
					break
				}
			}
		}
	}
}

func storyRow(r *rand.Rand, side Side) Row {
	c := RandomChoice(r, side)
	return Row{Turns: []Turn{{StoryPrompt(c), Story(c, r)}}}
}

// correctionRow has several texts after each other, each asked for as if it were alone: what is the same in every prompt is
// most of a short one, and so it is read once for all of them.
func correctionRow(r *rand.Rand, side Side) Row {
	return corrections(r, side, 1+r.IntN(9), func() Correction { return RandomCorrection(r, side) })
}

func corrections(r *rand.Rand, side Side, n int, correction func() Correction) Row {
	row := Row{Action: Proofread}
	for range n {
		c := correction()
		row.Turns = append(row.Turns, Turn{c.Wrong, c.Right})
	}
	return around(row, r)
}

// styleRow is about one of the actions that put a sentence in another way. "rewrite" and "simplify" are made shorter, or
// corrected, which is what they come to in a sentence.
func styleRow(r *rand.Rand, side Side) Row {
	action := []string{Friendly, Professional, Concise}[r.IntN(3)]
	row := Row{Action: action}
	if r.IntN(10) == 0 {
		action, row.Action = Concise, []string{"rewrite", "simplify"}[r.IntN(2)]
	}
	for range 1 + r.IntN(7) {
		text, answer := Restyle(action, r, side)
		row.Turns = append(row.Turns, Turn{text, answer})
	}
	return around(row, r)
}

// around puts other sentences before and after a text, as they stand around a paragraph; most texts stand alone.
func around(row Row, r *rand.Rand) Row {
	some := func() string {
		if r.IntN(8) > 0 {
			return ""
		}
		return correct(speaker(r).rule("right"))
	}
	row.Before, row.After = some(), some()
	return row
}

// chatRow is a chat of one to three turns about the program and about other things.
func chatRow(r *rand.Rand, side Side) (row Row) {
	for range []int{1, 1, 1, 2, 3}[r.IntN(5)] {
		make := Question
		if r.IntN(3) == 0 {
			make = Outside
		}
		text, answer := make(r, side)
		if !slices.ContainsFunc(row.Turns, func(t Turn) bool { return t.Ask == text }) {
			row.Turns = append(row.Turns, Turn{text, answer})
		}
	}
	return row
}

// wishRow asks for a story in the words of a chat.
func wishRow(r *rand.Rand, side Side) Row {
	for {
		c := randomChoice(r)
		c = Choice{Heroes: c[Heroes][:1], Place: c[Place], Length: {shortest()}}
		w := newWriter(everyday(), r)
		text := w.line("[Tell|Write|Read] me a [bedtime story|story|short story|fairy tale|good night story][| please] about ") + c[Heroes][0]
		if len(c[Place]) > 0 && r.IntN(2) == 0 {
			in, _ := placeWords(c[Place][0])
			text += " " + in
		} else {
			c[Place] = nil
		}
		if SideOf("wish", text) == side {
			return Row{Turns: []Turn{{text, Story(c, r)}}}
		}
	}
}

// chatCorrectionRow asks for a correction in the words of a chat.
func chatCorrectionRow(r *rand.Rand, side Side) Row {
	c := RandomCorrection(r, side)
	w := newWriter(everyday(), r)
	ask := w.line("[Correct|Fix|Proofread|Please correct|Please fix|Can you correct|Check][| this| this sentence| the following]:")
	return Row{Turns: []Turn{{ask + " " + c.Wrong, c.Right}}}
}

func echoRow(r *rand.Rand, side Side) Row { return echoes(r, side, 1+r.IntN(4)) }

// echoes has words said again that have nothing to do with each other, which nothing but copying can foretell. Names and
// corrections need that too.
func echoes(r *rand.Rand, side Side, n int) (row Row) {
	o := typist{newWriter(owns(), r), r}
	list := vocabulary()
	for len(row.Turns) < n {
		var said []string
		for range 3 + r.IntN(10) {
			word := list[r.IntN(len(list))]
			if r.IntN(5) == 0 {
				word = o.name()
			}
			said = append(said, word)
		}
		text := strings.Join(said, " ")
		if SideOf("echo", text) == side {
			ask := o.w.line("[Say again|Repeat|Repeat after me|Please repeat|Echo]: ")
			row.Turns = append(row.Turns, Turn{ask + text, text})
		}
	}
	return row
}

// vocabulary are the words of the package in order.
var vocabulary = sync.OnceValue(func() []string { return slices.Sorted(maps.Keys(words())) })

// unableActions are what the starter has not learnt.
var unableActions = []string{"expand", "summarise", "keypoints", "table", "title", "translate", "continue", "change"}

func unableRow(r *rand.Rand, side Side) Row {
	var texts []string
	for range 1 + r.IntN(4) {
		texts = append(texts, correct(Sentence(r, side)))
	}
	return Row{Action: unableActions[r.IntN(len(unableActions))], Turns: []Turn{{strings.Join(texts, " "), Unable}}}
}

// shortest is the phrase for a short story.
func shortest() string {
	i := slices.IndexFunc(groups(), func(g Group) bool { return g.ID == Length })
	return groups()[i].Options[0].Phrase
}
