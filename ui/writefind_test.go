package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/ui/buffer"
)

// mustMark compares what is marked as found with the text: «» around each.
func (u *session) mustMark(when, want string) {
	u.t.Helper()
	b := u.write.editor.Buffer()
	var got strings.Builder
	at := 0
	for _, m := range b.Marks() {
		if m.Kind == buffer.Match {
			got.WriteString(b.Slice(buffer.Range{Start: at, End: m.Start}) + "«" + b.Slice(m.Range) + "»")
			at = m.End
		}
	}
	got.WriteString(b.Slice(buffer.Range{Start: at, End: b.Len()}))
	if got.String() != want {
		u.t.Errorf("%s: %q, want %q", when, got.String(), want)
	}
}

func TestFindInDocument(t *testing.T) {
	u := begin(t, setup{})
	u.writes("Tide and tide and Tidé")
	u.press(fyne.KeyHome, u.write.editor)
	u.shortcut(fyne.KeyF)
	f := u.write.finder
	f.entry.SetText("tide")
	u.settle()
	u.mustMark("found", "«Tide» and «tide» and «Tidé»")
	u.mustSee("1 of 3")
	u.mustNotSee("Replace all")
	u.press(fyne.KeyReturn, f.entry)
	u.mustSee("2 of 3")
	u.press(fyne.KeyUp, f.entry)
	u.press(fyne.KeyUp, f.entry)
	u.mustSee("3 of 3")
	if got := u.write.editor.Buffer().Selected(); got != "Tidé" {
		t.Errorf("selected is %q", got)
	}
	f.entry.SetText("sun")
	u.settle()
	u.mustSee("Not found")
	u.press(fyne.KeyEscape, f.entry)
	u.mustMark("closed", "Tide and tide and Tidé")
	if f.shown() || u.win.Canvas().Focused() != fyne.Focusable(u.write.editor) {
		t.Error("the bar is open, or the keyboard not on the text")
	}
}

// What is written while the bar is open is found too, in another document as well.
func TestFindFollows(t *testing.T) {
	u := begin(t, setup{})
	u.writes("one two")
	u.shortcut(fyne.KeyF)
	u.write.finder.entry.SetText("two")
	u.settle()
	u.write.editor.Edit(func(b *buffer.Buffer) { b.Select(b.Len(), b.Len()); b.Insert(" two") })
	u.ticked()
	u.mustMark("written", "one «two» «two»")
	u.shortcut(fyne.KeyN)
	u.writes("two!")
	u.ticked()
	u.mustMark("another", "«two»!")
	u.write.open(u.write.all[1])
	u.settle()
	u.mustMark("back", "one «two» «two»")
}

func TestReplace(t *testing.T) {
	u := begin(t, setup{})
	u.writes("a cat, a Cat, a cat")
	u.press(fyne.KeyHome, u.write.editor)
	u.shortcut(fyne.KeyH)
	f := u.write.finder
	u.shortcut(fyne.KeyH)
	if u.win.Canvas().Focused() != fyne.Focusable(f.with) {
		t.Error("the keyboard does not come to the second line")
	}
	f.entry.SetText("cat")
	f.with.SetText("dog and cat")
	u.settle()
	u.press(fyne.KeyReturn, f.with)
	u.settle()
	u.mustMark("one", "a dog and «cat», a «Cat», a «cat»")
	u.mustSee("2 of 3")
	u.tap("Replace")
	u.settle()
	u.mustRead("the next", "a dog and cat, a dog and cat, a cat")
	u.write.editor.Undo()
	u.write.editor.Undo()
	u.mustRead("both undone", "a cat, a Cat, a cat")
	u.ticked()
	f.with.SetText("owl")
	u.tap("Replace all")
	u.settle()
	u.mustRead("all", "a owl, a owl, a owl")
	u.mustSee("3 places were replaced. Undo takes all of them back.", "Not found")
	u.write.editor.Undo()
	u.mustRead("undone", "a cat, a Cat, a cat")
	u.write.editor.Redo()
	u.ticked()
	u.mustMark("done again", "a owl, a owl, a owl")
	u.press(fyne.KeyEscape, f.with)
	u.write.editor.Undo()
	u.mustMark("undone after it was closed", "a cat, a Cat, a cat")
}
