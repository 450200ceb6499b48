package widgets

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/markdown"
)

var _ fyne.Widget = (*Confidence)(nil)

// Word is a piece of a text as a model has written it, and how likely it was.
type Word struct {
	Text   string
	P      float32
	Others []OtherWord // what it could have been instead, the likeliest first
}

// OtherWord is what a model could have written in the place of a word.
type OtherWord struct {
	Text string
	P    float32
}

// Confidence shows a text as it was written, not as Markdown. The less likely a word was, the stronger is its ground; a word
// that is opened, by the pointer or the keyboard, shows what it could have been instead.
type Confidence struct {
	widget.BaseWidget

	// Percent writes a probability.
	Percent func(p float32) string
	// OnChoose is called when another word is to stand in the place of one. When nil, others can only be looked at.
	OnChoose func(word, other int)
	// OnWord is called when the pointer or the keyboard comes to another word; -1: to none.
	OnWord func(word int)
	// OnEscape is called by the key, when no word is open.
	OnEscape func()

	words  []Word
	text   *shadedText
	scroll *container.Scroll
}

// NewConfidence returns a view of words.
func NewConfidence(words []Word) *Confidence {
	c := &Confidence{words: words}
	c.text = newShadedText(c)
	c.scroll = container.NewVScroll(c.text)
	c.scroll.OnScrolled = func(fyne.Position) { c.text.show() }
	c.ExtendBaseWidget(c)
	return c
}

// Focusable returns what gets the keyboard.
func (c *Confidence) Focusable() fyne.Focusable { return c.text }

// shades are the grounds of words, from the likeliest on. The first has none.
var shades = []struct {
	least float32 // probability
	color fyne.ThemeColorName
}{{0.8, ""}, {0.5, ColorNameShade1}, {0.2, ColorNameShade2}, {0.05, ColorNameShade3}, {0, ColorNameShade4}}

// shadeOf returns the ground of a word, "" for none.
func shadeOf(p float32) fyne.ThemeColorName {
	for _, s := range shades {
		if p >= s.least {
			return s.color
		}
	}
	return ColorNameShade4 // not a number
}

// NewShadeLegend explains the grounds of words.
func NewShadeLegend(percent func(p float32) string) fyne.CanvasObject {
	row := container.New(layout.NewRowWrapLayoutWithCustomPadding(4, 4))
	for i, s := range shades {
		text := lang.L("{{.Share}} and more", map[string]any{"Share": percent(s.least)})
		if i > 0 {
			text = lang.L("under {{.Share}}", map[string]any{"Share": percent(shades[i-1].least)})
		}
		label := widget.NewLabel(text)
		label.SizeName = theme.SizeNameCaptionText
		ground := NewRoundGround(s.color)
		ground.Hidden = s.color == ""
		row.Add(container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), label)))
	}
	return row
}

// CreateRenderer implements [fyne.Widget].
func (c *Confidence) CreateRenderer() fyne.WidgetRenderer { return confidenceRenderer{c} }

type confidenceRenderer struct{ c *Confidence }

func (r confidenceRenderer) Destroy()                     {}
func (r confidenceRenderer) MinSize() fyne.Size           { return fyne.NewSize(leastColumn, 80) }
func (r confidenceRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.c.scroll} }

func (r confidenceRenderer) Layout(size fyne.Size) {
	r.c.text.fit(size.Width)
	r.c.scroll.Resize(size)
	r.c.scroll.Refresh()
	r.c.text.show()
}

func (r confidenceRenderer) Refresh() {
	r.c.text.fit(r.c.Size().Width)
	r.c.scroll.Refresh()
	r.c.text.show()
}

// shadedText is the text of a Confidence, of which only what is visible is drawn.
type shadedText struct {
	widget.BaseWidget

	c     *Confidence
	typo  *typography
	sheet *sheet
	laid  textBlock // a run is of the word that its span says
	width float32   // that laid is for

	hovered int // word, -1 for none
	at      int // run that the keyboard is on
	focused bool
	pop     *widget.PopUp // shows the alternatives; nil while none does
}

func newShadedText(c *Confidence) *shadedText {
	s := &shadedText{c: c, sheet: &sheet{}, hovered: -1}
	s.sheet.ExtendBaseWidget(s.sheet)
	s.ExtendBaseWidget(s)
	return s
}

// shadePad is how far the ground of a word reaches beyond it.
const shadePad = 1

// fit breaks the lines anew if the width or the theme has changed.
func (s *shadedText) fit(width float32) {
	m := themeMeasures(s.Theme())
	if width <= 0 || s.typo != nil && s.width == width && s.typo.measures == m {
		return
	}
	if s.typo == nil || s.typo.measures != m {
		s.typo = newTypography(m)
	}
	spans := make([]markdown.Span, len(s.c.words))
	for i, w := range s.c.words {
		spans[i].Text = visibleWord(w.Text)
	}
	s.width = width
	s.laid = s.typo.breakLines(spans, s.typo.body(), min(s.typo.prose, width-barSize-2*shadePad), markdown.Left)
	for i := range s.laid.runs {
		s.laid.runs[i].x += shadePad
	}
	s.at = max(0, min(s.at, len(s.laid.runs)-1))
}

// visibleWord is what is drawn of a word. White space that is a word by itself gets a sign, so that it can be pointed at.
func visibleWord(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\t", "    ")
	if text != "" && strings.Trim(text, " \n") == "" {
		spaces := strings.Count(text, " ")
		if lines := len(text) - spaces; lines > 0 {
			return "¶" + strings.Repeat("\n", lines)
		}
		return strings.Repeat("·", spaces)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}

// show draws what is visible.
func (s *shadedText) show() {
	if s.typo == nil {
		return
	}
	top := s.c.scroll.Offset.Y
	bottom := top + s.c.scroll.Size().Height
	line := s.typo.body().line
	runs := s.laid.runs
	first := sort.Search(len(runs), func(i int) bool { return runs[i].y+line > top })
	var d drawing
	for i := first; i < len(runs) && runs[i].y < bottom; i++ {
		r := runs[i]
		ground := fill{x: r.x - shadePad, y: r.y, width: r.width + 2*shadePad, height: r.font.height, radius: 3}
		if ground.color = shadeOf(s.c.words[r.span].P); ground.color != "" {
			d.fills = append(d.fills, ground)
		}
		switch edge := ground; {
		case s.focused && r.span == runs[s.at].span:
			edge.x, edge.width = edge.x-shadePad, edge.width+2*shadePad
			edge.color, edge.outline, edge.stroke = theme.ColorNameForeground, true, ringWidth // seen on every ground
			d.fills = append(d.fills, edge)
		case r.span == s.hovered:
			edge.color, edge.outline = ColorNameMuted, true
			d.fills = append(d.fills, edge)
		}
		r.color = theme.ColorNameForeground
		d.runs = append(d.runs, r)
	}
	s.sheet.Resize(fyne.NewSize(s.width, s.laid.height))
	s.sheet.draw(d)
	canvas.Refresh(s)
}

// CreateRenderer implements [fyne.Widget].
func (s *shadedText) CreateRenderer() fyne.WidgetRenderer { return shadedRenderer{s} }

type shadedRenderer struct{ s *shadedText }

func (r shadedRenderer) Destroy()                     {}
func (r shadedRenderer) Layout(fyne.Size)             {}
func (r shadedRenderer) MinSize() fyne.Size           { return fyne.NewSize(0, r.s.laid.height) }
func (r shadedRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.s.sheet} }
func (r shadedRenderer) Refresh()                     { r.s.show() }
