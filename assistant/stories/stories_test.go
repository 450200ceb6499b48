package stories

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/assets/starter"
	"lamplight/engine/chat"
	"lamplight/engine/gguf"
	"lamplight/internal/golden"
	"lamplight/tokenizer"
)

func TestSurprise(t *testing.T) {
	twists, heroes := 0, map[string]bool{}
	for seed := range uint64(60) {
		c := Surprise(seed)
		if diff := cmp.Diff(c, Surprise(seed)); diff != "" {
			t.Fatalf("the same seed makes another choice: %s", diff)
		}
		if len(c[starter.Heroes]) == 0 || len(c[starter.Place]) != 1 || len(c[starter.Length]) != 1 {
			t.Fatalf("seed %d: %v", seed, c)
		}
		for _, g := range starter.Groups() {
			for _, phrase := range c[g.ID] {
				if _, ok := Option(g, phrase); !ok {
					t.Errorf("%q is no option of %s", phrase, g.ID)
				}
			}
		}
		heroes[c[starter.Heroes][0]] = true
		twists += len(c[starter.Twist])
		if Hero(seed) != c[starter.Heroes][0] {
			t.Error("a hero alone is another one")
		}
	}
	if len(heroes) < 10 || twists == 0 || twists == 60 {
		t.Errorf("%d heroes, %d twists", len(heroes), twists)
	}
}

func TestTick(t *testing.T) {
	groups := starter.Groups()
	heroes := groups[slices.IndexFunc(groups, func(g starter.Group) bool { return g.ID == starter.Heroes })]
	place := groups[slices.IndexFunc(groups, func(g starter.Group) bool { return g.ID == starter.Place })]
	none := Choice(nil)
	one := Tick(none, heroes, "Mira")
	four := Tick(Tick(Tick(one, heroes, "b"), heroes, "c"), heroes, "d")
	if want := []string{"b", "c", "d"}; !slices.Equal(four[starter.Heroes], want) || len(one[starter.Heroes]) != 1 || none != nil {
		t.Errorf("%v after %v", four, one)
	}
	if c := Tick(one, heroes, "Mira"); len(c) != 0 {
		t.Errorf("it is ticked still: %v", c)
	}
	if c := Tick(Tick(one, place, "x"), place, "y"); !slices.Equal(c[starter.Place], []string{"y"}) {
		t.Errorf("two places: %v", c)
	}
}

func TestTongues(t *testing.T) {
	for tag, want := range map[string]string{"de": "German", "zh-Hans": "Chinese", "en": English, "xx": English, "": English, "d": English} {
		if got := Tongue(tag); got != want {
			t.Errorf("%q is %q", tag, got)
		}
	}
	if Tag("") != "en" || Tag("German") != "de" || Tag("Klingon") != "" {
		t.Error(Tag(""), Tag("German"), Tag("Klingon"))
	}
}

func TestOwn(t *testing.T) {
	for text, want := range map[string]string{
		"  a\n talking;teapot ": "a talking teapot", "": "", " ; ": "", strings.Repeat("ü", 60): strings.Repeat("ü", 40),
	} {
		if got := Own(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// The starter gets what it was trained on, letter by letter; others what they need beside it.
func TestPrompt(t *testing.T) {
	for seed := range uint64(20) {
		c := Surprise(seed)
		if got := Prompt(c, "German", true); got != starter.StoryPrompt(c) {
			t.Fatalf("the starter is asked %q", got)
		}
		got := Prompt(c, "German", false)
		if !strings.HasPrefix(got, starter.StoryPrompt(c)) || !strings.HasSuffix(got, "Write in German.") {
			t.Fatalf("another model is asked %q", got)
		}
		if got := Prompt(c, "English", false); strings.Contains(got, "Write in") {
			t.Fatalf("%q", got)
		}
	}
}

// gemma is the vocabulary of Gemma 3.
func gemma(t *testing.T) tokenizer.Tokenizer {
	t.Helper()
	f, err := gguf.Open(filepath.Join(golden.Dir(t, "tokenizer"), "vocab-gemma3.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v := tokenizer.Vocab{BOS: 2, EOS: 1, Unknown: 3, Padding: 0, AddBOS: true}
	if v.Tokens, err = f.Strings("tokenizer.ggml.tokens"); err != nil {
		t.Fatal(err)
	}
	if v.Scores, err = f.Floats("tokenizer.ggml.scores"); err != nil {
		t.Fatal(err)
	}
	kinds, err := f.Ints("tokenizer.ggml.token_type")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		v.Kinds = append(v.Kinds, tokenizer.Kind(k))
	}
	tok, err := tokenizer.NewSPM(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// Groups do not depend on each other and no token goes over the end of a line, so the longest prompt has the longest options
// of each group. That none is longer is tried with many more.
func TestPromptsOfAllOptionsFit(t *testing.T) {
	tok := gemma(t)
	count := func(c Choice) int {
		segments, err := chat.Gemma.Render([]chat.Message{{Role: chat.User, Text: Prompt(c, "Portuguese", false)}}, true)
		if err != nil {
			t.Fatal(err)
		}
		return len(chat.Encode(tok, segments))
	}
	longest := Choice{}
	for _, g := range starter.Groups() {
		n := 1
		if g.Many {
			n = starter.MaxMany
		}
		phrases := make([]string, len(g.Options))
		for i, o := range g.Options {
			phrases[i] = o.Phrase
			if got := count(Choice{g.ID: {o.Phrase}}); got > MaxPrompt {
				t.Errorf("%q alone: %d tokens", o.Phrase, got)
			}
		}
		slices.SortFunc(phrases, func(a, b string) int { return len(tok.Encode("; "+b)) - len(tok.Encode("; "+a)) })
		longest[g.ID] = phrases[:n]
	}
	most := count(longest)
	for seed := range uint64(3000) {
		if n := count(Surprise(seed)); n > most {
			t.Fatalf("%v has %d tokens, more than what was thought to be the longest, %d", Surprise(seed), n, most)
		}
	}
	t.Logf("the longest of the prompts has %d tokens", most)
	if most > MaxPrompt {
		t.Errorf("%d tokens", most)
	}
}

// The user's own words are cut where they would make a prompt too long.
func TestPromptsOfOwnWordsFit(t *testing.T) {
	tok := gemma(t)
	for _, word := range []string{strings.Repeat("ab ", 20), strings.Repeat("龘", 40), strings.Repeat("🦔", 40)} {
		c := Choice{}
		for _, g := range starter.Groups() {
			if !g.Own {
				c[g.ID] = []string{g.Options[0].Phrase}
				continue
			}
			c[g.ID] = []string{word}
			if g.Many {
				c[g.ID] = []string{word, word, word}
			}
		}
		count := func(c Choice) int { return len(tok.Encode(Prompt(c, "German", false))) }
		fit := fitting(c, count)
		if n := count(fit); n > MaxPrompt {
			t.Errorf("%.12q: %d tokens", word, n)
		}
		if len(fit[starter.Heroes]) != 3 || fit[starter.Heroes][0] == "" || fit[starter.Mood][0] != c[starter.Mood][0] {
			t.Errorf("%.12q: %v is left", word, fit)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text, title string
		paragraphs        []string
	}{
		{"plain", "The Owl\n\nOne day.\n\nGood night.", "The Owl", []string{"One day.", "Good night."}},
		{"Markdown", "## **The Owl**\n\n*One* day.\n***\n> no\n", "The Owl", []string{"One day.", "> no"}},
		{"a label", "Title: \"The Owl\"\nOne day.", "The Owl", []string{"One day."}},
		{"announced", "Okay, here's a bedtime story for you:\n\n**The Owl**\n\nOne day.\n\nWould you like another one?", "The Owl", []string{"One day."}},
		{"no title", "One day the owl woke up.\n\nGood night.", "", []string{"One day the owl woke up.", "Good night."}},
		{"one line", "One day the owl woke up", "", []string{"One day the owl woke up"}},
		{"headings in headings", "# ## A\n## # B", "A", []string{"B"}},
		{"control characters", "A\x00B\u200b\n\tC\xff", "AB", []string{"C\ufffd"}},
		{"nothing", " \n***\n", "", nil},
	} {
		title, paragraphs := Parse(c.text, true)
		if title != c.title || !slices.Equal(paragraphs, c.paragraphs) {
			t.Errorf("%s: %q, %q", c.name, title, paragraphs)
		}
		for i := range c.text { // as it grows
			Parse(c.text[:i], false)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("## **The Owl**\n\n*One* day.")
	f.Fuzz(func(t *testing.T, text string) {
		title, paragraphs := Parse(text, true)
		s := Story{Title: title}
		for _, p := range paragraphs {
			s.Paragraphs = append(s.Paragraphs, Paragraph{Text: p})
		}
		r := Story{Title: title}
		if r.setText(s.text()); !slices.Equal(r.Paragraphs, s.Paragraphs) {
			t.Errorf("%v is read back as %v", s.Paragraphs, r.Paragraphs)
		}
		wholeSentences(text)
		circle(text)
	})
}

func TestEnds(t *testing.T) {
	for text, want := range map[string]string{
		"One. Two": "One.", `"Come!" he said. "I`: `"Come!" he said.`, "none": "none", `He said "no."`: `He said "no."`, "3.14 is": "3.14 is", "夜。月": "夜。",
	} {
		if got := wholeSentences(text); got != want {
			t.Errorf("%q ends as %q", text, got)
		}
	}
	line := "The owl flew over the sea. "
	if once, ok := circle("A. " + strings.Repeat(line, 3)); !ok || once != "A. "+line {
		t.Errorf("%q, %v", once, ok)
	}
	if _, ok := circle("A. " + strings.Repeat(line, 2) + "And then it slept."); ok {
		t.Error("twice is a circle")
	}
}
