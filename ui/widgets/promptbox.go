package widgets

import (
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Widget       = (*PromptBox)(nil)
	_ fyne.Focusable    = (*PromptBox)(nil)
	_ fyne.Shortcutable = (*PromptBox)(nil)
	_ fyne.Tabbable     = (*PromptBox)(nil)
)

// maxPromptRows is the height up to which a PromptBox grows before it scrolls.
const maxPromptRows = 8

// PromptBox is where a message is written: one row at first, growing with the text to eight, then scrolling.
// OnChanged of the embedded Entry reports every change.
type PromptBox struct {
	widget.Entry

	OnSend   func(text string) // the sending key was pressed; the text is not cleared
	OnEscape func()
	OnPaste  func(text string) (taken bool) // text is pasted, and goes into the box unless it is taken; may be nil
	OnUndo   func()                         // there was nothing to undo: nothing was written since the box was filled, and it is empty

	// EnterInserts swaps the keys: Enter makes a new line and Shift+Enter sends.
	EnterInserts bool

	onFocus   func(in bool) // the focus has come or gone; may be nil
	shortcuts fyne.ShortcutHandler
	ruler     *widget.RichText // wraps the text as the Entry does, which does not tell its number of rows
	ruled     ruling
	rows      int
	written   bool // something was, since the box was filled
}

// NewPromptBox returns an empty box that shows the placeholder until something is typed.
func NewPromptBox(placeholder string) *PromptBox {
	p := &PromptBox{ruler: widget.NewRichText(&widget.TextSegment{})}
	p.ruler.Wrapping = fyne.TextWrapWord
	p.MultiLine = true
	p.Wrapping = fyne.TextWrapWord
	p.PlaceHolder = placeholder
	p.SetMinRowsVisible(1)
	p.ExtendBaseWidget(p)
	return p
}

// MinSize implements [fyne.CanvasObject]. The height is that of the text, from one row to maxPromptRows.
func (p *PromptBox) MinSize() fyne.Size {
	size := p.Theme().Size(theme.SizeNameText)
	if now := (ruling{p.Text, p.Size().Width, size}); now != p.ruled {
		p.ruled, p.rows = now, p.measureRows()
	}
	min := p.Entry.MinSize()
	min.Height += float32(p.rows-1) * fyne.MeasureText("M", size, p.TextStyle).Height
	return min
}

// ruling is what the number of rows depends on.
type ruling struct {
	text        string
	width, size float32
}

// measureRows returns how many rows the text takes at the present width, at most maxPromptRows.
func (p *PromptBox) measureRows() int {
	const longest = 4000  // bytes that fill maxPromptRows at any width a window has
	const narrowest = 100 // below it the box has not been laid out yet
	switch {
	case len(p.Text) > longest:
		return maxPromptRows
	case p.Size().Width < narrowest:
		return min(maxPromptRows, 1+strings.Count(p.Text, "\n"))
	}
	height := func(text string) float32 {
		p.ruler.Segments[0].(*widget.TextSegment).Text = text
		p.ruler.Refresh()
		return p.ruler.MinSize().Height
	}
	p.ruler.Resize(fyne.NewSize(p.Size().Width, 0))
	one := height("M")
	rows := 1 + math.Round(float64((height(p.Text)-one)/(height("M\nM")-one)))
	return max(1, min(maxPromptRows, int(rows)))
}

// AcceptsTab implements [fyne.Tabbable]: Tab leads on from the box, as from every other control.
func (p *PromptBox) AcceptsTab() bool { return false }

// AddShortcut makes the box answer one of the application's shortcuts while it has the focus: a focused entry keeps
// shortcuts from the canvas. The signature is that of [fyne.Canvas], so that one loop over a table feeds both.
func (p *PromptBox) AddShortcut(s fyne.Shortcut, handler func(fyne.Shortcut)) {
	p.shortcuts.AddShortcut(s, handler)
}

// FocusGained implements [fyne.Focusable].
func (p *PromptBox) FocusGained() {
	p.Entry.FocusGained()
	if p.onFocus != nil {
		p.onFocus(true)
	}
}

// FocusLost implements [fyne.Focusable].
func (p *PromptBox) FocusLost() {
	p.Entry.FocusLost()
	if p.onFocus != nil {
		p.onFocus(false)
	}
}

// Insert puts text in the place of what is selected, as if it was pasted: the user can undo it.
func (p *PromptBox) Insert(text string) {
	p.written = true
	p.Entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: held(text)})
}

// held is a clipboard with this text.
type held string

// Content implements [fyne.Clipboard].
func (h held) Content() string { return string(h) }

// SetContent implements [fyne.Clipboard]. Nobody calls it.
func (held) SetContent(string) {}

// TypedShortcut implements [fyne.Shortcutable].
func (p *PromptBox) TypedShortcut(s fyne.Shortcut) {
	if paste, ok := s.(*fyne.ShortcutPaste); ok && p.OnPaste != nil {
		if text := paste.Clipboard.Content(); !p.OnPaste(text) {
			p.Insert(text)
		}
		return
	}
	if _, undo := s.(*fyne.ShortcutUndo); undo && !p.written && p.Text == "" {
		if p.OnUndo != nil {
			p.OnUndo()
		}
		return
	}
	p.Entry.TypedShortcut(s)
	p.shortcuts.TypedShortcut(s)
}

// SetText fills the box. What was in it before is nothing that could be undone.
func (p *PromptBox) SetText(text string) {
	p.written = false
	p.Entry.SetText(text)
}

// TypedRune implements [fyne.Focusable].
func (p *PromptBox) TypedRune(r rune) {
	p.written = true
	p.Entry.TypedRune(r)
}

// TypedKey implements [fyne.Focusable].
func (p *PromptBox) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		if p.OnEscape != nil {
			p.OnEscape()
		}
		return
	case fyne.KeyF3: // is the window's
		passKey(p, e)
		return
	case fyne.KeyReturn, fyne.KeyEnter:
		if ShiftDown() == p.EnterInserts {
			if p.OnSend != nil {
				p.OnSend(p.Text)
			}
			return
		}
	}
	p.Entry.TypedKey(e)
}

// ShiftDown reports whether a Shift key is held.
func ShiftDown() bool {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	return ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0
}
