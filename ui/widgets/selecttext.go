package widgets

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Focusable = (*readEntry)(nil)

// readEntry shows text that can be selected and copied but not changed.
type readEntry struct {
	widget.Entry
	onEscape func()
}

func newReadEntry(onEscape func()) *readEntry {
	e := &readEntry{onEscape: onEscape}
	e.MultiLine = true
	e.Wrapping = fyne.TextWrapWord
	e.ExtendBaseWidget(e)
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

// partSize is how much text is shown at once for selecting, in bytes: an Entry lays out all it has.
const partSize = 20_000

// selectText shows the source of a turn where it can be selected, long ones in parts.
func (v *StreamView) selectText(t *turn) {
	c := fyne.CurrentApp().Driver().CanvasForObject(v.port)
	if c == nil {
		return
	}
	text := t.source()
	parts, shown := splitText(text, partSize), 0
	var pop *widget.PopUp
	hide := func() { pop.Hide() }
	entry := newReadEntry(hide)

	title := widget.NewLabel("")
	title.TextStyle.Bold = true
	hint := widget.NewLabel(lang.L("Drag over the words you want, then press Ctrl+C."))
	hint.SizeName = theme.SizeNameCaptionText
	hint.Wrapping = fyne.TextWrapWord
	previous := NewChipButton(nil, lang.L("Previous part"), nil)
	next := NewChipButton(nil, lang.L("Next part"), nil)
	show := func(part int) {
		shown = min(len(parts)-1, max(0, part))
		entry.SetText(parts[shown])
		title.SetText(lang.L("Select text"))
		if len(parts) > 1 {
			title.SetText(lang.L("Select text: part {{.Part}} of {{.Parts}}", map[string]any{"Part": shown + 1, "Parts": len(parts)}))
		}
		enable(&previous.button, shown > 0)
		enable(&next.button, shown < len(parts)-1)
	}
	previous.OnTapped = func() { show(shown - 1) }
	next.OnTapped = func() { show(shown + 1) }
	previous.Hidden, next.Hidden = len(parts) == 1, len(parts) == 1
	copyAll := NewChipButton(iconCopy, lang.L("Copy all"), func() {
		v.copyText(text)
		hide()
	})
	quote := NewChipButton(nil, lang.L("Quote"), func() {
		part := entry.SelectedText()
		if part == "" {
			part = text
		}
		hide()
		v.OnQuote(part)
	})
	quote.Hidden = v.OnQuote == nil
	done := NewChipButton(nil, lang.L("Close"), hide)
	buttons := container.NewHBox(previous, next, quote, copyAll, done)
	for _, b := range []*ChipButton{previous, next, quote, copyAll, done} {
		b.onKey = func(e *fyne.KeyEvent) {
			if e.Name == fyne.KeyEscape {
				hide()
			}
		}
	}

	foot := container.NewBorder(nil, nil, nil, container.NewCenter(buttons), hint)
	pop = widget.NewModalPopUp(container.New(layout.NewCustomPaddedLayout(4, 8, 8, 8), container.NewBorder(title, foot, nil, nil, entry)), c)
	const margin = 48
	size := c.Size().SubtractWidthHeight(margin, margin)
	pop.Resize(fyne.NewSize(min(680, size.Width), min(520, size.Height)))
	pop.Show()
	show(0)
	c.Focus(entry)
}

func enable(b *button, enabled bool) {
	if enabled {
		b.Enable()
	} else {
		b.Disable()
	}
}

// splitText cuts a text into parts of at most n bytes, at line breaks where there are any, else at spaces, else anywhere between
// two characters.
func splitText(text string, n int) []string {
	var parts []string
	for len(text) > n {
		cut := strings.LastIndexByte(text[:n], '\n') + 1
		if cut == 0 {
			cut = strings.LastIndexByte(text[:n], ' ') + 1
		}
		if cut == 0 {
			for cut = n; cut > 1 && !utf8.RuneStart(text[cut]); {
				cut--
			}
		}
		parts = append(parts, text[:cut])
		text = text[cut:]
	}
	return append(parts, text)
}
