package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
)

// turnEdit is what stands in place of a turn's text while that is edited. It outlives its view.
type turnEdit struct {
	box     *PromptBox
	buttons []*ChipButton
}

// EditTurn lets the words of a user be written anew, in a box in place of them, with buttons under it. What they do is up to
// them; EndEdit shows the words again. One turn is edited at a time.
func (v *StreamView) EditTurn(turn int, box *PromptBox, buttons ...*ChipButton) {
	v.EndEdit()
	t := v.turns[turn]
	r := &row{turn: t, kind: editRow}
	v.change(turn, turn, func() {
		v.editing, t.edit = t, &turnEdit{box, buttons}
		t.rows = []*row{r}
		r.guess()
		r.findStops()
		v.renewControls(turn)
	})
	changed := box.OnChanged
	box.OnChanged = func(text string) {
		if changed != nil {
			changed(text)
		}
		if t.edit != nil && t.edit.box == box {
			r.stale = true // it may need another line
			v.change(t.index, t.index, func() {})
		}
	}
	box.onFocus = func(in bool) { r.focus(in, 0, r.height) }
	for _, b := range buttons {
		b.onHover = r.hover
		b.onFocus = func(in bool) { r.focus(in, 0, r.height) }
		b.onKey = func(e *fyne.KeyEvent) {
			if e.Name == fyne.KeyEscape {
				box.TypedKey(e)
			} else {
				v.typedKey(e)
			}
		}
	}
	v.reveal(r, 0, r.height)
	v.requestFocus(box)
}

// EndEdit shows the words of the turn that is being edited, if one is, as they are. The focus goes to its controls.
func (v *StreamView) EndEdit() {
	t := v.editing
	if t == nil {
		return
	}
	had := v.focused != nil && v.focused.kind == editRow
	v.change(t.index, t.index, func() {
		v.editing = nil
		t.setText(t.Text)
		v.renewControls(t.index)
	})
	if had {
		v.focusTurn(t.index, "edit")
	}
}

// Editing returns the number of the turn that is being edited, and what is written there.
func (v *StreamView) Editing() (turn int, text string, ok bool) {
	if v.editing == nil {
		return 0, "", false
	}
	return v.editing.index, v.editing.edit.box.Text, true
}

// editView shows a turnEdit.
type editView struct {
	*sheet
	t *typography
}

func newEditView(r *row, t *typography) *editView {
	e := r.turn.edit
	extra := []fyne.CanvasObject{e.box}
	for _, b := range e.buttons {
		extra = append(extra, b)
	}
	return &editView{newSheet(r, extra...), t}
}

// fit puts the buttons under the box, at its right end.
func (v *editView) fit(width float32) float32 {
	e, gap := v.row.turn.edit, 2*v.t.padding
	v.row.natural = width
	e.box.Resize(fyne.NewSize(width, e.box.Size().Height)) // it knows its height then
	height := e.box.MinSize().Height
	e.box.Resize(fyne.NewSize(width, height))
	line := float32(0)
	for _, b := range e.buttons {
		line = max(line, b.MinSize().Height)
	}
	x := width
	for _, b := range slices.Backward(e.buttons) {
		size := fyne.NewSize(b.MinSize().Width, line)
		x -= size.Width
		b.Move(fyne.NewPos(x, height+gap))
		b.Resize(size)
		x -= gap
	}
	v.draw(drawing{})
	if line > 0 {
		height += gap + line
	}
	return height
}

func (v *editView) window(float32, float32) {}
