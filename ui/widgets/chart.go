package widgets

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*Chart)(nil)

// ChartPoint is a place of a curve.
type ChartPoint struct{ X, Y float64 }

// Chart draws two curves over the same axis from 0 to a last value: one as a line, and one as a line with dots, so that they
// can be told apart without their colours. The lowest and the highest value stand beside it.
type Chart struct {
	widget.BaseWidget

	line, dotted []ChartPoint
	last         float64
	label        func(y float64) string
}

// NewChart returns an empty chart whose values are written by label.
func NewChart(label func(y float64) string) *Chart {
	c := &Chart{label: label, last: 1}
	c.ExtendBaseWidget(c)
	return c
}

// Set replaces the curves. Points are in order of X, which goes to last.
func (c *Chart) Set(line, dotted []ChartPoint, last float64) {
	c.line, c.dotted, c.last = line, dotted, max(last, 1)
	c.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (c *Chart) CreateRenderer() fyne.WidgetRenderer {
	r := &chartRenderer{c: c, ground: canvas.NewRectangle(color.Transparent)}
	for i := range r.rules {
		r.rules[i] = canvas.NewLine(color.Transparent)
		r.labels[i] = canvas.NewText("", color.Transparent)
		r.labels[i].Alignment = fyne.TextAlignTrailing
	}
	r.Refresh()
	return r
}

// Measures of a chart.
const (
	chartHeight = 180
	chartWidth  = 240
	chartRules  = 3
	chartDot    = 6
	chartPoints = 160 // a line with more is drawn by the means of neighbours
)

type chartRenderer struct {
	c      *Chart
	ground *canvas.Rectangle
	rules  [chartRules]*canvas.Line
	labels [chartRules]*canvas.Text
	lines  []*canvas.Line // of both curves; those that are not needed are hidden
	dots   []*canvas.Circle
}

func (r *chartRenderer) Destroy() {}

func (r *chartRenderer) MinSize() fyne.Size { return fyne.NewSize(chartWidth, chartHeight) }

func (r *chartRenderer) Objects() []fyne.CanvasObject {
	list := []fyne.CanvasObject{r.ground}
	for i := range r.rules {
		list = append(list, r.rules[i], r.labels[i])
	}
	for _, l := range r.lines {
		list = append(list, l)
	}
	for _, d := range r.dots {
		list = append(list, d)
	}
	return list
}

func (r *chartRenderer) Layout(fyne.Size) { r.draw() }

func (r *chartRenderer) Refresh() {
	th, v := r.c.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.ground.FillColor, r.ground.CornerRadius = th.Color(ColorNameRaised, v), th.Size(SizeNameRadius)
	for i := range r.rules {
		r.rules[i].StrokeColor, r.rules[i].StrokeWidth = th.Color(theme.ColorNameSeparator, v), 1
		r.labels[i].Color, r.labels[i].TextSize = th.Color(ColorNameMuted, v), th.Size(theme.SizeNameCaptionText)
	}
	r.draw()
	canvas.Refresh(r.c)
}

// bounds are the lowest and the highest value of both curves, a little apart.
func (c *Chart) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, list := range [][]ChartPoint{c.line, c.dotted} {
		for _, p := range list {
			low, high = min(low, p.Y), max(high, p.Y)
		}
	}
	if low > high {
		return 0, 1
	}
	if high-low < 1e-3 {
		high = low + 1e-3
	}
	return low, high
}

// draw lays everything out in the present size.
func (r *chartRenderer) draw() {
	size, c := r.c.Size(), r.c
	pad := 2 * c.Theme().Size(theme.SizeNamePadding)
	low, high := c.bounds()
	r.ground.Resize(size)
	wide := float32(0)
	known := len(c.line)+len(c.dotted) > 0
	for i, l := range r.labels {
		l.Text = ""
		if known {
			l.Text = c.label(high - (high-low)*float64(i)/(chartRules-1))
		}
		wide = max(wide, l.MinSize().Width)
	}
	area := fyne.NewSize(max(1, size.Width-wide-3*pad), max(1, size.Height-3*pad))
	at := func(p ChartPoint) fyne.Position {
		return fyne.NewPos(wide+2*pad+float32(p.X/c.last)*area.Width, 1.5*pad+float32((high-p.Y)/(high-low))*area.Height)
	}
	for i, rule := range r.rules {
		y := 1.5*pad + area.Height*float32(i)/(chartRules-1)
		rule.Position1, rule.Position2 = fyne.NewPos(wide+2*pad, y), fyne.NewPos(wide+2*pad+area.Width, y)
		r.labels[i].Resize(fyne.NewSize(wide, r.labels[i].MinSize().Height))
		r.labels[i].Move(fyne.NewPos(pad, y-r.labels[i].MinSize().Height/2))
	}
	th, v := c.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	n := 0
	stroke := func(list []ChartPoint, name fyne.ThemeColorName) {
		for i := 1; i < len(list); i++ {
			if n == len(r.lines) {
				r.lines = append(r.lines, canvas.NewLine(color.Transparent))
			}
			l := r.lines[n]
			n++
			l.StrokeColor, l.StrokeWidth, l.Hidden = th.Color(name, v), 2, false
			l.Position1, l.Position2 = at(list[i-1]), at(list[i])
		}
	}
	stroke(thinned(c.line), theme.ColorNamePrimary)
	stroke(c.dotted, theme.ColorNameSuccess)
	for _, l := range r.lines[n:] {
		l.Hidden = true
	}
	for i, p := range c.dotted {
		if i == len(r.dots) {
			r.dots = append(r.dots, canvas.NewCircle(color.Transparent))
		}
		d := r.dots[i]
		d.FillColor, d.Hidden = th.Color(theme.ColorNameSuccess, v), false
		d.Resize(fyne.NewSquareSize(chartDot))
		d.Move(at(p).SubtractXY(chartDot/2, chartDot/2))
	}
	for _, d := range r.dots[min(len(c.dotted), len(r.dots)):] {
		d.Hidden = true
	}
}

// thinned takes the means of neighbours where there are more points than can be told apart.
func thinned(list []ChartPoint) []ChartPoint {
	size := (len(list) + chartPoints - 1) / chartPoints
	if size <= 1 {
		return list
	}
	var few []ChartPoint
	for at := 0; at < len(list); at += size {
		part := list[at:min(at+size, len(list))]
		var sum ChartPoint
		for _, p := range part {
			sum.X, sum.Y = sum.X+p.X, sum.Y+p.Y
		}
		few = append(few, ChartPoint{sum.X / float64(len(part)), sum.Y / float64(len(part))})
	}
	return few
}
