package widgets

import (
	"strings"
	"testing"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestSelectText(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Role: Assistant, Text: "Some **text**\nto select"})
	c := lastWindow().Canvas()
	copied := ""
	v.OnCopy = func(text string) { copied = text }
	open := func() *readEntry {
		test.Tap(controls(v, 0)[1])
		e, ok := c.Focused().(*readEntry)
		if !ok {
			t.Fatalf("the focus is on %T", c.Focused())
		}
		return e
	}
	e := open()
	test.Type(e, "not this")
	for _, k := range []fyne.KeyName{fyne.KeyBackspace, fyne.KeyDelete, fyne.KeyReturn, fyne.KeyTab} {
		e.TypedKey(&fyne.KeyEvent{Name: k})
	}
	e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	if e.Text != v.Text(0) {
		t.Errorf("the text is %q", e.Text)
	}
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	e.TypedShortcut(&fyne.ShortcutCut{Clipboard: fyne.CurrentApp().Clipboard()})
	if got := fyne.CurrentApp().Clipboard().Content(); got != v.Text(0) || e.Text != v.Text(0) {
		t.Errorf("the clipboard has %q, the text is %q", got, e.Text)
	}
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if c.Overlays().Top() != nil {
		t.Error("Escape does not close it")
	}
	open()
	for _, b := range find[*ChipButton](c.Overlays().Top()) {
		if b.Label() == "Copy all" {
			test.Tap(b)
		}
	}
	if copied != v.Text(0) || c.Overlays().Top() != nil {
		t.Errorf("copied %q", copied)
	}
}

func TestLongTextIsSelectedInParts(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Text: prose(50_000)})
	test.Tap(controls(v, 0)[1])
	c := lastWindow().Canvas()
	entry := c.Focused().(*readEntry)
	buttons := map[string]*ChipButton{}
	for _, b := range find[*ChipButton](c.Overlays().Top()) {
		buttons[b.Label()] = b
	}
	all, parts := entry.Text, 1
	for ; !buttons["Next part"].Disabled(); parts++ {
		test.Tap(buttons["Next part"])
		all += entry.Text
	}
	if parts != 3 || all != v.Text(0) || !strings.Contains(text(c.Overlays().Top()), "part 3 of 3") {
		t.Errorf("%d parts of %d bytes in all, want %d", parts, len(all), len(v.Text(0)))
	}
	if test.Tap(buttons["Previous part"]); buttons["Next part"].Disabled() {
		t.Error("there is no next part after going back")
	}
}

func TestSplitText(t *testing.T) {
	for _, text := range []string{"", "short", "one two three four", "one\ntwo three four", "onetwothreefour", "日本語日本語日本語", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"} {
		parts := splitText(text, 9)
		if strings.Join(parts, "") != text {
			t.Errorf("%q: parts %q", text, parts)
		}
		for _, p := range parts {
			if len(p) > 9 || utf8.ValidString(text) && !utf8.ValidString(p) {
				t.Errorf("%q: part %q", text, p)
			}
		}
	}
}
