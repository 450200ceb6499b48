package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Tappable      = (*button)(nil)
	_ fyne.Focusable     = (*button)(nil)
	_ fyne.Disableable   = (*button)(nil)
	_ fyne.Accessible    = (*button)(nil)
	_ desktop.Hoverable  = (*button)(nil)
	_ desktop.Cursorable = (*button)(nil)
)

// button is what RailButton, IconButton and ChipButton share: an icon and a label, a ground that answers to hovering, a ring
// while focused, and the keys of a button.
type button struct {
	widget.DisableableWidget

	OnTapped func()

	self fyne.CanvasObject // the button that this is part of

	icon   fyne.Resource
	label  string
	shape  buttonShape
	active bool
	quiet  bool // drawn only while focused; see setQuiet
	soft   bool // drawn in the colour of secondary text until it is pointed at

	hovered, focused bool

	onHover func(in bool)          // the pointer has come in or gone
	onFocus func(in bool)          // the focus has come or gone
	onLeave func()                 // the pointer or the focus has gone
	onKey   func(e *fyne.KeyEvent) // a key that is not the button's own
	tip     tooltipSpot            // shows the label of buttons that do not draw it
	hint    string                 // shown by those that do
}

// buttonShape arranges icon and label within a button.
type buttonShape interface {
	minSize(icon, pad float32, text fyne.Size) fyne.Size
	place(size fyne.Size, icon, pad float32, text fyne.Size) (iconAt, textAt fyne.Position)
	ground(b *button) fyne.ThemeColorName // "" for none
	showsLabel() bool
	round() bool // a disc with an edge
}

// extend completes a button that b is part of.
func (b *button) extend(self fyne.Widget) {
	b.self = self
	b.ExtendBaseWidget(self)
}

// SetActive marks the button as the chosen one of its group.
func (b *button) SetActive(active bool) {
	if b.active == active {
		return
	}
	b.active = active
	b.Refresh()
}

// Active reports what SetActive has set.
func (b *button) Active() bool { return b.active }

// SetFace replaces icon and label.
func (b *button) SetFace(icon fyne.Resource, label string) {
	b.icon, b.label = icon, label
	b.Refresh()
}

// SetHint says more about what the button does than the label that it draws. It is shown while the pointer rests on it.
func (b *button) SetHint(hint string) { b.hint = hint }

// Label returns the text that names the button.
func (b *button) Label() string { return b.label }

// setQuiet hides the button from the eye but not from the focus: reached by Tab it shows itself.
func (b *button) setQuiet(quiet bool) {
	if b.quiet == quiet {
		return
	}
	b.quiet = quiet
	b.Refresh()
}

// Tapped implements [fyne.Tappable].
func (b *button) Tapped(*fyne.PointEvent) {
	b.tip.hide()
	if b.OnTapped != nil && !b.Disabled() {
		b.OnTapped()
	}
}

// TypedKey implements [fyne.Focusable].
func (b *button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		b.Tapped(nil)
	default:
		if b.onKey != nil {
			b.onKey(e)
		} else {
			passKey(b.self, e)
		}
	}
}

// passKey gives a key that the focused object has no use for to the window, which otherwise gets keys only while nothing has
// the focus.
func passKey(focused fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(focused); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

// TypedRune implements [fyne.Focusable].
func (b *button) TypedRune(rune) {}

// FocusGained implements [fyne.Focusable].
func (b *button) FocusGained() { b.setFocused(true) }

// FocusLost implements [fyne.Focusable].
func (b *button) FocusLost() {
	b.setFocused(false)
	b.hideTip()
	if b.onLeave != nil {
		b.onLeave()
	}
}

func (b *button) setFocused(focused bool) {
	b.focused = focused
	b.Refresh()
	if b.onFocus != nil {
		b.onFocus(focused)
	}
}

// MouseIn implements [desktop.Hoverable].
func (b *button) MouseIn(*desktop.MouseEvent) {
	b.hovered = true
	b.Refresh()
	if b.onHover != nil {
		b.onHover(true)
	}
	if b.shape.showsLabel() {
		b.tip.show(b.self, b.hint)
	} else {
		b.tip.show(b.self, b.label)
	}
}

// MouseMoved implements [desktop.Hoverable].
func (b *button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (b *button) MouseOut() {
	b.hovered = false
	b.Refresh()
	b.hideTip()
	if b.onHover != nil {
		b.onHover(false)
	}
	if b.onLeave != nil {
		b.onLeave()
	}
}

func (b *button) hideTip() { b.tip.hide() }

// Cursor implements [desktop.Cursorable].
func (b *button) Cursor() desktop.Cursor {
	if b.Disabled() {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// AccessibilityLabel implements [fyne.Accessible].
func (b *button) AccessibilityLabel() string { return b.label }

// AccessibilityRole implements [fyne.Accessible].
func (b *button) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleButton }

// CreateRenderer implements [fyne.Widget].
func (b *button) CreateRenderer() fyne.WidgetRenderer {
	r := &buttonRenderer{
		b:      b,
		ground: canvas.NewRectangle(color.Transparent),
		ring:   canvas.NewRectangle(color.Transparent),
		icon:   canvas.NewImageFromResource(nil),
		text:   canvas.NewText("", color.Transparent),
	}
	r.icon.FillMode = canvas.ImageFillContain
	r.Refresh()
	return r
}

type buttonRenderer struct {
	b            *button
	ground, ring *canvas.Rectangle
	icon         *canvas.Image
	text         *canvas.Text
}

func (r *buttonRenderer) Destroy() {}

func (r *buttonRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.icon, r.text, r.ring}
}

func (r *buttonRenderer) MinSize() fyne.Size {
	th := r.b.Theme()
	return r.b.shape.minSize(r.iconSize(), th.Size(theme.SizeNamePadding), r.textSize())
}

func (r *buttonRenderer) iconSize() float32 {
	if r.b.icon == nil {
		return 0
	}
	return r.b.Theme().Size(theme.SizeNameInlineIcon)
}

func (r *buttonRenderer) textSize() fyne.Size {
	if !r.b.shape.showsLabel() {
		return fyne.Size{}
	}
	return fyne.MeasureText(r.b.label, r.text.TextSize, r.text.TextStyle)
}

func (r *buttonRenderer) Layout(size fyne.Size) {
	icon, text := r.iconSize(), r.textSize()
	iconAt, textAt := r.b.shape.place(size, icon, r.b.Theme().Size(theme.SizeNamePadding), text)
	r.ground.Resize(size)
	r.ring.Move(fyne.NewSquareOffsetPos(ringWidth / 2))
	r.ring.Resize(size.SubtractWidthHeight(ringWidth, ringWidth))
	r.icon.Move(iconAt)
	r.icon.Resize(fyne.NewSquareSize(icon))
	r.text.Move(textAt)
	r.text.Resize(text)
}

func (r *buttonRenderer) Refresh() {
	b, th := r.b, r.b.Theme()
	v := fyne.CurrentApp().Settings().ThemeVariant()
	visible := !b.quiet || b.focused || b.hovered

	r.ground.FillColor = color.Transparent
	if name := b.shape.ground(b); name != "" && visible {
		r.ground.FillColor = th.Color(name, v)
	}
	r.ground.CornerRadius = th.Size(SizeNameRadius)
	if b.shape.round() {
		r.ground.CornerRadius = r.MinSize().Height / 2
		r.ground.StrokeWidth = 1
		r.ground.StrokeColor = th.Color(theme.ColorNameInputBorder, v)
	}
	r.ring.CornerRadius = r.ground.CornerRadius
	r.ring.StrokeWidth = ringWidth
	r.ring.StrokeColor = color.Transparent
	if b.focused {
		r.ring.StrokeColor = th.Color(ColorNameRing, v)
	}

	front := theme.ColorNameForeground
	switch {
	case b.Disabled():
		front = theme.ColorNameDisabled
	case b.large():
		front = theme.ColorNameForegroundOnPrimary
	case b.active:
		front = theme.ColorNamePrimary
	case b.soft && !b.hovered && !b.focused:
		front = ColorNameMuted
	}
	r.icon.Hidden = b.icon == nil || !visible
	if b.icon != nil {
		r.icon.Resource = Tint(b.icon, front)
	}
	r.text.Hidden = !b.shape.showsLabel() || !visible
	r.text.Text = b.label
	r.text.Color = th.Color(front, v)
	r.text.TextSize, r.text.TextStyle.Bold = th.Size(theme.SizeNameCaptionText), b.large()
	if b.large() {
		r.text.TextSize = th.Size(theme.SizeNameText)
	}
	r.text.Alignment = fyne.TextAlignCenter

	r.Layout(b.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// ringWidth is the stroke of the focus ring.
const ringWidth = 2

func enable(b *button, enabled bool) {
	if enabled {
		b.Enable()
	} else {
		b.Disable()
	}
}
