package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/buffer"
)

var (
	_ fyne.Widget        = (*Editor)(nil)
	_ fyne.Focusable     = (*Editor)(nil)
	_ fyne.Shortcutable  = (*Editor)(nil)
	_ fyne.Tabbable      = (*Editor)(nil)
	_ fyne.Scrollable    = (*Editor)(nil)
	_ fyne.Draggable     = (*Editor)(nil)
	_ desktop.Mouseable  = (*Editor)(nil)
	_ desktop.Keyable    = (*Editor)(nil)
	_ desktop.Cursorable = (*Editor)(nil)
)

// Editor is where a document is written. It shows a [buffer.Buffer] of any length, with the marks on it: proposals in their
// place, what would go struck through and what would come underlined.
//
// Only what is visible is laid out and in the tree of canvas objects, and an edit lays out the paragraphs it has touched, so a
// key costs the same at any length. Nothing blinks: the cursor stands.
type Editor struct {
	widget.BaseWidget

	OnChanged  func()                    // the text has changed
	OnSelected func()                    // the cursor stands elsewhere, or something else is selected
	OnMark     func(id int)              // somebody has clicked on a proposal
	OnMenu     func(at fyne.Position)    // the menu was asked for; at is within the canvas
	OnKey      func(*fyne.KeyEvent) bool // takes a key before the editor does
	OnRune     func(rune) bool           // takes a character before the editor does
	TakesTab   bool                      // Tab goes to OnKey; otherwise it leads on to the next control
	OnWord     func() bool               // takes Ctrl and the arrow to the right, which moves by a word otherwise
	OnUndo     func()                    // there is nothing to be taken back in the text
	OnRestored func()                    // a step was taken back, or made again: marks may have come and gone too
	OnScrolled func()                    // another part of the text is shown
	ReadOnly   bool                      // it can be selected and copied, not changed
	Hint       string                    // shown while there is no text
	now        func() time.Time          // for clicks in a row
	shortcuts  fyne.ShortcutHandler      // of the application
	buffer     *buffer.Buffer

	typo    *typography // nil until the editor has a size
	area    fyne.Size
	rows    []*paragraph
	placed  int     // so many rows know where they begin
	offset  float64 // of the visible part, from the top of the text
	shown   []*paragraph
	focusID int          // of the proposal that is looked at, -1 for none
	resume  *EditorPlace // where it is scrolled to as soon as there is a size

	caret   *canvas.Rectangle
	hint    *canvas.Text
	ring    *canvas.Rectangle
	bar     *scrollBar
	objects []fyne.CanvasObject

	focused bool
	byHand  bool    // the focus comes from a click, which needs no ring
	shift   bool    // the key is down
	goal    float32 // where the cursor goes when it moves by lines
	aimed   bool    // goal is set
	told    int     // revision of the text that OnChanged was told of
	pointer pointer
}

// NewEditor returns an editor of an empty text.
func NewEditor() *Editor {
	e := &Editor{now: time.Now, focusID: -1}
	e.caret = &canvas.Rectangle{}
	e.caret.Hide()
	e.hint = &canvas.Text{}
	e.ring = &canvas.Rectangle{StrokeWidth: ringWidth}
	e.ring.Hide()
	e.bar = newScrollBar(false, e.ScrollTo)
	e.ExtendBaseWidget(e)
	e.SetBuffer(buffer.New(""))
	return e
}

// SetBuffer shows another text, from its beginning. The editor takes its OnChange.
func (e *Editor) SetBuffer(b *buffer.Buffer) {
	if e.buffer != nil {
		e.buffer.OnChange = nil
	}
	e.buffer, e.offset, e.focusID, e.aimed, e.resume = b, 0, -1, false, nil
	e.rows, e.placed, e.told = make([]*paragraph, b.Paragraphs()), 0, b.Revision()
	for i := range e.rows {
		e.rows[i] = &paragraph{}
	}
	b.OnChange = e.changed
	e.estimateAll()
	e.arrange()
}

// Buffer is the text. It is changed through [Editor.Edit].
func (e *Editor) Buffer() *buffer.Buffer { return e.buffer }

// Edit lets f change the text, the selection or the marks, and shows what has become of them.
func (e *Editor) Edit(f func(*buffer.Buffer)) {
	before := e.buffer.Selection()
	f(e.buffer)
	e.settle(before, false)
}

// act is Edit for what the user does: the cursor stays in view.
func (e *Editor) act(f func(*buffer.Buffer)) {
	before := e.buffer.Selection()
	f(e.buffer)
	e.settle(before, true)
}

// settle shows the text after a change and tells of it.
func (e *Editor) settle(before buffer.Selection, follow bool) {
	if follow {
		e.reveal(e.buffer.Cursor(), e.buffer.Cursor())
	} else {
		e.arrange()
	}
	edited := e.told != e.buffer.Revision()
	e.told = e.buffer.Revision()
	if edited && e.OnChanged != nil {
		e.OnChanged()
	}
	if (edited || before != e.buffer.Selection()) && e.OnSelected != nil {
		e.OnSelected()
	}
}

// changed is told of each change of the text and the marks.
func (e *Editor) changed(first, removed, added int) {
	old := e.rows[first : first+removed]
	if removed == added {
		for _, p := range old {
			p.fitted = 0
		}
	} else {
		fresh := make([]*paragraph, added)
		for i := range fresh {
			fresh[i] = &paragraph{}
			e.estimate(fresh[i], e.buffer.Paragraph(first+i))
		}
		e.rows = append(e.rows[:first:first], append(fresh, e.rows[first+removed:]...)...)
	}
	e.placed = min(e.placed, first)
	e.aimed = false
}

// SetFocus says which proposal is looked at; -1 is none. It is outlined.
func (e *Editor) SetFocus(id int) {
	e.focusID = id
	e.arrange()
}

// Reveal scrolls to a part of the text, as little as is necessary.
func (e *Editor) Reveal(r buffer.Range) { e.reveal(r.Start, r.End) }

// Offset is how far the text is scrolled; [Editor.ScrollTo] goes back there.
func (e *Editor) Offset() float64 { return e.offset }

// EditorPlace is where a text is scrolled to. It holds for another width and other sizes of text too, as nearly as can be.
type EditorPlace struct {
	Paragraph int     `json:"paragraph"`
	Share     float64 `json:"share"` // of its height that is above the upper edge
}

// Place returns what the upper edge of the editor cuts.
func (e *Editor) Place() EditorPlace {
	switch {
	case e.resume != nil:
		return *e.resume
	case e.typo == nil || e.area.Height <= 0 || e.offset <= 0:
		return EditorPlace{}
	}
	i := e.rowAt(e.offset)
	return EditorPlace{i, (e.offset - e.top(i)) / float64(max(1, e.rows[i].height))}
}

// ScrollToPlace shows a place that Place has returned.
func (e *Editor) ScrollToPlace(p EditorPlace) {
	if p.Paragraph < 0 || p.Paragraph >= len(e.rows) || p.Share != p.Share {
		return
	}
	if e.typo == nil || e.area.Height <= 0 {
		e.resume = &p
		return
	}
	if p == (EditorPlace{}) { // with the space above the text
		e.ScrollTo(0)
		return
	}
	e.fit(p.Paragraph)
	e.ScrollTo(e.top(p.Paragraph) + min(max(-1, p.Share), 1)*float64(e.rows[p.Paragraph].height))
}

// AddShortcut makes the editor answer one of the application's shortcuts while it has the focus.
func (e *Editor) AddShortcut(s fyne.Shortcut, handler func(fyne.Shortcut)) {
	e.shortcuts.AddShortcut(s, handler)
}

// CreateRenderer implements [fyne.Widget].
func (e *Editor) CreateRenderer() fyne.WidgetRenderer {
	r := &editorRenderer{e}
	r.color()
	return r
}

type editorRenderer struct{ e *Editor }

// IsClip makes the drivers cut off what is outside of the widget, as they do for Fyne's own.
func (*editorRenderer) IsClip()            {}
func (*editorRenderer) Destroy()           {}
func (*editorRenderer) MinSize() fyne.Size { return fyne.NewSize(200, 80) }

func (r *editorRenderer) Objects() []fyne.CanvasObject {
	e := r.e
	return append(e.objects[:len(e.objects):len(e.objects)], e.hint, e.caret, e.ring, e.bar)
}

func (r *editorRenderer) Layout(size fyne.Size) {
	e := r.e
	e.ring.Resize(size)
	e.bar.Move(fyne.NewPos(size.Width-barSize, 0))
	e.bar.Resize(fyne.NewSize(barSize, size.Height))
	if size != e.area {
		e.setSize(size)
	}
}

// Refresh follows the theme.
func (r *editorRenderer) Refresh() {
	e := r.e
	r.color()
	if e.typo != nil && e.typo.measures != themeMeasures(e.Theme()) {
		e.typo = nil
		e.setSize(e.area)
	}
	for _, o := range e.objects {
		o.Refresh()
	}
	e.bar.Refresh()
	e.arrange()
}

func (r *editorRenderer) color() {
	th, v := r.e.Theme(), fyne.CurrentApp().Settings().ThemeVariant()
	r.e.caret.FillColor = th.Color(theme.ColorNamePrimary, v)
	r.e.ring.StrokeColor = th.Color(ColorNameRing, v)
	r.e.hint.Color = th.Color(ColorNameMuted, v)
}
