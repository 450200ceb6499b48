package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*Meter)(nil)

// Meter shows a part of a whole as a thin bar with a text before it: "1,204 of 4,096 tokens". The bar turns to the warning
// colour from nine tenths on.
type Meter struct {
	widget.BaseWidget

	used, total int
	text        string
}

// NewMeter returns an empty meter.
func NewMeter() *Meter {
	m := &Meter{}
	m.ExtendBaseWidget(m)
	return m
}

// Set shows used of total, and the text that says so in words.
func (m *Meter) Set(used, total int, text string) {
	if m.used == used && m.total == total && m.text == text {
		return
	}
	m.used, m.total, m.text = used, total, text
	m.Refresh()
}

// fraction returns the filled part of the bar, in [0, 1].
func (m *Meter) fraction() float32 {
	if m.total <= 0 {
		return 0
	}
	return min(1, max(0, float32(m.used)/float32(m.total)))
}

// CreateRenderer implements [fyne.Widget].
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	r := &meterRenderer{
		m:     m,
		text:  canvas.NewText("", color.Transparent),
		track: canvas.NewRectangle(color.Transparent),
		bar:   canvas.NewRectangle(color.Transparent),
	}
	r.Refresh()
	return r
}

const (
	meterWidth  = 120 // of the bar
	meterHeight = 4
)

type meterRenderer struct {
	m          *Meter
	text       *canvas.Text
	track, bar *canvas.Rectangle
}

func (r *meterRenderer) Destroy() {}

func (r *meterRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.text, r.track, r.bar}
}

func (r *meterRenderer) MinSize() fyne.Size {
	text := r.text.MinSize()
	return fyne.NewSize(text.Width+2*r.m.Theme().Size(theme.SizeNamePadding)+meterWidth, text.Height)
}

func (r *meterRenderer) Layout(size fyne.Size) {
	text := r.text.MinSize()
	r.text.Resize(text)
	r.text.Move(fyne.NewPos(0, (size.Height-text.Height)/2))
	at := fyne.NewPos(text.Width+2*r.m.Theme().Size(theme.SizeNamePadding), (size.Height-meterHeight)/2)
	r.track.Move(at)
	r.track.Resize(fyne.NewSize(meterWidth, meterHeight))
	r.bar.Move(at)
	r.bar.Resize(fyne.NewSize(meterWidth*r.m.fraction(), meterHeight))
}

func (r *meterRenderer) Refresh() {
	th, v := r.m.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.text.Text = r.m.text
	r.text.TextSize = th.Size(theme.SizeNameCaptionText)
	r.text.Color = th.Color(ColorNameMuted, v)
	r.track.FillColor = th.Color(ColorNameRaised, v)
	r.track.CornerRadius = meterHeight / 2
	r.bar.FillColor = th.Color(theme.ColorNamePrimary, v)
	if r.m.fraction() >= 0.9 {
		r.bar.FillColor = th.Color(theme.ColorNameWarning, v)
	}
	r.bar.CornerRadius = meterHeight / 2
	r.track.Hidden = r.m.total <= 0 // nothing is known yet
	r.bar.Hidden = r.m.fraction() == 0
	r.Layout(r.m.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}
