package starter

import (
	"math/rand/v2"
	"strings"
	"sync"
	"unicode"
)

// asked is the grammar of questions, about the program and about anything else.
var asked = sync.OnceValue(func() *grammar { return parseGrammar(file("questions.txt")) })

var outside = sync.OnceValue(func() *grammar { return parseGrammar(file("outside.txt"), file("names.txt")) })

// topics are the names of what can be asked about.
var topics = sync.OnceValue(func() (list []string) {
	for _, name := range asked().names {
		if rest, ok := strings.CutPrefix(name, "q."); ok {
			list = append(list, rest)
		}
	}
	return list
})

// Unknown is the answer to what the starter does not know.
func Unknown() string { return outside().rules["answer"][0] }

// Unable is the answer to an action of the page Write that the starter has not learnt.
const Unable = "I don't know how to do that. I am only the small starter: a larger model such as Gemma 3 can."

// Question makes a question about the program with its answer, on a side by what it says.
func Question(r *rand.Rand, side Side) (text, answer string) {
	for {
		topic := topics()[r.IntN(len(topics()))]
		w := newWriter(asked(), r)
		text = strings.TrimSpace(spaces.ReplaceAllString(w.rule("q."+topic), " "))
		if SideOf("question", text) == side {
			return typed(text, r), asked().rules["a."+topic][0]
		}
	}
}

// Outside makes a question that has no answer here, on a side by what it says.
func Outside(r *rand.Rand, side Side) (text, answer string) {
	for {
		w := newWriter(outside(), r)
		text = articles(strings.TrimSpace(spaces.ReplaceAllString(w.rule("ask"), " ")))
		if SideOf("question", text) == side {
			return typed(text, r), Unknown()
		}
	}
}

// typed is a question as it may be typed: with a mark at its end or without, in small letters, with a slip.
func typed(text string, r *rand.Rand) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, " ,", ","))
	if end := text[len(text)-1]; r.IntN(4) == 0 {
		text = strings.TrimRight(text, "?.")
	} else if unicode.IsLetter(rune(end)) && r.IntN(3) == 0 {
		text += "."
	}
	if r.IntN(4) == 0 {
		text = strings.ToLower(text[:1]) + text[1:]
	}
	if r.IntN(8) == 0 {
		text = Spoil(text, 1, r).Wrong
	}
	return text
}
