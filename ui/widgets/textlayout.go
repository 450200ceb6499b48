package widgets

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"lamplight/ui/markdown"
)

// run is a piece of one line in one font.
type run struct {
	text  string
	font  *font
	x, y  float32 // of the top left corner of its box
	width float32
	style markdown.Style
	link  string // address
	first bool   // of a link: its first run
	color fyne.ThemeColorName
	at    int // where it begins in the text of all spans, in bytes
	span  int // the span that it is of
}

// textBlock is a text with its lines broken.
type textBlock struct {
	runs   []run
	width  float32 // of the longest line
	height float32
	widest float32 // of the longest piece that was not to be broken
}

// unbounded is a width that no line reaches.
const unbounded = 1e9

// codePad is the space that the ground of code within a text has at each end.
const codePad = 4

// breakLines lays out text in a width. Line breaks in the text are kept, and so are spaces, but for those at the end of a line.
func (t *typography) breakLines(spans []markdown.Span, base *font, width float32, align markdown.Align) textBlock {
	b := breaker{t: t, spans: spans, base: base, width: max(width, base.size), align: align}
	b.text, b.ends = joinSpans(spans)
	t.lines.InitWithString(b.text)
	at := 0
	for it := t.lines.LineIterator(); it.Next(); {
		line := it.Line()
		end := at
		for _, r := range line.Text {
			end += utf8.RuneLen(r)
		}
		b.segment(at, end)
		if line.IsMandatoryBreak && end < len(b.text) {
			b.endLine()
		}
		at = end
	}
	b.endLine()
	b.out.height = b.y
	if align != markdown.Left && width < unbounded {
		b.out.width = width
	}
	return b.out
}

// breaker is the state of breakLines. Positions in the text are bytes.
type breaker struct {
	t     *typography
	spans []markdown.Span
	base  *font
	width float32
	align markdown.Align

	text string // of all spans
	ends []int  // where each span ends in it
	span int    // the span that was looked at last

	out   textBlock
	first int     // the first run of the line
	begin int     // where the last run begins in the text
	end   int     // where it ends
	owner int     // the span of the last run
	x, y  float32 // where the line goes on, spaces included
}

// joinSpans puts the text of all spans together, as it is drawn, and tells where each of them ends in it.
func joinSpans(spans []markdown.Span) (text string, ends []int) {
	var all strings.Builder
	ends = make([]int, len(spans))
	for i, s := range spans {
		text := strings.ReplaceAll(s.Text, "\t", "    ")
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, "\ufffd")
		}
		all.WriteString(text)
		ends[i] = all.Len()
	}
	return all.String(), ends
}

// spanAt returns the number of the span that the byte belongs to. It is asked from the beginning of the text to its end.
func (b *breaker) spanAt(at int) int {
	for b.span < len(b.ends)-1 && at >= b.ends[b.span] {
		b.span++
	}
	return b.span
}

// lineEnds are the characters that end a line wherever they stand.
const lineEnds = "\n\r\v\f\u0085\u2028\u2029"

// segment adds text that is not to be broken, with the spaces and the line break after it.
func (b *breaker) segment(begin, end int) {
	body := strings.TrimRight(b.text[begin:end], lineEnds)
	word := strings.TrimRight(body, " ")
	spaces := len(body) - len(word)

	from := b.span
	width := b.measure(begin, begin+len(word))
	b.out.widest = max(b.out.widest, width)
	if b.x > 0 && b.x+width > b.width {
		b.endLine()
	}
	b.span = from
	if width <= b.width {
		b.add(begin, begin+len(word))
	} else {
		b.addBroken(begin, begin+len(word))
	}
	if spaces > 0 {
		b.x += float32(spaces) * b.fontOf(b.spanAt(begin+len(word))).space
	}
}

func (b *breaker) fontOf(span int) *font {
	if len(b.spans) == 0 {
		return b.base
	}
	return b.t.styled(b.base, b.spans[span].Style)
}

// pieces calls f for each part of the text that is in one span.
func (b *breaker) pieces(begin, end int, f func(span, begin, end int)) {
	for begin < end {
		span := b.spanAt(begin)
		n := min(end, b.ends[span])
		f(span, begin, n)
		begin = n
	}
}

// measure returns the width of a part of the text on one line.
func (b *breaker) measure(begin, end int) float32 {
	width := float32(0)
	b.pieces(begin, end, func(span, begin, end int) {
		width += b.fontOf(span).width(b.text[begin:end])
		before, after := b.pads(span, begin, end)
		width += before + after
	})
	return width
}

// pads returns the space that a piece of code needs before and after it.
func (b *breaker) pads(span, begin, end int) (before, after float32) {
	if b.spans[span].Style&markdown.CodeSpan == 0 {
		return 0, 0
	}
	if span == 0 && begin == 0 || span > 0 && begin == b.ends[span-1] {
		before = codePad
	}
	if end == b.ends[span] {
		after = codePad
	}
	return before, after
}

// add puts a part of the text at the end of the line.
func (b *breaker) add(begin, end int) {
	b.pieces(begin, end, func(span, begin, end int) {
		before, after := b.pads(span, begin, end)
		width := b.fontOf(span).width(b.text[begin:end])
		b.x += before
		if n := len(b.out.runs); n > b.first && b.owner == span && strings.Trim(b.text[b.end:begin], " ") == "" {
			last := &b.out.runs[n-1]
			last.width = b.x + width - last.x
			last.text = b.text[b.begin:end]
		} else {
			s := b.spans[span]
			first := s.Link != "" && (span == 0 || b.spans[span-1].Link != s.Link || b.spans[span-1].Title != s.Title) && (n == 0 || b.owner != span)
			b.out.runs = append(b.out.runs, run{text: b.text[begin:end], font: b.fontOf(span), x: b.x, width: width, style: s.Style, link: s.Link, first: first, at: begin, span: span})
			b.begin, b.owner = begin, span
		}
		b.end = end
		b.x += width + after
	})
}

// addBroken adds a word that is longer than a line.
func (b *breaker) addBroken(begin, end int) {
	b.t.graphemes.InitWithString(b.text[begin:end])
	for it := b.t.graphemes.GraphemeIterator(); it.Next(); {
		n := begin
		for _, r := range it.Grapheme().Text {
			n += utf8.RuneLen(r)
		}
		from := b.span
		if b.x > 0 && b.x+b.measure(begin, n) > b.width {
			b.endLine()
		}
		b.span = from
		b.add(begin, n)
		begin = n
	}
}

// endLine places the runs of the line on one baseline and begins the next line.
func (b *breaker) endLine() {
	line := b.out.runs[b.first:]
	height, ascent, descent, right := b.base.line, float32(0), float32(0), float32(0)
	for _, r := range line {
		height = max(height, r.font.line)
		ascent = max(ascent, r.font.ascent)
		descent = max(descent, r.font.height-r.font.ascent)
		right = max(right, r.x+r.width)
	}
	baseline := b.y + float32(int((height-ascent-descent)/2)) + ascent

	shift := float32(0)
	if b.width < unbounded {
		switch b.align {
		case markdown.Center:
			shift = float32(int((b.width - right) / 2))
		case markdown.Right:
			shift = float32(int(b.width - right))
		}
	}
	for i := range line {
		line[i].x += shift
		line[i].y = baseline - line[i].font.ascent
	}
	b.out.width = max(b.out.width, right)
	b.first = len(b.out.runs)
	b.y += height
	b.x = 0
}
