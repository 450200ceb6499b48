package widgets

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*TooltipLayer)(nil)

// tooltipDelay is how long the pointer rests on a control before its tooltip appears.
const tooltipDelay = 500 * time.Millisecond

// TooltipLayer shows the tooltips of all controls within it. It is made to be the content of a window; where it is not,
// there are no tooltips.
type TooltipLayer struct {
	widget.BaseWidget

	content fyne.CanvasObject
	text    string
	over    fyne.CanvasObject // the control that the text is about
}

// NewTooltipLayer puts the layer above content.
func NewTooltipLayer(content fyne.CanvasObject) *TooltipLayer {
	l := &TooltipLayer{content: content}
	l.ExtendBaseWidget(l)
	return l
}

func (l *TooltipLayer) set(over fyne.CanvasObject, text string) {
	l.over, l.text = over, text
	l.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (l *TooltipLayer) CreateRenderer() fyne.WidgetRenderer {
	r := &tooltipRenderer{l: l, ground: canvas.NewRectangle(color.Transparent), text: canvas.NewText("", color.Transparent)}
	r.Refresh()
	return r
}

type tooltipRenderer struct {
	l      *TooltipLayer
	ground *canvas.Rectangle
	text   *canvas.Text
}

func (r *tooltipRenderer) Destroy() {}

func (r *tooltipRenderer) MinSize() fyne.Size { return r.l.content.MinSize() }

func (r *tooltipRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.l.content, r.ground, r.text}
}

func (r *tooltipRenderer) Layout(size fyne.Size) {
	r.l.content.Resize(size)
	r.place(size)
}

// place puts the tooltip under the control, or above it where there is no room below, and within the window.
func (r *tooltipRenderer) place(size fyne.Size) {
	if r.l.text == "" {
		return
	}
	pad := r.l.Theme().Size(theme.SizeNamePadding)
	text := r.text.MinSize()
	ground := text.AddWidthHeight(4*pad, 2*pad)

	driver := fyne.CurrentApp().Driver()
	at := driver.AbsolutePositionForObject(r.l.over).Subtract(driver.AbsolutePositionForObject(r.l))
	over := r.l.over.Size()
	x := at.X + (over.Width-ground.Width)/2
	x = max(pad, min(x, size.Width-ground.Width-pad))
	y := at.Y + over.Height + pad
	if y+ground.Height > size.Height {
		y = at.Y - ground.Height - pad
	}
	r.ground.Move(fyne.NewPos(x, y))
	r.ground.Resize(ground)
	r.text.Move(fyne.NewPos(x+2*pad, y+pad))
	r.text.Resize(text)
}

func (r *tooltipRenderer) Refresh() {
	th, v := r.l.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.ground.Hidden = r.l.text == ""
	r.ground.FillColor = th.Color(theme.ColorNameForeground, v)
	r.ground.CornerRadius = th.Size(SizeNameRadius) / 2
	r.text.Hidden = r.ground.Hidden
	r.text.Text = r.l.text
	r.text.Color = th.Color(theme.ColorNameBackground, v)
	r.text.TextSize = th.Size(theme.SizeNameCaptionText)
	r.place(r.l.Size())
	r.ground.Refresh()
	r.text.Refresh()
	canvas.Refresh(r.l) // what has never been visible does not cause a new picture
}

// tooltipSpot is one control's end of the tooltips.
type tooltipSpot struct {
	wait  *fyne.Animation
	layer *TooltipLayer // while the tooltip is shown
}

// show lets the text appear at the control after tooltipDelay.
func (s *tooltipSpot) show(over fyne.CanvasObject, text string) {
	s.hide()
	if text == "" {
		return
	}
	// An animation is a timer that fires on the goroutine of the user interface.
	s.wait = fyne.NewAnimation(tooltipDelay, func(done float32) {
		if done < 1 {
			return
		}
		s.showNow(over, text)
	})
	s.wait.Curve = fyne.AnimationLinear
	s.wait.Start()
}

// showNow lets the text appear at once.
func (s *tooltipSpot) showNow(over fyne.CanvasObject, text string) {
	s.hide()
	c := fyne.CurrentApp().Driver().CanvasForObject(over)
	if c == nil {
		return
	}
	if layer, ok := c.Content().(*TooltipLayer); ok {
		s.layer = layer
		layer.set(over, text)
	}
}

func (s *tooltipSpot) hide() {
	if s.wait != nil {
		s.wait.Stop()
		s.wait = nil
	}
	if s.layer != nil {
		s.layer.set(nil, "")
		s.layer = nil
	}
}
