package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Focusable = (*readEntry)(nil)

// readEntry shows text that can be selected and copied but not changed.
type readEntry struct {
	widget.Entry
	onEscape func()
}

func newReadEntry(text string, onEscape func()) *readEntry {
	e := &readEntry{onEscape: onEscape}
	e.MultiLine = true
	e.Wrapping = fyne.TextWrapWord
	e.ExtendBaseWidget(e)
	e.SetText(text)
	return e
}

// TypedRune implements [fyne.Focusable]; nothing can be written.
func (e *readEntry) TypedRune(rune) {}

// TypedKey implements [fyne.Focusable]. Keys that move the cursor do, those that change the text do not.
func (e *readEntry) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyEscape:
		e.onEscape()
	case fyne.KeyBackspace, fyne.KeyDelete, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyTab:
	default:
		e.Entry.TypedKey(k)
	}
}

// TypedShortcut implements [fyne.Shortcutable].
func (e *readEntry) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutCopy, *fyne.ShortcutSelectAll:
		e.Entry.TypedShortcut(s)
	case *fyne.ShortcutCut:
		e.Entry.TypedShortcut(&fyne.ShortcutCopy{Clipboard: s.Clipboard})
	}
}

// AcceptsTab implements [fyne.Tabbable]: Tab goes to the buttons.
func (e *readEntry) AcceptsTab() bool { return false }

// selectText shows the source of a turn where it can be selected.
func (v *StreamView) selectText(t *turn) {
	c := fyne.CurrentApp().Driver().CanvasForObject(v.port)
	if c == nil {
		return
	}
	var pop *widget.PopUp
	hide := func() { pop.Hide() }
	text := t.source()
	entry := newReadEntry(text, hide)

	title := widget.NewLabel(lang.L("Select text"))
	title.TextStyle.Bold = true
	hint := widget.NewLabel(lang.L("Drag over the words you want, then press Ctrl+C."))
	hint.SizeName = theme.SizeNameCaptionText
	hint.Wrapping = fyne.TextWrapWord
	copyAll := NewChipButton(iconCopy, lang.L("Copy all"), func() {
		v.copyText(text)
		hide()
	})
	done := NewChipButton(nil, lang.L("Close"), hide)
	escape := func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			hide()
		}
	}
	copyAll.onKey, done.onKey = escape, escape

	buttons := container.NewHBox(copyAll, done)
	foot := container.NewBorder(nil, nil, nil, buttons, hint)
	pop = widget.NewModalPopUp(container.NewBorder(title, foot, nil, nil, entry), c)
	size := c.Size()
	pop.Resize(fyne.NewSize(min(680, size.Width-48), min(520, size.Height-48)))
	pop.Show()
	c.Focus(entry)
}
