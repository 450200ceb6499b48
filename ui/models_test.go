package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// card returns the card of the model with a name, and its buttons by their labels.
func (u *session) card(name string) (*widgets.Card, map[string]fyne.Tappable) {
	u.t.Helper()
	for _, o := range u.models.cards.Objects {
		card, found := o.(*widgets.Card), false
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
	card := u.shelf.models[0].Card
	u.mustSee(
		"Gemma 3 270M it", "333,952 parameters · F32 · "+byteSize(card.Bytes),
		"Context", "2,048 tokens", "Vocabulary", grouped(int64(card.Vocabulary))+" tokens",
		"Licence", "mit", "SHA-256", card.SHA256[:16]+"…", "Drop another")
	if card.Origin != "" {
		u.mustSee("Origin", "example.org/gemma-3-270m-it")
	}
	u.mustNotSee("https://example")
	u.tapOn("Gemma 3 270M it", "Copy the SHA-256")
	if got := fyne.CurrentApp().Clipboard().Content(); got != card.SHA256 {
		t.Errorf("the clipboard has %q", got)
	}
}

func TestCardRows(t *testing.T) {
	test.NewTempApp(t)
	// What a file does not say is not shown, and a ghost of a model says nothing.
	if got := cardRows(library.Card{Name: "x"}); len(got) != 0 {
		t.Errorf("rows %q", got)
	}
	if got := facts(library.Card{Name: "x"}); got != "" {
		t.Errorf("facts %q", got)
	}
	full := library.Card{ContextLength: 1, Vocabulary: 2, License: "mit", Origin: "https://a.b/c", SHA256: "00ff"}
	want := [][2]string{{"Context", "1 token"}, {"Vocabulary", "2 tokens"}, {"Licence", "mit"}, {"Origin", "a.b/c"}, {"SHA-256", "00ff"}}
	if err := loadTranslations(); err != nil {
		t.Fatal(err)
	}
	if got := cardRows(full); !slices.Equal(got, want) {
		t.Errorf("rows %q", got)
	}
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
	u.tapOn("One", "Rename")
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

	u.tapOn("A better name", "Rename")
	u.win.Canvas().Focused().(*field).SetText("Never")
	u.tap("Cancel")
	u.settle()
	u.mustNotSee("Never")
	u.tapOn("A better name", "Rename")
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
	u.tapOn("One", "Remove")
	u.mustSee("One is in the trash.", "Undo", "Two")
	if len(u.shelf.models) != 1 || u.chat.modelName() != "" {
		t.Errorf("%d models, %q answers", len(u.shelf.models), u.chat.modelName())
	}
	u.tapOn("Two", "Remove")
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
	test.Tap(u.mustButton("Tiny", "Remove"))
	u.until("the empty library", func() bool { return len(u.shelf.models) == 0 })
	u.show(chatPage)
	before := len(u.streamed())
	u.until("more words", func() bool { return len(u.streamed()) > before }) // its file is still open
	u.chat.stop()
	u.answered()
	u.ask("again")
	u.mustSee("There is no model to answer with.")
}

func (u *session) mustButton(name, button string) fyne.Tappable {
	u.t.Helper()
	_, buttons := u.card(name)
	if buttons[button] == nil {
		u.t.Fatalf("the card of %q has no button %q", name, button)
	}
	return buttons[button]
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
		if buttons["Use"] != nil || buttons["Chat"] != nil || buttons["Remove"] == nil {
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
		u.tapOn(name, "Remove")
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
	u.tapOn("One", "Remove")
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

func TestCardGrid(t *testing.T) {
	test.NewTempApp(t)
	g := &cardGrid{}
	for _, c := range []struct {
		width float32
		want  int
	}{{0, 1}, {300, 1}, {607, 1}, {608, 2}, {916, 3}, {2000, 6}} {
		if got := g.columns(c.width); got != c.want {
			t.Errorf("%v is wide enough for %d columns, not %d", c.width, c.want, got)
		}
	}
}

// BenchmarkReadShelf is what looking at a library of 30 models costs a worker.
func BenchmarkReadShelf(b *testing.B) {
	var models []fixture.Options
	for i := range 30 {
		models = append(models, fixture.Options{Seed: uint64(i), Name: fmt.Sprint("Model ", i)})
	}
	u := begin(b, setup{models: models})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := u.readShelf(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			clear(u.models.built)
			u.models.build()
		}
	})
}
