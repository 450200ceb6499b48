package ui

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
	"lamplight/library"
)

// card returns the card of the model with a name, and its buttons by their labels.
func (u *session) card(name string) (fyne.CanvasObject, map[string]fyne.Tappable) {
	u.t.Helper()
	for _, o := range u.models.grid.box.Objects {
		card, found := o, false
		buttons := map[string]fyne.Tappable{}
		each(card, func(o fyne.CanvasObject) {
			found = found || text(o) == name
			if b, ok := o.(fyne.Tappable); ok {
				buttons[text(o)] = b
			}
		})
		if found {
			return card, buttons
		}
	}
	u.t.Fatalf("there is no card of %q", name)
	return nil, nil
}

func (u *session) tapOn(name, button string) {
	u.t.Helper()
	_, buttons := u.card(name)
	b := buttons[button]
	if b == nil {
		u.t.Fatalf("the card of %q has no button %q", name, button)
	}
	test.Tap(b)
	u.settle()
}

// menu opens the menu of a card and returns what stands in it.
func (u *session) menu(name string) (*widget.PopUpMenu, []string) {
	u.t.Helper()
	u.tapOn(name, "More about "+name)
	pop, ok := u.win.Canvas().Focused().(*widget.PopUpMenu)
	if !ok {
		u.t.Fatalf("the keyboard is not in a menu but in %T", u.win.Canvas().Focused())
	}
	var labels []string
	for _, item := range pop.Items {
		each(item, func(o fyne.CanvasObject) {
			if t, ok := o.(*canvas.Text); ok {
				labels = append(labels, t.Text)
			}
		})
	}
	return pop, labels
}

// pick chooses from the menu of a card, with the keyboard.
func (u *session) pick(name, label string) {
	u.t.Helper()
	pop, labels := u.menu(name)
	at := slices.Index(labels, label)
	if at < 0 {
		u.t.Fatalf("the menu of %q has %q", name, labels)
	}
	for range at + 1 {
		u.press(fyne.KeyDown, pop)
	}
	u.press(fyne.KeyReturn, pop)
	u.settle()
}

func TestCard(t *testing.T) {
	m := fixture.New(fixture.Options{Name: "Gemma 3 270M it"})
	m.Set("general.source.url", gguf.Scalar("https://example.org/gemma-3-270m-it"))
	path := filepath.Join(t.TempDir(), "model.gguf")
	if err := m.WriteGGUF(path); err != nil {
		t.Fatal(err)
	}
	u := begin(t, setup{})
	u.drop(path)
	u.imported()
	u.show(modelsPage)
	u.settle()
	card := u.shelf.models[0].Card
	u.mustSee(
		"Gemma 3 270M it", "333,952 parameters · F32 · "+byteSize(card.Bytes),
		"Chats and follows instructions. Quick; for short texts and narrow tasks.",
		"Memory", " with 2,048 tokens", "Context", "2,048 tokens", "Licence", "mit", "Origin", "example.org/gemma-3-270m-it")
	u.mustNotSee("https://example", "Speed here", "Quality", "Last used", "Stays")
	u.pick("Gemma 3 270M it", "Copy the SHA-256")
	if got := fyne.CurrentApp().Clipboard().Content(); got != card.SHA256 {
		t.Errorf("the clipboard has %q", got)
	}
	u.pick("Gemma 3 270M it", "Licence…")
	u.mustSee("Licence of Gemma 3 270M it", "mit")
	u.tap("Close")
	if u.dialog != nil {
		t.Error("the licence stays")
	}
}

// What is known of a model stands on its card, and what is not is left out.
func TestCardFacts(t *testing.T) {
	test.NewTempApp(t)
	now := time.Date(2031, 5, 2, 10, 0, 0, 0, time.Local)
	show := func(f cardFace) (list []string) {
		f.today = now.Format(dayForm)
		for _, fact := range cardFacts {
			if !fact.known(&f) {
				continue
			}
			line := fact.name() + ": " + fact.text(&f)
			if fact.warn != nil && fact.warn(&f) {
				line += " (warning)"
			}
			list = append(list, line)
		}
		return list
	}
	if got := show(cardFace{model: library.Model{Card: library.Card{Name: "x"}}}); len(got) != 0 {
		t.Errorf("a ghost of a model says %q", got)
	}
	if got := facts(library.Card{Name: "x"}); got != "" {
		t.Errorf("facts %q", got)
	}
	full := library.Card{
		ContextLength: 1, License: "mit", Origin: "https://a.b/c", Speed: &library.Speed{Decode: 58.24}, LastUsed: now,
		Receipt: &library.Receipt{Source: "Big", SameTop: 0.9712},
	}
	want := []string{"Memory: 2.0 GB with 4,096 tokens", "Context: 1 token", "Speed here: 58.2 tokens/s", "Quality: 97.1 % of words as Big",
		"Licence: mit", "Origin: a.b/c", "Last used: Today"}
	fits := verdict{asked: true, need: 2e9, free: 2e9, length: 4096}
	if got := show(cardFace{model: library.Model{Card: full}, memory: fits}); !slices.Equal(got, want) {
		t.Errorf("facts %q", got)
	}
	for want, v := range map[string]verdict{
		"Memory: 2.0 GB needed, 1.5 GB free (warning)": {asked: true, need: 2e9, free: 15e8, length: 4096},
		"Memory: 2.0 GB with 64 tokens":                {asked: true, need: 2e9, free: 15e8, length: 64, working: true},
		"Memory: 2.0 GB with 32 tokens":                {asked: true, need: 2e9, length: 32},
		"Memory: …":                                    {asked: true, free: 15e8},
	} {
		if got := show(cardFace{memory: v}); len(got) != 1 || got[0] != want {
			t.Errorf("%+v: %q, want %q", v, got, want)
		}
	}
	for want, used := range map[string]time.Time{
		"Today": now.Add(-10 * time.Hour), "Yesterday": now.Add(-11 * time.Hour), "30 April": now.Add(-48 * time.Hour), "2 May 2030": now.AddDate(-1, 0, 0),
	} {
		if got := usedOn(used, now.Format(dayForm)); got != want {
			t.Errorf("%v is %q, want %q", used, got, want)
		}
	}
}

func TestGoodFor(t *testing.T) {
	test.NewTempApp(t)
	for _, c := range []struct {
		card library.Card
		want string
	}{
		{library.Card{Name: "x"}, ""},
		{library.Card{Name: "x", Tuning: library.Instruct}, "Chats and follows instructions."},
		{library.Card{Name: "x", Tuning: library.Base, Parameters: 1e9}, "Continues a text; it has not learned to chat. For everyday questions and writing."},
		{library.Card{Name: "x", Parameters: 4e9, Quantization: "Q2_K"}, "Knows more and writes better; wants a good computer. Quantized so much that answers suffer."},
		{library.Card{Name: "x it", Parameters: 27e9, Quantization: "BF16"}, "Chats and follows instructions. Knows most; slow without a fast computer."},
	} {
		if got := goodFor(&c.card); got != c.want {
			t.Errorf("%+v: %q", c.card, got)
		}
	}
}

func TestOrderAndSearch(t *testing.T) {
	at := func(days int) time.Time { return time.Date(2031, 5, days, 0, 0, 0, 0, time.UTC) }
	models := []library.Model{ // in order of name
		{Card: library.Card{Name: "Ant", Bytes: 3, LastUsed: at(1), Speed: &library.Speed{Decode: 5}, Tags: []string{"Story"}, Notes: "for Mira"}},
		{Card: library.Card{Name: "Bee", Bytes: 1, Architecture: "gemma3", Origin: "https://example.org/bee"}},
		{Card: library.Card{Name: "Cat", Bytes: 2, LastUsed: at(2), Speed: &library.Speed{Decode: 9}}},
	}
	names := func(list []library.Model) (s string) {
		for _, m := range list {
			s += m.Card.Name[:1]
		}
		return s
	}
	for order, want := range map[int]string{byName: "ABC", byLastUsed: "CAB", bySize: "BCA", bySpeed: "CAB"} {
		if got := names(ordered(models, order)); got != want {
			t.Errorf("order %d: %s, want %s", order, got, want)
		}
	}
	for search, want := range map[string]string{"": "ABC", "  ": "ABC", "a": "ABC", "ant": "A", "story mira": "A", "GEMMA3": "B", "example.org": "B", "story bee": ""} {
		if got := names(slices.DeleteFunc(slices.Clone(models), func(m library.Model) bool { return !matches(m, search) })); got != want {
			t.Errorf("search for %q: %q, want %q", search, got, want)
		}
	}

	u := begin(t, setup{models: []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}}})
	u.show(modelsPage)
	u.settle()
	u.models.search.SetText("tw")
	u.mustSee("Two")
	if len(u.models.grid.box.Objects) != 1 {
		t.Errorf("%d cards are shown", len(u.models.grid.box.Objects))
	}
	u.models.search.SetText("nobody")
	u.mustSee("None of your models has that")
	u.models.search.SetText("")
	u.mustSee("One", "Two")
}

func TestNotesAndTags(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}}})
	u.show(modelsPage)
	u.settle()
	u.pick("One", "Notes and tags…")
	tags := u.win.Canvas().Focused().(*field)
	tags.SetText("story, quick , ,story")
	u.win.Canvas().FocusNext()
	u.win.Canvas().Focused().(*field).SetText("For Mira.\nNot for letters.")
	u.tap("Save")
	u.settle()
	u.mustSee("story", "quick", "For Mira. Not for letters.")
	if c := u.shelf.models[0].Card; !slices.Equal(c.Tags, []string{"story", "quick"}) || c.Notes != "For Mira.\nNot for letters." {
		t.Errorf("the card has %q and %q", c.Tags, c.Notes)
	}
	u.pick("One", "Notes and tags…")
	u.win.Canvas().Focused().(*field).SetText("")
	u.tap("Cancel")
	u.mustSee("story")
}

func TestUse(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}}})
	u.show(modelsPage)
	if _, buttons := u.card("One"); buttons["Chat"] == nil || buttons["Use"] != nil {
		t.Error("the active model does not offer a chat")
	}
	u.tapOn("Two", "Use")
	if u.current != chatPage || u.chat.modelName() != "Two" {
		t.Errorf("page %d, model %q", u.current, u.chat.modelName())
	}
	u.mustSee("Two is ready.")
	u.show(modelsPage)
	u.settle()
	if _, buttons := u.card("Two"); buttons["Chat"] == nil {
		t.Error("the lamp is not lit at the model that is used")
	}
}

func TestRename(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}}})
	u.show(modelsPage)
	u.settle()
	u.pick("One", "Rename…")
	entry := u.win.Canvas().Focused().(*field)
	if entry.Text != "One" || entry.SelectedText() != "One" {
		t.Errorf("the entry has %q, of it selected %q", entry.Text, entry.SelectedText())
	}
	entry.SetText("  ")
	u.press(fyne.KeyReturn, entry)
	if u.dialog == nil {
		t.Error("a model without a name was accepted")
	}
	entry.SetText("A better name")
	u.press(fyne.KeyReturn, entry)
	u.settle()
	u.mustSee("A better name")
	u.mustNotSee("One")
	if u.dialog != nil {
		t.Error("the dialog stays")
	}

	u.pick("A better name", "Rename…")
	u.win.Canvas().Focused().(*field).SetText("Never")
	u.tap("Cancel")
	u.settle()
	u.mustNotSee("Never")
	u.pick("A better name", "Rename…")
	u.press(fyne.KeyEscape, u.win.Canvas().Focused())
	if u.dialog != nil {
		t.Error("Escape does not close the dialog")
	}
	if u.chat.choice.Selected != "A better name" {
		t.Errorf("the picker has %q", u.chat.choice.Selected)
	}
}

func TestRemoveAndUndo(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}}})
	u.show(modelsPage)
	u.settle()
	u.pick("One", "Remove")
	u.mustSee("One is in the trash.", "Undo", "Two")
	if len(u.shelf.models) != 1 || u.chat.modelName() != "" {
		t.Errorf("%d models, %q answers", len(u.shelf.models), u.chat.modelName())
	}
	u.pick("Two", "Remove")
	u.mustSee("One is in the trash.", "Two is in the trash.", "This is Lamplight")
	for range 2 {
		test.Tap(u.control("Undo"))
		u.settle()
	}
	if len(u.shelf.models) != 2 || u.chat.modelName() != "One" {
		t.Errorf("%d models, %q answers", len(u.shelf.models), u.chat.modelName())
	}
	u.mustNotSee("in the trash")
}

func TestRemoveTheLoadedModel(t *testing.T) {
	u := begin(t, endless)
	u.ask("the cat")
	u.writing()
	u.show(modelsPage)
	u.models.remove(u.shelf.models[0])
	u.until("the empty library", func() bool { return len(u.shelf.models) == 0 })
	u.show(chatPage)
	before := len(u.streamed())
	u.until("more words", func() bool { return len(u.streamed()) > before }) // its file is still open
	u.chat.stop()
	u.answered()
	u.ask("again")
	u.mustSee("There is no model to answer with.")
}

func TestGoneAndDamaged(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "Gone"}, {Name: "Cut", Seed: 1}, {Name: "Whole", Seed: 2}}})
	u.takeAway("gone-f32")
	if err := os.WriteFile(filepath.Join(u.dir, "cut-f32", "model.gguf"), []byte("GGUF"), 0o600); err != nil {
		t.Fatal(err)
	}
	u.show(modelsPage)
	u.settle()
	u.mustSee("Its file is no longer on the disk.", "Its file was changed or damaged")
	for _, name := range []string{"Gone", "Cut"} {
		_, buttons := u.card(name)
		if buttons["Use"] != nil || buttons["Chat"] != nil {
			t.Errorf("%s has the buttons %v", name, buttons)
		}
	}
	if got := u.chat.choice.Options; !slices.Equal(got, []string{"Whole"}) {
		t.Errorf("one can pick %q", got)
	}
	u.show(chatPage)
	u.mustSee("No model is chosen", "no longer on the disk")
	u.show(modelsPage)
	for _, name := range []string{"Gone", "Cut"} {
		u.pick(name, "Remove")
	}
	if n := len(u.shelf.models); n != 1 {
		t.Errorf("%d models are left", n)
	}
}

func TestLibraryChangesElsewhere(t *testing.T) {
	u := begin(t, setup{})
	u.mustSee("This is Lamplight")
	put(t, u.Library, fixture.GGUF(t, fixture.Options{Name: "From elsewhere"})) // as another instance would
	u.show(modelsPage)
	u.settle()
	u.mustSee("From elsewhere")
	u.show(chatPage)
	u.mustSee("From elsewhere is ready.")
}

func TestLibraryUnwritable(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}}})
	// A folder where the lock should be: nothing in the library can be changed any more.
	lock := filepath.Join(u.dir, ".lock")
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(lock, 0o700); err != nil {
		t.Fatal(err)
	}
	u.chat.choice.SetSelectedIndex(1)
	u.settle()
	u.mustSee("Your library could not be read or written. Your models are kept.", "Copy the details")
	if u.chat.choice.Selected != "One" {
		t.Errorf("the picker shows %q, which is not active", u.chat.choice.Selected)
	}
	u.show(modelsPage)
	u.pick("One", "Remove")
	if n := len(u.shelf.models); n != 2 {
		t.Errorf("%d models are left", n)
	}
}

// Shelves are read by several workers; one that was read earlier never replaces a later one.
func TestLateShelf(t *testing.T) {
	u := begin(t, setup{})
	old, err := u.readShelf()
	if err != nil {
		t.Fatal(err)
	}
	put(t, u.Library, fixture.GGUF(t, fixture.Options{}))
	u.look()
	u.settle()
	u.showShelf(old, nil)
	if len(u.shelf.models) != 1 {
		t.Error("an old look at the library was believed")
	}
}
