package widgets

import (
	"sort"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/markdown"
)

// textView shows a paragraph, a heading or a rule.
type textView struct {
	*sheet
	t *typography

	plain drawing // without marks
	runs  int     // of these, so many are the text
}

func newTextView(r *row, t *typography) *textView { return &textView{sheet: newSheet(r), t: t} }

func (v *textView) fit(width float32) float32 {
	r := v.row
	left := indentation(&r.src, v.t)
	font, color := v.t.body(), theme.ColorNameForeground
	switch {
	case r.kind == waitingRow:
		color = ColorNameMuted
	case r.src.Kind == markdown.Heading:
		font = v.t.title(r.src.Level)
	}
	var d drawing
	if r.src.Kind == markdown.Rule {
		d.fills = append(d.fills, fill{x: left, y: r.gap, width: width - left, height: 1, color: theme.ColorNameSeparator})
		frame(&d, r, v.t, r.gap+1, r.gap+font.ascent/2)
		v.plain, v.runs = d, 0
		v.mark()
		return r.gap + 1
	}
	b := v.t.breakLines(r.src.Spans, font, min(width, v.t.prose)-left, markdown.Left)
	r.natural = left + b.width
	d.add(b, left, r.gap, color)
	v.runs = len(d.runs)
	baseline := r.gap + font.ascent + float32(int((font.line-font.height)/2))
	if len(b.runs) > 0 {
		baseline = r.gap + b.runs[0].y + b.runs[0].font.ascent
	}
	frame(&d, r, v.t, r.gap+b.height, baseline)
	v.plain = d
	v.mark()
	return r.gap + b.height
}

// mark draws the text with the matches in it.
func (v *textView) mark() {
	d := v.plain
	d.mark(0, v.runs, v.row.marks(0))
	v.draw(d)
}

// locate returns where a match is.
func (v *textView) locate(m match) (y, height float32) {
	r, ok := runAt(v.plain.runs[:v.runs], m.start)
	if !ok {
		return 0, 0
	}
	return r.y, r.font.height
}

func (v *textView) window(float32, float32) {}

// Indentations, in paddings.
const (
	quoteIndent  = 4
	bulletIndent = 6
	numberIndent = 7.5
	markerGap    = 2 // between a marker and the text
)

func indentOf(c markdown.Container, t *typography) float32 {
	switch {
	case c.Kind == markdown.Quote:
		return quoteIndent * t.padding
	case c.Marker == bullet:
		return bulletIndent * t.padding
	}
	return numberIndent * t.padding
}

const bullet = "•"

// indentation returns how far a block is moved to the right by what it stands in.
func indentation(b *markdown.Block, t *typography) float32 {
	x := float32(0)
	for _, c := range b.In {
		x += indentOf(c, t)
	}
	return x
}

// frame draws what a block stands in: the bars of quotations, which also fill the gap above when they go on, and the markers
// of items, on the baseline of the block's first line.
func frame(d *drawing, r *row, t *typography, full, baseline float32) {
	x := float32(0)
	for _, c := range r.src.In {
		next := x + indentOf(c, t)
		switch {
		case c.Kind == markdown.Quote:
			const wide = 3
			top := float32(-wide) // over the round end of the part above
			if c.First {
				top = r.gap
			}
			d.fills = append(d.fills, fill{x: x, y: top, width: wide, height: full - top, radius: wide / 2., color: theme.ColorNameInputBorder})
		case c.First && c.Task != markdown.NoTask:
			taskBox(d, t, c.Task == markdown.Done, next-markerGap*t.padding, baseline)
		case c.First:
			font := t.body()
			width := font.width(c.Marker)
			d.runs = append(d.runs, run{text: c.Marker, font: font, x: next - markerGap*t.padding - width, y: baseline - font.ascent, width: width, color: ColorNameMuted})
		}
		x = next
	}
}

// taskBox draws a check box that ends at right.
func taskBox(d *drawing, t *typography, done bool, right, baseline float32) {
	size := float32(int(t.reading))
	f := fill{x: right - size, y: baseline - size + 2, width: size, height: size, radius: 3, color: ColorNameMuted, outline: !done}
	if done {
		f.color = theme.ColorNamePrimary
		d.marks = append(d.marks, mark{iconCheck, f.x, f.y, size, theme.ColorNameForegroundOnPrimary})
	}
	d.fills = append(d.fills, f)
}

// gapAbove returns the space between a block and the one before it, nil for the first.
func (t *typography) gapAbove(b, before *markdown.Block) float32 {
	if before == nil {
		return 0
	}
	p := t.padding
	switch item := beginsItem(b) && len(before.In) > 0; {
	case b.Continued && b.Kind == before.Kind:
		return p
	case b.Kind == markdown.Heading && b.Level <= 2:
		return 6 * p
	case b.Kind == markdown.Heading:
		return 5 * p
	case b.Kind == markdown.Rule, before.Kind == markdown.Rule:
		return 5 * p
	case before.Kind == markdown.Heading:
		return 2 * p
	case item && (b.Spaced || before.Spaced && !beginsItem(before)):
		return 2 * p
	case item:
		return p
	}
	return 3 * p
}

func beginsItem(b *markdown.Block) bool {
	n := len(b.In)
	return n > 0 && b.In[n-1].Kind == markdown.Item && b.In[n-1].First
}

// estimate guesses the height of a row that has not been laid out in a width.
func (t *typography) estimate(r *row, width float32) float32 {
	b := &r.src
	switch b.Kind {
	case markdown.Code:
		return r.gap + t.codeHeight(len(b.Lines))
	case markdown.Table:
		return r.gap + float32(1+len(b.Rows))*(t.body().line+3*t.padding)
	case markdown.Rule:
		return r.gap + 1
	}
	font := t.body()
	if b.Kind == markdown.Heading {
		font = t.title(b.Level)
	}
	perLine := max(1, int(proseLine*(min(width, t.prose)-indentation(b, t))/t.prose))
	lines, n := 1, 0
	for _, s := range b.Spans {
		for i := 0; i < len(s.Text); i++ {
			if c := s.Text[i]; c == '\n' {
				lines, n = lines+1, 0
			} else if utf8.RuneStart(c) {
				if n++; n > perLine {
					lines, n = lines+1, 0
				}
			}
		}
	}
	return r.gap + float32(lines)*font.line
}

// elide cuts the end off a text that is wider than there is room.
func elide(text string, f *font, room float32) string {
	if f.width(text) <= room {
		return text
	}
	runes := []rune(text)
	n := sort.Search(len(runes), func(n int) bool { return f.width(string(runes[:n+1])+"…") > room })
	if n == 0 {
		return ""
	}
	return string(runes[:n]) + "…"
}

// rowView is a row while it is in the tree of canvas objects.
type rowView interface {
	object() fyne.CanvasObject
	fit(width float32) (height float32) // lays the row out in a width
	window(top, bottom float32)         // the part of it that is visible
	mark()                              // draws other matches than before
	locate(m match) (y, height float32) // where one of its matches is; it comes into sight if it was to one side
	setGreyed(greyed bool)
	drop() // it leaves the tree
}
