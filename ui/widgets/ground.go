package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*Ground)(nil)

// Ground fills its place with a colour of the theme and follows the theme when it changes.
type Ground struct {
	widget.BaseWidget
	name  fyne.ThemeColorName
	round bool
}

// NewGround returns a ground of the colour called name.
func NewGround(name fyne.ThemeColorName) *Ground {
	g := &Ground{name: name}
	g.ExtendBaseWidget(g)
	return g
}

// NewRoundGround returns a ground with the round corners of a card.
func NewRoundGround(name fyne.ThemeColorName) *Ground {
	g := NewGround(name)
	g.round = true
	return g
}

// CreateRenderer implements [fyne.Widget].
func (g *Ground) CreateRenderer() fyne.WidgetRenderer {
	rect := canvas.NewRectangle(color.Transparent)
	r := &groundRenderer{widget.NewSimpleRenderer(rect), g, rect}
	r.Refresh()
	return r
}

type groundRenderer struct {
	fyne.WidgetRenderer
	g    *Ground
	rect *canvas.Rectangle
}

func (r *groundRenderer) Refresh() {
	if r.g.round {
		r.rect.CornerRadius = r.g.Theme().Size(SizeNameRadius)
	}
	r.rect.FillColor = r.g.Theme().Color(r.g.name, fyne.CurrentApp().Settings().ThemeVariant())
	r.rect.Refresh()
}
