package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// The height of a flow follows its width and what is in it.
func TestFlow(t *testing.T) {
	app(t)
	chip := func() fyne.CanvasObject { return NewFileChip("letter.txt · 312 tokens", nil, func() {}) }
	f := NewFlow()
	page := container.NewBorder(nil, f, nil, nil)
	w := window(t, page, fyne.NewSize(600, 200))
	if f.MinSize().Height != 0 {
		t.Errorf("nothing has the height %v", f.MinSize())
	}
	one := chip().MinSize()
	f.Set(chip(), chip(), chip())
	if got := f.MinSize().Height; got != one.Height {
		t.Errorf("in 600 the height is %v, want %v", got, one.Height)
	}
	w.Resize(fyne.NewSize(one.Width+20, 400))
	page.Layout.Layout(page.Objects, page.Size()) // as the driver does when an object needs more room
	if got := f.MinSize().Height; got < 3*one.Height || f.Size().Height < got {
		t.Errorf("one below the other they have %v, and get %v", got, f.Size())
	}
	for i, o := range f.objects {
		if bottom := o.Position().Y + o.Size().Height; bottom > f.Size().Height || o.Position().X != 0 {
			t.Errorf("chip %d is at %v", i, o.Position())
		}
	}
	f.Set()
	if f.MinSize().Height != 0 {
		t.Errorf("nothing has the height %v", f.MinSize())
	}
}

func TestFileChip(t *testing.T) {
	app(t)
	opened, removed := 0, 0
	c := NewFileChip("letter.txt", func() { opened++ }, func() { removed++ })
	window(t, c, fyne.NewSize(300, 60))
	c.SetLabel("letter.txt · 312 tokens")
	if c.Label() != "letter.txt · 312 tokens" || c.MinSize().Width <= c.open.MinSize().Width {
		t.Errorf("%q has %v", c.Label(), c.MinSize())
	}
	test.Tap(c.open)
	c.Focus().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if opened != 2 || removed != 0 {
		t.Errorf("opened %d times, removed %d times", opened, removed)
	}
	test.Tap(c.remove)
	c.Focus().TypedKey(&fyne.KeyEvent{Name: fyne.KeyDelete})
	c.Focus().TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	if opened != 2 || removed != 3 {
		t.Errorf("opened %d times, removed %d times", opened, removed)
	}
}
