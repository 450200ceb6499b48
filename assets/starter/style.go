package starter

import (
	"math/rand/v2"
	"strings"
	"sync"
	"unicode"
)

// The ways in which a sentence can be put, as the actions of the page Write are called.
const (
	Proofread    = "proofread"
	Friendly     = "friendly"
	Professional = "professional"
	Concise      = "concise"
)

// intents are the names of what is said at work.
var intents = sync.OnceValue(func() (list []string) {
	for _, name := range everyday().names {
		if rest, ok := strings.CutPrefix(name, "i."); ok && strings.HasSuffix(rest, ".plain") {
			list = append(list, "i."+strings.TrimSuffix(rest, ".plain"))
		}
	}
	return list
})

// Restyle makes a sentence and what an action makes of it, on a side by the sentence.
func Restyle(action string, r *rand.Rand, side Side) (text, answer string) {
	for {
		if r.IntN(3) > 0 {
			text, answer = restyleIntent(action, r)
		} else {
			text, answer = restyleSentence(action, r)
		}
		if SideOf(action, text) == side {
			return text, answer
		}
	}
}

func restyleIntent(action string, r *rand.Rand) (text, answer string) {
	w := speaker(r)
	intent := intents()[r.IntN(len(intents()))]
	from := map[string][]string{
		Friendly: {"plain", "rude", "formal", "short", "plain"}, Professional: {"plain", "rude", "rude", "friendly", "plain"},
		Concise: {"wordy", "wordy", "wordy", "friendly", "formal"},
	}[action]
	to := map[string]string{Friendly: ".friendly", Professional: ".formal", Concise: ".short"}[action]
	text = w.rule(intent + "." + from[r.IntN(len(from))])
	if unicode.IsUpper(rune(text[0])) || text[0] == '{' {
		text = tidy(text)
	}
	return text, tidy(w.rule(intent + to))
}

// restyleSentence does to any sentence what can be done without knowing what it is about: polite words before it, no short
// forms, no filling.
func restyleSentence(action string, r *rand.Rand) (text, answer string) {
	s := correct(speaker(r).rule("right"))
	for action != Friendly && strings.HasSuffix(s, "?") {
		s = correct(speaker(r).rule("right"))
	}
	w := speaker(r)
	w.set("s", lower(s))
	switch action {
	case Friendly:
		return s, "Hello, I hope you are well. " + s
	case Professional:
		text = w.rule("casual")
		if strings.HasSuffix(text, "lol") {
			text = lower(strings.TrimRight(s, ".?")) + " lol"
		}
		return text, longForms.Replace(s)
	}
	return tidy(w.rule("filler")), s
}

// lower makes the first letter small unless the word is a name or "I".
func lower(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if strings.HasPrefix(first, "I") && (len(first) == 1 || first[1] == '\'') || !words()[strings.ToLower(first)] || genderOf(first) != "" {
		return s
	}
	for _, name := range []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"} {
		if first == name {
			return s
		}
	}
	if strings.Contains(everyday().rules["city"][0]+everyday().rules["month"][0], first) {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// longForms are what formal language says.
var longForms = strings.NewReplacer(
	"doesn't", "does not", "don't", "do not", "didn't", "did not", "isn't", "is not", "aren't", "are not", "wasn't", "was not",
	"won't", "will not", "can't", "cannot", "haven't", "have not", "hasn't", "has not", "I'm", "I am", "I've", "I have", "I'll", "I will",
	"I'd", "I would", "we'll", "we will", "We'll", "We will", "We've", "We have", "it's", "it is", "It's", "It is", "You're", "You are",
	"you're", "you are", "They're", "They are", "they're", "they are", "let's", "let us", "Let's", "Let us", "Who's", "Who is",
	"Doesn't", "Does not", "Don't", "Do not",
)
