package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// Curves lie within the chart, whatever their values, and a long one is drawn by some points of it.
func TestChart(t *testing.T) {
	test.NewTempApp(t)
	c := NewChart(func(y float64) string { return fmt.Sprintf("%.2f", y) })
	w := test.NewTempWindow(t, c)
	w.Resize(fyne.NewSize(400, 200))
	curve := func(n int, f func(i int) float64) (list []ChartPoint) {
		for i := range n {
			list = append(list, ChartPoint{float64(i + 1), f(i)})
		}
		return list
	}
	for name, s := range map[string]struct {
		line, dotted []ChartPoint
		lines, dots  int
	}{
		"nothing":    {},
		"one point":  {curve(1, func(int) float64 { return 3 }), curve(1, func(int) float64 { return 3 }), 0, 1},
		"both":       {curve(10, func(i int) float64 { return 3 / float64(i+1) }), curve(3, func(i int) float64 { return 4 }), 9 + 2, 3},
		"flat":       {curve(5, func(int) float64 { return 0 }), nil, 4, 0},
		"very long":  {curve(10_000, func(i int) float64 { return float64(i % 7) }), nil, 158, 0},
		"up, though": {curve(4, func(i int) float64 { return float64(i * i) }), nil, 3, 0},
	} {
		last := float64(max(1, len(s.line)))
		c.Set(s.line, s.dotted, last)
		lines, dots := 0, 0
		for _, o := range test.WidgetRenderer(c).Objects() {
			switch o := o.(type) {
			case *canvas.Line:
				if o.Hidden || o.StrokeWidth == 1 {
					continue
				}
				lines++
				for _, p := range []fyne.Position{o.Position1, o.Position2} {
					if p.X < 0 || p.Y < 0 || p.X > c.Size().Width || p.Y > c.Size().Height {
						t.Errorf("%s: %v is outside of %v", name, p, c.Size())
					}
				}
			case *canvas.Circle:
				if !o.Hidden {
					dots++
				}
			}
		}
		if lines != s.lines || dots != s.dots {
			t.Errorf("%s: %d lines and %d dots, want %d and %d", name, lines, dots, s.lines, s.dots)
		}
	}
}
