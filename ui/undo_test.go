package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// undoes presses Ctrl+Z, as the window system delivers it.
func (u *session) undoes() {
	s := &fyne.ShortcutUndo{}
	if focused, ok := u.win.Canvas().Focused().(fyne.Shortcutable); ok {
		focused.TypedShortcut(s)
	} else {
		u.parent.keys.TypedShortcut(s)
	}
	u.settle()
}

func TestUndoByTheKeyboard(t *testing.T) {
	u := arranged(t)
	for _, row := range []string{"letter", "recipe", "  report"} {
		u.does(row, "Delete")
	}
	u.does("▾ Work (1)", "Dissolve the folder")
	u.mustDraw("# Pinned|tides|# Today|New chat|notes")
	u.tap("Close") // the notice; that it can be undone stays
	u.win.Canvas().Unfocus()
	u.undoes()
	u.mustDraw("# Pinned|tides|# Folders|▾ Work (1)|  notes|# Today|New chat")
	u.undoes()
	u.mustNotSee("“report” was deleted.") // its notice is gone too
	u.mustDraw("# Pinned|tides|# Folders|▾ Work (2)|  report|  notes|# Today|New chat")

	test.Type(u.chat.prompt, "a") // the words come first
	u.undoes()
	u.undoes()
	if u.chat.prompt.Text != "" {
		t.Errorf("the prompt has %q", u.chat.prompt.Text)
	}
	u.mustDraw("# Pinned|tides|# Folders|▾ Work (2)|  report|  notes|# Today|New chat")
	u.chat.open(u.chat.all[0])
	u.win.Canvas().Focus(u.chat.prompt) // nothing was written since
	u.undoes()
	u.undoes()
	u.undoes() // there is nothing any more
	u.mustDraw("# Pinned|tides|# Folders|▾ Work (2)|  report|  notes|# Today|New chat|letter|# Yesterday|recipe")
	u.mustNotSee("nothing to bring back")
	u.win.Canvas().Unfocus()
	u.undoes()
	u.mustSee("There is nothing to bring back.")
}

// A model comes back in the same way.
func TestUndoModel(t *testing.T) {
	u := begin(t, brief)
	u.show(modelsPage)
	u.settle()
	u.pick("Tiny", "Remove")
	if len(u.shelf.models) != 0 {
		t.Fatal("the model is still there")
	}
	u.undoes()
	if len(u.shelf.models) != 1 {
		t.Error("the model did not come back")
	}
}

// A chat that is nowhere else ends when its notice is closed, and a lock forgets everything.
func TestUndoForgets(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.tap("New private chat")
	u.ask("a secret")
	u.answered()
	u.tap("Delete this chat")
	u.settle()
	u.tap("Close")
	if len(u.undos) != 0 {
		t.Error("a private chat is kept after its notice was closed")
	}
	for range 2 * maxUndo {
		u.offerUndo("something was deleted", func() {})
	}
	if len(u.undos) != maxUndo {
		t.Errorf("%d can be undone", len(u.undos))
	}
}
