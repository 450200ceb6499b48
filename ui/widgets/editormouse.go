package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"lamplight/ui/buffer"
)

// Clicks that come so soon after another, and so near to it, are one double or triple click.
const (
	clickTime = 400 * time.Millisecond
	clickNear = 4
)

// pointer is what the pointer does.
type pointer struct {
	clicks int // in a row: 1 places the cursor, 2 select words, 3 paragraphs
	last   time.Time
	at     fyne.Position
	down   bool
	begun  buffer.Range // what the first click has selected
}

// Cursor implements [desktop.Cursorable].
func (e *Editor) Cursor() desktop.Cursor { return desktop.TextCursor }

// under is the place in the text that is nearest to a point of the editor, and the mark there.
func (e *Editor) under(at fyne.Position) (position, id int) {
	return e.position(at.X-e.left(), e.offset+float64(at.Y))
}

// MouseDown implements [desktop.Mouseable].
func (e *Editor) MouseDown(ev *desktop.MouseEvent) {
	if e.typo == nil {
		return
	}
	if !e.focused {
		e.byHand = true
		if c := fyne.CurrentApp().Driver().CanvasForObject(e); c != nil {
			c.Focus(e)
		}
	}
	position, id := e.under(ev.Position)
	if ev.Button == desktop.MouseButtonSecondary {
		if s := e.buffer.Selection().Range(); position < s.Start || position > s.End || s.Len() == 0 {
			e.Edit(func(b *buffer.Buffer) { b.Move(position, false) })
		}
		if e.OnMenu != nil {
			e.OnMenu(ev.AbsolutePosition)
		}
		return
	}
	p := &e.pointer
	now := e.now()
	if near := ev.Position.Subtract(p.at); now.Sub(p.last) < clickTime && abs(near.X) < clickNear && abs(near.Y) < clickNear && p.clicks < 3 {
		p.clicks++
	} else {
		p.clicks = 1
	}
	p.last, p.at, p.down = now, ev.Position, true
	e.aimed = false
	if ev.Modifier&fyne.KeyModifierShift != 0 {
		e.Edit(func(b *buffer.Buffer) { b.Move(position, true) })
		anchor := e.buffer.Selection().Anchor
		p.begun, p.clicks = buffer.Range{Start: anchor, End: anchor}, 1
		return
	}
	p.begun = e.unit(position)
	e.Edit(func(b *buffer.Buffer) { b.Select(p.begun.Start, p.begun.End) })
	if id >= 0 && p.clicks == 1 && e.OnMark != nil {
		e.OnMark(id)
	}
}

func abs(x float32) float32 { return max(x, -x) }

// unit is what so many clicks select at a position.
func (e *Editor) unit(position int) buffer.Range {
	switch e.pointer.clicks {
	case 2:
		return e.buffer.WordAt(position)
	case 3:
		return e.buffer.ParagraphAt(position)
	}
	return buffer.Range{Start: position, End: position}
}

// MouseUp implements [desktop.Mouseable].
func (e *Editor) MouseUp(*desktop.MouseEvent) { e.pointer.down = false }

// Dragged implements [fyne.Draggable]: it selects by what the first click has selected. Beyond the edges it scrolls.
func (e *Editor) Dragged(ev *fyne.DragEvent) {
	if !e.pointer.down || e.typo == nil {
		return
	}
	switch y := ev.Position.Y; {
	case y < 0:
		e.ScrollTo(e.offset + float64(y))
	case y > e.area.Height:
		e.ScrollTo(e.offset + float64(y-e.area.Height))
	}
	position, _ := e.under(ev.Position)
	to, from := e.unit(position), e.pointer.begun
	e.Edit(func(b *buffer.Buffer) {
		if to.Start < from.Start {
			b.Select(from.End, to.Start)
		} else {
			b.Select(from.Start, max(from.End, to.End))
		}
	})
}

// DragEnd implements [fyne.Draggable].
func (e *Editor) DragEnd() { e.pointer.down = false }
