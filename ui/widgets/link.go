package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Tappable      = (*linkSpot)(nil)
	_ desktop.Hoverable  = (*linkSpot)(nil)
	_ desktop.Cursorable = (*linkSpot)(nil)
	_ fyne.Focusable     = (*linkKey)(nil)
	_ fyne.Accessible    = (*linkKey)(nil)
)

// linkSpot is the place over one line of a link. It shows the address and copies it; nothing in the program opens one.
type linkSpot struct {
	widget.BaseWidget

	sheet   *sheet
	address string
	first   bool // of the link's lines: the one that the keyboard reaches
	focused bool
	self    fyne.CanvasObject // the linkKey that it is part of, or itself
	tip     tooltipSpot
}

// linkKey is the linkSpot that the keyboard reaches.
type linkKey struct{ linkSpot }

func newLinkSpot(s *sheet, first bool) *linkSpot {
	if first {
		k := &linkKey{linkSpot{sheet: s, first: true}}
		k.self = k
		k.ExtendBaseWidget(k)
		return &k.linkSpot
	}
	l := &linkSpot{sheet: s}
	l.self = l
	l.ExtendBaseWidget(l)
	return l
}

// object returns what stands in the tree.
func (l *linkSpot) object() fyne.CanvasObject { return l.self }

// Tapped implements [fyne.Tappable].
func (l *linkSpot) Tapped(*fyne.PointEvent) {
	l.sheet.row.turn.view.copyText(l.address)
	l.tip.showNow(l.self, lang.L("Copied: {{.Address}}", map[string]any{"Address": shortened(l.address)}))
}

// MouseIn implements [desktop.Hoverable].
func (l *linkSpot) MouseIn(*desktop.MouseEvent) {
	l.sheet.row.hover(true)
	l.tip.show(l.self, lang.L("Click to copy: {{.Address}}", map[string]any{"Address": shortened(l.address)}))
}

// MouseMoved implements [desktop.Hoverable].
func (l *linkSpot) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (l *linkSpot) MouseOut() {
	l.sheet.row.hover(false)
	l.tip.hide()
}

// Cursor implements [desktop.Cursorable].
func (l *linkSpot) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer implements [fyne.Widget].
func (l *linkSpot) CreateRenderer() fyne.WidgetRenderer {
	ring := &canvas.Rectangle{FillColor: color.Transparent, StrokeWidth: ringWidth}
	r := &linkRenderer{widget.NewSimpleRenderer(ring), l, ring}
	r.Refresh()
	return r
}

type linkRenderer struct {
	fyne.WidgetRenderer
	l    *linkSpot
	ring *canvas.Rectangle
}

func (r *linkRenderer) Refresh() {
	r.ring.Hidden = !r.l.focused
	r.ring.CornerRadius = codePad
	r.ring.StrokeColor = r.l.Theme().Color(ColorNameRing, fyne.CurrentApp().Settings().ThemeVariant())
	r.ring.Refresh()
	canvas.Refresh(r.l.self)
}

// FocusGained implements [fyne.Focusable].
func (k *linkKey) FocusGained() { k.setFocused(true) }

// FocusLost implements [fyne.Focusable].
func (k *linkKey) FocusLost() {
	k.setFocused(false)
	k.tip.hide()
}

func (k *linkKey) setFocused(focused bool) {
	k.focused = focused
	k.sheet.row.focus(focused, k.Position().Y, k.Size().Height)
	k.Refresh()
}

// TypedKey implements [fyne.Focusable].
func (k *linkKey) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		k.Tapped(nil)
	default:
		k.sheet.row.turn.view.typedKey(e)
	}
}

// TypedRune implements [fyne.Focusable].
func (k *linkKey) TypedRune(rune) {}

// AccessibilityLabel implements [fyne.Accessible].
func (k *linkKey) AccessibilityLabel() string { return k.address }

// AccessibilityRole implements [fyne.Accessible].
func (k *linkKey) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleLink }

// shortened cuts the middle out of an address that is too long to show.
func shortened(address string) string {
	const longest = 90
	r := []rune(address)
	if len(r) <= longest {
		return address
	}
	return string(r[:longest*2/3]) + "…" + string(r[len(r)-longest/3:])
}
