package widgets

import (
	"math"
	"sort"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"lamplight/ui/buffer"
	"lamplight/ui/markdown"
)

// paragraph is a paragraph of the text as it is shown.
type paragraph struct {
	y      float64 // from the top of the text
	height float32 // without the gap after it; a guess while it is not laid out
	fitted float32 // the width that it is laid out in; 0: it is not

	text   string // as it is shown: with what proposals would add
	pieces []piece
	block  textBlock
	lines  []textLine
	sheet  *sheet // while it is in the tree
}

// piece is a part of what is shown of a paragraph that looks the same throughout.
type piece struct {
	start, end int // in what is shown
	from, to   int // in the paragraph; the same for what is not in the text
	look       appearance
	id         int // of the mark, -1 for none
}

// appearance is how a piece is drawn.
type appearance uint8

const (
	plain appearance = iota
	removed
	added
	ghost
	warned
	matched
)

// textLine is a line of a paragraph: of its runs, and of what is shown, with the spaces at its end.
type textLine struct {
	first, last int // runs; the same for none
	start, end  int
	y           float32
}

// lineBreak stands for a line break that a proposal would remove or add.
const lineBreak = "↵"

// paragraphGap is the space between two paragraphs, in paddings.
const paragraphGap = 1.5

// topGaps is the space above the text, in gaps.
const topGaps = 3

// pieces makes what is shown of paragraph i.
func (e *Editor) pieces(i int) (text string, pieces []piece) {
	var shown strings.Builder
	add := func(s string, from, to int, l appearance, id int) {
		if s == "" {
			return
		}
		start := shown.Len()
		shown.WriteString(s)
		pieces = append(pieces, piece{start, shown.Len(), from, to, l, id})
	}
	p, start := e.buffer.Paragraph(i), e.buffer.Start(i)
	at := 0
	own := func(to int, l appearance, id int) { // the paragraph's own text, in which a tab is several spaces wide
		for at < to {
			n := strings.IndexByte(p[at:to], '\t')
			if n < 0 {
				n = to - at
			}
			add(p[at:at+n], at, at+n, l, id)
			if at += n; at < to {
				add("    ", at, at+1, l, id)
				at++
			}
		}
	}
	marks := e.buffer.Marks()
	m := sort.Search(len(marks), func(m int) bool { return marks[m].End >= start })
	for ; m < len(marks) && marks[m].Start <= start+len(p); m++ {
		mark := marks[m]
		if mark.Start > start+len(p) || mark.End == start && mark.Start < start && !proposes(mark) {
			continue
		}
		from, to := max(mark.Start-start, 0), min(mark.End-start, len(p))
		own(from, plain, -1)
		marked, virtual := lookOf(mark.Kind)
		own(to, marked, mark.ID)
		if mark.End > start+len(p) {
			if proposes(mark) {
				add(lineBreak, len(p), len(p), removed, mark.ID)
			}
			continue
		}
		add(strings.ReplaceAll(mark.New, "\n", lineBreak+"\n"), to, to, virtual, mark.ID)
	}
	own(len(p), plain, -1)
	return shown.String(), pieces
}

func proposes(m buffer.Mark) bool { return m.Kind == buffer.Proposal }

func lookOf(k buffer.Kind) (marked, virtual appearance) {
	switch k {
	case buffer.Proposal:
		return removed, added
	case buffer.Warning:
		return warned, ghost
	case buffer.Match:
		return matched, ghost
	}
	return plain, ghost
}

// fit lays paragraph i out.
func (e *Editor) fit(i int) {
	p, width := e.rows[i], e.column()
	if p.fitted == width {
		return
	}
	p.text, p.pieces = e.pieces(i)
	var spans []markdown.Span
	for _, piece := range p.pieces {
		s := markdown.Span{Text: p.text[piece.start:piece.end]}
		if piece.look == removed {
			s.Style = markdown.Strike
		}
		spans = append(spans, s)
	}
	p.block = e.typo.breakLines(spans, e.typo.body(), width, markdown.Left)
	p.lines = linesIn(&p.block, len(p.text))
	p.fitted = width
	if height := p.block.height; height != p.height {
		if i < e.placed && p.y < e.offset { // what is below stays where it is
			e.offset += float64(height - p.height)
		}
		p.height = height
		e.placed = min(e.placed, i+1)
	}
}

func linesIn(b *textBlock, length int) []textLine {
	var lines []textLine
	for i, r := range b.runs {
		if n := len(lines); n > 0 && lines[n-1].y == r.y {
			lines[n-1].last = i + 1
			continue
		}
		lines = append(lines, textLine{first: i, last: i + 1, start: r.at, y: r.y})
	}
	if len(lines) == 0 {
		lines = []textLine{{}}
	}
	lines[0].start = 0
	for i := range lines {
		lines[i].end = length
		if i+1 < len(lines) {
			lines[i].end = lines[i+1].start
		}
	}
	return lines
}

// column is the width of the text.
func (e *Editor) column() float32 { return min(e.area.Width-2*e.margin(), e.typo.prose) }

// margin is the least space beside the text.
func (e *Editor) margin() float32 { return max(4*e.typo.padding, barSize) }

// left is where the text begins.
func (e *Editor) left() float32 { return float32(int((e.area.Width - e.column()) / 2)) }

func (e *Editor) gap() float32 { return paragraphGap * e.typo.padding }

// setSize lays everything out for a size.
func (e *Editor) setSize(size fyne.Size) {
	e.area = size
	if size.Width <= 0 || size.Height <= 0 {
		return
	}
	if e.typo == nil {
		e.typo = newTypography(themeMeasures(e.Theme()))
	}
	top, within := 0, float64(-1)
	if len(e.shown) > 0 {
		top = e.rowAt(e.offset)
		within = (e.offset - e.top(top)) / float64(max(1, e.rows[top].height))
	}
	e.estimateAll()
	if within >= 0 { // else the space above the text is shown
		e.offset = e.top(top) + within*float64(e.rows[top].height)
	}
	if p := e.resume; p != nil {
		e.resume = nil
		e.ScrollToPlace(*p)
		return
	}
	e.arrange()
}

// estimateAll guesses the heights of all paragraphs.
func (e *Editor) estimateAll() {
	e.placed = 0
	for i, p := range e.rows {
		p.fitted = 0
		e.estimate(p, e.buffer.Paragraph(i))
	}
}

func (e *Editor) estimate(p *paragraph, text string) {
	if e.typo == nil {
		return
	}
	perLine := max(1, int(proseLine*e.column()/e.typo.prose))
	lines := 1 + utf8.RuneCountInString(text)/perLine
	p.height = float32(lines) * e.typo.body().line
}

// top is where paragraph i begins, from the top of the text.
func (e *Editor) top(i int) float64 {
	gap := float64(e.gap())
	for ; e.placed <= i; e.placed++ {
		p := e.rows[e.placed]
		if p.y = topGaps * gap; e.placed > 0 {
			before := e.rows[e.placed-1]
			p.y = before.y + float64(before.height)
			if e.buffer.Paragraph(e.placed) != "" && e.buffer.Paragraph(e.placed-1) != "" { // an empty line is space enough
				p.y += gap
			}
		}
	}
	return e.rows[i].y
}

// total is the height of the text.
func (e *Editor) total() float64 {
	last := len(e.rows) - 1
	return e.top(last) + float64(e.rows[last].height) + float64(2*e.gap())
}

// rowAt is the number of the paragraph at a height.
func (e *Editor) rowAt(y float64) int {
	e.top(len(e.rows) - 1)
	i := sort.Search(len(e.rows), func(i int) bool { return e.rows[i].y > y })
	return max(0, i-1)
}

// arrange lays out what is visible and puts it into the tree.
func (e *Editor) arrange() {
	if e.typo == nil || e.area.Width <= 0 {
		return
	}
	first, last := e.measure()
	before := e.shown
	e.shown = append([]*paragraph(nil), e.rows[first:last]...)
	spare := e.spare(before)
	e.objects = e.objects[:0:0]
	selected := e.buffer.Selection().Range()
	for i := first; i < last; i++ {
		p := e.rows[i]
		if p.sheet == nil {
			if n := len(spare); n > 0 {
				p.sheet, spare = spare[n-1], spare[:n-1]
			} else {
				p.sheet = &sheet{}
				p.sheet.ExtendBaseWidget(p.sheet)
			}
		}
		p.sheet.Move(fyne.NewPos(e.left(), float32(p.y-e.offset)))
		p.sheet.Resize(fyne.NewSize(e.column(), p.height))
		p.sheet.draw(e.drawing(i, selected))
		e.objects = append(e.objects, p.sheet)
	}
	e.bar.set(e.total(), float64(e.area.Height), e.offset)
	e.placeCaret()
	e.placeHint()
	canvas.Refresh(e)
}

// measure lays out what is visible and returns which paragraphs that are.
func (e *Editor) measure() (first, last int) {
	for range maxRounds {
		e.offset = math.Round(min(max(0, e.offset), max(0, e.total()-float64(e.area.Height))))
		first = e.rowAt(e.offset)
		bottom := e.offset + float64(e.area.Height)
		moved := false
		for last = first; last < len(e.rows) && (last == first || e.top(last) < bottom); last++ {
			height := e.rows[last].height
			e.fit(last)
			moved = moved || e.rows[last].height != height
		}
		if !moved {
			break
		}
	}
	return first, last
}

// spare returns the sheets of paragraphs that are no longer shown.
func (e *Editor) spare(before []*paragraph) (sheets []*sheet) {
	shown := map[*paragraph]bool{}
	for _, p := range e.shown {
		shown[p] = true
	}
	for _, p := range before {
		if !shown[p] && p.sheet != nil {
			sheets = append(sheets, p.sheet)
			p.sheet = nil
		}
	}
	return sheets
}

// ScrollTo shows what is at an offset from the top.
func (e *Editor) ScrollTo(offset float64) {
	e.offset = offset
	e.arrange()
	if e.OnScrolled != nil {
		e.OnScrolled()
	}
}

// Scrolled implements [fyne.Scrollable].
func (e *Editor) Scrolled(ev *fyne.ScrollEvent) { e.ScrollTo(e.offset - float64(ev.Scrolled.DY)) }

// reveal scrolls as little as shows what is between two positions, and if that is too much, the first.
func (e *Editor) reveal(start, end int) {
	if e.typo == nil || e.area.Width <= 0 {
		return
	}
	around := float64(e.typo.body().line)
	_, last := e.place(end) // laying out moves what is below it
	_, first := e.place(start)
	if bottom := last + 2*around; bottom > e.offset+float64(e.area.Height) {
		e.offset = bottom - float64(e.area.Height)
	}
	if top := first - around; top < e.offset {
		e.offset = top
	}
	e.arrange()
}
