package ui

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

var (
	_ fyne.Tappable      = (*passage)(nil)
	_ fyne.Focusable     = (*passage)(nil)
	_ desktop.Hoverable  = (*passage)(nil)
	_ desktop.Cursorable = (*passage)(nil)
)

// passage is a paragraph of a story, or its title, or a heading, in large type. A click on it, or Enter, does something with
// it.
type passage struct {
	widget.BaseWidget
	onTapped func() // nil: nothing is done with it
	onFocus  func()
	onMove   func(by int) // up or down; may be nil

	rich    *widget.RichText
	segment *widget.TextSegment
	ring    *ring
	ground  *widgets.Ground
	root    fyne.CanvasObject
}

func newPassage() *passage {
	p := &passage{segment: &widget.TextSegment{}, ring: newRing(), ground: widgets.NewRoundGround(widgets.ColorNameSurface)}
	p.rich = widget.NewRichText(p.segment)
	p.rich.Scroll = fyne.ScrollNone
	p.rich.Wrapping = fyne.TextWrapWord
	p.ground.Hide()
	p.root = container.NewStack(p.ground, p.rich, p.ring)
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements [fyne.Widget].
func (p *passage) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.root) }

// set shows a text, in a size and colour of the theme, and reports whether it was another one.
func (p *passage) set(text string, size fyne.ThemeSizeName, color fyne.ThemeColorName, bold bool) bool {
	style := widget.RichTextStyle{SizeName: size, ColorName: color, TextStyle: fyne.TextStyle{Bold: bold}}
	if p.segment.Text == text && p.segment.Style == style {
		return false
	}
	p.segment.Text, p.segment.Style = text, style
	p.rich.Wrapping = wrappingOf(text)
	p.rich.Refresh()
	return true
}

// wrappingOf breaks text between words, and text that has none, such as Chinese, anywhere.
func wrappingOf(text string) fyne.TextWrap {
	if n := utf8.RuneCountInString(text); n > 20 && strings.Count(text, " ")*20 < n {
		return fyne.TextWrapBreak
	}
	return fyne.TextWrapWord
}

// Label is the text that is shown.
func (p *passage) Label() string { return p.segment.Text }

// Tapped implements [fyne.Tappable].
func (p *passage) Tapped(*fyne.PointEvent) {
	if p.onTapped != nil {
		p.onTapped()
	}
}

// FocusGained implements [fyne.Focusable].
func (p *passage) FocusGained() {
	p.ring.set(true)
	if p.onFocus != nil {
		p.onFocus()
	}
}

// FocusLost implements [fyne.Focusable].
func (p *passage) FocusLost() { p.ring.set(false) }

// TypedRune implements [fyne.Focusable].
func (p *passage) TypedRune(rune) {}

// TypedKey implements [fyne.Focusable].
func (p *passage) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter:
		p.Tapped(nil)
	case fyne.KeyUp, fyne.KeyDown:
		if p.onMove != nil {
			p.onMove(map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1}[e.Name])
		}
	default:
		if c := fyne.CurrentApp().Driver().CanvasForObject(p); c != nil && c.OnTypedKey() != nil {
			c.OnTypedKey()(e)
		}
	}
}

// MouseIn implements [desktop.Hoverable].
func (p *passage) MouseIn(*desktop.MouseEvent) {
	if p.onTapped != nil {
		p.ground.Show()
	}
}

// MouseMoved implements [desktop.Hoverable].
func (p *passage) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (p *passage) MouseOut() { p.ground.Hide() }

// Cursor implements [desktop.Cursorable].
func (p *passage) Cursor() desktop.Cursor {
	if p.onTapped == nil {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// storyWidth is how wide the lines of a story get, so that they can be read: some 65 characters.
const storyWidth = 700

// storyColumn puts passages under each other, in the middle, as high as their text needs in that width.
type storyColumn struct{}

// MinSize implements fyne.Layout.
func (storyColumn) MinSize(o []fyne.CanvasObject) fyne.Size {
	height := float32(24)
	for _, x := range o {
		if x.Visible() {
			height += x.MinSize().Height
		}
	}
	return fyne.NewSize(240, height)
}

// Layout implements fyne.Layout.
func (storyColumn) Layout(o []fyne.CanvasObject, size fyne.Size) {
	width := min(withText(storyWidth), size.Width-6*theme.Padding())
	x, y := (size.Width-width)/2, float32(8)
	for _, child := range o {
		if !child.Visible() {
			continue
		}
		if child.Size().Width != width {
			child.Resize(fyne.NewSize(width, child.Size().Height)) // texts wrap to the width, then know their height
		}
		height := child.MinSize().Height
		child.Resize(fyne.NewSize(width, height))
		child.Move(fyne.NewPos(x, y))
		y += height
	}
}
