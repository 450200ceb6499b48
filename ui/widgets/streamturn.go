package widgets

import (
	"iter"
	"slices"
	"sort"

	"fyne.io/fyne/v2"

	"lamplight/ui/markdown"
)

// turn is a Turn and how it is drawn: a list of rows from top to bottom.
type turn struct {
	Turn  // the text of an assistant is in doc
	view  *StreamView
	index int
	doc   markdown.Document
	ended bool // nothing will be added to the text
	edit  *turnEdit

	leaving bool // it would no longer be in the model's view

	divider  *row   // says that the turns above are not in the model's view; nil for none
	rows     []*row // of the text
	files    *row   // nil for none
	note     *row   // nil for none
	controls *row

	y             float64 // of its top, from that of the conversation
	height        float64 // with the space below it
	textTop, text float64 // where its rows are, from its top
}

type rowKind uint8

const (
	textRow     rowKind = iota // a block of the text
	waitingRow                 // in place of the text that is still to come
	editRow                    // in place of the text while it is edited
	dividerRow                 // "not in the model's view"
	filesRow                   // what went with the words of a user
	noteRow                    // the Note
	controlsRow                // buttons and footer
)

// row is one block of a turn, or what stands around its text. Its view exists only while it is near what is visible.
type row struct {
	turn *turn
	kind rowKind

	index    int // in turn.rows, of the rows of the text
	src      markdown.Block
	stop     bool // has something that the focus can reach
	lastStop int  // the last row of the text, up to this one, that has; -1 for none

	gap     float32 // the part of its height that is space above it
	y       float64 // from the top of the turn
	height  float32
	fitted  float32 // the width that height was measured in; 0 while it is a guess
	natural float32 // width that the text takes
	stale   bool    // the source has changed since it was laid out

	view   rowView
	shown  bool
	marked int // which of found's states is drawn
}

// newTurn returns a turn that has not been laid out.
func newTurn(v *StreamView, index int, src Turn) *turn {
	t := &turn{Turn: src, view: v, index: index}
	t.controls = &row{turn: t, kind: controlsRow, stop: true}
	t.setText(src.Text)
	t.setFiles(src.Files)
	t.setNote(src.Note)
	t.controls.guess()
	return t
}

// source returns the text as it was given.
func (t *turn) source() string {
	if t.Role == Assistant {
		return t.doc.Source()
	}
	return t.Text
}

// setText replaces the text. The views of blocks that look alike are kept.
func (t *turn) setText(text string) {
	t.edit, t.doc, t.Text = nil, markdown.Document{}, text
	if t.Role == User {
		t.sync(0, markdown.Literal(text))
		return
	}
	t.doc.Append(text)
	t.sync(0, t.doc.Blocks())
}

// append adds text and returns the number of the first row that may have changed.
func (t *turn) append(text string) int {
	if t.Role == User {
		t.Text += text
		if t.edit == nil {
			t.sync(0, markdown.Literal(t.Text))
		}
		return 0
	}
	first := t.doc.Append(text)
	t.sync(first, t.doc.Blocks())
	return first
}

// setEnded tells whether more text is to come. It returns whether that changes the rows.
func (t *turn) setEnded(ended bool) bool {
	if t.ended == ended {
		return false
	}
	t.ended = ended
	if t.Role == Assistant && len(t.doc.Blocks()) == 0 {
		t.sync(0, nil)
		return true
	}
	return false
}

// sync brings the rows in line with blocks, of which those before first are as they were. The views of rows that look alike
// are kept.
func (t *turn) sync(first int, blocks []markdown.Block) {
	kind := textRow
	if len(blocks) == 0 && t.Role == Assistant && !t.ended {
		kind, blocks = waitingRow, []markdown.Block{{Spans: []markdown.Span{{Text: "…"}}}}
	}
	for i := first; i < len(blocks); i++ {
		if i < len(t.rows) && t.rows[i].kind == kind && t.rows[i].src.Kind == blocks[i].Kind {
			t.rows[i].set(blocks[i])
			continue
		}
		t.rows = append(t.rows[:min(i, len(t.rows))], &row{turn: t, kind: kind, index: i})
		t.rows[i].set(blocks[i])
	}
	t.rows = t.rows[:len(blocks)]
}

// set gives a row of the text its block.
func (r *row) set(b markdown.Block) {
	same := r.fitted > 0 && b.Kind != markdown.Code && b.Kind != markdown.Table && b.Level == r.src.Level &&
		slices.Equal(b.In, r.src.In) && slices.Equal(b.Spans, r.src.Spans)
	gap := r.gap
	r.src = b
	r.guess()
	r.findStops()
	if same && r.gap == gap {
		return
	}
	r.stale = true
	if r.view == nil {
		r.fitted = 0
		r.guess()
	}
}

// findStops notes what the focus can reach in the row, and above it in the turn.
func (r *row) findStops() {
	b := &r.src
	r.stop = r.kind == editRow || b.Kind == markdown.Code || b.Kind == markdown.Table ||
		slices.ContainsFunc(b.Spans, func(s markdown.Span) bool { return s.Link != "" })
	switch {
	case r.stop:
		r.lastStop = r.index
	case r.index > 0:
		r.lastStop = r.turn.rows[r.index-1].lastStop
	default:
		r.lastStop = -1
	}
}

// guess sets the gap above the row and, unless it has been measured, its height.
func (r *row) guess() {
	t := r.turn.view.typo
	if t == nil {
		return // before the view has a size
	}
	if r.kind == textRow || r.kind == waitingRow {
		var before *markdown.Block
		if r.index > 0 {
			before = &r.turn.rows[r.index-1].src
		}
		r.gap = t.gapAbove(&r.src, before)
	}
	switch {
	case r.fitted > 0:
	case r.kind == textRow || r.kind == waitingRow:
		r.height = ceil(t.estimate(r, r.turn.view.rowWidth(r)))
	default:
		r.height = ceil(t.icon + 4*t.padding)
	}
}

func (t *turn) setNote(n Note) {
	t.Note = n
	t.note = nil
	if n.Text != "" || n.Action != "" {
		t.note = &row{turn: t, kind: noteRow, stop: n.Action != ""}
		t.note.guess()
	}
}

// setGreyed draws the turn as no longer seen by the model, or as seen again.
func (t *turn) setGreyed(greyed bool) {
	t.Greyed = greyed
	for r := range t.all() {
		if r.view != nil {
			r.view.setGreyed(t.outside())
		}
	}
}

// all returns every row, from top to bottom.
func (t *turn) all() iter.Seq[*row] { return t.from(-1) }

// from returns the rows that end below y, from top to bottom.
func (t *turn) from(y float64) iter.Seq[*row] {
	return func(yield func(*row) bool) {
		if t.divider != nil && t.divider.bottom() > y && !yield(t.divider) {
			return
		}
		first := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].bottom() > y })
		for _, r := range t.rows[first:] {
			if !yield(r) {
				return
			}
		}
		if t.files != nil && t.files.bottom() > y && !yield(t.files) {
			return
		}
		if t.note != nil && t.note.bottom() > y && !yield(t.note) {
			return
		}
		if t.controls.bottom() > y {
			yield(t.controls)
		}
	}
}

func (r *row) bottom() float64 { return r.y + float64(r.height) }

// top returns where a row begins, from the top of the conversation.
func (r *row) top() float64 { return r.turn.y + r.y }

// has reports whether the row still is part of the turn.
func (t *turn) has(r *row) bool {
	switch r.kind {
	case dividerRow:
		return t.divider == r
	case filesRow:
		return t.files == r
	case noteRow:
		return t.note == r
	case controlsRow:
		return t.controls == r
	}
	return r.index < len(t.rows) && t.rows[r.index] == r
}

// Space around the parts of a turn, in paddings.
const (
	bubblePad   = 2.5 // above and below the words of a user
	bubbleInset = 3.5 // at their sides
	filesGap    = 1
	noteGap     = 2
	controlsGap = 1
	answerGap   = 4 // below an answer
	questionGap = 1 // below the words of a user, whose controls seldom show
)

// stack puts the rows of the text, from number first on, and all below them under each other.
func (t *turn) stack(first int) {
	p := float64(t.view.typo.padding)
	y := float64(0)
	if t.divider != nil {
		y = float64(t.divider.height)
	}
	t.textTop = y
	pad := float64(0)
	if t.Role == User {
		pad = bubblePad * p
	}
	y += pad
	if first = min(first, len(t.rows)); first > 0 {
		y = t.rows[first-1].bottom()
	}
	for _, r := range t.rows[first:] {
		r.y = y
		y = r.bottom()
	}
	y += pad
	t.text = y
	if t.files != nil {
		t.files.y = y + filesGap*p
		y = t.files.bottom()
	}
	if t.note != nil {
		t.note.y = y + noteGap*p
		y = t.note.bottom()
	}
	t.controls.y = y + controlsGap*p
	t.height = t.controls.bottom() + questionGap*p
	if t.Role == Assistant {
		t.height = t.controls.bottom() + answerGap*p
	}
}

// hover tells that the pointer is over the row's turn, or no longer.
func (r *row) hover(in bool) {
	if in {
		r.turn.view.setHovered(r.turn)
	} else {
		r.turn.view.setHovered(nil)
	}
}

// focus tells that something in the row has got the focus, at a place in the row, or has lost it.
func (r *row) focus(in bool, y, height float32) {
	v := r.turn.view
	switch {
	case in:
		v.focused = r
		v.reveal(r, y, height)
	case v.focused == r:
		v.focused = nil
	}
}

// build makes the view of a row that comes into the tree.
func (r *row) build() {
	t := r.turn.view.typo
	switch {
	case r.kind == dividerRow:
		r.view = newDividerView(r, t)
	case r.kind == filesRow:
		r.view = newFilesView(r, t)
	case r.kind == noteRow:
		r.view = newNoteView(r, t)
	case r.kind == controlsRow:
		r.view = newControlsView(r, t)
	case r.kind == editRow:
		r.view = newEditView(r, t)
	case r.src.Kind == markdown.Code:
		r.view = newCodeView(r, t)
	case r.src.Kind == markdown.Table:
		r.view = newTableView(r, t)
	default:
		r.view = newTextView(r, t)
	}
}

// fit lays the row out in a width and reports whether its height has changed.
func (r *row) fit(width float32) bool {
	if r.view == nil {
		r.build()
		r.stale = true
	}
	if r.fitted == width && !r.stale {
		return false
	}
	before := r.height
	r.height = ceil(r.view.fit(width))
	r.fitted, r.stale = width, false
	return r.height != before
}

func ceil(x float32) float32 {
	if n := float32(int(x)); n < x {
		return n + 1
	}
	return x
}

// place puts the row's view where it belongs.
func (r *row) place(at fyne.Position, width, top, bottom float32) fyne.CanvasObject {
	o := r.view.object()
	o.Move(at)
	o.Resize(fyne.NewSize(width, r.height))
	if state := r.turn.view.found.state; r.marked != state {
		r.marked = state
		r.view.mark()
	}
	r.view.window(top-at.Y, bottom-at.Y)
	return o
}
