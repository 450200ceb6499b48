package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

// slider picks one of some stops. Fyne's own draws its track in the colour of the card it lies on, and keeps Escape.
type slider struct {
	widget.Slider
	focused bool
	onFocus func() // may be nil
}

// newSlider returns a slider over n stops, numbered from 0.
func newSlider(n int) *slider {
	s := &slider{}
	s.Max, s.Step = float64(n-1), 1
	s.ExtendBaseWidget(s)
	return s
}

// put moves the slider without telling anybody.
func (s *slider) put(stop int) {
	s.Value = float64(stop)
	s.Refresh()
}

// FocusGained implements [fyne.Focusable].
func (s *slider) FocusGained() {
	s.focused = true
	s.Slider.FocusGained()
	if s.onFocus != nil {
		s.onFocus()
	}
}

// FocusLost implements [fyne.Focusable].
func (s *slider) FocusLost() {
	s.focused = false
	s.Slider.FocusLost()
}

// TypedKey implements [fyne.Focusable]. Beside the arrows, Home and End lead to the ends; other keys are the window's.
func (s *slider) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyRight:
		s.Slider.TypedKey(e)
	case fyne.KeyDown:
		s.SetValue(s.Value - s.Step)
	case fyne.KeyUp:
		s.SetValue(s.Value + s.Step)
	case fyne.KeyHome:
		s.SetValue(s.Min)
	case fyne.KeyEnd:
		s.SetValue(s.Max)
	default:
		if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil && c.OnTypedKey() != nil {
			c.OnTypedKey()(e)
		}
	}
}

// CreateRenderer implements [fyne.Widget].
func (s *slider) CreateRenderer() fyne.WidgetRenderer {
	r := &sliderRenderer{s.Slider.CreateRenderer(), s}
	r.color()
	return r
}

type sliderRenderer struct {
	fyne.WidgetRenderer
	s *slider
}

// Refresh implements [fyne.WidgetRenderer].
func (r *sliderRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	r.color()
}

// color draws the track as that of a meter, what is chosen of it in the accent, and a ring around the thumb while it has
// the keyboard.
func (r *sliderRenderer) color() {
	th, v := r.s.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	var rects []*canvas.Rectangle // the track, then what is chosen of it
	var discs []*canvas.Circle    // the thumb, then what is around it
	for _, o := range r.Objects() {
		switch o := o.(type) {
		case *canvas.Rectangle:
			o.CornerRadius = 2
			rects = append(rects, o)
		case *canvas.Circle:
			discs = append(discs, o)
		}
	}
	rects[0].FillColor, rects[1].FillColor = th.Color(theme.ColorNameInputBorder, v), th.Color(theme.ColorNamePrimary, v)
	discs[0].FillColor = th.Color(theme.ColorNamePrimary, v)
	discs[1].FillColor, discs[1].StrokeColor, discs[1].StrokeWidth = color.Transparent, color.Transparent, ringWidth
	if r.s.focused {
		discs[1].StrokeColor = th.Color(widgets.ColorNameRing, v)
	}
	for _, o := range r.Objects() {
		o.Refresh()
	}
}
