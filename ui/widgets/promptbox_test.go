package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

func TestPromptBoxGrowsWithItsText(t *testing.T) {
	app(t)
	p := NewPromptBox("Ask")
	window(t, p, fyne.NewSize(400, 300))
	row := fyne.MeasureText("M", theme.Size(theme.SizeNameText), fyne.TextStyle{}).Height
	one := p.MinSize().Height
	if one > 2.5*row {
		t.Errorf("an empty box is %v high, a row %v", one, row)
	}
	for text, rows := range map[string]float32{
		"a": 1, "a\nb": 2, "a\n": 2, "a\nb\nc\nd": 4, strings.Repeat("a\n", 7): 8, strings.Repeat("a\n", 20): 8,
		strings.Repeat("word ", 30): 3, strings.Repeat("word ", 2000): 8,
	} {
		p.SetText(text)
		if got := 1 + (p.MinSize().Height-one)/row; got < rows-0.01 || got > rows+0.01 {
			t.Errorf("%d bytes with %d breaks: %v rows, want %v", len(text), strings.Count(text, "\n"), got, rows)
		}
	}
	p.SetText(strings.Repeat("word ", 30))
	wide := p.MinSize().Height
	lastWindow().Resize(fyne.NewSize(200, 300))
	if p.MinSize().Height <= wide {
		t.Error("a narrow box is as high as a wide one")
	}
	p.SetText("")
	if p.MinSize().Height != one {
		t.Error("an emptied box does not shrink")
	}
}

// TestPromptBoxHasTheRowsOfItsEntry compares the measured rows with where the Entry puts its cursor.
func TestPromptBoxHasTheRowsOfItsEntry(t *testing.T) {
	app(t)
	p := NewPromptBox("")
	window(t, p, fyne.NewSize(300, 300))
	text := ""
	for i := range 60 {
		text += []string{"word ", "a ", "longer-word ", "\n"}[i*7%4]
		p.SetText(text)
		p.CursorRow, p.CursorColumn = 0, 0
		for range text {
			p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
		}
		if want := min(maxPromptRows, p.CursorRow+1); p.measureRows() != want {
			t.Errorf("%q: %d rows, the Entry has %d", text, p.measureRows(), want)
		}
	}
}

func TestPromptBoxKeys(t *testing.T) {
	app(t)
	p := NewPromptBox("")
	window(t, p, fyne.NewSize(300, 100))
	sent, escaped := "", 0
	p.OnSend = func(text string) { sent = text }
	p.OnEscape = func() { escaped++ }
	test.Type(p, "hello")
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if sent != "hello" || p.Text != "hello" {
		t.Errorf("Enter sent %q, left %q", sent, p.Text)
	}
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if escaped != 1 {
		t.Error("Escape is not reported")
	}
	if p.AcceptsTab() {
		t.Error("Tab does not lead on")
	}
	p.EnterInserts = true
	sent = ""
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if sent != "" || p.Text != "hello\n" {
		t.Errorf("with EnterInserts Enter sent %q, left %q", sent, p.Text)
	}
	p.OnSend, p.OnEscape, p.EnterInserts = nil, nil, false
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	p.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if p.Text != "hello\n" {
		t.Errorf("without receivers the text is %q", p.Text)
	}
}

func TestPromptBoxPassesShortcutsOn(t *testing.T) {
	app(t)
	p := NewPromptBox("")
	window(t, p, fyne.NewSize(300, 100))
	n := 0
	s := &desktop.CustomShortcut{KeyName: fyne.KeyK, Modifier: fyne.KeyModifierControl}
	p.AddShortcut(s, func(fyne.Shortcut) { n++ })
	p.TypedShortcut(s)
	p.SetText("text")
	p.TypedShortcut(&fyne.ShortcutSelectAll{})
	if n != 1 || p.SelectedText() != "text" {
		t.Errorf("called %d times, selected %q", n, p.SelectedText())
	}
}

func TestPromptBoxPaste(t *testing.T) {
	a := app(t)
	p := NewPromptBox("")
	window(t, p, fyne.NewSize(300, 100))
	paste := func(text string) {
		a.Clipboard().SetContent(text)
		p.TypedShortcut(&fyne.ShortcutPaste{Clipboard: a.Clipboard()})
	}
	test.Type(p, "one ")
	paste("two")
	if p.Text != "one two" {
		t.Errorf("without a receiver the text is %q", p.Text)
	}
	var taken []string
	p.OnPaste = func(text string) bool {
		taken = append(taken, text)
		return len(text) > 5
	}
	paste(" three")
	paste(" four")
	if p.Text != "one two four" || strings.Join(taken, "|") != " three| four" {
		t.Errorf("the text is %q, %q was offered", p.Text, taken)
	}
	p.TypedShortcut(&fyne.ShortcutSelectAll{})
	p.Insert("all")
	p.Undo()
	p.Undo()
	if p.Text != "one two four" || a.Clipboard().Content() != " four" {
		t.Errorf("undone it is %q; the clipboard has %q", p.Text, a.Clipboard().Content())
	}
}
