package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestRenameConversation(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.ask("why does the tide come twice")
	u.answered()
	u.does("why does the tide come twice", "Rename…")
	entry := u.win.Canvas().Focused().(*field)
	u.tap("Propose a title")
	u.settle()
	if entry.Text != "why does the tide come twice" {
		t.Errorf("the proposal was taken by itself: %q", entry.Text)
	}
	if u.sees("Take this title") { // the tiny model may have no idea
		test.Tap(u.win.Canvas().Focused().(fyne.Tappable))
		if u.win.Canvas().Focused() != entry || entry.Text == "" {
			t.Errorf("the proposal was not taken: %q", entry.Text)
		}
	} else {
		u.mustSee("The model could not think of a title.")
	}
	u.press(fyne.KeyEscape, entry)
	u.mustList("why does the tide come twice")
	u.mustNotSee("Propose a title")

	u.does("why does the tide come twice", "Rename…")
	entry = u.win.Canvas().Focused().(*field)
	entry.SetText("  ")
	u.press(fyne.KeyReturn, entry) // no title is none
	u.mustSee("Propose a title")
	entry.SetText("  Ebb \t and flow ")
	u.press(fyne.KeyReturn, entry)
	u.settle()
	u.mustList("Ebb and flow")
	if got := u.chat.title.segment.Text; got != "Ebb and flow" {
		t.Errorf("at the head stands %q", got)
	}
	u.ask("and why")
	u.answered()
	u.mustList("Ebb and flow")
}

// Without a model nothing is proposed, and the dialog says why.
func TestProposeWithoutModel(t *testing.T) {
	u := withVault(t, setup{}, t.TempDir())
	u.putTalk("tides", "", false, 0)
	u.chat.refreshHistory()
	u.settle()
	u.does("tides", "Rename…")
	u.tap("Propose a title")
	u.settle()
	u.mustSee("There is no model to answer with.")
}
