package ui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/assets"
	"lamplight/assets/starter"
	"lamplight/assistant/stories"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// storyteller is a model that has room for a story.
func storyteller() []fixture.Options {
	return []fixture.Options{{Name: "Teller", Seed: 3, ContextLength: 4096}}
}

// beginStory begins on the page Story. With a folder there is a vault in it.
func beginStory(t *testing.T, dir string) *session {
	t.Helper()
	s := setup{models: storyteller()}
	if dir != "" {
		s.options = func(o *Options) {
			o.VaultDir = dir
			o.Open = func([]byte) (*vault.Vault, error) {
				if st, err := vault.Inspect(dir); err == nil && st.Protection != "" {
					return vault.Open(dir, nil)
				}
				return vault.Create(dir, vault.Options{Protection: vault.File})
			}
		}
	}
	u := begin(t, s)
	u.show(storyPage)
	u.settle()
	return u
}

// told waits until nothing is told any more.
func (u *session) told() *stories.Story {
	u.t.Helper()
	u.until("the story to end", func() bool { return u.story.telling == nil })
	u.settle()
	if u.story.shown == nil {
		u.t.Fatalf("no story is shown; the window says\n%s", strings.Join(u.texts(), "\n"))
	}
	return u.story.shown
}

// Everything that can be ticked has a name, a sentence and a drawing.
func TestEveryOptionIsNamedAndDrawn(t *testing.T) {
	names, symbols := optionNames(), assets.Symbols()
	for _, g := range stories.Groups() {
		if groupNames()[g.ID].label != g.Label || groupNames()[g.ID].told != g.Hint {
			t.Errorf("the group %s is called %v", g.ID, groupNames()[g.ID])
		}
		for _, o := range g.Options {
			if n := names[g.ID][o.ID]; n.label != o.Label || n.told == "" {
				t.Errorf("%s/%s is called %v, its data say %q", g.ID, o.ID, n, o.Label)
			}
			if symbols[o.Symbol] == nil {
				t.Errorf("%s/%s has no drawing %q", g.ID, o.ID, o.Symbol)
			}
		}
		if len(names[g.ID]) != len(g.Options) {
			t.Errorf("the group %s has %d names for %d options", g.ID, len(names[g.ID]), len(g.Options))
		}
	}
}

// phrase is that of an option.
func phrase(t *testing.T, group, id string) string {
	t.Helper()
	for _, g := range stories.Groups() {
		for _, o := range g.Options {
			if g.ID == group && o.ID == id {
				return o.Phrase
			}
		}
	}
	t.Fatalf("there is no option %s/%s", group, id)
	return ""
}

func TestSentence(t *testing.T) {
	begin(t, setup{})
	for _, c := range []struct {
		choice stories.Choice
		want   string
	}{
		{stories.Choice{}, "A bedtime story about …."},
		{stories.Choice{starter.Heroes: {"Mira"}}, "A bedtime story about Mira."},
		{stories.Choice{starter.Heroes: {"Mira", "a little fox"}, starter.Companions: {"a firefly"}}, "A bedtime story about Mira, a little fox and a firefly."},
		{stories.Choice{starter.Heroes: {"a young owl"}, starter.Place: {"the quiet moon"}, starter.Theme: {"being brave"}, starter.Mood: {"calm"},
			starter.Twist: {"the moon helps"}, starter.Listener: {"Ida"}, starter.Length: {phrase(t, starter.Length, "short")}},
			"A bedtime story about a young owl, on the quiet moon, on being brave, calm, where the moon helps, for Ida, about 1 minute long."},
		{stories.Choice{starter.Heroes: {"Mira"}, starter.Place: {"grandma's garden"}, starter.Theme: {"losing a tooth"}},
			"A bedtime story about Mira, the place is grandma's garden, it is about losing a tooth."},
	} {
		v := newSentenceView()
		if v.show(sentence(c.choice)); v.Label() != c.want {
			t.Errorf("%q, want %q", v.Label(), c.want)
		}
	}
}

func TestTickTellAndTellDifferently(t *testing.T) {
	u := beginStory(t, "")
	u.tap("Fox")
	u.tap("Owl")
	u.tap("Castle")
	u.tap("Garden") // in the place of the castle
	u.tap("Short")
	u.mustSee("A bedtime story about a little fox and a young owl, in a moonlit garden, about 1 minute long.")
	u.story.choose.seed.SetText("7x")
	u.tap("Tell it")
	first := u.told()
	if first.Seed != 7 || len(first.Paragraphs) == 0 || !slices.Equal(first.Choice[starter.Heroes], []string{"a little fox", "a young owl"}) {
		t.Errorf("%+v", first)
	}
	u.mustSee("Told by Teller · seed 7", first.Paragraphs[0].Text, "Keep", "Next chapter")
	u.mustNotSee("Stop")

	u.tap("Tell it differently")
	second := u.told()
	if second == first || second.Seed == 7 || !slices.Equal(second.Choice[starter.Heroes], first.Choice[starter.Heroes]) {
		t.Errorf("told differently: %+v", second)
	}
	u.mustSee("2 of 2")
	u.tap("The story before")
	u.mustSee("1 of 2", first.Paragraphs[0].Text)

	n := len(first.Paragraphs)
	u.tap("Next chapter")
	third := u.told()
	if third.Chapters() != 2 || len(third.Paragraphs) <= n || third.Paragraphs[0] != first.Paragraphs[0] {
		t.Errorf("the next chapter makes %+v", third.Paragraphs)
	}

	u.tap("Choose from it")
	if u.story.shown != nil || u.story.choose.seed.Text == "" {
		t.Error("the story is shown still")
	}
	u.mustSee("A bedtime story about a little fox and a young owl, in a moonlit garden, about 1 minute long.")
	u.story.choose.seed.SetText("7")
	u.tap("Tell it")
	if again := u.told(); !slices.Equal(again.Paragraphs, first.Paragraphs) {
		t.Errorf("the same seed tells %q, then %q", first.Words(), again.Words())
	}
}

func TestChangeAParagraph(t *testing.T) {
	u := beginStory(t, "")
	u.tap("Fox")
	u.tap("Tell it")
	before := u.told()
	text := before.Paragraphs[0].Text
	u.press(fyne.KeyReturn, u.story.read.texts[0])
	u.mustSee("Change this paragraph")
	u.tap("Change it")
	after := u.told()
	if after.Paragraphs[0].Text == text || !slices.Equal(after.Paragraphs[1:], before.Paragraphs[1:]) {
		t.Errorf("%q became %q", before.Words(), after.Words())
	}
	u.tap("Undo")
	u.settle()
	if got := u.story.shown.Paragraphs[0].Text; got != text {
		t.Errorf("taken back it is %q", got)
	}
}

func TestStopAStory(t *testing.T) {
	u := beginStory(t, "")
	u.tap("Long")
	u.tap("Tell it") // without a hero: there is one by chance
	if len(u.story.choice[starter.Heroes]) != 1 {
		t.Errorf("the heroes are %v", u.story.choice[starter.Heroes])
	}
	u.until("some words", func() bool { return u.story.telling == nil || u.story.shown != nil })
	u.tap("Stop")
	s := u.told()
	u.mustSee("Keep")
	if strings.Contains(u.log.String(), s.Words()[:5]) {
		t.Error("the log has words of the story")
	}
	u.story.startNew()
	u.settle()
	u.tap("Untick all")
	if len(u.story.choice) != 0 {
		t.Errorf("ticked is %v", u.story.choice)
	}
	u.tap("Surprise me")
	if len(u.story.choice) < 4 {
		t.Errorf("ticked is %v", u.story.choice)
	}
}

func TestOwnOptions(t *testing.T) {
	u := beginStory(t, "")
	g := u.story.choose.groups[0]
	test.Tap(g.own)
	u.q.drain()
	u.dialogField().SetText(" Otto  the\thedgehog; ")
	u.press(fyne.KeyReturn, u.dialogField())
	u.settle()
	u.mustSee("A bedtime story about Otto the hedgehog.", "Otto the hedgehog")
	card := g.cards[len(g.cards)-1]
	if card.Label() != "Otto the hedgehog" || !card.Ticked() {
		t.Fatalf("the last card is %q", card.Label())
	}
	u.win.Canvas().Focus(card)
	u.press(fyne.KeyLeft, card)
	if got := u.focused(); got != "Astronaut" {
		t.Errorf("to the left is %q", got)
	}
	u.press(fyne.KeyDelete, card)
	u.mustSee("A bedtime story about ….")
	u.mustNotSee("Otto the hedgehog")
	u.win.Canvas().Focus(g.cards[0])
	u.press(fyne.KeyDown, g.cards[0])
	if got := u.focused(); got == "Fox" || got == "" {
		t.Errorf("below is %q", got)
	}
}

// dialogField is the first entry of the dialog that is open.
func (u *session) dialogField() (first *field) {
	u.t.Helper()
	roots := u.roots()
	each(roots[len(roots)-1], func(o fyne.CanvasObject) {
		if f, ok := o.(*field); ok && first == nil {
			first = f
		}
	})
	if first == nil {
		u.t.Fatal("there is no entry")
	}
	return first
}

func TestShelfOfStories(t *testing.T) {
	dir := t.TempDir()
	u := beginStory(t, dir)
	u.tap("Fox")
	u.tap("Tell it")
	s := u.told()
	s.Title = "The fox of the shelf"
	u.tap("Keep")
	u.settle()
	u.mustSee("Kept", "The fox of the shelf")
	u.show(writePage)
	u.settle()
	u.mustNotSee("The fox of the shelf")
	u.close()
	u.q.drain()

	u = beginStory(t, dir)
	u.mustSee("The fox of the shelf", "Told by Teller") // what was shown comes back
	if len(u.story.shelf) != 1 {
		t.Fatalf("the shelf has %v", u.story.shelf)
	}
	u.tap("New story")
	u.mustNotSee("Told by Teller")
	u.mustSee("A bedtime story about a little fox.") // ticked still
	u.press(fyne.KeyReturn, u.story.list)
	u.settle()
	if got := u.story.shown; got == nil || got.Words() != s.Words() || got.Seed != s.Seed {
		t.Errorf("from the shelf comes %+v", got)
	}
	n := len(s.Paragraphs)
	u.tap("Next chapter")
	u.told()
	if !u.story.opens(u.story.shelf[0].ID) {
		t.Error("a search does not lead to it")
	}
	u.settle()
	if got := len(u.story.shown.Paragraphs); got <= n {
		t.Errorf("the shelf has %d paragraphs after another chapter", got)
	}

	u.tap("Delete this story")
	u.settle()
	if len(u.story.shelf) != 0 || u.story.shown != nil {
		t.Errorf("after deleting: %v", u.story.shelf)
	}
	u.tap("Undo")
	u.settle()
	if len(u.story.shelf) != 1 {
		t.Errorf("brought back: %v", u.story.shelf)
	}
	u.press(fyne.KeyReturn, u.story.list)
	u.settle()

	u.lockVault("test")
	u.settle()
	if u.story.shown != nil || len(u.story.shelf) != 0 || len(u.story.choice) != 0 {
		t.Error("locked, it has stories")
	}
	each(u.story.root, func(o fyne.CanvasObject) {
		if strings.Contains(text(o), "fox of the shelf") {
			t.Errorf("locked, %T says %q", o, text(o))
		}
	})
}

// Whoever opens another story while one is told gets that, whatever comes of the first.
func TestOpenWhileAStoryIsTold(t *testing.T) {
	u := beginStory(t, t.TempDir())
	u.tap("Fox")
	u.tap("Tell it")
	kept := u.told()
	u.tap("Keep")
	u.settle()
	u.tap("Tell it differently")
	u.until("some words", func() bool { return u.story.telling == nil || u.story.shown != nil })
	u.story.openKept(kept.ID)
	u.settle()
	if s := u.story.shown; s == nil || s.ID != kept.ID || u.story.telling != nil {
		t.Errorf("shown is %+v", s)
	}
	u.tap("Next chapter")
	u.until("some words", func() bool {
		return u.story.telling == nil || len(u.story.shown.Paragraphs) > len(kept.Paragraphs)+1
	})
	u.story.startNew()
	u.settle()
	s, err := stories.Load(t.Context(), u.Vault, kept.ID)
	if err != nil || s.Chapters() != 2 || u.story.shown != nil {
		t.Errorf("on the shelf is %+v, %v", s, err)
	}
}

func TestSaveAStory(t *testing.T) {
	u := beginStory(t, "")
	u.tap("Fox")
	u.tap("Tell it")
	s := u.told()
	s.Title, s.Paragraphs = "A <fox>", []stories.Paragraph{{Text: "One day."}}
	dir := t.TempDir()
	for _, name := range []string{"x.pdf", "x.html"} {
		u.tap("Save as a file")
		u.dialogField().SetText(filepath.Join(dir, name))
		u.tap("Save")
		u.settle()
		u.mustSee("Saved as")
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "x.pdf" && !strings.HasPrefix(string(data), "%PDF-") || name == "x.html" && !strings.Contains(string(data), "<h1>A &lt;fox&gt;</h1>") {
			t.Errorf("%s has %.200q", name, data)
		}
	}
	s.Title = "夜"
	u.tap("Save as a file")
	u.dialogField().SetText(filepath.Join(dir, "y.pdf"))
	u.tap("Save")
	u.settle()
	u.mustSee("Save it as a web page")

	t.Setenv("PATH", t.TempDir())
	s.Title = "A fox"
	u.tap("Print")
	u.settle()
	u.mustSee("There is no printer that Lamplight can reach")
	u.tap("Read aloud")
	u.settle()
	u.mustSee("Nothing on this computer reads aloud.")
}

func TestStoriesAreToldAtNight(t *testing.T) {
	u := beginStory(t, "")
	if got := fyne.CurrentApp().Settings().Theme().(look); !got.night {
		t.Error("it is day")
	}
	u.show(chatPage)
	if got := fyne.CurrentApp().Settings().Theme().(look); got.night {
		t.Error("it is night elsewhere")
	}
}
