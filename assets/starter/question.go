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
		text = addressed(strings.TrimSpace(spaces.ReplaceAllString(w.rule("q."+topic), " ")), r)
		if SideOf("question", text) == side {
			return typed(text, r), asked().rules["a."+topic][0]
		}
	}
}

// Outside makes a question that has no answer here, on a side by what it says.
func Outside(r *rand.Rand, side Side) (text, answer string) {
	for {
		w := newWriter(outside(), r)
		text = addressed(articles(strings.TrimSpace(spaces.ReplaceAllString(w.rule("ask"), " "))), r)
		if SideOf("question", text) == side {
			return typed(text, r), Unknown()
		}
	}
}

// addresses are what questions begin with, sometimes.
var addresses = []string{"Hello, ", "Hi, ", "Hey, ", "Please, ", "Excuse me, ", "One question: ", "Quick question: ", "I have a question: ", "Sorry, ",
	"And ", "So ", "Also, ", "Well, ", "Starter, ", "Lamplight, "}

// addressed is a question with a word before it or a "please" behind it, as one in four has.
func addressed(text string, r *rand.Rand) string {
	switch r.IntN(16) {
	case 0, 1, 2:
		first, rest := text[:1], text[1:]
		if word, _, _ := strings.Cut(text, " "); word != "I" && !strings.HasPrefix(word, "I'") {
			first = strings.ToLower(first)
		}
		return addresses[r.IntN(len(addresses))] + first + rest
	case 3:
		bare := strings.TrimRight(text, "?.")
		return bare + ", please" + text[len(bare):]
	}
	return text
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
