package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*Card)(nil)

// Card puts its content on a rounded surface.
type Card struct {
	widget.BaseWidget

	content fyne.CanvasObject
	active  bool
}

// NewCard returns a card around content.
func NewCard(content fyne.CanvasObject) *Card {
	c := &Card{content: content}
	c.ExtendBaseWidget(c)
	return c
}

// SetActive outlines the card as the chosen one.
func (c *Card) SetActive(active bool) {
	if c.active == active {
		return
	}
	c.active = active
	c.Refresh()
}

// SetContent replaces what stands on the card.
func (c *Card) SetContent(content fyne.CanvasObject) {
	c.content = content
	c.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (c *Card) CreateRenderer() fyne.WidgetRenderer {
	r := &cardRenderer{c: c, ground: canvas.NewRectangle(color.Transparent)}
	r.paint()
	return r
}

type cardRenderer struct {
	c      *Card
	ground *canvas.Rectangle
}

func (r *cardRenderer) Destroy() {}

func (r *cardRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.c.content}
}

// inset is the space between the edge and the content.
func (r *cardRenderer) inset() float32 { return 3 * r.c.Theme().Size(theme.SizeNamePadding) }

func (r *cardRenderer) MinSize() fyne.Size {
	return r.c.content.MinSize().AddWidthHeight(2*r.inset(), 2*r.inset())
}

func (r *cardRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.c.content.Move(fyne.NewSquareOffsetPos(r.inset()))
	r.c.content.Resize(size.SubtractWidthHeight(2*r.inset(), 2*r.inset()))
}

func (r *cardRenderer) Refresh() {
	r.paint()
	r.Layout(r.c.Size())
	r.ground.Refresh()
	r.c.content.Refresh()
}

// paint gives the ground its colours.
func (r *cardRenderer) paint() {
	th, v := r.c.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.ground.FillColor = th.Color(ColorNameSurface, v)
	r.ground.CornerRadius = th.Size(SizeNameRadius)
	r.ground.StrokeWidth = 1
	r.ground.StrokeColor = th.Color(theme.ColorNameSeparator, v)
	if r.c.active {
		r.ground.StrokeWidth = ringWidth
		r.ground.StrokeColor = th.Color(theme.ColorNamePrimary, v)
	}
}
