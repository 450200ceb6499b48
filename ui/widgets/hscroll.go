package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Scrollable   = (*hscroll)(nil)
	_ fyne.Focusable    = (*hscroll)(nil)
	_ fyne.Disableable  = (*hscroll)(nil)
	_ desktop.Hoverable = (*hscroll)(nil)
)

// hscroll shows a sheet that may be wider than there is room. The wheel moves it sideways only when it turns sideways or Shift
// is held; otherwise it moves the conversation. While all is visible it is disabled, so that the focus passes it by.
type hscroll struct {
	widget.BaseWidget

	content  *sheet
	onScroll func() // the offset has changed

	extent  float32 // width of the content
	offset  float32 // how much of it is hidden at the left
	height  float32 // of the content
	hidden  float32 // how much of it is hidden at the top
	focused bool

	bar     *scrollBar
	ring    *canvas.Rectangle
	objects []fyne.CanvasObject
}

func newHScroll(content *sheet, onScroll func()) *hscroll {
	h := &hscroll{content: content, onScroll: onScroll}
	h.ring = &canvas.Rectangle{FillColor: color.Transparent, StrokeWidth: ringWidth}
	h.bar = newScrollBar(true, func(offset float64) { h.moveTo(float32(offset)) })
	h.bar.onHover = content.row.hover
	h.objects = []fyne.CanvasObject{content, h.bar, h.ring}
	h.ExtendBaseWidget(h)
	return h
}

// place shows the rows of the content from top to bottom, at a place given for all of it. It reports whether any are visible.
func (h *hscroll) place(at fyne.Position, size fyne.Size, top, bottom float32) bool {
	first, last := max(at.Y, top), min(at.Y+size.Height, bottom)
	if last <= first {
		h.Hide()
		return false
	}
	h.Show()
	h.height, h.hidden = size.Height, first-at.Y
	h.Move(fyne.NewPos(at.X, first))
	h.Resize(fyne.NewSize(size.Width, last-first))
	h.arrange()
	return true
}

// room is how far the content can move.
func (h *hscroll) room() float32 { return max(0, h.extent-h.Size().Width) }

func (h *hscroll) arrange() {
	h.offset = min(h.room(), max(0, h.offset))
	h.content.Move(fyne.NewPos(-h.offset, -h.hidden))
	h.content.Resize(fyne.NewSize(max(h.extent, h.Size().Width), h.height))
	const side = 6 // beside the bar
	h.bar.Move(fyne.NewPos(side, h.height-h.hidden-barSize))
	h.bar.Resize(fyne.NewSize(max(0, h.Size().Width-2*side), barSize))
	h.bar.set(float64(h.extent), float64(h.Size().Width), float64(h.offset))
	h.ring.Resize(h.Size())
}

func (h *hscroll) moveTo(offset float32) {
	h.offset = offset
	h.arrange()
	h.onScroll()
	canvas.Refresh(h)
}

// reveal moves the content as little as shows a part of it, its beginning where that is too wide.
func (h *hscroll) reveal(x, width float32) {
	const around = 12
	offset := max(h.offset, x+width+around-h.Size().Width)
	if offset = min(offset, x-around); offset != h.offset {
		h.moveTo(offset)
	}
}

// Scrolled implements [fyne.Scrollable].
func (h *hscroll) Scrolled(e *fyne.ScrollEvent) {
	dx, dy := e.Scrolled.DX, e.Scrolled.DY
	if ShiftDown() && dx == 0 {
		dx, dy = dy, 0
	}
	if dx*dx > dy*dy && h.room() > 0 {
		h.moveTo(h.offset - dx)
		return
	}
	h.content.row.turn.view.scrollBy(float64(-e.Scrolled.DY))
}

// MouseIn implements [desktop.Hoverable].
func (h *hscroll) MouseIn(*desktop.MouseEvent) { h.content.row.hover(true) }

// MouseMoved implements [desktop.Hoverable].
func (h *hscroll) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (h *hscroll) MouseOut() { h.content.row.hover(false) }

// Disabled implements [fyne.Disableable].
func (h *hscroll) Disabled() bool { return h.room() == 0 }

// Disable and Enable implement [fyne.Disableable]; what there is to see decides.
func (h *hscroll) Disable() {}

// Enable implements [fyne.Disableable].
func (h *hscroll) Enable() {}

// FocusGained implements [fyne.Focusable].
func (h *hscroll) FocusGained() { h.setFocused(true) }

// FocusLost implements [fyne.Focusable].
func (h *hscroll) FocusLost() { h.setFocused(false) }

func (h *hscroll) setFocused(focused bool) {
	h.focused = focused
	h.content.row.focus(focused, h.Position().Y, h.Size().Height)
	h.Refresh()
}

// TypedKey implements [fyne.Focusable].
func (h *hscroll) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft:
		h.moveTo(h.offset - keyStep)
	case fyne.KeyRight:
		h.moveTo(h.offset + keyStep)
	default:
		h.content.row.turn.view.typedKey(e)
	}
}

// TypedRune implements [fyne.Focusable].
func (h *hscroll) TypedRune(rune) {}

// CreateRenderer implements [fyne.Widget].
func (h *hscroll) CreateRenderer() fyne.WidgetRenderer {
	r := hscrollRenderer{h}
	r.Refresh()
	return r
}

type hscrollRenderer struct{ h *hscroll }

// IsClip makes the drivers cut off what is outside of the widget, as they do for Fyne's own.
func (hscrollRenderer) IsClip()                        {}
func (hscrollRenderer) Destroy()                       {}
func (hscrollRenderer) Layout(fyne.Size)               {}
func (hscrollRenderer) MinSize() fyne.Size             { return fyne.Size{} }
func (r hscrollRenderer) Objects() []fyne.CanvasObject { return r.h.objects }

func (r hscrollRenderer) Refresh() {
	r.h.ring.Hidden = !r.h.focused
	r.h.ring.CornerRadius = r.h.Theme().Size(SizeNameRadius)
	r.h.ring.StrokeColor = r.h.Theme().Color(ColorNameRing, fyne.CurrentApp().Settings().ThemeVariant())
	for _, o := range r.h.objects {
		o.Refresh()
	}
	canvas.Refresh(r.h)
}
