package widgets

import (
	"testing"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestTwoLines(t *testing.T) {
	width := func(s string) float32 { return float32(utf8.RuneCountInString(s)) }
	for _, c := range []struct{ label, first, second string }{
		{"Fox", "Fox", ""},
		{"Lantern market", "Lantern", "market"},
		{"The smallest helps most", "The", "smallest…"},
		{"いちばん小さい子が大活躍", "いちばん小さい子が", "大活躍"},
		{"Donaudampfschifffahrt", "Donaudamp", "fschifff…"},
		{"Était un rêve\u00a0?", "Était un", "rêve\u00a0?"},
		{"", "", ""},
	} {
		if first, second := twoLines(c.label, 9, width); first != c.first || second != c.second {
			t.Errorf("%q becomes %q and %q", c.label, first, second)
		}
	}
}

func TestTickCard(t *testing.T) {
	test.NewTempApp(t)
	var keys []fyne.KeyName
	ticks, removed := 0, 0
	c := NewTickCard(iconCheck, "Fox", nil)
	c.OnTapped = func() { ticks++; c.SetTicked(!c.Ticked()) }
	c.OnMove = func(k fyne.KeyName) { keys = append(keys, k) }
	w := test.NewTempWindow(t, c)
	without := test.RenderToMarkup(w.Canvas())
	test.Tap(c)
	if ticks != 1 || !c.Ticked() || test.RenderToMarkup(w.Canvas()) == without {
		t.Errorf("ticked %d times, %v, or it is not seen", ticks, c.Ticked())
	}
	for _, k := range []fyne.KeyName{fyne.KeySpace, fyne.KeyLeft, fyne.KeyDown, fyne.KeyDelete} { // nothing is to be removed
		c.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if ticks != 2 || c.Ticked() || len(keys) != 2 {
		t.Errorf("ticked %d times, moved by %v", ticks, keys)
	}
	c.OnRemove = func() { removed++ }
	c.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	test.TapSecondary(c)
	if removed != 2 {
		t.Errorf("removed %d times", removed)
	}
}
