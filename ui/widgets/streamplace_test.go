package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
)

// A conversation comes back to where it was, also in a new view that has no size yet.
func TestPlace(t *testing.T) {
	size := fyne.NewSize(800, 400)
	v := show(t, size, answers(6)...)
	if p, ok := v.Place(); ok {
		t.Fatalf("at the end the place is %+v", p)
	}
	v.scrollTo(v.total / 3)
	at := v.offset
	p, ok := v.Place()
	if !ok {
		t.Fatalf("at %v of %v there is no place", v.offset, v.total)
	}
	again := NewStreamView()
	again.SetTurns(answers(6))
	again.ScrollToPlace(p)
	w := window(t, again, size)
	if q, ok := again.Place(); !ok || q.Turn != p.Turn || q.Row != p.Row || again.offset < at-200 || again.follow {
		t.Errorf("the place %+v came back as %+v (%v), at %v", p, q, ok, again.offset)
	}
	w.Resize(fyne.NewSize(420, 500))
	again.ScrollToPlace(p)
	if q, _ := again.Place(); q.Turn != p.Turn || q.Row != p.Row {
		t.Errorf("in a narrow window the place %+v came back as %+v", p, q)
	}
	for _, far := range []Place{{Turn: -1}, {Turn: 99}, {Turn: 0, Row: 99}} {
		before := again.offset
		if again.ScrollToPlace(far); again.offset != before {
			t.Errorf("%+v leads to %v", far, again.offset)
		}
	}
}
