package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Scrollable   = (*streamPort)(nil)
	_ fyne.Tappable     = (*streamPort)(nil)
	_ fyne.Focusable    = (*streamPort)(nil)
	_ desktop.Hoverable = (*streamPort)(nil)
)

// streamPort is the part of a conversation that is visible: it holds the rows, cuts them off at its edges, and takes the wheel,
// the pointer and the keys.
type streamPort struct {
	widget.BaseWidget

	view    *StreamView
	objects []fyne.CanvasObject
	ring    *canvas.Rectangle

	focused bool
	byHand  bool // the focus comes from a click, which needs no ring
}

func newStreamPort(v *StreamView) *streamPort {
	p := &streamPort{view: v, ring: &canvas.Rectangle{FillColor: color.Transparent, StrokeWidth: ringWidth}}
	p.ring.Hide()
	p.ExtendBaseWidget(p)
	return p
}

// Scrolled implements [fyne.Scrollable].
func (p *streamPort) Scrolled(e *fyne.ScrollEvent) { p.view.scrollBy(float64(-e.Scrolled.DY)) }

// Tapped implements [fyne.Tappable]: from here on the keys scroll.
func (p *streamPort) Tapped(*fyne.PointEvent) {
	p.byHand = true
	p.requestFocus()
}

func (p *streamPort) requestFocus() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil {
		c.Focus(p)
	}
}

// FocusGained implements [fyne.Focusable].
func (p *streamPort) FocusGained() { p.setFocused(true) }

// FocusLost implements [fyne.Focusable].
func (p *streamPort) FocusLost() {
	p.byHand = false
	p.setFocused(false)
}

func (p *streamPort) setFocused(focused bool) {
	p.focused = focused
	p.ring.Hidden = !focused || p.byHand
	p.view.place(p.view.anchor()) // other rows are near; see near
	canvas.Refresh(p)
}

// TypedKey implements [fyne.Focusable].
func (p *streamPort) TypedKey(e *fyne.KeyEvent) { p.view.typedKey(e) }

// TypedRune implements [fyne.Focusable].
func (p *streamPort) TypedRune(rune) {}

// MouseIn implements [desktop.Hoverable].
func (p *streamPort) MouseIn(e *desktop.MouseEvent) { p.MouseMoved(e) }

// MouseMoved implements [desktop.Hoverable].
func (p *streamPort) MouseMoved(e *desktop.MouseEvent) {
	p.view.setHovered(p.view.turnUnder(e.Position))
}

// MouseOut implements [desktop.Hoverable].
func (p *streamPort) MouseOut() { p.view.setHovered(nil) }

// CreateRenderer implements [fyne.Widget].
func (p *streamPort) CreateRenderer() fyne.WidgetRenderer {
	r := portRenderer{p}
	r.colorRing()
	return r
}

type portRenderer struct{ p *streamPort }

// IsClip makes the drivers cut off what is outside of the widget, as they do for Fyne's own.
func (portRenderer) IsClip()            {}
func (portRenderer) Destroy()           {}
func (portRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(1) }
func (r portRenderer) Objects() []fyne.CanvasObject {
	return append(r.p.objects[:len(r.p.objects):len(r.p.objects)], r.p.ring)
}

func (r portRenderer) Layout(size fyne.Size) { r.p.ring.Resize(size) }

func (r portRenderer) Refresh() {
	r.colorRing()
	for _, o := range r.p.objects {
		o.Refresh()
	}
	canvas.Refresh(r.p)
}

func (r portRenderer) colorRing() {
	r.p.ring.StrokeColor = r.p.Theme().Color(ColorNameRing, fyne.CurrentApp().Settings().ThemeVariant())
}

// typedKey moves the conversation.
func (v *StreamView) typedKey(e *fyne.KeyEvent) {
	page := pageShare * float64(v.area.Height)
	switch e.Name {
	case fyne.KeyUp:
		v.scrollBy(-keyStep)
	case fyne.KeyDown:
		v.scrollBy(keyStep)
	case fyne.KeyPageUp:
		v.scrollBy(-page)
	case fyne.KeyPageDown, fyne.KeySpace:
		v.scrollBy(page)
	case fyne.KeyHome:
		v.scrollTo(0)
	case fyne.KeyEnd:
		v.ScrollToEnd()
	default:
		passKey(v.port, e)
	}
}

func (v *StreamView) scrollBy(distance float64) { v.scrollTo(v.offset + distance) }

// scrollTo shows what is at an offset. It is how a user moves: away from the end the view no longer follows it.
func (v *StreamView) scrollTo(offset float64) {
	last := v.lastOffset()
	v.follow = offset >= last-atEnd
	v.offset = min(last, max(0, offset))
	v.place(v.anchor())
}

// reveal scrolls as little as shows a part of a row.
func (v *StreamView) reveal(r *row, y, height float32) {
	const around = 12
	top := r.top() + float64(y) - around
	bottom := r.top() + float64(y+height) + around
	switch {
	case top < v.offset:
		v.offset = top
	case bottom > v.offset+float64(v.area.Height):
		v.offset = bottom - float64(v.area.Height)
	default:
		return
	}
	v.follow = false
	v.place(anchor{r, v.offset - r.top(), r.height, r.fitted})
}

// setHovered tells over which turn the pointer is, nil for none.
func (v *StreamView) setHovered(t *turn) {
	if v.hovered == t {
		return
	}
	v.hovered = t
	v.updateControls()
}

// updateControls shows or hides the controls of the turns that are visible.
func (v *StreamView) updateControls() {
	for _, r := range v.shown {
		if c, ok := r.view.(*controlsView); ok {
			c.update()
		}
	}
}

// arrangeEdges brings the scroll bar and the button at the end in line with the offset.
func (v *StreamView) arrangeEdges() {
	v.bar.set(v.total, float64(v.area.Height), v.offset)
	away := v.lastOffset()-v.offset > float64(v.typo.icon)
	if v.end.Hidden == away {
		v.end.Hidden = !away
		canvas.Refresh(v.port)
	}
}
