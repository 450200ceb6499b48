package widgets

import (
	"image/color"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
)

var (
	_ fyne.Widget            = (*TickCard)(nil)
	_ fyne.SecondaryTappable = (*TickCard)(nil)
)

// TickCard is something that can be ticked: a symbol over a label of at most two lines. What is ticked has an edge and a
// tick. Space and Enter tick it; arrow keys and Delete are told to whoever laid the cards out.
type TickCard struct {
	button

	OnMove   func(fyne.KeyName) // an arrow key
	OnRemove func()             // Delete, or a choice of the other button's; nil: it stays
}

// NewTickCard returns a card that is not ticked. It calls tapped, which decides about that.
func NewTickCard(symbol fyne.Resource, label string, tapped func()) *TickCard {
	c := &TickCard{button: button{icon: symbol, label: label, shape: chipShape{}, OnTapped: tapped}}
	c.onKey = c.typed
	c.extend(c)
	return c
}

// SetTicked shows the card as ticked or not.
func (c *TickCard) SetTicked(ticked bool) { c.SetActive(ticked) }

// Ticked reports what SetTicked has set.
func (c *TickCard) Ticked() bool { return c.Active() }

// TappedSecondary implements [fyne.SecondaryTappable].
func (c *TickCard) TappedSecondary(*fyne.PointEvent) { c.remove() }

func (c *TickCard) remove() {
	if c.OnRemove != nil {
		c.tip.hide()
		c.OnRemove()
	}
}

func (c *TickCard) typed(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyLeft, fyne.KeyRight, fyne.KeyUp, fyne.KeyDown:
		if c.OnMove != nil {
			c.OnMove(e.Name)
		}
	case fyne.KeyDelete:
		c.remove()
	default:
		passKey(c.self, e)
	}
}

// Measures for the usual size of text, in pixels.
const (
	tickWidth  = 97
	tickSymbol = 34
	tickMark   = 16
)

// CreateRenderer implements [fyne.Widget].
func (c *TickCard) CreateRenderer() fyne.WidgetRenderer {
	r := &tickRenderer{c: c, ground: canvas.NewRectangle(color.Transparent), ring: canvas.NewRectangle(color.Transparent),
		symbol: canvas.NewImageFromResource(nil), mark: canvas.NewImageFromResource(nil)}
	for i := range r.lines {
		r.lines[i] = canvas.NewText("", color.Transparent)
		r.lines[i].Alignment = fyne.TextAlignCenter
	}
	r.symbol.FillMode, r.mark.FillMode = canvas.ImageFillContain, canvas.ImageFillContain
	r.Refresh()
	return r
}

type tickRenderer struct {
	c            *TickCard
	ground, ring *canvas.Rectangle
	symbol, mark *canvas.Image
	lines        [2]*canvas.Text
}

func (r *tickRenderer) Destroy() {}

func (r *tickRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.symbol, r.lines[0], r.lines[1], r.mark, r.ring}
}

// scale is how much larger text is than usual.
func (r *tickRenderer) scale() float32 { return r.c.Theme().Size(theme.SizeNameCaptionText) / 12 }

func (r *tickRenderer) lineHeight() float32 {
	return fyne.MeasureText("M", r.lines[0].TextSize, fyne.TextStyle{}).Height
}

func (r *tickRenderer) MinSize() fyne.Size {
	pad := r.c.Theme().Size(theme.SizeNamePadding)
	return fyne.NewSize(tickWidth*r.scale(), tickSymbol*r.scale()+2*r.lineHeight()+3*pad)
}

func (r *tickRenderer) Layout(size fyne.Size) {
	pad, symbol, mark := r.c.Theme().Size(theme.SizeNamePadding), tickSymbol*r.scale(), tickMark*r.scale()
	text, height := size.Width-2*pad, r.lineHeight()
	first, second := twoLines(r.c.label, text, func(s string) float32 { return fyne.MeasureText(s, r.lines[0].TextSize, fyne.TextStyle{}).Width })
	r.ground.Resize(size)
	r.ring.Move(fyne.NewSquareOffsetPos(-ringWidth))
	r.ring.Resize(size.AddWidthHeight(2*ringWidth, 2*ringWidth))
	down := float32(0) // one line stands in the middle of two
	if second == "" {
		down = height / 2
	}
	r.symbol.Move(fyne.NewPos((size.Width-symbol)/2, 1.5*pad+down))
	r.symbol.Resize(fyne.NewSquareSize(symbol))
	r.mark.Move(fyne.NewPos(size.Width-mark-pad, pad))
	r.mark.Resize(fyne.NewSquareSize(mark))
	for i, line := range []string{first, second} {
		r.lines[i].Text = line
		r.lines[i].Move(fyne.NewPos(pad, 2*pad+symbol+down+float32(i)*height))
		r.lines[i].Resize(fyne.NewSize(text, height))
	}
}

func (r *tickRenderer) Refresh() {
	c, th := r.c, r.c.Theme()
	v := fyne.CurrentApp().Settings().ThemeVariant()
	front, ground, edge := theme.ColorNameForeground, ColorNameSurface, theme.ColorNameSeparator
	if c.Ticked() {
		front, ground, edge = theme.ColorNamePrimary, ColorNameBubble, theme.ColorNamePrimary
	}
	r.ground.FillColor, r.ground.StrokeColor, r.ground.StrokeWidth = th.Color(ground, v), th.Color(edge, v), 1
	if c.hovered {
		r.ground.StrokeColor = th.Color(ColorNameMuted, v)
	}
	r.ground.CornerRadius = th.Size(SizeNameRadius)
	r.ring.CornerRadius = r.ground.CornerRadius + ringWidth
	r.ring.StrokeWidth, r.ring.StrokeColor = ringWidth, color.Transparent
	if c.focused {
		r.ring.StrokeColor = th.Color(ColorNameRing, v)
	}
	r.symbol.Resource, r.mark.Resource = Tint(c.icon, front), Tint(iconCheck, theme.ColorNamePrimary)
	r.mark.Hidden = !c.Ticked()
	for _, l := range r.lines {
		l.Color, l.TextSize = th.Color(theme.ColorNameForeground, v), th.Size(theme.SizeNameCaptionText)
	}
	r.Layout(c.Size())
	for _, o := range r.Objects() {
		o.Refresh()
	}
}

// twoLines breaks a label where it fits into a width, between words if that is possible, and cuts what is too much.
func twoLines(label string, width float32, measure func(string) float32) (first, second string) {
	if measure(label) <= width {
		return label, ""
	}
	cut, fallback := 0, 0
	for i, r := range label {
		if i > 0 && measure(strings.TrimSpace(label[:i])) > width {
			break
		}
		fallback = i
		if unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' || r >= 0x3000 { // between any two characters of Chinese and Japanese
			cut = i
		}
	}
	if cut == 0 {
		cut = fallback
	}
	first, second = strings.TrimSpace(label[:cut]), strings.TrimSpace(label[cut:])
	if measure(second) <= width {
		return first, second
	}
	r := []rune(second)
	for len(r) > 1 && measure(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return first, strings.TrimSpace(string(r)) + "…"
}
