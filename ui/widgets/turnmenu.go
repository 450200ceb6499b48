package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.SecondaryTappable = (*streamPort)(nil)
	_ fyne.SecondaryTappable = (*hscroll)(nil)
	_ fyne.SecondaryTappable = (*linkSpot)(nil)
)

// TappedSecondary implements [fyne.SecondaryTappable]: it opens the menu of the turn under the pointer.
func (p *streamPort) TappedSecondary(e *fyne.PointEvent) {
	if t := p.view.turnUnder(e.Position); t != nil {
		t.openMenu(e.AbsolutePosition, 0)
	}
}

// turnUnder returns the turn at a place in the visible part, nil for none.
func (v *StreamView) turnUnder(at fyne.Position) *turn {
	y := v.offset + float64(at.Y)
	if i := v.turnAt(y); i < len(v.turns) && v.turns[i].y <= y {
		return v.turns[i]
	}
	return nil
}

// openMenu opens the menu of the turn under its button, or above it where there is no room below.
func (c *controlsView) openMenu() {
	over := c.object()
	if i := slices.IndexFunc(c.buttons, func(b actionButton) bool { return b.name == "more" }); i >= 0 {
		over = c.buttons[i].IconButton
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(over)
	c.row.turn.openMenu(at, over.Size().Height)
}

// TappedSecondary implements [fyne.SecondaryTappable], as what can be scrolled keeps clicks from the conversation.
func (h *hscroll) TappedSecondary(e *fyne.PointEvent) {
	h.content.row.turn.openMenu(e.AbsolutePosition, 0)
}

// TappedSecondary implements [fyne.SecondaryTappable], as what can be clicked keeps clicks from the conversation.
func (l *linkSpot) TappedSecondary(e *fyne.PointEvent) {
	l.sheet.row.turn.openMenu(e.AbsolutePosition, 0)
}

// openMenu opens a menu of what can be done with the turn, under something of this height, or above it where there is no
// room below. Arrow keys and Enter choose from it, Escape closes it.
func (t *turn) openMenu(at fyne.Position, height float32) {
	c := fyne.CurrentApp().Driver().CanvasForObject(t.view.port)
	if c == nil || t.edit != nil {
		return
	}
	var items []*fyne.MenuItem
	for _, a := range t.actions() {
		if a.Apart && len(items) > 0 {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		item := fyne.NewMenuItem(a.Label, a.OnTapped)
		item.Checked = a.On
		items = append(items, item)
	}
	pop := widget.NewPopUpMenu(fyne.NewMenu("", items...), c)
	below := at.Y + height
	if size := pop.MinSize(); below+size.Height > c.Size().Height {
		below = max(0, at.Y-size.Height)
	}
	pop.ShowAtPosition(fyne.NewPos(at.X, below))
}
