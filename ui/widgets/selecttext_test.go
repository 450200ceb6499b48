package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/ui/buffer"
)

func TestSelectText(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Role: Assistant, Text: "Some **text**\nto select"})
	c := lastWindow().Canvas()
	copied, quoted := "", ""
	v.OnCopy = func(text string) { copied = text }
	v.OnQuote = func(text string) { quoted = text }
	open := func() *Editor {
		test.Tap(controls(v, 0)[1])
		e, ok := c.Focused().(*Editor)
		if !ok {
			t.Fatalf("the focus is on %T", c.Focused())
		}
		return e
	}
	tap := func(label string) {
		for _, b := range find[*ChipButton](c.Overlays().Top()) {
			if b.Label() == label {
				test.Tap(b)
			}
		}
	}
	e := open()
	test.Type(e, "not this")
	for _, k := range []fyne.KeyName{fyne.KeyBackspace, fyne.KeyDelete, fyne.KeyReturn, fyne.KeyTab} {
		e.TypedKey(&fyne.KeyEvent{Name: k})
	}
	e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	if got := e.Buffer().Text(); got != v.Text(0) {
		t.Errorf("the text is %q", got)
	}
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	e.TypedShortcut(&fyne.ShortcutCut{Clipboard: fyne.CurrentApp().Clipboard()})
	if got := fyne.CurrentApp().Clipboard().Content(); got != v.Text(0) || e.Buffer().Text() != v.Text(0) {
		t.Errorf("the clipboard has %q, the text is %q", got, e.Buffer().Text())
	}
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if c.Overlays().Top() != nil {
		t.Error("Escape does not close it")
	}
	open()
	if tap("Copy all"); copied != v.Text(0) || c.Overlays().Top() != nil {
		t.Errorf("copied %q", copied)
	}
	open().Edit(func(b *buffer.Buffer) { b.Select(0, 4) })
	if tap("Quote"); quoted != "Some" || c.Overlays().Top() != nil {
		t.Errorf("quoted %q", quoted)
	}
	open()
	if tap("Quote"); quoted != v.Text(0) {
		t.Errorf("quoted %q", quoted)
	}
}
