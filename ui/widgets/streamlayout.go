package widgets

import (
	"math"
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Where things are: every turn knows its place in the conversation and every row its place in the turn, measured or guessed.
// Only rows near the visible part are measured, in place(); when a measure differs from the guess everything below moves, and
// the offset with it, so that what the user looks at stays where it is.

// Measures of the view.
const (
	sideMargin  = 16  // beside the column, at least
	leastColumn = 120 // in a narrower view the column is cut off
	endMargin   = 12  // above the first and below the last turn
	atEnd       = 4   // so near to the end counts as the end
	pageShare   = 0.9
	keyStep     = 40
	maxRounds   = 50 // of measuring until nothing moves any more
)

// restyle takes the sizes of the theme and reports whether they have changed, in which case everything has to be measured.
func (v *StreamView) restyle() bool {
	m := themeMeasures(v.Theme())
	if v.typo != nil && v.typo.measures == m {
		return false
	}
	v.typo = newTypography(m)
	return true
}

// setSize arranges the conversation in a size.
func (v *StreamView) setSize(size fyne.Size) {
	if size.Width <= 0 || size.Height <= 0 {
		return
	}
	a := v.anchor()
	column := v.column
	restyled := v.restyle()
	v.column = max(leastColumn, min(v.typo.column, size.Width-2*sideMargin))
	v.area = size
	if restyled || v.column != column {
		v.remeasure(restyled)
	}
	v.place(a)
	if p := v.resume; p != nil {
		v.resume = nil
		v.ScrollToPlace(*p)
	}
}

// remeasure forgets what was measured in another width or, with the views, in other fonts.
func (v *StreamView) remeasure(views bool) {
	for _, t := range v.turns {
		for r := range t.all() {
			if views && r.view != nil {
				r.view.drop()
				r.view, r.shown = nil, false
			}
			r.fitted = 0
			r.guess()
		}
		t.stack(0)
	}
	if views {
		v.shown = nil
	}
	v.restack(0)
	if views && v.focused != nil {
		v.focused = nil
		v.port.requestFocus() // what had it is gone
	}
}

// rowWidth returns the width that a row has to fit in.
func (v *StreamView) rowWidth(r *row) float32 {
	if r.inBubble() {
		return float32(int(v.column*bubbleShare)) - 2*bubbleInset*v.typo.padding
	}
	return v.column
}

// inBubble reports whether the row stands in the bubble of a user.
func (r *row) inBubble() bool { return r.turn.Role == User && (r.kind == textRow || r.kind == editRow) }

// bubbleShare is the part of the column that the words of a user may take.
const bubbleShare = 0.8

// restack puts the turns from number first on under each other.
func (v *StreamView) restack(first int) {
	y := float64(endMargin)
	if first > 0 {
		y = v.turns[first-1].y + v.turns[first-1].height
	}
	for _, t := range v.turns[min(first, len(v.turns)):] {
		t.y = y
		y += t.height
	}
	v.total = y + endMargin
}

// lastOffset is the offset at the end.
func (v *StreamView) lastOffset() float64 { return max(0, v.total-float64(v.area.Height)) }

// anchor is what stays in place while things are measured: a row and where the upper edge of the view cuts it.
type anchor struct {
	row    *row
	delta  float64 // from the top of the row to the edge
	height float32
	fitted float32
}

// anchor returns the row at the upper edge.
func (v *StreamView) anchor() anchor {
	for i := v.turnAt(v.offset); i < len(v.turns); i++ {
		t := v.turns[i]
		for r := range t.from(v.offset - t.y) {
			return anchor{r, v.offset - r.top(), r.height, r.fitted}
		}
	}
	return anchor{}
}

// turnAt returns the number of the turn at a place, or of the first that begins below it.
func (v *StreamView) turnAt(y float64) int {
	return sort.Search(len(v.turns), func(i int) bool { return v.turns[i].y+v.turns[i].height > y })
}

// hold sets the offset so that the anchor is where it was, or the end is shown if the view follows it.
func (v *StreamView) hold(a anchor) {
	switch r := a.row; {
	case v.follow:
		v.offset = v.lastOffset()
	case r != nil && v.has(r):
		delta := a.delta
		if r.fitted != a.fitted && delta > 0 && a.height > 0 {
			delta *= float64(r.height / a.height) // its lines were broken anew
		}
		v.offset = r.top() + delta
	}
	v.offset = math.Round(min(v.lastOffset(), max(0, v.offset)))
}

// has reports whether the row still is part of the conversation.
func (v *StreamView) has(r *row) bool {
	t := r.turn
	return t.index < len(v.turns) && v.turns[t.index] == t && t.has(r)
}

// place measures what is visible and puts exactly that in the tree of canvas objects.
func (v *StreamView) place(a anchor) {
	if v.typo == nil || v.area.Width <= 0 {
		return
	}
	if v.focused != nil && !v.has(v.focused) {
		v.focused = nil
		v.port.requestFocus() // what had it is gone
	}
	v.hold(a)
	for range maxRounds {
		if !v.measure() {
			break
		}
		v.hold(a)
	}
	v.follow = v.offset >= v.lastOffset()-atEnd
	v.show()
}

// measure lays out the rows that are visible or next to it, and reports whether that moved anything.
func (v *StreamView) measure() bool {
	moved := -1
	for _, r := range v.near() {
		if r.fit(v.rowWidth(r)) {
			r.turn.stack(r.index)
			if moved < 0 || r.turn.index < moved {
				moved = r.turn.index
			}
		}
	}
	if moved >= 0 {
		v.restack(moved)
	}
	return moved >= 0
}

// near returns, from top to bottom, the rows that are to be in the tree: those that are visible or nearly so, the next ones in
// both directions that the focus could go to, and the one that has the focus. When the view itself has the focus there are
// none above, so that it goes on to something visible.
func (v *StreamView) near() []*row {
	margin := float64(v.area.Height) / 4
	top, bottom := v.offset-margin, v.offset+float64(v.area.Height)+margin
	if v.port.focused {
		top = v.offset
	}
	rows := v.rows[:0]
	after := false // looking for the next stop below
	for i := v.turnAt(top); i < len(v.turns); i++ {
		t := v.turns[i]
		for r := range t.from(top - t.y) {
			if after = after || r.top() >= bottom; !after {
				rows = append(rows, r)
			} else if r.stop {
				rows = append(rows, r)
				break
			}
		}
		if after {
			break
		}
	}
	if len(rows) > 0 && !v.port.focused {
		if r := v.stopBefore(rows[0]); r != nil {
			rows = append([]*row{r}, rows...)
		}
	}
	if f := v.focused; f != nil {
		i := sort.Search(len(rows), func(i int) bool { return rows[i].top() >= f.top() })
		if i == len(rows) || rows[i] != f {
			rows = append(rows[:i:i], append([]*row{f}, rows[i:]...)...)
		}
	}
	v.rows = rows
	return rows
}

// stopBefore returns the next row above that the focus can go to, or nil.
func (v *StreamView) stopBefore(r *row) *row {
	t := r.turn
	last := len(t.rows) - 1 // of the rows of the text above r
	switch {
	case r.kind == dividerRow:
		last = -1
	case r.kind == controlsRow && t.note != nil && t.note.stop:
		return t.note
	case r.kind == controlsRow && t.files != nil:
		return t.files
	case r.kind == textRow || r.kind == waitingRow || r.kind == editRow:
		last = r.index - 1
	}
	if last >= 0 && t.rows[last].lastStop >= 0 {
		return t.rows[t.rows[last].lastStop]
	}
	if t.index > 0 {
		return v.turns[t.index-1].controls
	}
	return nil
}

// show puts the rows that are near into the tree, and takes the others out.
func (v *StreamView) show() {
	before := v.shown
	v.shown = append([]*row(nil), v.near()...)
	for _, r := range before {
		r.shown = false
	}
	objects := make([]fyne.CanvasObject, 0, len(v.shown)+4)
	height := v.area.Height
	bubbles := 0
	var last *turn
	for _, r := range v.shown {
		r.shown = true
		if r.turn != last && r.turn.Role == User && v.placeBubble(bubbles, r.turn) {
			objects = append(objects, v.bubbles[bubbles])
			bubbles++
		}
		last = r.turn
		at := fyne.NewPos(v.columnX(), float32(r.top()-v.offset))
		width := v.rowWidth(r)
		if r.inBubble() {
			at.X += v.column - v.bubbleWidth(r.turn) + bubbleInset*v.typo.padding
		}
		objects = append(objects, r.place(at, width, 0, height))
	}
	for _, r := range before {
		if !r.shown && r.view != nil {
			r.view.drop()
			r.view = nil
		}
	}
	v.port.objects = objects
	v.arrangeEdges()
	canvas.Refresh(v.port)
}

// columnX is the left edge of the column.
func (v *StreamView) columnX() float32 { return float32(int((v.area.Width - v.column) / 2)) }

// bubbleWidth returns the width of the ground of a user's words.
func (v *StreamView) bubbleWidth(t *turn) float32 {
	widest := float32(0)
	for _, r := range t.rows {
		if r.fitted == 0 {
			return float32(int(v.column * bubbleShare))
		}
		widest = max(widest, r.natural)
	}
	return ceil(widest) + 2*bubbleInset*v.typo.padding
}

// placeBubble puts the ground behind a user's words, no further than the view reaches, and reports whether any is visible.
func (v *StreamView) placeBubble(i int, t *turn) bool {
	radius := v.typo.bubbleRadius
	top := max(float32(t.y+t.textTop-v.offset), -radius)
	bottom := min(float32(t.y+t.text-v.offset), v.area.Height+radius)
	if bottom <= top {
		return false
	}
	if i == len(v.bubbles) {
		v.bubbles = append(v.bubbles, &canvas.Rectangle{})
	}
	b, width := v.bubbles[i], v.bubbleWidth(t)
	b.CornerRadius = radius
	b.Move(fyne.NewPos(v.columnX()+v.column-width, top))
	b.Resize(fyne.NewSize(width, bottom-top))
	v.colorBubble(b)
	return true
}

func (v *StreamView) colorBubble(b *canvas.Rectangle) {
	b.FillColor = v.Theme().Color(ColorNameBubble, fyne.CurrentApp().Settings().ThemeVariant())
	b.Refresh()
}
