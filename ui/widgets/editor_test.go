package widgets

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"lamplight/ui/buffer"
)

// openEditor puts an editor of a text into a window and gives it the keyboard.
func openEditor(t testing.TB, size fyne.Size, text string) *Editor {
	t.Helper()
	app(t)
	e := NewEditor()
	w := window(t, e, size)
	e.SetBuffer(buffer.New(text))
	w.Canvas().Focus(e)
	return e
}

func press(e *Editor, names ...fyne.KeyName) {
	for _, n := range names {
		e.TypedKey(&fyne.KeyEvent{Name: n})
	}
}

func withCtrl(e *Editor, name fyne.KeyName, modifiers ...fyne.KeyModifier) {
	s := &desktop.CustomShortcut{KeyName: name, Modifier: fyne.KeyModifierShortcutDefault}
	for _, m := range modifiers {
		s.Modifier |= m
	}
	e.TypedShortcut(s)
}

func withShift(e *Editor, f func()) {
	e.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	f()
	e.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
}

// stateOf is the text with the selection in it: | for the cursor, [ for the other end.
func stateOf(e *Editor) string {
	b := e.Buffer()
	s := b.Selection()
	at := func(r buffer.Range) string { return b.Slice(r) }
	r := s.Range()
	before, in, after := at(buffer.Range{End: r.Start}), at(r), at(buffer.Range{Start: r.End, End: b.Len()})
	switch {
	case s.Anchor == s.Cursor:
		return before + "|" + after
	case s.Anchor < s.Cursor:
		return before + "[" + in + "|" + after
	}
	return before + "|" + in + "[" + after
}

func TestEditorKeys(t *testing.T) {
	tests := []struct {
		name, text string
		cursor     int
		do         func(*Editor)
		want       string
	}{
		{"type", "", 0, func(e *Editor) { e.TypedRune('a'); press(e, fyne.KeyReturn); e.TypedRune('b') }, "a\nb|"},
		{"left over a line end", "a\nb", 2, func(e *Editor) { press(e, fyne.KeyLeft) }, "a|\nb"},
		{"right over a character of two", "e\u0301a", 0, func(e *Editor) { press(e, fyne.KeyRight) }, "e\u0301|a"},
		{"words", "one two three", 4, func(e *Editor) { withCtrl(e, fyne.KeyRight) }, "one two |three"},
		{"words back", "one two three", 7, func(e *Editor) { withCtrl(e, fyne.KeyLeft) }, "one |two three"},
		{"select words", "one two three", 0, func(e *Editor) { withCtrl(e, fyne.KeyRight, fyne.KeyModifierShift) }, "[one |two three"},
		{"select", "one", 0, func(e *Editor) { withShift(e, func() { press(e, fyne.KeyRight, fyne.KeyRight) }) }, "[on|e"},
		{"out of what is selected", "one", 0, func(e *Editor) {
			withShift(e, func() { press(e, fyne.KeyRight, fyne.KeyRight) })
			press(e, fyne.KeyLeft)
		}, "|one"},
		{"replace", "one two", 4, func(e *Editor) {
			withCtrl(e, fyne.KeyEnd, fyne.KeyModifierShift)
			e.TypedRune('2')
		}, "one 2|"},
		{"backspace", "one", 3, func(e *Editor) { press(e, fyne.KeyBackspace) }, "on|"},
		{"delete", "one\ntwo", 3, func(e *Editor) { press(e, fyne.KeyDelete) }, "one|two"},
		{"delete a word", "one two", 4, func(e *Editor) { withCtrl(e, fyne.KeyDelete) }, "one |"},
		{"delete a word back", "one two", 7, func(e *Editor) { withCtrl(e, fyne.KeyBackspace) }, "one |"},
		{"all", "one\ntwo", 2, func(e *Editor) { e.TypedShortcut(&fyne.ShortcutSelectAll{}) }, "[one\ntwo|"},
		{"down keeps the column", "one\n\nonce", 2, func(e *Editor) { press(e, fyne.KeyDown, fyne.KeyDown) }, "one\n\non|ce"},
		{"up at the top", "one", 2, func(e *Editor) { press(e, fyne.KeyUp) }, "|one"},
		{"down at the end", "one", 1, func(e *Editor) { press(e, fyne.KeyDown) }, "one|"},
		{"home and end", "one\ntwo", 5, func(e *Editor) { press(e, fyne.KeyHome); withShift(e, func() { press(e, fyne.KeyEnd) }) }, "one\n[two|"},
		{"undo", "one", 3, func(e *Editor) {
			e.TypedRune('s')
			e.TypedShortcut(&fyne.ShortcutUndo{})
		}, "one|"},
		{"redo", "one", 3, func(e *Editor) {
			e.TypedRune('s')
			e.TypedShortcut(&fyne.ShortcutUndo{})
			e.TypedShortcut(&fyne.ShortcutRedo{})
		}, "ones|"},
		{"cut and paste", "one two", 0, func(e *Editor) {
			withCtrl(e, fyne.KeyRight, fyne.KeyModifierShift)
			e.TypedShortcut(&fyne.ShortcutCut{})
			press(e, fyne.KeyEnd)
			e.TypedShortcut(&fyne.ShortcutPaste{})
		}, "twoone |"},
		{"read only", "one", 1, func(e *Editor) {
			e.ReadOnly = true
			e.TypedRune('x')
			press(e, fyne.KeyReturn, fyne.KeyBackspace, fyne.KeyDelete, fyne.KeyRight)
		}, "on|e"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := openEditor(t, fyne.NewSize(600, 300), test.text)
			e.Edit(func(b *buffer.Buffer) { b.Move(test.cursor, false) })
			test.do(e)
			if got := stateOf(e); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestEditorPlaces looks for every position of texts with marks where it is drawn.
func TestEditorPlaces(t *testing.T) {
	long := "A paragraph that is longer than its line,  with two spaces, a\ttab, éé, e\u0301, 日本語の文, 👩‍👧 and a verylongwordthatdoesnotfitintoanylineofthiswidthatall."
	text := long + "\n\n  led by spaces\n" + long
	e := openEditor(t, fyne.NewSize(300, 5000), text)
	check := func(name string) {
		t.Helper()
		for at := 0; ; at = e.buffer.NextCharacter(at) {
			x, y := e.place(at)
			got, _ := e.position(x, y+1)
			if gx, gy := e.place(got); got != at && (gx != x || gy != y) {
				t.Errorf("%s: position %d is drawn at %v, %v, and there is %d", name, at, x, y, got)
			}
			if at == e.buffer.Len() {
				return
			}
		}
	}
	check("plain")
	e.Edit(func(b *buffer.Buffer) {
		b.SetMarks([]buffer.Mark{
			{Range: buffer.Range{Start: 2, End: 11}, New: "line", ID: 1},
			{Range: buffer.Range{Start: 20, End: 20}, New: "added\nlines ", ID: 2},
			{Range: buffer.Range{Start: len(long) - 3, End: len(long) + 4}, New: "joined", ID: 3},
			{Range: buffer.Range{Start: len(text) - 5, End: len(text)}, Kind: buffer.Warning, ID: 4},
		})
	})
	check("with marks")
	shown := editorText(e)
	for _, want := range []string{"line", "added↵", "↵", "joined"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown: %q", want, shown)
		}
	}
}

// editorText is what the editor shows, paragraph by paragraph.
func editorText(e *Editor) string {
	var all []string
	for _, p := range e.shown {
		all = append(all, p.text)
	}
	return strings.Join(all, "\n")
}

// TestEditorShowsTheText edits at random and compares what is drawn with a new editor of the same text.
func TestEditorShowsTheText(t *testing.T) {
	e := openEditor(t, fyne.NewSize(320, 400), prose(3000))
	r := rand.New(rand.NewPCG(7, 7))
	for range 60 {
		e.Edit(func(b *buffer.Buffer) { b.Move(r.IntN(b.Len()), r.IntN(3) == 0) })
		switch r.IntN(5) {
		case 0:
			press(e, fyne.KeyReturn)
		case 1:
			withCtrl(e, fyne.KeyBackspace)
		case 2:
			e.TypedShortcut(&fyne.ShortcutUndo{})
		case 3:
			e.Edit(func(b *buffer.Buffer) {
				b.Apply(buffer.Edit{Range: buffer.Range{Start: 10, End: 40}, Text: "other\nwords"})
			})
		default:
			for _, c := range "typed " {
				e.TypedRune(c)
			}
		}
		e.Reveal(buffer.Range{Start: e.buffer.Cursor(), End: e.buffer.Cursor()})
		first := e.rowAt(e.offset)
		for i, p := range e.shown {
			if want := strings.ReplaceAll(e.buffer.Paragraph(first+i), "\t", "    "); p.text != want {
				t.Fatalf("paragraph %d shows %q, want %q", first+i, p.text, want)
			}
		}
		x, y := e.place(e.buffer.Cursor())
		if got := e.caret.Position(); e.caret.Hidden || got.X != e.left()+x-caretWidth/2 || got.Y != float32(y-e.offset) || got.Y < 0 || got.Y > e.area.Height {
			t.Fatalf("cursor at %v, hidden %v", got, e.caret.Hidden)
		}
	}
	again := NewEditor()
	window(t, again, fyne.NewSize(320, 400))
	again.SetBuffer(buffer.New(e.buffer.Text()))
	for i := range e.rows {
		e.fit(i)
		again.fit(i)
	}
	if e.total() != again.total() {
		t.Errorf("%v high, anew %v", e.total(), again.total())
	}
}

func TestEditorMouse(t *testing.T) {
	e := openEditor(t, fyne.NewSize(600, 300), "one two three\nfour")
	now := time.Unix(0, 0)
	e.now = func() time.Time { return now }
	marked := -1
	e.OnMark = func(id int) { marked = id }
	at := func(position int) fyne.Position {
		x, y := e.place(position)
		return fyne.NewPos(e.left()+x+1, float32(y-e.offset)+4)
	}
	click := func(position int, m fyne.KeyModifier) {
		ev := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary, Modifier: m}
		ev.Position = at(position)
		e.MouseDown(ev)
		e.MouseUp(ev)
	}
	expect := func(name, want string) {
		t.Helper()
		if got := stateOf(e); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	click(5, 0)
	expect("click", "one t|wo three\nfour")
	click(5, 0)
	expect("double click", "one [two| three\nfour")
	click(5, 0)
	expect("triple click", "[one two three|\nfour")
	now = now.Add(time.Second)
	click(5, 0)
	expect("later", "one t|wo three\nfour")
	now = now.Add(time.Second)
	click(9, fyne.KeyModifierShift)
	expect("with Shift", "one t[wo t|hree\nfour")

	now = now.Add(time.Second)
	ev := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	ev.Position = at(5)
	e.MouseDown(ev)
	e.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at(16)}})
	expect("dragged", "one t[wo three\nfo|ur")
	e.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at(1)}})
	expect("dragged back", "o|ne t[wo three\nfour")
	e.DragEnd()

	now = now.Add(time.Second)
	click(5, 0)
	ev.Position = at(5)
	e.MouseDown(ev)
	e.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at(10)}})
	expect("dragged by words", "one [two three|\nfour")
	e.DragEnd()

	now = now.Add(time.Second)
	e.Edit(func(b *buffer.Buffer) {
		b.SetMarks([]buffer.Mark{{Range: buffer.Range{Start: 4, End: 7}, New: "2", ID: 5}})
	})
	click(5, 0)
	if marked != 5 {
		t.Errorf("a click on a proposal tells of %d", marked)
	}
}

func TestEditorTells(t *testing.T) {
	e := openEditor(t, fyne.NewSize(600, 300), "one")
	changed, selected := 0, 0
	e.OnChanged = func() { changed++ }
	e.OnSelected = func() { selected++ }
	press(e, fyne.KeyRight)
	e.TypedRune('x')
	press(e, fyne.KeyUp, fyne.KeyUp)
	if changed != 1 || selected != 3 {
		t.Errorf("%d changes, %d selections, want 1, 3", changed, selected)
	}
}

// TestEditorFollowsTheCursor goes through a long text by keys.
func TestEditorFollowsTheCursor(t *testing.T) {
	e := openEditor(t, fyne.NewSize(500, 200), prose(20_000))
	for range 40 {
		press(e, fyne.KeyPageDown)
	}
	down := e.buffer.Cursor()
	if e.Offset() == 0 || e.caret.Hidden {
		t.Fatalf("scrolled to %v, cursor hidden %v", e.Offset(), e.caret.Hidden)
	}
	for range 40 {
		press(e, fyne.KeyPageUp)
	}
	if got := e.buffer.Cursor(); got >= down || e.Offset() > float64(e.area.Height) {
		t.Errorf("cursor at %d, scrolled to %v", got, e.Offset())
	}
	withCtrl(e, fyne.KeyEnd)
	if last := e.shown[len(e.shown)-1]; last != e.rows[len(e.rows)-1] {
		t.Error("the end is not shown")
	}
}

func TestEditorResize(t *testing.T) {
	e := openEditor(t, fyne.NewSize(500, 200), prose(20_000))
	e.ScrollTo(2000)
	top := e.rowAt(e.offset)
	lastWindow().Resize(fyne.NewSize(300, 200))
	if got := e.rowAt(e.offset); got < top-1 || got > top+1 {
		t.Errorf("paragraph %d is at the top, before it was %d", got, top)
	}
}

// BenchmarkEditorKey types into the middle of a text of 50,000 characters, in paragraphs and in a single one.
// A text whose beginning is shown still shows it in another width.
func TestEditorResizeAtTheTop(t *testing.T) {
	e := openEditor(t, fyne.NewSize(120, 200), strings.Repeat("many words in a row ", 40)+"\n"+strings.Repeat("More.\n", 50))
	if e.Offset() != 0 {
		t.Errorf("it begins at %v", e.Offset())
	}
	for _, width := range []float32{500, 90, 700} {
		e.Resize(fyne.NewSize(width, 200))
		if e.Offset() != 0 {
			t.Errorf("%v wide, it begins at %v", width, e.Offset())
		}
	}
}

func BenchmarkEditorKey(b *testing.B) {
	for name, text := range map[string]string{"paragraphs": prose(50_000), "one": strings.ReplaceAll(prose(50_000), "\n", " ")} {
		b.Run(name, func(b *testing.B) {
			e := openEditor(b, fyne.NewSize(800, 700), text)
			e.Edit(func(t *buffer.Buffer) { t.Move(25_000, false) })
			e.Reveal(buffer.Range{Start: 25_000, End: 25_000})
			for i := 0; b.Loop(); i++ {
				if i%2 == 0 {
					e.TypedRune('x')
				} else {
					press(e, fyne.KeyBackspace)
				}
			}
		})
	}
}

// Where a text is scrolled to holds for another width, and is known before there is a size.
func TestEditorPlace(t *testing.T) {
	text := strings.Repeat(strings.Repeat("word ", 60)+"\n\n", 50)
	e := openEditor(t, fyne.NewSize(600, 400), text)
	if p := e.Place(); p != (EditorPlace{}) {
		t.Errorf("at the top: %+v", p)
	}
	e.ScrollToPlace(EditorPlace{})
	if e.Offset() != 0 {
		t.Errorf("the top is at %v", e.Offset())
	}
	e.ScrollTo(2000)
	p := e.Place()
	other := NewEditor()
	other.SetBuffer(buffer.New(text))
	other.ScrollToPlace(p)
	if other.Place() != p {
		t.Errorf("before there is a size: %+v, want %+v", other.Place(), p)
	}
	other.Resize(fyne.NewSize(400, 300))
	if got := other.Place(); got.Paragraph != p.Paragraph || max(got.Share-p.Share, p.Share-got.Share) > 0.02 {
		t.Errorf("in another width: %+v, want %+v", got, p)
	}
	for _, bad := range []EditorPlace{{Paragraph: -1}, {Paragraph: 1000}, {Paragraph: 1, Share: math.NaN()}, {Paragraph: 1, Share: math.Inf(1)}} {
		e.ScrollToPlace(bad)
		if o := e.Offset(); math.IsNaN(o) || o < 0 {
			t.Errorf("%+v leads to %v", bad, o)
		}
	}
}
