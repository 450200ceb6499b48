package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Tappable     = (*scrollBar)(nil)
	_ fyne.Draggable    = (*scrollBar)(nil)
	_ desktop.Hoverable = (*scrollBar)(nil)
)

// Measures of a scroll bar.
const (
	barSize     = 12 // across, the place that takes the pointer
	thumbMargin = 2
	thumbLength = 28 // at least
	thumbThin   = 4
	thumbThick  = 8 // while pointed at
)

// scrollBar shows which part of something is visible, and moves it. It is hidden while all is visible.
type scrollBar struct {
	widget.BaseWidget

	across  bool // horizontal
	onMove  func(offset float64)
	onHover func(in bool) // may be nil

	total, window, offset float64

	hovered, dragged bool
	grip             float64 // where the dragged thumb would be without limits
	thumb            *canvas.Rectangle
}

func newScrollBar(across bool, onMove func(offset float64)) *scrollBar {
	b := &scrollBar{across: across, onMove: onMove, thumb: &canvas.Rectangle{}}
	b.ExtendBaseWidget(b)
	b.Hide()
	return b
}

// set shows where a window of a size stands in a total.
func (b *scrollBar) set(total, window, offset float64) {
	if b.total == total && b.window == window && b.offset == offset {
		return
	}
	b.total, b.window, b.offset = total, window, offset
	if hidden := total <= window; hidden != b.Hidden {
		if hidden {
			b.Hide()
		} else {
			b.Show()
		}
	}
	b.place()
}

// track returns the length of the bar.
func (b *scrollBar) track() float64 {
	if b.across {
		return float64(b.Size().Width)
	}
	return float64(b.Size().Height)
}

// span returns the length of the thumb and how far it can move.
func (b *scrollBar) span() (length, room float64) {
	track := b.track()
	if b.total <= 0 {
		return track, 0
	}
	length = min(track, max(thumbLength, track*b.window/b.total))
	return length, track - length
}

func (b *scrollBar) thumbAt() float64 {
	_, room := b.span()
	if b.total <= b.window {
		return 0
	}
	return min(room, max(0, room*b.offset/(b.total-b.window)))
}

// place moves the thumb to where it belongs.
func (b *scrollBar) place() {
	length, _ := b.span()
	thick := float32(thumbThin)
	if b.hovered || b.dragged {
		thick = thumbThick
	}
	at, edge := float32(b.thumbAt()), barSize-thumbMargin-thick
	b.thumb.CornerRadius = thick / 2
	if b.across {
		b.thumb.Move(fyne.NewPos(at, edge))
		b.thumb.Resize(fyne.NewSize(float32(length), thick))
	} else {
		b.thumb.Move(fyne.NewPos(edge, at))
		b.thumb.Resize(fyne.NewSize(thick, float32(length)))
	}
}

// Resize implements [fyne.CanvasObject].
func (b *scrollBar) Resize(size fyne.Size) {
	b.BaseWidget.Resize(size)
	b.place()
}

// Tapped implements [fyne.Tappable]: beside the thumb it turns nearly a page.
func (b *scrollBar) Tapped(e *fyne.PointEvent) {
	at := float64(e.Position.Y)
	if b.across {
		at = float64(e.Position.X)
	}
	length, _ := b.span()
	switch thumb := b.thumbAt(); {
	case at < thumb:
		b.onMove(b.offset - pageShare*b.window)
	case at > thumb+length:
		b.onMove(b.offset + pageShare*b.window)
	}
}

// Dragged implements [fyne.Draggable].
func (b *scrollBar) Dragged(e *fyne.DragEvent) {
	if !b.dragged {
		b.dragged = true
		b.grip = b.thumbAt()
	}
	if b.across {
		b.grip += float64(e.Dragged.DX)
	} else {
		b.grip += float64(e.Dragged.DY)
	}
	if _, room := b.span(); room > 0 {
		b.onMove(min(1, max(0, b.grip/room)) * (b.total - b.window))
	}
}

// DragEnd implements [fyne.Draggable].
func (b *scrollBar) DragEnd() {
	b.dragged = false
	b.Refresh()
}

// MouseIn implements [desktop.Hoverable].
func (b *scrollBar) MouseIn(*desktop.MouseEvent) { b.setHovered(true) }

// MouseMoved implements [desktop.Hoverable].
func (b *scrollBar) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (b *scrollBar) MouseOut() { b.setHovered(false) }

func (b *scrollBar) setHovered(in bool) {
	b.hovered = in
	if b.onHover != nil {
		b.onHover(in)
	}
	b.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (b *scrollBar) CreateRenderer() fyne.WidgetRenderer {
	r := &scrollBarRenderer{widget.NewSimpleRenderer(b.thumb), b}
	r.Refresh()
	return r
}

type scrollBarRenderer struct {
	fyne.WidgetRenderer
	b *scrollBar
}

func (*scrollBarRenderer) Layout(fyne.Size)   {}
func (*scrollBarRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(barSize) }

func (r *scrollBarRenderer) Refresh() {
	r.b.place()
	r.b.thumb.FillColor = r.b.Theme().Color(theme.ColorNameScrollBar, fyne.CurrentApp().Settings().ThemeVariant())
	r.b.thumb.Refresh()
}
