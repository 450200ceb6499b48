package ui

import (
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

// shortcut is a key that works everywhere in the window. The table feeds the canvas, the entries, which keep
// shortcuts from the canvas while they have the focus, and the list of keys on the page Settings.
type shortcut struct {
	key  fyne.KeyName
	does string
	do   func()
}

func (w *Window) shortcuts() []shortcut {
	return []shortcut{
		{fyne.KeyN, lang.L("New chat"), func() { w.show(chatPage); w.chat.startNew() }},
		{fyne.KeyO, lang.L("Add a model"), w.chooseFile},
		{fyne.Key1, lang.L("Chat"), func() { w.show(chatPage) }},
		{fyne.Key2, lang.L("Models"), func() { w.show(modelsPage) }},
		{fyne.Key3, lang.L("Privacy"), func() { w.show(privacyPage) }},
		{fyne.Key4, lang.L("Settings"), func() { w.show(settingsPage) }},
		{fyne.KeyComma, lang.L("Settings"), func() { w.show(settingsPage) }},
	}
}

// name is how a keyboard says it.
func (s shortcut) name() string {
	if runtime.GOOS == "darwin" {
		return "⌘" + string(s.key)
	}
	return lang.L("Ctrl") + "+" + string(s.key)
}

func (w *Window) addShortcuts() {
	for _, s := range w.shortcuts() {
		k := &desktop.CustomShortcut{KeyName: s.key, Modifier: fyne.KeyModifierShortcutDefault}
		run := func(fyne.Shortcut) {
			if w.lock == nil && w.win.Canvas().Overlays().Top() == nil { // a dialog or menu is answered first
				s.do()
			}
		}
		w.keys.AddShortcut(k, run)
		w.win.Canvas().AddShortcut(k, run)
		w.chat.prompt.AddShortcut(k, run)
	}
	w.win.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			w.escape()
		}
	})
}

// escape closes what lies over the window or the page, or else ends the answer that is being written.
func (w *Window) escape() {
	switch {
	case w.lock != nil:
	case w.dialog != nil:
		w.closeDialog()
	case w.current == chatPage && w.chat.side.unfolded:
		w.chat.unfold()
	default:
		w.chat.stop()
	}
}

// focus puts the keyboard on an object, once it is in the window.
func (w *Window) focus(o fyne.Focusable) {
	if !w.started {
		return
	}
	w.do(func() {
		if w.dialog == nil && w.lock == nil {
			w.win.Canvas().Focus(o)
		}
	})
}

// field is an entry that leaves the window's shortcuts and Escape to the window; Fyne's keeps them.
type field struct {
	widget.Entry
	w       *Window
	onFocus func() // may be nil
}

func (w *Window) newField() *field {
	f := &field{w: w}
	f.ExtendBaseWidget(f)
	return f
}

// FocusGained implements [fyne.Focusable].
func (f *field) FocusGained() {
	f.Entry.FocusGained()
	if f.onFocus != nil {
		f.onFocus()
	}
}

// TypedShortcut implements [fyne.Shortcutable].
func (f *field) TypedShortcut(s fyne.Shortcut) {
	f.Entry.TypedShortcut(s)
	f.w.keys.TypedShortcut(s)
}

// TypedKey implements [fyne.Focusable].
func (f *field) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		f.w.escape()
		return
	}
	f.Entry.TypedKey(e)
}
