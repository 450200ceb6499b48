package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*StreamView)(nil)

// Role says who speaks in a [Turn].
type Role uint8

const (
	User      Role = iota // shown as written, in a bubble on the right
	Assistant             // Markdown, across the reading width
)

// Turn is one message of a conversation.
type Turn struct {
	Role   Role
	Text   string   // plain text of a user, Markdown of an assistant
	Footer string   // small facts under the turn: "41 tok/s · 128 tokens"
	Note   Note     // a sentence about the turn: stopped, failed
	Greyed bool     // no longer in the model's view
	Files  []string // names of what went with the words of a user, with their sizes

	Version, Versions int // which of how many versions, counted from 1; of less than two nothing is said
}

// Note is a sentence under a turn, with at most one thing to do about it. The zero Note shows nothing.
type Note struct {
	Text     string
	Error    bool   // coloured as an error
	Action   string // label of the button; "" for none
	OnAction func()
}

// StreamView shows a conversation that may still be growing. Turns are numbered from 0.
//
// It follows the end of the text while the user is at the end, and offers a button to get back there when not.
type StreamView struct {
	widget.BaseWidget

	// OnCopy receives text the user asked to copy: the source of a turn, a code block, the address of a link.
	// When nil, the text goes to the application's clipboard.
	OnCopy func(text string)

	// OnFound is called when there are other matches than before of what Find looks for, because the text has changed.
	OnFound func()

	// Actions returns what can be done with a turn beside copying it. It is asked whenever the turn, or the one after it,
	// has changed.
	Actions func(turn int) []TurnAction
	// OnVersion is called by the arrows of a turn that has several versions.
	OnVersion func(turn, version int)
	// OnFile is called when the user opens a file of a turn.
	OnFile func(turn, file int)
	// OnQuote receives text of a turn the user asked to quote. When nil, it is not offered.
	OnQuote func(text string)

	turns   []*turn
	editing *turn // the turn that is being edited, nil for none

	typo   *typography // nil until the view has a size
	area   fyne.Size   // of the view
	column float32     // width of the column in its middle

	offset float64 // of the visible part, from the top of the conversation
	total  float64 // height of the conversation
	follow bool    // the end is to stay visible
	resume *Place  // to be shown as soon as the view has a size, nil for none

	rows    []*row // what near returned last
	shown   []*row // in the tree of canvas objects, from top to bottom
	focused *row   // nil when the focus is elsewhere
	hovered *turn  // nil when the pointer is elsewhere
	found   found  // what is looked for

	port    *streamPort
	bubbles []*canvas.Rectangle
	bar     *scrollBar
	end     *IconButton // leads to the end
}

// NewStreamView returns an empty conversation.
func NewStreamView() *StreamView {
	v := &StreamView{follow: true}
	v.port = newStreamPort(v)
	v.bar = newScrollBar(false, v.scrollTo)
	v.end = &IconButton{button{icon: iconDown, label: lang.L("To the end"), shape: roundShape{}, OnTapped: v.ScrollToEnd}}
	v.end.extend(v.end)
	v.end.Hide()
	v.ExtendBaseWidget(v)
	return v
}

// SetTurns replaces the whole conversation and shows its end. The last answer may still be growing if it has neither text nor
// a footer or note.
func (v *StreamView) SetTurns(turns []Turn) {
	v.change(0, len(turns)-1, func() {
		v.turns, v.editing, v.follow = nil, nil, true
		for i, src := range turns {
			t := newTurn(v, i, src)
			t.setEnded(i < len(turns)-1 || src.Text != "" || src.Footer != "" || src.Note.Text != "")
			v.turns = append(v.turns, t)
		}
	})
}

// Append adds text to the last turn. Pieces may be cut anywhere, but not within a UTF-8 sequence. Its cost does not depend on
// the length of the conversation.
func (v *StreamView) Append(text string) {
	t := v.turns[len(v.turns)-1]
	a := v.anchor()
	first := t.append(text)
	if t.ended {
		t.setEnded(false)
		v.updateControls()
	}
	v.findAgain(t.index, first)
	if v.typo != nil {
		t.stack(first)
		v.restack(t.index)
		v.place(a)
	}
}

// Text returns the source of a turn, Markdown for an assistant.
func (v *StreamView) Text(turn int) string { return v.turns[turn].source() }

// SetGreyed draws a turn as no longer seen by the model, or as seen again.
func (v *StreamView) SetGreyed(turn int, greyed bool) {
	t := v.turns[turn]
	if t.Greyed == greyed {
		return
	}
	v.change(turn, turn+1, func() { t.setGreyed(greyed) })
}

// Len returns the number of turns.
func (v *StreamView) Len() int { return len(v.turns) }

// change lets f change the turns from number first to last, and arranges the view anew.
func (v *StreamView) change(first, last int, f func()) { v.changeFrom(v.anchor(), first, last, f) }

// changeFrom is change with something to hold.
func (v *StreamView) changeFrom(a anchor, first, last int, f func()) {
	f()
	if h := v.hovered; h != nil && (h.index >= len(v.turns) || v.turns[h.index] != h) {
		v.hovered = nil
	}
	if e := v.editing; e != nil && (e.edit == nil || e.index >= len(v.turns) || v.turns[e.index] != e) {
		v.editing = nil
	}
	first = max(0, first)
	v.findAgain(first, 0)
	for i := first; i <= last && i < len(v.turns); i++ {
		v.divide(i)
	}
	if v.typo == nil {
		return // before the view has a size
	}
	v.restack(first)
	v.place(a)
	v.updateControls()
}

// divide puts the line above a turn, if it is the first seen by the model after others that are not or would not be, and
// arranges its rows.
func (v *StreamView) divide(i int) {
	t := v.turns[i]
	switch needed := i > 0 && v.turns[i-1].outside() && (!t.outside() || v.turns[i-1].Greyed && !t.Greyed); {
	case !needed:
		t.divider = nil
	case t.divider == nil:
		t.divider = &row{turn: t, kind: dividerRow}
		t.divider.guess()
	default:
		t.divider.stale = true // it may say something else now
	}
	if v.typo != nil {
		t.stack(0)
	}
}

// ScrollToEnd shows the end of the conversation and follows it from here on.
func (v *StreamView) ScrollToEnd() {
	v.follow = true
	v.place(anchor{})
}

// ScrollToTurn shows the beginning of a turn.
func (v *StreamView) ScrollToTurn(turn int) {
	v.follow = false
	for r := range v.turns[turn].all() {
		v.place(anchor{row: r, delta: -endMargin - r.y})
		return
	}
}

// CreateRenderer implements [fyne.Widget].
func (v *StreamView) CreateRenderer() fyne.WidgetRenderer {
	return &streamRenderer{v, []fyne.CanvasObject{v.port, v.bar, v.end}}
}

type streamRenderer struct {
	v       *StreamView
	objects []fyne.CanvasObject
}

func (r *streamRenderer) Destroy()                     {}
func (r *streamRenderer) MinSize() fyne.Size           { return fyne.NewSize(200, 80) }
func (r *streamRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *streamRenderer) Layout(size fyne.Size) {
	v := r.v
	v.port.Resize(size)
	v.bar.Move(fyne.NewPos(size.Width-barSize, 0))
	v.bar.Resize(fyne.NewSize(barSize, size.Height))
	end := v.end.MinSize()
	v.end.Resize(end)
	v.end.Move(fyne.NewPos((size.Width-end.Width)/2, size.Height-end.Height-endMargin))
	if size != v.area {
		v.setSize(size)
	}
}

// Refresh follows the theme.
func (r *streamRenderer) Refresh() {
	v := r.v
	if v.typo != nil && v.typo.measures != themeMeasures(v.Theme()) {
		v.setSize(v.area)
	}
	for _, o := range r.objects {
		o.Refresh()
	}
	for _, b := range v.bubbles {
		v.colorBubble(b)
	}
}
