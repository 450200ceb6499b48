package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

// words is a line or paragraph of the window's own text.
type words struct {
	widget.RichText
	segment *widget.TextSegment
}

func newWords(text string, style widget.RichTextStyle) *words {
	w := &words{segment: &widget.TextSegment{Text: text, Style: style}}
	w.Segments = []widget.RichTextSegment{w.segment}
	w.Wrapping = spokenTongue().wrapping
	w.Scroll = fyne.ScrollNone // the zero value scrolls
	w.ExtendBaseWidget(w)
	return w
}

// oneLined cuts what is too long for one line.
func oneLined(w *words) *words {
	w.Wrapping, w.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	return w
}

// set replaces the text.
func (w *words) set(text string) {
	if w.segment.Text == text {
		return
	}
	w.segment.Text = text
	w.Refresh()
}

// show replaces the text and its colour.
func (w *words) show(text string, color fyne.ThemeColorName) {
	if w.segment.Text == text && w.segment.Style.ColorName == color {
		return
	}
	w.segment.Text, w.segment.Style.ColorName = text, color
	w.Refresh()
}

// paragraph is running text.
func paragraph(text string) *words { return newWords(text, widget.RichTextStyleParagraph) }

// muted is secondary text.
func muted(text string) *words {
	return newWords(text, widget.RichTextStyle{ColorName: widgets.ColorNameMuted, SizeName: theme.SizeNameCaptionText})
}

// small is text of the size of what explains it.
func small(text string) *words {
	return newWords(text, widget.RichTextStyle{SizeName: theme.SizeNameCaptionText})
}

// heading is the title of a page.
func heading(text string) *words {
	return newWords(text, widget.RichTextStyle{SizeName: theme.SizeNameHeadingText, TextStyle: fyne.TextStyle{Bold: true}})
}

// subheading is the title of a card or section.
func subheading(text string) *words {
	return newWords(text, widget.RichTextStyle{SizeName: theme.SizeNameSubHeadingText, TextStyle: fyne.TextStyle{Bold: true}})
}

// byteSize writes a size as people and file managers do: 241 MB.
func byteSize(n int64) string {
	switch f := float64(n); {
	case f >= 999.5e6:
		return lang.L("{{.N}} GB", map[string]any{"N": decimal(f/1e9, 1)})
	case f >= 999.5e3:
		return lang.L("{{.N}} MB", map[string]any{"N": decimal(f/1e6, 0)})
	case n >= 1000:
		return lang.L("{{.N}} kB", map[string]any{"N": decimal(f/1e3, 0)})
	}
	return lang.N("{{.N}} bytes", int(n), map[string]any{"N": n})
}

// count writes a large number of things: 268 M.
func count(n int64) string {
	switch f := float64(n); {
	case f >= 999.5e6:
		return lang.L("{{.N}} B", map[string]any{"N": decimal(f/1e9, 1)})
	case n >= 1e6:
		return lang.L("{{.N}} M", map[string]any{"N": decimal(f/1e6, 0)})
	}
	return grouped(n)
}

// months are as they stand in a date.
func months() [12]string {
	return [12]string{lang.L("January"), lang.L("February"), lang.L("March"), lang.L("April"), lang.L("May"), lang.L("June"),
		lang.L("July"), lang.L("August"), lang.L("September"), lang.L("October"), lang.L("November"), lang.L("December")}
}

// date writes a day as people do: 3 December, with the year if it is not that of now.
func date(t, now time.Time) string {
	t = t.Local()
	day, month := t.Day(), months()[t.Month()-1]
	if t.Year() == now.Local().Year() {
		return lang.L("{{.Day}} {{.Month}}", map[string]any{"Day": day, "Month": month})
	}
	return lang.L("{{.Day}} {{.Month}} {{.Year}}", map[string]any{"Day": day, "Month": month, "Year": t.Year()})
}
