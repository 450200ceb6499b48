package starter

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// grammar is a set of rules, each with the lines that it may become. It is read from text:
//
//	== dusk
//	The [sun|last light] went down behind {place.far}.
//	a~ {adjective} owl called [twice|once]
//
// {name} stands for a variable or for a line of a rule, [a|b] for one of a and b, which may hold more of both. "a~" becomes
// "a" or "an" by the word that follows. A line may say "<right~wrong>": what follows the tilde is a mistake that people make
// there (mistakes.go). "#" begins a comment.
type grammar struct {
	rules map[string][]string
	names []string // of the rules, as they stand
}

// parseGrammar reads rules. It panics on what is wrong with them, which a test excludes: the text is part of the program.
func parseGrammar(texts ...string) *grammar {
	g := &grammar{rules: map[string][]string{}}
	for _, text := range texts {
		name := ""
		for _, line := range strings.Split(text, "\n") {
			line = strings.TrimSpace(line)
			switch rest, head := strings.CutPrefix(line, "== "); {
			case head:
				name = strings.TrimSpace(rest)
				if g.rules[name] == nil {
					g.names = append(g.names, name)
				}
			case line == "" || strings.HasPrefix(line, "#"):
			case name == "":
				panic(fmt.Sprintf("starter: a line without a rule: %q", line))
			default:
				g.rules[name] = append(g.rules[name], line)
			}
		}
	}
	return g
}

// writer expands rules, as chance has it. It does not take the same line of a rule twice before all were taken.
type writer struct {
	g      *grammar
	r      *rand.Rand
	vars   map[string]func() string
	used   map[string][]int // of each rule, the lines that were taken, in order
	expand int              // depth, against rules that go round in a circle
	words  *synonyms        // that stand for each other in what rules say, or nil
}

func newWriter(g *grammar, r *rand.Rand) *writer {
	return &writer{g: g, r: r, vars: map[string]func() string{}, used: map[string][]int{}}
}

// set gives a variable its text.
func (w *writer) set(name, text string) { w.vars[name] = func() string { return text } }

// rule expands one line of a rule.
func (w *writer) rule(name string) string {
	lines := w.g.rules[name]
	if len(lines) == 0 {
		panic(fmt.Sprintf("starter: there is no rule %q", name))
	}
	used := w.used[name]
	if len(used) >= len(lines) {
		used = used[len(used)-1:] // all were taken: begin again, but not with the last one
		if len(lines) == 1 {
			used = nil
		}
	}
	free := w.r.IntN(len(lines) - len(used))
	taken := map[int]bool{}
	for _, i := range used {
		taken[i] = true
	}
	for i, line := range lines {
		if taken[i] {
			continue
		}
		if free--; free < 0 {
			w.used[name] = append(used, i)
			return w.line(line)
		}
	}
	panic("starter: no line is left") // free is below the number of lines that are
}

// line expands what a line refers to.
func (w *writer) line(line string) string {
	if w.expand++; w.expand > 50 {
		panic(fmt.Sprintf("starter: rules go round in a circle at %q", line))
	}
	defer func() { w.expand-- }()
	var b strings.Builder
	for at := 0; at < len(line); {
		switch line[at] {
		case '{':
			end := at + strings.IndexByte(line[at:], '}')
			if end < at {
				panic(fmt.Sprintf("starter: no end of { in %q", line))
			}
			b.WriteString(w.value(line[at+1 : end]))
			at = end + 1
		case '[':
			options, end := alternatives(line, at)
			b.WriteString(w.line(options[w.r.IntN(len(options))]))
			at = end
		default:
			end := at + strings.IndexAny(line[at:]+"{", "{[")
			b.WriteString(w.words.vary(line[at:end], w.r))
			at = end
		}
	}
	return b.String()
}

func (w *writer) value(name string) string {
	if f, ok := w.vars[name]; ok {
		return f()
	}
	return w.rule(name)
}

// alternatives returns the options of the bracket at line[at], and where it ends.
func alternatives(line string, at int) (options []string, end int) {
	depth, from := 0, at+1
	for i := at; i < len(line); i++ {
		switch line[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return append(options, line[from:i]), i + 1
			}
		case '|':
			if depth == 1 {
				options = append(options, line[from:i])
				from = i + 1
			}
		}
	}
	panic(fmt.Sprintf("starter: no end of [ in %q", line))
}

// article is "a~", "a" or "an" with the word that follows.
var article = regexp.MustCompile(`\b([Aa])(?:~|n?) (["“<]?)(\pL+)`)

// articles puts the right article in their places.
func articles(text string) string {
	return article.ReplaceAllStringFunc(text, func(s string) string {
		m := article.FindStringSubmatch(s)
		n := ""
		if beginsWithVowel(m[3]) {
			n = "n"
		}
		return m[1] + n + " " + m[2] + m[3]
	})
}

// beginsWithVowel reports whether "an" stands before a word, by how it is spoken.
func beginsWithVowel(word string) bool {
	word = strings.ToLower(word)
	for _, p := range []string{"one", "uni", "use", "usu", "eu", "ukulele"} {
		if strings.HasPrefix(word, p) && !strings.HasPrefix(word, "unin") && !strings.HasPrefix(word, "unim") {
			return false
		}
	}
	for _, p := range []string{"hour", "honest", "honour", "heir"} {
		if strings.HasPrefix(word, p) {
			return true
		}
	}
	return strings.ContainsRune("aeiou", rune(word[0]))
}

// spaces are several of them, which expansions to nothing leave behind.
var spaces = regexp.MustCompile(` {2,}`)

// tidy puts articles, and capitals at the beginnings of sentences.
func tidy(text string) string {
	text = spaces.ReplaceAllString(articles(text), " ")
	text = strings.NewReplacer(" ,", ",", " .", ".", "..", ".", "?.", "?", ",.", ".").Replace(text)
	var b strings.Builder
	start := true
	for i, r := range text {
		switch {
		case start && unicode.IsLetter(r):
			r, start = unicode.ToUpper(r), false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			start = false
		case strings.ContainsRune(".?!\n", r):
			next, _ := utf8.DecodeRuneInString(text[i+1:])
			if r == '\n' || unicode.IsSpace(next) {
				start = true
			} else if strings.ContainsRune("\"”’", next) { // the sentence goes on behind what was said, unless a capital does
				start = false
			}
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
