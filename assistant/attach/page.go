package attach

import (
	"fmt"
	"strings"
)

// page is a document while it becomes text. Paragraphs can be within each other, as a text box is within the one that
// it is fixed to, and tables within cells; the inner ones come first.
type page struct {
	open   []*paragraph
	flows  []*flow // the document, and the cells and notes that are being written
	tables []*table
	notes  []string
	size   int // bytes so far, with a little for what has none
	failed error
}

// paragraph is one that is being written.
type paragraph struct {
	strings.Builder
	gap bool // the last character is white space that may stand for more of it

	style    string
	list     string // names the list it is in, "" for none
	level    int    // in the list, from 0
	heading  int    // 1 to 6; 0: none; -1: none, whatever its style says
	numbered bool   // it says itself whether it is in a list
}

// flow is where paragraphs go.
type flow struct {
	lines []string
	cell  bool
}

type table struct{ rows [][]string }

func newPage() *page { return &page{flows: []*flow{{}}} }

func (p *page) err() error { return p.failed }

// grow counts what was added.
func (p *page) grow(n int) {
	if p.size += n; p.size > maxText && p.failed == nil {
		p.failed = fmt.Errorf("%w: more than %d bytes of text", ErrTooLarge, maxText)
	}
}

func (p *page) flow() *flow { return p.flows[len(p.flows)-1] }

// paragraph is the innermost one that is open, nil if none is.
func (p *page) paragraph() *paragraph {
	if len(p.open) == 0 {
		return nil
	}
	return p.open[len(p.open)-1]
}

func (p *page) begin(x *paragraph) {
	p.grow(1)
	p.open = append(p.open, x)
}

// write adds text to the paragraph as it is.
func (p *page) write(s string) {
	if x := p.paragraph(); x != nil && p.failed == nil {
		p.grow(len(s))
		x.WriteString(s)
		x.gap = false
	}
}

// writeFolded adds text in which any white space counts as one space, and none at the beginning.
func (p *page) writeFolded(s string) {
	x := p.paragraph()
	if x == nil || p.failed != nil {
		return
	}
	p.grow(len(s))
	for _, r := range s {
		if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			if !x.gap && x.Len() > 0 {
				x.WriteByte(' ')
			}
			x.gap = true
			continue
		}
		x.WriteRune(r)
		x.gap = false
	}
}

// finish ends the paragraph. Its mark stands before it: of a heading, or of an item of a list.
func (p *page) finish(mark string) {
	x := p.paragraph()
	if x == nil {
		return
	}
	p.open = p.open[:len(p.open)-1]
	text := strings.TrimRight(x.String(), " \t\n")
	if strings.HasPrefix(mark, "#") {
		text = strings.Join(strings.Fields(text), " ")
	}
	if text == "" {
		mark = ""
	}
	p.line(mark + text)
}

func (p *page) line(s string) {
	if p.failed == nil {
		f := p.flow()
		f.lines = append(f.lines, s)
	}
}

// headingMark is what stands before a heading.
func headingMark(level int) string { return strings.Repeat("#", min(level, 6)) + " " }

// listIndent is what stands before an item of a list at a level, from 0.
func listIndent(level int) string { return strings.Repeat("  ", min(max(level, 0), 8)) }

func (p *page) beginTable() { p.tables = append(p.tables, &table{}) }

func (p *page) table() *table {
	if len(p.tables) == 0 {
		return nil
	}
	return p.tables[len(p.tables)-1]
}

func (p *page) beginRow() {
	if t := p.table(); t != nil && p.failed == nil {
		p.grow(1)
		t.rows = append(t.rows, nil)
	}
}

func (p *page) beginCell() { p.flows = append(p.flows, &flow{cell: true}) }

// endCell ends a cell that is as wide as columns.
func (p *page) endCell(columns int) {
	f := p.flow()
	if !f.cell {
		return
	}
	p.flows = p.flows[:len(p.flows)-1]
	p.cells(strings.Join(strings.Fields(strings.Join(f.lines, " ")), " "), 1)
	p.cells("", min(columns, maxSpan)-1)
}

// maxSpan is how many columns a cell is believed to have.
const maxSpan = 64

// cells adds n cells with the same text.
func (p *page) cells(text string, n int) {
	t := p.table()
	if t == nil || len(t.rows) == 0 {
		return
	}
	row := &t.rows[len(t.rows)-1]
	for range n {
		if p.failed == nil {
			p.grow(3 + len(text))
			*row = append(*row, text)
		}
	}
}

// endTable writes the table as lines. One with a single column is there for the looks of what is in it.
func (p *page) endTable() {
	t := p.table()
	if t == nil {
		return
	}
	p.tables = p.tables[:len(p.tables)-1]
	columns := 0
	for i, row := range t.rows {
		for len(row) > 0 && row[len(row)-1] == "" { // as wide as a sheet
			row = row[:len(row)-1]
		}
		t.rows[i] = row
		columns = max(columns, len(row))
	}
	inCell := p.flow().cell
	first := true
	for _, row := range t.rows {
		switch {
		case len(row) == 0:
		case columns == 1:
			p.line(row[0])
		case inCell:
			p.line(strings.Join(row, ", "))
		default:
			if first {
				row = append(row, make([]string, columns-len(row))...)
			}
			p.line(rowOf(row))
			if first {
				p.line("|" + strings.Repeat(" --- |", columns))
			}
			first = false
		}
	}
}

func rowOf(cells []string) string {
	var b strings.Builder
	b.WriteString("|")
	for _, c := range cells {
		b.WriteString(" " + strings.ReplaceAll(c, "|", `\|`) + " |")
	}
	return b.String()
}

// refer writes the mark of a note, counted from 1.
func (p *page) refer(n int) { p.write(fmt.Sprintf("[^%d]", n)) }

func (p *page) beginNote() { p.flows = append(p.flows, &flow{}) }

// endNote returns what was written since beginNote.
func (p *page) endNote() string {
	if len(p.flows) < 2 || p.flow().cell {
		return ""
	}
	lines := p.flow().lines
	p.flows = p.flows[:len(p.flows)-1]
	return strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
}

// String is the text of the document, with its notes at the end.
func (p *page) String() string {
	lines := p.flows[0].lines
	for i, note := range p.notes {
		if i == 0 {
			lines = append(lines, "")
		}
		lines = append(lines, fmt.Sprintf("[^%d]: %s", i+1, note))
	}
	text := strings.Trim(clean(strings.Join(lines, "\n")), "\n")
	if text == "" {
		return ""
	}
	return text + "\n"
}
