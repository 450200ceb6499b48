package starter

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// everyday is the grammar of sentences, of what is said at work and of what it becomes.
var everyday = sync.OnceValue(func() *grammar { return parseGrammar(file("sentences.txt"), file("styles.txt")) })

// speaker expands the rules of everyday sentences. A subject decides the pronouns that go with it.
func speaker(r *rand.Rand) *writer {
	w := newWriter(everyday(), r)
	names := typist{newWriter(owns(), r), r}
	person := func(group string) func() string {
		return func() string {
			if r.IntN(4) == 0 {
				return names.name()
			}
			list := strings.Fields(stories().rules[group][0])
			return list[r.IntN(len(list))]
		}
	}
	w.vars["girl"], w.vars["boy"] = person("she"), person("he")
	decide := func(subject string) string {
		he := []string{"he", "she"}[r.IntN(2)]
		switch last := subject[strings.LastIndexByte(subject, ' ')+1:]; {
		case slices.Contains(strings.Fields("she sister mother aunt grandmother daughter girl woman"), last) || genderOf(last) == "she":
			he = "she"
		case slices.Contains(strings.Fields("he brother father uncle grandfather son boy man postman landlord"), last) || genderOf(last) == "he":
			he = "he"
		}
		w.set("he.she", he)
		w.set("his.her", map[string]string{"he": "his", "she": "her"}[he])
		w.set("him.her", map[string]string{"he": "him", "she": "her"}[he])
		return subject
	}
	w.vars["one"] = func() string { return decide(w.rule("one")) }
	decide("they")
	for _, name := range []string{"x.1", "x.2", "when.1", "when.2", "event.1", "person.1", "broken.1", "spot.1"} {
		w.vars[name] = w.once(name)
	}
	for _, n := range []string{"1", "2"} {
		w.vars["on."+n] = func() string { return onTime(w.value("when." + n)) }
	}
	return w
}

// onTime makes "on Monday" of "Monday", and leaves "tomorrow" as it is.
func onTime(when string) string {
	switch {
	case strings.HasSuffix(when, "day"):
		return "on " + when
	case when == "noon" || when == "the end of the month":
		return "at " + when
	}
	return when
}

// once is a variable that is the same each time. "x.2" is another line of rule "x" than "x.1".
func (w *writer) once(name string) func() string {
	text := ""
	return func() string {
		rule, second := strings.CutSuffix(name, ".2")
		for text == "" || second && text == w.value(rule+".1") {
			text = w.rule(strings.TrimSuffix(rule, ".1"))
		}
		return text
	}
}

// Sentence makes a sentence with the marks of mistakes, on a side by what it says.
func Sentence(r *rand.Rand, side Side) string {
	for {
		text := speaker(r).rule("right")
		if r.IntN(8) == 0 && len(strings.Fields(text)) < 12 {
			if more := speaker(r).rule("right"); len(strings.Fields(text+" "+more)) <= 25 {
				text += " " + more
			}
		}
		if n := len(strings.Fields(text)); n <= 25 && SideOf("sentence", correct(text)) == side {
			return tidyMarked(text)
		}
	}
}

// tidyMarked puts articles and the first capital, and leaves marks alone.
func tidyMarked(text string) string {
	text = spaces.ReplaceAllString(article.ReplaceAllStringFunc(text, func(s string) string {
		if strings.ContainsRune(s, '~') {
			return articles(s)
		}
		return s
	}), " ")
	if text[0] == '<' {
		return "<" + strings.ToUpper(text[1:2]) + text[2:]
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// RandomCorrection makes a sentence of one side, with as many mistakes as people make; three of ten have none.
func RandomCorrection(r *rand.Rand, side Side) Correction {
	n := []int{0, 0, 0, 1, 1, 1, 2, 2, 3, 4}[r.IntN(10)]
	return Spoil(anySentence(r, side), n, r)
}

// anySentence is an everyday sentence, or one out of a story.
func anySentence(r *rand.Rand, side Side) string {
	if r.IntN(8) == 0 {
		return storySentence(r, side)
	}
	return Sentence(r, side)
}

// storySentence takes a sentence out of a story.
func storySentence(r *rand.Rand, side Side) string {
	for {
		paragraphs := strings.Split(Story(randomChoice(r), r), "\n\n")
		list, _ := split(paragraphs[1+r.IntN(len(paragraphs)-2)])
		text := list[r.IntN(len(list))]
		if n := len(strings.Fields(text)); n >= 4 && n <= 20 && !strings.ContainsAny(text, `"?!:;`) {
			if text = strings.TrimSuffix(strings.TrimSpace(text), ".") + "."; SideOf("sentence", text) == side {
				return text
			}
		}
	}
}
