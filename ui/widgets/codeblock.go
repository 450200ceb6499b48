package widgets

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
)

// codeView shows a code block of any length: a box with the language, a button that copies, and the lines, of which only the
// visible ones are drawn. Lines are not wrapped, they scroll sideways.
type codeView struct {
	*sheet
	t      *typography
	copy   *IconButton
	inner  *sheet
	scroll *hscroll

	rows  codeRows
	left  float32 // of the box
	width float32
	full  float32 // height of the view, with the gap above
}

func newCodeView(r *row, t *typography) *codeView {
	v := &codeView{t: t, inner: newSheet(r)}
	v.copy = newCopyButton(r, lang.L("Copy the code"), func() string { return codeText(r.src.Lines) })
	v.scroll = newHScroll(v.inner, v.drawRows)
	v.sheet = newSheet(r, v.copy, v.scroll)
	return v
}

// codeText returns the text of a code block, without the line break at its end.
func codeText(lines []string) string { return strings.TrimSuffix(strings.Join(lines, ""), "\n") }

// head is the height of the part of the box above the code.
func (v *codeView) head() float32 { return v.t.icon + 3*v.t.padding }

// codeHeight returns the height of the view of a code block with a number of rows.
func (t *typography) codeHeight(rows int) float32 {
	return t.icon + 3*t.padding + float32(rows)*t.code().line + t.inset() + t.padding
}

func (v *codeView) fit(width float32) float32 {
	r := v.row
	v.rows.read(r.src.Lines)
	v.left, v.width = indentation(&r.src, v.t), width
	v.full = r.gap + v.t.codeHeight(v.rows.count())
	box := width - v.left

	d := drawing{fills: []fill{{x: v.left, y: r.gap, width: box, height: v.full - r.gap, radius: v.t.radius, color: ColorNameRaised}}}
	small := v.t.small()
	label := elide(strings.Join(strings.Fields(r.src.Language), " "), small, box-v.copy.MinSize().Width-3*v.t.inset())
	d.runs = append(d.runs, run{text: label, font: small, color: ColorNameMuted, width: small.width(label),
		x: v.left + v.t.inset(), y: r.gap + float32(int((v.head()-small.height)/2))})
	frame(&d, r, v.t, v.full, v.head()/2+r.gap)
	v.draw(d)

	size := v.copy.MinSize()
	v.copy.Resize(size)
	v.copy.Move(fyne.NewPos(width-size.Width-v.t.padding, r.gap+(v.head()-size.Height)/2))
	return v.full
}

// window draws the rows of the code that are visible.
func (v *codeView) window(top, bottom float32) {
	at := fyne.NewPos(v.left, v.row.gap+v.head())
	v.scroll.extent = 2*v.t.inset() + float32(v.rows.columns())*v.t.code().space
	v.scroll.place(at, fyne.NewSize(v.width-v.left, v.full-at.Y), top, bottom)
	v.drawRows()
}

func (v *codeView) drawRows() {
	if v.scroll.Hidden {
		return
	}
	font := v.t.code()
	first := max(0, int(v.scroll.hidden/font.line))
	last := min(v.rows.count(), 1+int((v.scroll.hidden+v.scroll.Size().Height)/font.line))
	left, right := v.scroll.offset, v.scroll.offset+v.scroll.Size().Width
	var d drawing
	for i := first; i < last; i++ {
		x, column := v.t.inset(), 0
		before, at := len(d.runs), 0
		for _, part := range v.rows.row(v.row.src.Lines, i) {
			var text string
			text, column = visibleCode(part, column)
			width := font.width(text)
			if text != "" && x <= right && x+width >= left {
				d.runs = append(d.runs, run{text: text, at: at, font: font, x: x, y: float32(i) * font.line, width: width, color: theme.ColorNameForeground})
			}
			x, at = x+width, at+len(text)
		}
		d.mark(before, len(d.runs), v.row.marks(i))
		v.scroll.extent = max(v.scroll.extent, x+v.t.inset())
	}
	v.inner.draw(d)
	v.scroll.arrange()
}

// mark draws the visible rows with the matches in them.
func (v *codeView) mark() { v.drawRows() }

// locate returns where a match is, and scrolls sideways to it.
func (v *codeView) locate(m match) (y, height float32) {
	font, text := v.t.code(), v.rows.text(v.row.src.Lines, m.part)
	v.scroll.reveal(v.t.inset()+font.width(text[:m.start]), font.width(text[m.start:m.end]))
	return v.row.gap + v.head() + float32(m.part)*font.line, font.line
}

func (v *codeView) setGreyed(greyed bool) {
	v.sheet.setGreyed(greyed)
	v.inner.setGreyed(greyed)
}

// codeRows knows which of a block's lines make a row: long lines come in parts. It reads a growing block only once.
type codeRows struct {
	seen    int   // lines looked at, which are complete
	starts  []int // the first line of each complete row, and of the one that goes on
	open    bool  // the last row may go on
	column  int   // of the open row
	longest int   // columns of the longest row but the last

	total int // lines in all
	tail  int // columns of the last row
}

// read takes in the lines of a block. What was a complete line before is the same line now.
func (c *codeRows) read(lines []string) {
	if len(lines) < c.seen {
		*c = codeRows{}
	}
	for ; c.seen < len(lines); c.seen++ {
		line := lines[c.seen]
		ended := strings.HasSuffix(line, "\n")
		if !ended && c.seen == len(lines)-1 {
			break // it may still grow
		}
		if !c.open {
			c.starts = append(c.starts, c.seen)
			c.column = 0
		}
		c.column = columnsAfter(line, c.column)
		c.longest = max(c.longest, c.column)
		c.open = !ended
	}
	c.total, c.tail = len(lines), 0
	if c.seen < len(lines) {
		column := 0
		if c.open {
			column = c.column
		}
		c.tail = columnsAfter(lines[c.seen], column)
	}
}

// count returns the number of rows.
func (c *codeRows) count() int {
	if c.seen < c.total && !c.open {
		return len(c.starts) + 1
	}
	return len(c.starts)
}

// columns returns the length of the longest row.
func (c *codeRows) columns() int { return max(c.longest, c.tail) }

// row returns the parts of a row.
func (c *codeRows) row(lines []string, i int) []string {
	begin, end := c.total-1, c.total
	if i < len(c.starts) {
		begin = c.starts[i]
	}
	if i+1 < len(c.starts) {
		end = c.starts[i+1]
	} else if i < len(c.starts) && c.seen < c.total && !c.open {
		end = c.seen
	}
	return lines[begin:end]
}

// text returns what is drawn of a row.
func (c *codeRows) text(lines []string, i int) string {
	var b strings.Builder
	column := 0
	for _, part := range c.row(lines, i) {
		var text string
		text, column = visibleCode(part, column)
		b.WriteString(text)
	}
	return b.String()
}

// tabWidth is the number of columns between tab stops.
const tabWidth = 4

// columnsAfter returns the column after a text that begins in a column.
func columnsAfter(text string, column int) int {
	for _, r := range strings.TrimSuffix(text, "\n") {
		if r == '\t' {
			column += tabWidth - column%tabWidth
		} else {
			column++
		}
	}
	return column
}

// visibleCode returns a text as it is drawn when it begins in a column, and the column after it: tabs become spaces, and what
// cannot be drawn a mark.
func visibleCode(text string, column int) (string, int) {
	text = strings.TrimSuffix(text, "\n")
	if !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
		return text, column + utf8.RuneCountInString(text)
	}
	var b strings.Builder
	for _, r := range text {
		n := 1
		switch {
		case r == '\t':
			n = tabWidth - column%tabWidth
			b.WriteString(strings.Repeat(" ", n))
		case r == '\r':
			n = 0
		case r < ' ' || r == 0x7f:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
		column += n
	}
	return b.String(), column
}
