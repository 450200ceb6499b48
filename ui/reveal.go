package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lamplight/ui/widgets"
)

// scroller is a page's scroller, which moves to what the keyboard comes to; Fyne's leaves it out of sight.
type scroller struct{ *container.Scroll }

func newScroller(o fyne.CanvasObject) scroller { return scroller{container.NewVScroll(o)} }

// reveal moves until o can be seen.
func (s scroller) reveal(o fyne.CanvasObject) {
	d := fyne.CurrentApp().Driver()
	top := d.AbsolutePositionForObject(o).Y - d.AbsolutePositionForObject(s.Content).Y
	bottom := top + o.Size().Height
	offset := s.Offset
	switch {
	case top-gap < offset.Y:
		offset.Y = top - gap
	case bottom+gap > offset.Y+s.Size().Height:
		offset.Y = bottom + gap - s.Size().Height
	default:
		return
	}
	s.ScrollToOffset(offset)
	if s.OnScrolled != nil { // Fyne tells of the wheel and the bar only
		s.OnScrolled(offset)
	}
}

// chip, tool, field and choice return controls that are revealed when they get the keyboard.

func (s scroller) chip(icon fyne.Resource, label string, tapped func()) *widgets.ChipButton {
	b := widgets.NewChipButton(icon, label, tapped)
	b.OnFocus(func() { s.reveal(b) })
	return b
}

func (s scroller) tool(icon fyne.Resource, label string, tapped func()) *widgets.IconButton {
	b := widgets.NewIconButton(icon, label, tapped)
	b.OnFocus(func() { s.reveal(b) })
	return b
}

func (s scroller) field(w *Window) *field {
	f := w.newField()
	f.onFocus = func() { s.reveal(f) }
	return f
}

func (s scroller) choice(options []string) *choiceBox {
	c := newChoiceBox(options, nil)
	c.onFocus = func() { s.reveal(c) }
	return c
}
