package ui

import (
	"context"
	"iter"
	"strings"

	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine/chat"
	"lamplight/ui/widgets"
)

// editing is a question that is being written anew.
type editing struct {
	turn int
	text string
}

// editTurn lets the question at a turn be written anew, in its place.
func (c *chatView) editTurn(turn int) { c.editAs(turn, c.stream.Text(turn)) }

func (c *chatView) editAs(turn int, text string) {
	box := widgets.NewPromptBox("")
	box.EnterInserts = c.w.Settings.EnterInserts
	box.SetText(text)
	box.CursorRow, box.CursorColumn = lastPlace(text)
	for _, s := range c.w.shortcuts() { // a focused entry keeps them from the window
		box.AddShortcut(&desktop.CustomShortcut{KeyName: s.key, Modifier: s.modifier()}, c.w.keys.TypedShortcut)
	}
	box.OnCursorChanged = c.w.touched
	box.OnEscape = c.stream.EndEdit
	send := func() { c.sendEdit(turn, box.Text) }
	box.OnSend = func(string) { send() }
	c.stream.EditTurn(turn, box, widgets.NewChipButton(nil, lang.L("Cancel"), c.stream.EndEdit), widgets.NewChipButton(icon("send"), lang.L("Send"), send))
}

// lastPlace is where the cursor stands behind a text.
func lastPlace(text string) (row, column int) {
	lines := strings.Split(text, "\n")
	return len(lines) - 1, len([]rune(lines[len(lines)-1]))
}

// sendEdit asks a question in other words: as another version of it, which is answered. Asked in the same words it is
// answered once more.
func (c *chatView) sendEdit(turn int, text string) {
	text = strings.TrimSpace(text)
	turns := c.shown.Turns()
	if text == "" || turn >= len(turns) {
		return
	}
	var r *run
	if text == turns[turn].Text && turn+1 < len(turns) {
		r = c.again(turn + 1)
	} else {
		files := turns[turn].Files
		r = c.answer(func(ctx context.Context, t *talk) iter.Seq2[assistant.Piece, error] {
			return t.Edit(ctx, turn, text, files...)
		})
		if r != nil {
			r.asked, r.edited = true, turn
		}
	}
	if r == nil {
		return
	}
	c.stream.EndEdit()
	c.w.focus(c.prompt)
}

// keepEdit remembers what is being edited when another conversation is about to be shown.
func (c *chatView) keepEdit() {
	c.shown.edit = nil
	if turn, text, ok := c.stream.Editing(); ok {
		c.shown.edit = &editing{turn, text}
	}
}

// resumeEdit goes on with what was being edited when the conversation was left.
func (c *chatView) resumeEdit() {
	e := c.shown.edit
	c.shown.edit = nil
	if turns := c.shown.Turns(); e != nil && e.turn < len(turns) && turns[e.turn].Role == chat.User {
		c.editAs(e.turn, e.text)
	}
}
