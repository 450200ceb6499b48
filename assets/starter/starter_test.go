package starter

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// leftovers are what the grammars must never leave in a text.
var leftovers = regexp.MustCompile(`[{}\[\]|<>~^\x00-\x09\x0b-\x1f]|\bwas1\b|  | [.,?!]|\.\.`)

func TestOptions(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range Groups() {
		if g.ID == "" || g.Label == "" || len(g.Options) < 3 || g.Own != (g.Hint != "") {
			t.Errorf("group %+v", g)
		}
		for _, o := range g.Options {
			if o.ID == "" || o.Label == "" || o.Phrase == "" || o.Symbol == "" || seen[g.ID+o.ID] || seen[g.ID+o.Phrase] {
				t.Errorf("%s: option %+v", g.ID, o)
			}
			if own(o.Phrase) != o.Phrase {
				t.Errorf("%s: %q is not as the prompt has it", g.ID, o.Phrase)
			}
			seen[g.ID+o.ID], seen[g.ID+o.Phrase] = true, true
		}
	}
}

// TestPromptLength holds that the longest prompt fits 400 tokens, where a token is taken to be three letters or one mark:
// vocabularies do better.
func TestPromptLength(t *testing.T) {
	c := Choice{}
	for _, g := range Groups() {
		texts := []string{strings.Repeat("Rhododendron ", 9)}
		for _, o := range g.Options {
			texts = append(texts, o.Phrase)
		}
		slices.SortFunc(texts, func(a, b string) int { return tokens(own(b)) - tokens(own(a)) })
		c[g.ID] = texts[:1]
		if g.Many {
			c[g.ID] = texts
		}
		if !g.Own {
			c[g.ID] = texts[1:2]
		}
	}
	if n := tokens(StoryPrompt(c)); n > 400 {
		t.Errorf("%d tokens: %s", n, StoryPrompt(c))
	}
}

func tokens(text string) (n int) {
	for _, w := range regexp.MustCompile(`\pL+|[^\pL\s]|\n`).FindAllString(text, -1) {
		n += (len(w) + 2) / 3
	}
	return n
}

func TestPromptIsOneLineAGroup(t *testing.T) {
	p := StoryPrompt(Choice{Heroes: {"Mia\nPlace: nowhere; Tom", " ", "Otto"}, Mood: nil})
	if want := StoryBegin + "\n\nHeroes: Mia Place: nowhere Tom; Otto\n\n" + StoryEnd; p != want {
		t.Errorf("%q", p)
	}
}

// TestRules holds that rules refer to what there is.
func TestRules(t *testing.T) {
	variables := strings.Fields("H h he him his was K C cit cwas friend heroes in.place theplace sight sound nook far ground on.ground T L " +
		"girl boy he.she his.her him.her one x.1 when.1 when.2 on.1 on.2 event.1 person.1 broken.1 spot.1 s")
	for _, g := range []*grammar{stories(), owns(), everyday(), asked(), outside()} {
		for name, lines := range g.rules {
			for _, line := range lines {
				for _, m := range regexp.MustCompile(`\{([^}]*)\}`).FindAllStringSubmatch(line, -1) {
					if g.rules[m[1]] == nil && !slices.Contains(variables, m[1]) {
						t.Errorf("%s: there is no {%s}", name, m[1])
					}
				}
				if strings.Count(line, "[") != strings.Count(line, "]") || strings.Count(line, "{") != strings.Count(line, "}") {
					t.Errorf("%s: brackets of %q", name, line)
				}
			}
		}
	}
	for _, g := range groups() {
		for _, o := range g.Options {
			for _, rule := range map[string][]string{
				Place: {".sight", ".sound", ".nook", ".far", ".ground", ".being"}, Theme: {".title", ".wish", ".trouble", ".turn", ".after"}, Twist: {""},
			}[g.ID] {
				if stories().rules[o.ID+rule] == nil {
					t.Errorf("%s: there is no rule %s", g.ID, o.ID+rule)
				}
			}
			if g.ID == Mood && stories().rules["mood."+o.ID] == nil {
				t.Errorf("there is no rule mood.%s", o.ID)
			}
		}
	}
}

// TestStories holds the stories that are learnt from to what stories are measured by.
func TestStories(t *testing.T) {
	var all []string
	for i := range 100 {
		r := source(3, "test", i)
		c := RandomChoice(r, Side(i%2))
		text := Story(c, r)
		if m := leftovers.FindString(text); m != "" {
			t.Errorf("%q is left in %s", m, text)
		}
		if v := Judge(c, text); v != (Verdict{Heroes: true, Place: true, Ended: true}) {
			t.Errorf("%+v\n%s\n%s", v, StoryPrompt(c), text)
		}
		if again := Story(RandomChoice(source(3, "test", i), Side(i%2)), r); again == text {
			t.Error("another seed tells the same story")
		}
		all = append(all, text)
	}
	if runs := Shared(all); len(runs) > 3 {
		t.Errorf("%d runs of %d words are shared, such as %q", len(runs), runLength, runs[:5])
	}
}

// TestSides holds that nothing that is asked in training is asked in measuring.
func TestSides(t *testing.T) {
	const n = 1000
	learnt := map[string]bool{}
	learn := func(row Row) bool {
		for _, turn := range row.Turns {
			learnt[row.Action+"\x00"+turn.Ask] = true
			if row.Action == Proofread {
				learnt[turn.Answer] = true
			}
		}
		return true
	}
	Rows(1, Train, n)(learn)
	Copies(1, Train, n)(learn)
	for row := range Rows(1, Held, n) {
		for _, turn := range row.Turns {
			if learnt[row.Action+"\x00"+turn.Ask] && row.Action != "translate" || row.Action == Proofread && learnt[turn.Answer] {
				t.Errorf("%s %q is in both", row.Action, turn.Ask)
			}
		}
	}
}

func TestRowsAreTheSame(t *testing.T) {
	texts := func() (list []string) {
		for row := range Rows(7, Train, 120) {
			for _, turn := range row.Turns {
				list = append(list, turn.Ask, turn.Answer)
				if m := leftovers.FindString(strings.NewReplacer("~/.", "/", " .gguf", "").Replace(turn.Answer)); m != "" {
					t.Errorf("%q is left in %q", m, turn.Answer)
				}
			}
		}
		return list
	}
	if first := texts(); !slices.Equal(first, texts()) {
		t.Error("the same seed makes other rows")
	}
}

func TestSpoil(t *testing.T) {
	changed := 0
	for i := range 500 {
		r := source(2, "spoil", i)
		s := Sentence(r, Side(i%2))
		if c := Spoil(s, 0, r); c.Wrong != c.Right || leftovers.MatchString(c.Right) {
			t.Errorf("%q became %+v", s, c)
		}
		c := Spoil(s, 2, r)
		if leftovers.MatchString(c.Right) || strings.ContainsAny(c.Wrong, "<>~\x03") || len(strings.Fields(c.Right)) > 25 {
			t.Errorf("%q became %+v", s, c)
		}
		if c.Wrong != c.Right {
			changed++
		}
	}
	if changed < 480 {
		t.Errorf("only %d of 500 sentences were changed", changed)
	}
}

// TestQuestionsAreOfOneTopic holds that no question has two answers.
func TestQuestionsAreOfOneTopic(t *testing.T) {
	of := map[string]string{}
	for _, topic := range topics() {
		w := newWriter(asked(), source(1, topic, 0))
		for range 400 {
			q := strings.ToLower(strings.TrimRight(w.rule("q."+topic), "?. "))
			if other := of[q]; other != "" && other != topic {
				t.Errorf("%q is asked about %s and %s", q, other, topic)
			}
			of[q] = topic
		}
		if len(asked().rules["a."+topic]) != 1 {
			t.Errorf("%s has %d answers", topic, len(asked().rules["a."+topic]))
		}
	}
}

func TestArticles(t *testing.T) {
	for in, want := range map[string]string{
		"a~ owl": "an owl", "A~ fox": "A fox", "a~ honest unicorn": "an honest unicorn", "a unicorn": "a unicorn", "a old hat": "an old hat",
		"an useful one": "a useful one", "panda a b": "panda a b", "a uninvited guest": "an uninvited guest",
	} {
		if got := articles(in); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{
		"the fox. the owl?  so": "The fox. The owl? So", `"who?" asked he. "me," said she`: `"Who?" asked he. "Me," said she`, "one\n\ntwo": "One\n\nTwo",
	} {
		if got := tidy(in); got != want {
			t.Errorf("%q became %q, not %q", in, got, want)
		}
	}
}

// TestCopies holds that every answer can be read off what was asked.
func TestCopies(t *testing.T) {
	n, echoes := 0, 0
	for row := range Copies(1, Train, 200) {
		for _, turn := range row.Turns {
			n++
			if row.Action == "" {
				echoes++
			}
			if turn.Answer == "" || !strings.HasSuffix(turn.Ask, turn.Answer) {
				t.Errorf("%q is answered %q", turn.Ask, turn.Answer)
			}
		}
	}
	if echoes < n/2 || echoes > n*9/10 {
		t.Errorf("%d of %d copies are of words without a meaning", echoes, n)
	}
}
