package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/assistant/stories"
	"lamplight/internal/fixture"
	"lamplight/library"
)

// bring makes a tiny model with the starter's name part of the program.
func bring(t testing.TB, lib *library.Library) {
	t.Helper()
	data, err := fixture.New(fixture.Options{Name: stories.StarterName, Seed: 3, ContextLength: 4096}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if err := lib.Bring(string(data), hex.EncodeToString(sum[:])); err != nil {
		t.Fatal(err)
	}
}

// A newcomer has the starter: a story is told at once, and there is a way to another model.
func TestFirstSteps(t *testing.T) {
	u := begin(t, setup{starter: true})
	u.mustSee("This is Lamplight", "Tell me a story", "The starter is a very small model", "Add a model…", "Gemma 3 270M", stories.StarterName)
	u.mustNotSee("No model yet", "To talk, it needs a model")
	u.tap("Tell me a story")
	if u.current != storyPage {
		t.Fatalf("the page is %d", u.current)
	}
	s := u.told()
	if s.Model != stories.StarterName || len(s.Paragraphs) == 0 || len(s.Choice) == 0 {
		t.Errorf("told is %+v", s)
	}
	u.mustSee("Told by Lamplight starter", "Keep")
	u.show(writePage)
	u.settle()
	u.mustSee("The starter corrects short English sentences")
	u.show(modelsPage)
	u.settle()
	u.mustSee("The starter is a very small model", "To chat about anything else, use a model")
	if _, buttons := u.card(stories.StarterName); buttons["Chat"] == nil {
		t.Errorf("the starter's card has the buttons %v", buttons)
	}
	for _, item := range u.models.actions(u.shelf.models[0]) {
		if slices.Contains([]string{"Rename…", "Licence…", "Remove"}, item.Label) {
			t.Errorf("its menu has %q", item.Label)
		}
	}
}

// A story that is being told goes on when another one is asked for on the page Chat.
func TestOneStoryAtATime(t *testing.T) {
	u := begin(t, setup{starter: true})
	u.tap("Tell me a story")
	first := u.story.telling
	u.show(chatPage)
	u.tap("Tell me a story")
	if u.current != storyPage || first != nil && u.story.telling != nil && u.story.telling != first {
		t.Error("another story was begun")
	}
	u.told()
}

// The first model of the user's answers from then on. When its file is gone the starter stands in, and says so; when it is
// removed, too.
func TestStarterGivesWay(t *testing.T) {
	u := begin(t, setup{starter: true})
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := os.WriteFile(path, modelBytes(t, fixture.Options{Name: "Real", Seed: 1}), 0o600); err != nil {
		t.Fatal(err)
	}
	u.drop(path)
	u.imported()
	u.mustSee("Real is ready.")
	u.mustNotSee("Tell me a story")
	id := u.shelf.active
	if got := u.chat.choice.Options; !slices.Equal(got, []string{stories.StarterName, "Real"}) {
		t.Errorf("one can pick %q", got)
	}

	u.chat.choice.SetSelectedIndex(0)
	u.settle()
	u.mustSee("Lamplight starter is ready.", "choose one of your other models", "Tell me a story")
	u.chat.choice.SetSelectedIndex(1)
	u.settle()

	u.takeAway(id)
	u.ask("where are you?")
	u.answered()
	u.mustSee("no longer on the disk", "Lamplight starter is ready.", "Real is no longer on the disk, so Lamplight starter answers.")
	if u.chat.prompt.Text != "where are you?" || len(u.chat.shown.Turns()) != 0 {
		t.Errorf("the prompt has %q, the conversation %d turns", u.chat.prompt.Text, len(u.chat.shown.Turns()))
	}
	u.press(fyne.KeyReturn, u.chat.prompt)
	u.writing()
	u.chat.stop()
	u.answered()

	u.drop(path)
	u.imported()
	if u.shelf.active != id || u.shelf.missing.ID != "" {
		t.Errorf("active is %q, missing %q", u.shelf.active, u.shelf.missing.ID)
	}
	u.show(modelsPage)
	u.settle()
	u.pick("Real", "Remove")
	if u.shelf.active != library.BuiltInID {
		t.Errorf("active is %q", u.shelf.active)
	}
	test.Tap(u.control("Undo"))
	u.settle()
	if u.shelf.active != id {
		t.Errorf("active is %q", u.shelf.active)
	}
}

// Where there are other models, and none was chosen, the starter answers.
func TestStarterAmongOthers(t *testing.T) {
	u := begin(t, setup{starter: true, models: []fixture.Options{{Name: "Real"}}})
	u.show(modelsPage)
	u.settle()
	u.mustNotSee("To chat about anything else")
	u.tap("Use") // the starter's: the other one is active
	u.settle()
	u.mustSee("Lamplight starter is ready.")
	if m, ok := u.Library.Selected(); !ok || !m.BuiltIn() {
		t.Errorf("selected is %q", m.ID)
	}
	u.tap("Models")
	if u.current != modelsPage {
		t.Errorf("the page is %d", u.current)
	}
}
