package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"
)

// edit edits a turn, and notes what is sent.
func edit(v *StreamView, turn int, sent *[]string) *PromptBox {
	box := NewPromptBox("")
	box.SetText(v.Text(turn))
	box.OnSend = func(text string) { *sent = append(*sent, text) }
	box.OnEscape = v.EndEdit
	v.EditTurn(turn, box, NewChipButton(nil, "Cancel", v.EndEdit), NewChipButton(nil, "Send", func() { box.OnSend(box.Text) }))
	return box
}

func TestEditInPlace(t *testing.T) {
	var did, sent []string
	v := acting(t, &did, Turn{Text: "One"}, Turn{Role: Assistant, Text: "Two"}, Turn{Text: "Three"}, Turn{Role: Assistant, Text: "Four"})
	c := lastWindow().Canvas()
	y := v.turns[2].controls.top()
	box := edit(v, 2, &sent)
	if c.Focused() != box || strings.Contains(text(v), "Three") && len(find[*PromptBox](v)) != 1 {
		t.Fatalf("the focus is on %T; shown %q", c.Focused(), texts(v))
	}
	if got := v.turns[2].controls.top(); got <= y {
		t.Error("the box takes no room")
	}
	test.MoveMouse(c, fyne.NewPos(400, 5+float32(v.turns[2].y)))
	if got := find[*IconButton](v.turns[2].controls.view.object()); len(got) != 0 {
		t.Errorf("%d buttons are shown while the turn is edited", len(got))
	}
	one := v.turns[2].rows[0].height
	box.SetText("Three\nand\nmore")
	if got := v.turns[2].rows[0].height; got <= one {
		t.Errorf("with three lines it is %v high, with one %v", got, one)
	}
	if turn, text, ok := v.Editing(); turn != 2 || text != "Three\nand\nmore" || !ok {
		t.Errorf("editing %d %q %v", turn, text, ok)
	}
	box.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	test.Tap(find[*ChipButton](v)[1])
	if !cmp.Equal(sent, []string{"Three\nand\nmore", "Three\nand\nmore"}) {
		t.Errorf("sent %q", sent)
	}
	c.Focus(box)
	box.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if _, _, ok := v.Editing(); ok || len(find[*PromptBox](v)) != 0 || !strings.Contains(text(v), "Three") || v.Text(2) != "Three" {
		t.Errorf("after Escape: %q", texts(v))
	}
	if got := v.focused; got == nil || got.turn.index != 2 || c.Focused().(*IconButton).Label() != "Edit" {
		t.Errorf("after Escape the focus is on %T", c.Focused())
	}
}

// TestEditOutlivesScrolling scrolls away and back while a turn is edited, and streams, greys and updates meanwhile.
func TestEditOutlivesScrolling(t *testing.T) {
	var sent []string
	turns := answers(20)
	v := show(t, fyne.NewSize(700, 300), turns...)
	v.ScrollToTurn(4)
	box := edit(v, 4, &sent)
	box.SetText("Another")
	lastWindow().Canvas().Unfocus()
	v.ScrollToEnd()
	if len(find[*PromptBox](v)) != 0 {
		t.Error("the box is in the tree where nobody sees it")
	}
	v.Append(" more")
	v.SetGreyed(4, true)
	turns[39].Text += " more"
	turns[4].Greyed = true
	v.Update(turns, -1)
	v.ScrollToTurn(4)
	if all := find[*PromptBox](v); len(all) != 1 || all[0] != box || box.Text != "Another" {
		t.Errorf("%d boxes", len(all))
	}
	turns[4].Text = "Yet another"
	v.Update(turns, -1)
	if _, _, ok := v.Editing(); ok || !strings.Contains(text(v), "Yet another") {
		t.Errorf("a question that was replaced is still edited: %q", texts(v))
	}
	edit(v, 4, &sent)
	edit(v, 6, &sent)
	if turn, _, _ := v.Editing(); turn != 6 || len(find[*PromptBox](v)) != 1 {
		t.Errorf("%d is edited; %d boxes", turn, len(find[*PromptBox](v)))
	}
	v.Update(turns[:4], -1)
	if _, _, ok := v.Editing(); ok {
		t.Error("a question that is gone is still edited")
	}
	edit(v, 2, &sent)
	v.SetTurns(nil)
	if _, _, ok := v.Editing(); ok {
		t.Error("after Clear a question is still edited")
	}
}
