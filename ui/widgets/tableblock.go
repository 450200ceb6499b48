package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/markdown"
)

// tableView shows a table. Columns are as wide as their cells want to be while there is room, then cells wrap, then the table
// scrolls sideways. Only the rows and columns that are visible are drawn.
type tableView struct {
	*sheet
	t      *typography
	inner  *sheet
	scroll *hscroll

	cells   [][]*cell // the header first
	columns []column
	rowAt   []float32 // where each row begins, and where the last ends
	left    float32
	width   float32
	full    float32 // height of the view, with the gap above
}

// cell is a cell of a table and what it needs.
type cell struct {
	spans  []markdown.Span
	wants  float32 // width without wrapping
	needs  float32 // width of the longest word
	laid   textBlock
	laidIn float32 // the width that laid is for
}

type column struct{ x, width float32 }

func newTableView(r *row, t *typography) *tableView {
	v := &tableView{t: t, inner: newSheet(r)}
	v.scroll = newHScroll(v.inner, v.drawCells)
	v.sheet = newSheet(r, v.scroll)
	return v
}

func (v *tableView) font(row int) *font {
	if row == 0 {
		return v.t.font(fontKey{v.t.reading, fyne.TextStyle{Bold: true}})
	}
	return v.t.body()
}

// padX and padY are the space around the text of a cell.
func (v *tableView) padX() float32 { return 2.5 * v.t.padding }
func (v *tableView) padY() float32 { return 1.5 * v.t.padding }

// read brings the cells in line with the block, keeping those that are the same.
func (v *tableView) read(b *markdown.Block) {
	rows := append([][][]markdown.Span{b.Header}, b.Rows...)
	v.cells = v.cells[:min(len(v.cells), len(rows))]
	for i, row := range rows {
		if i == len(v.cells) {
			v.cells = append(v.cells, nil)
		}
		v.cells[i] = v.cells[i][:min(len(v.cells[i]), len(row))]
		for j, spans := range row {
			if j == len(v.cells[i]) {
				v.cells[i] = append(v.cells[i], nil)
			}
			if c := v.cells[i][j]; c != nil && slices.Equal(c.spans, spans) {
				continue
			}
			natural := v.t.breakLines(spans, v.font(i), unbounded, markdown.Left)
			v.cells[i][j] = &cell{spans: spans, wants: natural.width, needs: min(natural.widest, natural.width)}
		}
	}
}

func (v *tableView) fit(width float32) float32 {
	r := v.row
	v.left, v.width = indentation(&r.src, v.t), width
	v.read(&r.src)
	v.columns = v.divide(width-v.left, len(r.src.Align))
	v.rowAt = v.rowAt[:0]
	y := float32(0)
	for i, row := range v.cells {
		v.rowAt = append(v.rowAt, y)
		height := v.font(i).line
		for j, c := range row {
			if inner := v.columns[j].width - 2*v.padX(); c.laidIn != inner || c.laid.height == 0 {
				c.laid, c.laidIn = v.t.breakLines(c.spans, v.font(i), inner, r.src.Align[j]), inner
			}
			height = max(height, c.laid.height)
		}
		y += height + 2*v.padY()
	}
	v.rowAt = append(v.rowAt, y)
	v.full = r.gap + y
	if v.scroll.extent = v.extent(); v.scroll.extent > width-v.left {
		v.full += barSize
	}
	var d drawing
	frame(&d, r, v.t, v.full, r.gap+v.padY()+v.t.body().line/2)
	v.draw(d)
	return v.full
}

// extent returns the width of all columns.
func (v *tableView) extent() float32 {
	if len(v.columns) == 0 {
		return 0
	}
	last := v.columns[len(v.columns)-1]
	return last.x + last.width
}

// divide gives each column its width.
func (v *tableView) divide(room float32, n int) []column {
	const widestNeed = 180 // a longer word is broken
	wants, needs := make([]float32, n), make([]float32, n)
	for _, row := range v.cells {
		for j, c := range row {
			wants[j] = max(wants[j], c.wants+2*v.padX()+1)
			needs[j] = max(needs[j], min(widestNeed, c.needs)+2*v.padX()+1)
		}
	}
	sumWants := float32(0)
	for j := range n {
		needs[j] = min(needs[j], wants[j])
		sumWants += wants[j]
	}
	// Narrow columns get what they want; the others share the rest evenly, but none gets less than it needs.
	level := float32(unbounded)
	if sumWants > room {
		level = levelFor(room, wants, needs)
	}
	columns := make([]column, n)
	x := float32(0)
	for j := range n {
		columns[j] = column{x, float32(int(max(needs[j], min(wants[j], level))))}
		x += columns[j].width
	}
	return columns
}

// levelFor returns the width that columns have to be cut to, so that together they fit into room, if they can.
func levelFor(room float32, wants, needs []float32) float32 {
	low, high := float32(0), room
	for range 20 { // halvings, to less than a pixel
		level, sum := (low+high)/2, float32(0)
		for j := range wants {
			sum += max(needs[j], min(wants[j], level))
		}
		if sum > room {
			high = level
		} else {
			low = level
		}
	}
	return low
}

// window draws the part of the table that is visible.
func (v *tableView) window(top, bottom float32) {
	v.scroll.place(fyne.NewPos(v.left, v.row.gap), fyne.NewSize(min(v.width-v.left, v.scroll.extent), v.full-v.row.gap), top, bottom)
	v.drawCells()
}

func (v *tableView) drawCells() {
	if v.scroll.Hidden || len(v.columns) == 0 {
		return
	}
	var d drawing
	top, bottom := v.scroll.hidden, v.scroll.hidden+v.scroll.Size().Height
	left, right := v.scroll.offset, v.scroll.offset+v.scroll.Size().Width
	d.fills = append(d.fills, fill{width: v.extent(), height: v.rowAt[1], radius: v.t.radius, color: ColorNameRaised})
	for i, row := range v.cells {
		if v.rowAt[i+1] < top || v.rowAt[i] > bottom {
			continue
		}
		if i > 0 {
			d.fills = append(d.fills, fill{y: v.rowAt[i+1] - 1, width: v.extent(), height: 1, color: theme.ColorNameSeparator})
		}
		for j, c := range row {
			if at := v.columns[j]; at.x <= right && at.x+at.width >= left {
				before := len(d.runs)
				d.add(c.laid, at.x+v.padX(), v.rowAt[i]+v.padY(), theme.ColorNameForeground)
				d.mark(before, len(d.runs), v.row.marks(i*len(v.columns)+j))
			}
		}
	}
	v.inner.draw(d)
}

// mark draws the visible cells with the matches in them.
func (v *tableView) mark() { v.drawCells() }

// locate returns where a match is, and scrolls sideways to it.
func (v *tableView) locate(m match) (y, height float32) {
	i, j := m.part/len(v.columns), m.part%len(v.columns)
	y, height = v.row.gap+v.rowAt[i]+v.padY(), v.font(i).line
	if r, ok := runAt(v.cells[i][j].laid.runs, m.start); ok {
		y += r.y
		v.scroll.reveal(v.columns[j].x+v.padX()+r.x, r.width)
	}
	return y, height
}

func (v *tableView) setGreyed(greyed bool) {
	v.sheet.setGreyed(greyed)
	v.inner.setGreyed(greyed)
}
