package widgets

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"github.com/go-text/typesetting/segmenter"

	"lamplight/ui/markdown"
)

// Lengths of lines, in characters. Lines of prose are easy to read up to 80 characters; code is written for 80 columns.
const (
	proseLine = 78
	codeLine  = 80
)

// codeScale is the size of monospaced text beside text in the reading size, so that both look equally large.
const codeScale = 13. / 15

// leading is the height of a line in heights of its font.
const leading = 1.13

// fontKey says what a text looks like but for its colour.
type fontKey struct {
	size  float32
	style fyne.TextStyle
}

// font is a font in one size.
type font struct {
	fontKey
	height float32 // of the text's box
	ascent float32 // from the top of the box to the baseline, in whole pixels as it is painted
	line   float32 // from one line to the next
	space  float32 // width of a space
}

// width measures text on one line.
func (f *font) width(text string) float32 {
	size, _ := fyne.CurrentApp().Driver().RenderedTextSize(text, f.size, f.style, nil)
	return size.Width
}

// measures are what the theme says about sizes. Text has to be laid out again when they change.
type measures struct {
	reading, text, caption, subheading, heading, padding, radius, bubbleRadius, icon float32

	fonts [4]string // names of the regular, bold, italic and monospaced font
}

func themeMeasures(th fyne.Theme) measures {
	m := measures{
		reading:      th.Size(SizeNameReading),
		text:         th.Size(theme.SizeNameText),
		caption:      th.Size(theme.SizeNameCaptionText),
		subheading:   th.Size(theme.SizeNameSubHeadingText),
		heading:      th.Size(theme.SizeNameHeadingText),
		padding:      th.Size(theme.SizeNamePadding),
		radius:       th.Size(SizeNameRadius),
		bubbleRadius: th.Size(SizeNameBubbleRadius),
		icon:         th.Size(theme.SizeNameInlineIcon),
	}
	for i, style := range []fyne.TextStyle{{}, {Bold: true}, {Italic: true}, {Monospace: true}} {
		m.fonts[i] = th.Font(style).Name()
	}
	return m
}

// typography knows the sizes and fonts of a conversation, and breaks its lines.
type typography struct {
	measures
	fonts map[fontKey]*font

	prose  float32 // width of lines of prose, at most
	column float32 // width of the column that everything stands in, at most

	lines, graphemes segmenter.Segmenter // reused, because every Append breaks lines
}

func newTypography(m measures) *typography {
	t := &typography{measures: m, fonts: map[fontKey]*font{}}
	const sample = "A line of words as long as people like to read, and not much longer than that."
	t.prose = float32(math.Ceil(float64(proseLine * t.body().width(sample) / float32(len(sample)))))
	t.column = float32(math.Ceil(float64(codeLine*t.code().space + 2*t.inset() + 1)))
	return t
}

// font returns a font, the same one for the same key.
func (t *typography) font(k fontKey) *font {
	if f := t.fonts[k]; f != nil {
		return f
	}
	size, baseline := fyne.CurrentApp().Driver().RenderedTextSize("M", k.size, k.style, nil)
	f := &font{
		fontKey: k,
		height:  size.Height,
		ascent:  float32(math.Ceil(float64(baseline))),
		line:    float32(math.Ceil(float64(size.Height * leading))),
	}
	f.space = f.width(" ")
	t.fonts[k] = f
	return f
}

// body, code and small are the fonts of running text, of code blocks and of facts beside the text.
func (t *typography) body() *font { return t.font(fontKey{size: t.reading}) }
func (t *typography) code() *font {
	return t.font(fontKey{t.reading * codeScale, fyne.TextStyle{Monospace: true}})
}
func (t *typography) small() *font { return t.font(fontKey{size: t.caption}) }

// title returns the font of a heading.
func (t *typography) title(level int) *font {
	size := t.reading
	switch level {
	case 1:
		size = t.heading
	case 2:
		size = (t.heading + t.subheading) / 2
	case 3:
		size = t.subheading
	}
	return t.font(fontKey{size, fyne.TextStyle{Bold: true}})
}

// styled returns the font for a span within text in font base.
func (t *typography) styled(base *font, style markdown.Style) *font {
	k := base.fontKey
	if style&markdown.CodeSpan != 0 {
		return t.font(fontKey{k.size * codeScale, fyne.TextStyle{Monospace: true}})
	}
	k.style.Bold = k.style.Bold || style&markdown.Bold != 0
	k.style.Italic = k.style.Italic || style&markdown.Italic != 0
	return t.font(k)
}

// inset is the space between the edge of a box and the text in it.
func (t *typography) inset() float32 { return 3 * t.padding }
