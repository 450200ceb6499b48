package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Widget       = (*PromptBox)(nil)
	_ fyne.Focusable    = (*PromptBox)(nil)
	_ fyne.Shortcutable = (*PromptBox)(nil)
)

// maxPromptRows is the height up to which a PromptBox grows before it scrolls.
const maxPromptRows = 8

// PromptBox is where a message is written: one row at first, growing with the text to eight, then scrolling.
// OnChanged of the embedded Entry reports every change.
type PromptBox struct {
	widget.Entry

	OnSend   func(text string) // the sending key was pressed; the text is not cleared
	OnEscape func()

	// EnterInserts swaps the keys: Enter makes a new line and Shift+Enter sends.
	EnterInserts bool

	shortcuts fyne.ShortcutHandler
	rows      int
}

// NewPromptBox returns an empty box that shows the placeholder until something is typed.
func NewPromptBox(placeholder string) *PromptBox {
	p := &PromptBox{}
	p.MultiLine = true
	p.Wrapping = fyne.TextWrapWord
	p.PlaceHolder = placeholder
	p.ExtendBaseWidget(p)
	return p
}

// AddShortcut makes the box answer one of the application's shortcuts while it has the focus: a focused entry keeps
// shortcuts from the canvas. The signature is that of [fyne.Canvas], so that one loop over a table feeds both.
func (p *PromptBox) AddShortcut(s fyne.Shortcut, handler func(fyne.Shortcut)) {
	p.shortcuts.AddShortcut(s, handler)
}

// TypedShortcut implements [fyne.Shortcutable].
func (p *PromptBox) TypedShortcut(s fyne.Shortcut) {
	p.Entry.TypedShortcut(s)
	p.shortcuts.TypedShortcut(s)
}

// TypedKey implements [fyne.Focusable].
func (p *PromptBox) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		if p.OnEscape != nil {
			p.OnEscape()
		}
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		if shiftDown() == p.EnterInserts {
			if p.OnSend != nil {
				p.OnSend(p.Text)
			}
			return
		}
	}
	p.Entry.TypedKey(e)
}

// shiftDown reports whether a Shift key is held.
func shiftDown() bool {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	return ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0
}
