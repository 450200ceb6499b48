package widgets

import (
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/buffer"
)

// shownAt is where a place in the paragraph is in what is shown of it: before what a proposal would add there.
func (p *paragraph) shownAt(within int) int {
	for _, piece := range p.pieces {
		switch {
		case within < piece.to:
			if piece.end-piece.start != piece.to-piece.from { // a tab
				return piece.start
			}
			return piece.start + max(0, within-piece.from)
		case piece.from == piece.to && piece.from == within:
			return piece.start
		}
	}
	return len(p.text)
}

// textAt is the place in the paragraph of what is shown at a place.
func (p *paragraph) textAt(shown int) (within int, id int) {
	for _, piece := range p.pieces {
		if shown >= piece.end {
			within = piece.to
			continue
		}
		switch {
		case piece.from == piece.to:
			return piece.from, piece.id
		case piece.end-piece.start != piece.to-piece.from: // a tab
			if 2*(shown-piece.start) >= piece.end-piece.start {
				return piece.to, piece.id
			}
			return piece.from, piece.id
		}
		return piece.from + shown - piece.start, piece.id
	}
	return within, -1
}

// lineAt is the number of the line that a place in what is shown is on.
func (p *paragraph) lineAt(shown int) int {
	return max(0, sort.Search(len(p.lines), func(i int) bool { return p.lines[i].start > shown })-1)
}

// xAt is where on its line a place in what is shown is.
func (e *Editor) xAt(p *paragraph, line textLine, shown int) float32 {
	space := e.typo.body().space
	x := float32(shown-line.start) * space // only spaces come before the first run
	for _, r := range p.block.runs[line.first:line.last] {
		if r.at > shown {
			break
		}
		switch n := shown - r.at; {
		case n < len(r.text):
			x = r.x + r.font.width(r.text[:n])
		default:
			x = r.x + r.width + float32(n-len(r.text))*space
		}
	}
	return min(x, e.column())
}

// place is where a position of the text is: from the left edge of the text, and from its top.
func (e *Editor) place(position int) (x float32, y float64) {
	i, within := e.buffer.At(position)
	e.fit(i)
	p := e.rows[i]
	shown := p.shownAt(within)
	line := p.lines[p.lineAt(shown)]
	return e.xAt(p, line, shown), e.top(i) + float64(line.y)
}

// position is the place in the text that is nearest to a point, counted as in place, and the mark there, -1 for none.
func (e *Editor) position(x float32, y float64) (position, id int) {
	i := e.rowAt(y)
	e.fit(i)
	p := e.rows[i]
	inside := float32(y - e.top(i))
	n := sort.Search(len(p.lines), func(n int) bool { return p.lines[n].y > inside })
	return e.onLine(i, max(0, n-1), x)
}

// onLine is the place on a line of paragraph i that is nearest to x.
func (e *Editor) onLine(i, n int, x float32) (position, id int) {
	p := e.rows[i]
	line := p.lines[n]
	shown, id := e.nearest(p, line, x), -1
	if n+1 < len(p.lines) && shown >= line.end { // the end of a line that goes on in the next one is before its last space
		shown = line.end
		if last := p.block.runs[line.last-1]; last.at+len(last.text) < line.end {
			shown = last.at + len(last.text)
		}
	}
	within, id := p.textAt(shown)
	return e.buffer.Start(i) + within, id
}

// nearest is the place in what is shown of a line that is nearest to x.
func (e *Editor) nearest(p *paragraph, line textLine, x float32) int {
	runs := p.block.runs[line.first:line.last]
	if len(runs) == 0 || x < runs[0].x {
		space := e.typo.body().space
		return min(line.end, line.start+int(max(0, x)/space+0.5))
	}
	for k, r := range runs {
		next := float32(unbounded)
		if k+1 < len(runs) {
			next = runs[k+1].x
		}
		if x >= next {
			continue
		}
		if x >= r.x+r.width {
			end := line.end
			if k+1 < len(runs) {
				end = runs[k+1].at
			}
			return min(end, r.at+len(r.text)+int((x-r.x-r.width)/r.font.space+0.5))
		}
		return r.at + e.within(r, x-r.x)
	}
	return line.end
}

// within is the place in a run that is nearest to x, between two characters.
func (e *Editor) within(r run, x float32) int {
	g := &e.typo.graphemes
	g.InitWithString(r.text)
	ends := []int{0}
	for it := g.GraphemeIterator(); it.Next(); {
		ends = append(ends, ends[len(ends)-1]+len(string(it.Grapheme().Text)))
	}
	n := sort.Search(len(ends)-1, func(n int) bool { return r.font.width(r.text[:ends[n+1]]) > x })
	if n == len(ends)-1 {
		return len(r.text)
	}
	if before, after := r.font.width(r.text[:ends[n]]), r.font.width(r.text[:ends[n+1]]); x-before > after-x {
		return ends[n+1]
	}
	return ends[n]
}

// drawing is what is seen of paragraph i.
func (e *Editor) drawing(i int, selected buffer.Range) drawing {
	p := e.rows[i]
	var d drawing
	var over []fill // over the ground of what is selected: lines, outlines, and what is proposed, which that shows above and below
	for _, r := range p.block.runs {
		piece := p.pieces[r.span]
		r.color = theme.ColorNameForeground
		ground, underline := fyne.ThemeColorName(""), fyne.ThemeColorName("")
		switch piece.look {
		case removed:
			ground = ColorNameRemoved
		case added:
			ground, underline = ColorNameAdded, r.color
		case ghost:
			r.color = ColorNameMuted
		case warned:
			underline = theme.ColorNameWarning
		case matched:
			ground, r.color = ColorNameMark, ColorNameOnMark
		}
		box := fill{x: r.x, y: r.y, width: r.width, height: r.font.height, radius: 2}
		if ground != "" {
			box.color = ground
			if piece.look == matched {
				d.fills = append(d.fills, box)
			} else {
				over = append(over, box)
			}
		}
		if underline != "" {
			over = append(over, fill{x: r.x, y: r.y + r.font.ascent + 2, width: r.width, height: 1, color: underline})
		}
		if piece.look == removed {
			over = append(over, fill{x: r.x, y: r.y + float32(int(0.7*r.font.ascent)), width: r.width, height: 1, color: r.color})
		}
		if piece.id >= 0 && piece.id == e.focusID {
			box.color, box.outline = theme.ColorNamePrimary, true
			over = append(over, box)
		}
		d.runs = append(d.runs, r)
	}
	d.fills = append(append(d.fills, e.selectionFills(i, selected)...), over...)
	return d
}

// selectionFills are the grounds of what is selected of paragraph i.
func (e *Editor) selectionFills(i int, selected buffer.Range) (fills []fill) {
	p, start := e.rows[i], e.buffer.Start(i)
	end := start + len(e.buffer.Paragraph(i))
	if selected.Len() == 0 || selected.End < start || selected.Start > end {
		return nil
	}
	from, to := p.shownAt(max(0, selected.Start-start)), p.shownAt(min(selected.End, end)-start)
	for n, line := range p.lines {
		if to < line.start || from > line.end || from == line.end && n+1 < len(p.lines) {
			continue
		}
		left, right := float32(0), e.column()
		if from > line.start {
			left = e.xAt(p, line, from)
		}
		switch {
		case to < line.end || n == len(p.lines)-1 && selected.End <= end:
			right = e.xAt(p, line, to)
		case n == len(p.lines)-1: // the end of the paragraph is selected too
			right = e.xAt(p, line, to) + e.typo.body().space
		}
		if right > left {
			fills = append(fills, fill{x: left, y: line.y, width: right - left, height: e.typo.body().line, color: theme.ColorNameSelection})
		}
	}
	return fills
}

// caretWidth is that of the cursor.
const caretWidth = 2

// placeCaret shows where the cursor is.
func (e *Editor) placeCaret() {
	e.caret.Hidden, e.ring.Hidden = !e.focused, true
	if !e.focused {
		return
	}
	i, _ := e.buffer.At(e.buffer.Cursor())
	if y := e.top(i); y > e.offset+float64(e.area.Height) || y+float64(e.rows[i].height) < e.offset {
		e.caret.Hidden, e.ring.Hidden = true, e.byHand // something has to show where the keyboard is
		return
	}
	x, y := e.place(e.buffer.Cursor())
	e.caret.Move(fyne.NewPos(e.left()+x-caretWidth/2, float32(y-e.offset)))
	e.caret.Resize(fyne.NewSize(caretWidth, e.typo.body().line))
}

// placeHint shows what to do while there is no text.
func (e *Editor) placeHint() {
	e.hint.Hidden = e.Hint == "" || e.buffer.Len() > 0
	e.hint.Text, e.hint.TextSize = e.Hint, e.typo.reading
	e.hint.Move(fyne.NewPos(e.left(), float32(e.top(0)-e.offset)+1))
	e.hint.Resize(e.hint.MinSize())
}
