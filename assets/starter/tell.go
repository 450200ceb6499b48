package starter

import (
	"regexp"
	"slices"
	"strings"
)

// tell puts the parts of a story together. Length decides how many sentences each has, mood and twist what comes between.
func (t *teller) tell() string {
	size := map[string]int{"short": 0, "medium": 1, "long": 2}[optionID(Length, t.c.first(Length))]
	if t.c.first(Length) == "" {
		size = 1
	}
	words := t.w.words
	t.w.words = nil
	title := t.w.rule(t.theme + ".title")
	t.w.words = words
	paragraphs := []string{title, t.beginning(size), t.trouble(size)}
	if size > 0 {
		paragraphs = append(paragraphs, t.middle(size))
	}
	paragraphs = append(paragraphs, t.turn(size), t.end(size), t.closing())
	chosen := t.chosen()
	for i, p := range paragraphs {
		if i > 0 {
			p = adorn(p, chosen, t.r)
		}
		if i > 0 && i < len(paragraphs)-1 {
			p = t.vary(p)
		}
		paragraphs[i] = tidy(t.mention(agree(p)))
	}
	return strings.Join(paragraphs, "\n\n")
}

// chosen are the words of what the user has chosen.
func (t *teller) chosen() (words []string) {
	for _, group := range []string{Heroes, Companions, Place, Theme} {
		for _, phrase := range t.c[group] {
			words = append(words, strings.Fields(phrase)...)
		}
	}
	return append(words, strings.Fields(t.w.value("theplace"))...)
}

// longestGap is how many words may stand between two names of heroes: with a name in every run of words that is measured,
// stories about others do not share it.
const longestGap = runLength - 2

// vary puts words before some sentences, and a short sentence about the heroes where their names would else be too far
// from each other: nobody tells a story twice in the same words.
func (t *teller) vary(paragraph string) string {
	sentences, ends := split(paragraph)
	var b strings.Builder
	for i, s := range sentences {
		plain := !strings.Contains(s, `"`)
		if plain && strings.HasPrefix(s, heroMark) && t.r.IntN(4) == 0 {
			s = t.w.rule("front") + " " + s
		}
		b.WriteString(s)
		before, after, named := t.around(s)
		if t.gap += before; named {
			t.gap = after
		}
		if i == len(ends) {
			break
		}
		b.WriteString(ends[i])
		next, _, _ := t.around(sentences[i+1])
		if plain && t.gap+next > longestGap && t.gap > 2 && ends[i][0] == '.' && !strings.Contains(sentences[i+1], `"`) {
			rule := "beat"
			if t.gap > longestGap/2 {
				rule = "beat.hero"
			}
			b.WriteString(t.fresh(rule) + " ")
			t.gap = 3
		}
	}
	return b.String()
}

// around returns how many words a sentence has before its first and after its last name of a hero.
func (t *teller) around(sentence string) (before, after int, named bool) {
	for _, w := range strings.Fields(sentence) {
		if strings.Contains(w, heroMark) || slices.ContainsFunc(t.heroes, func(h hero) bool { return strings.Contains(w, h.first()) }) {
			after, named = 0, true
			continue
		}
		if after++; !named {
			before++
		}
	}
	return before, after, named
}

// some expands n lines of a rule, as short or as long as the listener likes them.
func (t *teller) some(rule string, n int) (list []string) {
	for range n {
		list = append(list, t.one(rule))
	}
	return list
}

func (t *teller) one(rule string) string {
	text := t.fresh(rule)
	if t.listener != "small" || len(text) < 90 {
		return text
	}
	if other := t.fresh(rule); len(other) < len(text) {
		return other
	}
	return text
}

// fresh expands a rule to sentences that the story does not have yet.
func (t *teller) fresh(rule string) (text string) {
	for range 12 {
		text = t.w.rule(rule)
		sentences, _ := split(text)
		if !slices.ContainsFunc(sentences, func(s string) bool { return t.said[strings.TrimRight(s, `."`)] }) {
			for _, s := range sentences {
				t.said[strings.TrimRight(s, `."`)] = true
			}
			break
		}
	}
	return text
}

func (t *teller) beginning(size int) string {
	s := []string{t.w.rule("place.in")}
	if size > 0 {
		s = append(s, t.one("scene"))
	}
	if size > 1 {
		s = append(s, t.one("trait"))
	}
	if !t.alone {
		s = append(s, t.one("companion.in"))
	}
	return strings.Join(append(s, t.one(t.theme+".wish")), " ")
}

func (t *teller) trouble(size int) string {
	var s []string
	if size > 0 {
		s = append(s, t.one("dusk"))
	}
	if t.alone {
		s = append(s, t.one("helper.in"))
	}
	s = append(s, t.one(t.theme+".trouble"))
	if size > 1 {
		s = append(s, t.one("feel"))
	}
	if t.listener == "small" {
		s = append(s, t.one("small"))
	}
	return strings.Join(s, " ")
}

func (t *teller) middle(size int) string {
	var s []string
	if mood := t.mood(); mood != "" {
		s = t.some(mood, size)
	} else {
		s = t.some("journey", 1)
	}
	if size > 1 {
		s = append(s, t.one("journey"))
	}
	return strings.Join(append(s, t.one("say")), " ")
}

func (t *teller) mood() string {
	if id := optionID(Mood, t.c.first(Mood)); id != "" {
		return "mood." + id
	}
	return ""
}

func (t *teller) turn(size int) string {
	var s []string
	if mood := t.mood(); mood != "" && size == 0 {
		s = append(s, t.one(mood))
	}
	if size > 1 {
		s = append(s, t.one("help"))
	}
	if id := optionID(Twist, t.c.first(Twist)); id != "" {
		s = append(s, t.fresh(id))
	}
	return strings.Join(append(s, t.one(t.theme+".turn"), t.one(t.theme+".after")), " ")
}

func (t *teller) end(size int) string {
	var s []string
	if size > 1 {
		s = append(s, t.one("glad"))
	}
	if t.listener == "grown" {
		s = append(s, t.one("grown"))
	}
	if size > 0 {
		s = append(s, t.one("quiet"))
	}
	return strings.Join(append(s, t.one("bed"), t.one("sleep")), " ")
}

func (t *teller) closing() string {
	if t.name != "" {
		return t.w.rule("closing.name")
	}
	return t.w.rule("closing")
}

// agree puts "was" or "were" for was1, by the noun that follows, and takes the marks of plurals away.
func agree(text string) string {
	for {
		before, after, ok := strings.Cut(text, "was1 ")
		if !ok {
			return strings.ReplaceAll(text, "^", "")
		}
		end := strings.IndexAny(after, "^.?!,")
		if end >= 0 && after[end] == '^' {
			before += "were "
		} else {
			before += "was "
		}
		text = before + after
	}
}

// Marks of the grammar's output: where the heroes are spoken of, and before who helps them.
const (
	heroMark   = "\x01"
	helperMark = "\x02"
)

// mention puts names and pronouns for the heroes of a paragraph: a pronoun where the sentence before spoke of nobody else,
// and for several heroes, not their names each time.
func (t *teller) mention(paragraph string) string {
	sentences, ends := split(paragraph)
	var b strings.Builder
	pronoun := true // the sentence before had one, or there is none
	gap := longestGap
	for i, s := range sentences {
		clear := i > 0 && strings.Contains(sentences[i-1], heroMark) && !strings.Contains(sentences[i-1], helperMark) && !strings.Contains(sentences[i-1], `"`)
		if t.w.value("he") != t.heroes[0].name && clear && !pronoun && strings.HasPrefix(s, heroMark) && gap+t.toName(sentences[i:]) < longestGap {
			s = t.w.value("he") + strings.TrimPrefix(s, heroMark)
			pronoun = true
		} else {
			pronoun = false
		}
		before, after, named := t.around(s)
		if gap += before; named {
			gap = after
		}
		for strings.Contains(s, heroMark) {
			s = strings.Replace(s, heroMark, t.called(), 1)
		}
		b.WriteString(strings.ReplaceAll(s, helperMark, ""))
		if i < len(ends) {
			b.WriteString(ends[i])
		}
	}
	return b.String()
}

// toName counts the words behind the mark that the first sentence begins with, up to the next name of a hero.
func (t *teller) toName(sentences []string) (n int) {
	for i, s := range sentences {
		if i == 0 {
			s = strings.TrimPrefix(s, heroMark)
		}
		before, _, named := t.around(s)
		if n += before; named {
			return n
		}
	}
	return longestGap
}

var sentenceEnd = regexp.MustCompile(`[.?!]"? `)

// split cuts a paragraph between its sentences. Behind what somebody said, a small letter goes on with the sentence. There is
// an end between two sentences, and none behind the last one.
func split(paragraph string) (sentences, ends []string) {
	from := 0
	for _, at := range sentenceEnd.FindAllStringIndex(paragraph, -1) {
		if next := paragraph[at[1]:]; next == "" || next[0] >= 'a' && next[0] <= 'z' && strings.Contains(paragraph[at[0]:at[1]], `"`) {
			continue
		}
		sentences, ends = append(sentences, paragraph[from:at[0]]), append(ends, paragraph[at[0]:at[1]])
		from = at[1]
	}
	return append(sentences, paragraph[from:]), ends
}

// called is how the heroes are called.
func (t *teller) called() string {
	n := len(t.heroes)
	if n == 1 {
		if short := t.heroes[0].short; short != "" && t.r.IntN(6) == 0 {
			return short
		}
		if name := t.heroes[0].name; t.r.IntN(6) > 0 || strings.Contains(name, " ") {
			return name
		}
		return t.w.rule("epithet") + " " + t.heroes[0].name
	}
	first := t.r.IntN(n)
	switch chance := t.r.IntN(8); {
	case chance == 0 || n > 2 && chance == 1:
		return t.pick("the friends", "the "+[]string{"two", "three"}[n-2]+" friends", "the "+[]string{"two", "three"}[n-2])
	case n > 2 && chance < 6:
		return t.heroes[first].name + " and the others"
	case n == 2:
		return t.heroes[first].name + " and " + t.heroes[1-first].name
	}
	return t.all
}
