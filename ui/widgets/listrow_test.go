package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

func TestListRow(t *testing.T) {
	test.NewTempApp(t)
	r := NewListRow(iconCopy)
	w := test.NewTempWindow(t, container.NewWithoutLayout(r))
	w.Resize(fyne.NewSize(300, 100))
	r.Resize(fyne.NewSize(200, r.MinSize().Height))
	var tapped int
	var menu []fyne.Position
	r.OnTapped = func() { tapped++ }
	r.OnMenu = func(at fyne.Position) { menu = append(menu, at) }

	r.Set(RowFace{Text: "The tide", More: "More"})
	if r.more.Visible() {
		t.Error("the button is there while nobody is")
	}
	wide := r.text.Size().Width
	r.MouseIn(nil)
	if !r.more.Visible() || r.text.Size().Width >= wide {
		t.Error("the pointer does not bring the button, or it lies over the text")
	}
	r.MouseOut() // it moves on to the button
	r.more.MouseIn(nil)
	if !r.more.Visible() {
		t.Error("the button goes when the pointer comes to it")
	}
	test.Tap(r.more)
	r.more.MouseOut()
	if r.more.Visible() {
		t.Error("the button stays")
	}
	r.SetCurrent(true)
	if !r.more.Visible() {
		t.Error("the keyboard does not bring the button")
	}
	w.Canvas().Focus(r.more) // by the Tab key
	r.SetCurrent(false)
	if !r.more.Visible() {
		t.Error("the button goes when the keyboard comes to it")
	}
	w.Canvas().Unfocus()
	if r.more.Visible() {
		t.Error("the button stays after the keyboard")
	}
	test.Tap(r)
	test.TapSecondaryAt(r, fyne.NewPos(5, 5))
	if tapped != 1 || len(menu) != 2 || menu[0] != r.foot() {
		t.Errorf("tapped %d times, menus at %v", tapped, menu)
	}

	r.Set(RowFace{Text: "Today", Heading: true})
	r.MouseIn(nil)
	test.Tap(r)
	test.TapSecondaryAt(r, fyne.NewPos(5, 5))
	r.ShowMenu()
	if tapped != 1 || len(menu) != 2 || r.more.Visible() {
		t.Error("a heading does something")
	}
}

// What is cut is told by a tooltip.
func TestListRowCut(t *testing.T) {
	test.NewTempApp(t)
	r := NewListRow(iconCopy)
	r.Resize(fyne.NewSize(200, r.MinSize().Height))
	for text, cut := range map[string]bool{"short": false, "a title that is quite a bit longer than its row": true} {
		r.Set(RowFace{Text: text})
		if r.cut() != cut {
			t.Errorf("%q is cut: %v", text, r.cut())
		}
	}
}
