package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

// ringWidth is the stroke of what shows where the keyboard is.
const ringWidth = 2

// ring is drawn around something while it has the keyboard.
type ring struct {
	widget.BaseWidget
	on bool
}

func newRing() *ring {
	r := &ring{}
	r.ExtendBaseWidget(r)
	return r
}

// set turns the ring on or off.
func (r *ring) set(on bool) {
	if r.on != on {
		r.on = on
		r.Refresh()
	}
}

// CreateRenderer implements [fyne.Widget].
func (r *ring) CreateRenderer() fyne.WidgetRenderer {
	rect := canvas.NewRectangle(color.Transparent)
	renderer := &ringRenderer{widget.NewSimpleRenderer(rect), r, rect}
	renderer.Refresh()
	return renderer
}

type ringRenderer struct {
	fyne.WidgetRenderer
	r    *ring
	rect *canvas.Rectangle
}

func (r *ringRenderer) Refresh() {
	r.rect.StrokeWidth = ringWidth
	r.rect.CornerRadius = r.r.Theme().Size(theme.SizeNameSelectionRadius)
	r.rect.StrokeColor = color.Transparent
	if r.r.on {
		r.rect.StrokeColor = r.r.Theme().Color(widgets.ColorNameRing, fyne.CurrentApp().Settings().ThemeVariant())
	}
	r.rect.Refresh()
}

// choiceBox is a list of which one is chosen, drawn as a field: Fyne's own has no outline, and is filled with
// the colour of the focus ring while it has the keyboard.
type choiceBox struct {
	widget.Select
	focused bool
	onFocus func() // may be nil
}

func newChoiceBox(options []string, changed func(string)) *choiceBox {
	c := &choiceBox{}
	c.Options, c.OnChanged = options, changed
	c.ExtendBaseWidget(c)
	return c
}

// FocusGained implements [fyne.Focusable].
func (c *choiceBox) FocusGained() {
	c.focused = true
	c.Refresh()
	if c.onFocus != nil {
		c.onFocus()
	}
}

// FocusLost implements [fyne.Focusable].
func (c *choiceBox) FocusLost() {
	c.focused = false
	c.Refresh()
}

// TypedKey implements [fyne.Focusable].
func (c *choiceBox) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape: // is the window's
		if canvas := fyne.CurrentApp().Driver().CanvasForObject(c); canvas != nil && canvas.OnTypedKey() != nil {
			canvas.OnTypedKey()(e)
		}
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		e = &fyne.KeyEvent{Name: fyne.KeySpace}
	}
	c.Select.TypedKey(e)
}

// CreateRenderer implements [fyne.Widget].
func (c *choiceBox) CreateRenderer() fyne.WidgetRenderer {
	r := &choiceRenderer{c.Select.CreateRenderer(), c, canvas.NewRectangle(color.Transparent)}
	r.outline()
	return r
}

type choiceRenderer struct {
	fyne.WidgetRenderer
	c    *choiceBox
	rect *canvas.Rectangle
}

func (r *choiceRenderer) Objects() []fyne.CanvasObject {
	return append(r.WidgetRenderer.Objects(), r.rect)
}

func (r *choiceRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.rect.Resize(size)
}

func (r *choiceRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	r.outline()
	r.rect.Refresh()
}

// outline draws the edge as that of an entry.
func (r *choiceRenderer) outline() {
	th, v := r.c.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.rect.CornerRadius = th.Size(theme.SizeNameInputRadius)
	r.rect.StrokeWidth, r.rect.StrokeColor = 1, th.Color(theme.ColorNameInputBorder, v)
	if r.c.focused {
		r.rect.StrokeWidth, r.rect.StrokeColor = ringWidth, th.Color(widgets.ColorNameRing, v)
	}
}
