package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"
)

func TestFollowsTheEnd(t *testing.T) {
	v := show(t, fyne.NewSize(800, 400), answers(4)...)
	end := func() bool { return v.offset == v.lastOffset() && v.offset > 0 }
	if !end() || v.end.Visible() {
		t.Fatalf("opened at %v of %v", v.offset, v.lastOffset())
	}
	v.Append("\n\n" + prose(3000))
	if !end() {
		t.Errorf("after text was added: at %v of %v", v.offset, v.lastOffset())
	}

	test.Scroll(lastWindow().Canvas(), fyne.NewPos(400, 200), 0, 150)
	at, seen := v.offset, look(v.port)
	if at >= v.lastOffset() || !v.end.Visible() {
		t.Fatalf("after scrolling up: at %v of %v, button visible %v", at, v.lastOffset(), v.end.Visible())
	}
	v.Append("\n\n" + prose(3000))
	if v.offset != at {
		t.Errorf("moved from %v to %v while the user reads", at, v.offset)
	}
	if diff := cmp.Diff(seen[:10], look(v.port)[:10]); diff != "" {
		t.Errorf("what the user reads has changed:\n%s", diff)
	}

	test.Tap(v.end)
	if !end() || v.end.Visible() {
		t.Errorf("after the button: at %v of %v", v.offset, v.lastOffset())
	}
	v.Append("more")
	if !end() {
		t.Error("does not follow after the button")
	}

	v.scrollBy(-100)
	n := v.addTurn(Turn{Text: "Next"})
	if !end() || n != 8 || v.Len() != 9 {
		t.Errorf("turn %d of %d added at %v of %v", n, v.Len(), v.offset, v.lastOffset())
	}
}

func TestKeysScroll(t *testing.T) {
	v := show(t, fyne.NewSize(800, 400), answers(4)...)
	press := func(name fyne.KeyName) float64 { // returns how far the text moves
		r := v.anchor().row
		before := v.offset - r.top()
		v.port.TypedKey(&fyne.KeyEvent{Name: name})
		return v.offset - r.top() - before
	}
	if d := press(fyne.KeyUp); d != -keyStep {
		t.Errorf("Up moves by %v", d)
	}
	if d := press(fyne.KeyPageUp); d > -300 || d < -400 {
		t.Errorf("Page Up moves by %v", d)
	}
	if press(fyne.KeyHome); v.offset != 0 {
		t.Errorf("Home goes to %v", v.offset)
	}
	if d := press(fyne.KeyPageDown); d < 300 || d > 400 {
		t.Errorf("Page Down moves by %v", d)
	}
	if press(fyne.KeyEnd); v.offset != v.lastOffset() || !v.follow {
		t.Errorf("End goes to %v of %v", v.offset, v.lastOffset())
	}
}

func TestOtherKeysGoToTheWindow(t *testing.T) {
	v := show(t, fyne.NewSize(800, 400), Turn{Role: Assistant, Text: "[a](http://a.b)\n\n```\nb\n```", Note: Note{Text: "c", Action: "d"}})
	var got []fyne.KeyName
	c := lastWindow().Canvas()
	c.SetOnTypedKey(func(e *fyne.KeyEvent) { got = append(got, e.Name) })
	stops := 0
	for c.FocusNext(); stops == 0 || c.Focused() != v.port; c.FocusNext() {
		c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
		if stops++; len(got) != stops {
			t.Fatalf("Escape on stop %d, a %T: the window got %v", stops, c.Focused(), got)
		}
	}
	if stops < 6 {
		t.Errorf("%d stops", stops)
	}
}

func TestScrollToTurn(t *testing.T) {
	v := show(t, fyne.NewSize(800, 400), answers(30)...)
	for _, n := range []int{0, 17, 30, 3} {
		v.ScrollToTurn(n)
		at := v.turns[n].y - v.offset
		if at != endMargin {
			t.Errorf("turn %d begins at %v", n, at)
		}
	}
	v.Append("more")
	if at := v.turns[3].y - v.offset; at != endMargin {
		t.Errorf("after text was added turn 3 begins at %v", at)
	}
	v.ScrollToEnd()
	if v.offset != v.lastOffset() {
		t.Errorf("the end is at %v of %v", v.offset, v.lastOffset())
	}
}

func TestResizeKeepsThePlace(t *testing.T) {
	v := show(t, fyne.NewSize(800, 400), answers(40)...)
	v.ScrollToTurn(41)
	v.scrollBy(40)
	top := func() *row { return v.anchor().row }
	before := top()
	for _, width := range []float32{500, 300, 420, 800} {
		lastWindow().Resize(fyne.NewSize(width, 400))
		if got := top(); got != before {
			t.Errorf("%v wide: turn %d row %d at the top, not turn %d row %d", width, got.turn.index, got.index, before.turn.index, before.index)
		}
		right := float32(0)
		walk(v, func(o fyne.CanvasObject, at fyne.Position) {
			if o, ok := o.(*canvas.Text); ok {
				right = max(right, at.X+o.Size().Width)
			}
		})
		if right > width {
			t.Errorf("%v wide: text as far as %v", width, right)
		}
	}
	v.ScrollToEnd()
	lastWindow().Resize(fyne.NewSize(400, 300))
	if v.offset != v.lastOffset() {
		t.Errorf("the end is lost: %v of %v", v.offset, v.lastOffset())
	}
}

// TestScrollingUpDoesNotJump scrolls through rows that have never been measured.
func TestScrollingUpDoesNotJump(t *testing.T) {
	v := show(t, fyne.NewSize(500, 400), Turn{Role: Assistant, Text: strings.Repeat(rich+"\n\n", 40)})
	for v.offset > 0 {
		r := v.anchor().row
		before := r.top() - v.offset
		offset := v.offset
		v.scrollBy(-30)
		if moved := r.top() - v.offset - before; offset > 60 && (moved < 29 || moved > 31) {
			t.Fatalf("a step of 30 moved what was visible by %v", moved)
		}
	}
}
