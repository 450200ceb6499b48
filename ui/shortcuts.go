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
	key   fyne.KeyName
	shift bool // together with Shift
	does  string
	do    func()

	// What a text understands by the same key; it keeps that while it has the keyboard. nil: nothing.
	text fyne.Shortcut
}

func (w *Window) shortcuts() []shortcut {
	return []shortcut{
		{key: fyne.KeyN, does: lang.L("New chat; on the page Write, new document"), do: w.startNew},
		{key: fyne.KeyN, shift: true, does: lang.L("New private chat"), do: func() { w.show(chatPage); w.chat.startPrivate() }},
		{key: fyne.KeyK, does: lang.L("Search everywhere"), do: w.openSearch},
		{key: fyne.KeyF, does: lang.L("Find in this chat or document"), do: w.openFind},
		{key: fyne.KeyH, does: lang.L("Find and replace in this document"), do: func() { w.write.finder.open(true) }},
		{key: fyne.KeyS, does: lang.L("Save this document as a file"), do: func() { w.show(writePage); w.write.askSave(w.write.shown) }},
		{key: fyne.KeyJ, does: lang.L("Help with this document"), do: func() { w.show(writePage); w.write.help.toggle() }},
		{key: fyne.KeyV, shift: true, does: lang.L("Help with the text on the clipboard"), do: func() { w.write.help.openClip() }},
		{key: fyne.KeyT, does: lang.L("Tell a story about what is ticked"), do: func() { w.show(storyPage); w.story.tellChosen() }},
		{key: fyne.KeyL, does: lang.L("Lock"), do: w.lockByHand},
		{key: fyne.KeyZ, does: lang.L("Bring back what was deleted last"), do: w.undo, text: &fyne.ShortcutUndo{}},
		{key: fyne.KeyO, does: lang.L("Add a model; on the page Write, open a file"), do: w.openFile},
		{key: fyne.Key1, does: lang.L("Chat"), do: func() { w.show(chatPage) }},
		{key: fyne.Key2, does: lang.L("Write"), do: func() { w.show(writePage) }},
		{key: fyne.Key3, does: lang.L("Story"), do: func() { w.show(storyPage) }},
		{key: fyne.Key4, does: lang.L("Models"), do: func() { w.show(modelsPage) }},
		{key: fyne.Key5, does: lang.L("Tune"), do: func() { w.show(tunePage) }},
		{key: fyne.Key6, does: lang.L("Privacy"), do: func() { w.show(privacyPage) }},
		{key: fyne.Key7, does: lang.L("Settings"), do: func() { w.show(settingsPage) }},
		{key: fyne.KeyComma, does: lang.L("Settings"), do: func() { w.show(settingsPage) }},
	}
}

// name is how a keyboard says it.
func (s shortcut) name() string {
	if runtime.GOOS == "darwin" {
		if s.shift {
			return "⇧⌘" + string(s.key)
		}
		return "⌘" + string(s.key)
	}
	name := lang.L("Ctrl") + "+"
	if s.shift {
		name += lang.L("Shift") + "+"
	}
	return name + string(s.key)
}

// modifier is what is held down with the key.
func (s shortcut) modifier() fyne.KeyModifier {
	if s.shift {
		return fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift
	}
	return fyne.KeyModifierShortcutDefault
}

func (w *Window) addShortcuts() {
	for _, s := range w.shortcuts() {
		k := &desktop.CustomShortcut{KeyName: s.key, Modifier: s.modifier()}
		run := func(fyne.Shortcut) {
			w.touched()
			if w.lock == nil && w.win.Canvas().Overlays().Top() == nil { // a dialog or menu is answered first
				s.do()
			}
		}
		if s.text != nil {
			w.win.Canvas().AddShortcut(s.text, run)
			continue
		}
		w.keys.AddShortcut(k, run)
		w.win.Canvas().AddShortcut(k, run)
		w.chat.prompt.AddShortcut(k, run)
		w.write.addShortcut(k, run)
	}
	w.addActionKeys()
	w.win.Canvas().SetOnTypedRune(w.typedNowhere)
	w.chat.prompt.OnCursorChanged = w.touched
	w.chat.prompt.OnUndo = func() {
		if len(w.undos) > 0 {
			w.undo()
		}
	}
	w.win.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		w.touched()
		switch e.Name {
		case fyne.KeyEscape:
			w.escape()
		case fyne.KeyF3:
			if w.current == writePage {
				w.write.finder.typedKey(e)
			} else {
				w.chat.finder.typedKey(e)
			}
		}
	})
}

// typedNowhere gets a letter when nothing has the keyboard, as after a click on a button: on the page Chat it is the
// beginning of the next question.
func (w *Window) typedNowhere(r rune) {
	w.touched()
	if w.current == chatPage && w.dialog == nil && w.lock == nil && !w.chat.trash.shown() {
		w.win.Canvas().Focus(w.chat.prompt)
		w.chat.prompt.TypedRune(r)
	}
}

// escape closes what lies over the window or the page, or else ends the answer that is being written.
func (w *Window) escape() {
	switch {
	case w.lock != nil:
	case w.dialog != nil:
		w.closeDialog()
	case w.current == chatPage && w.chat.side.unfolded:
		w.chat.unfold()
	case w.current == chatPage && w.chat.trash.shown():
		w.chat.closeTrash()
	case w.current == chatPage && w.chat.finder.shown():
		w.chat.finder.close()
	case w.current == writePage && w.write.escape():
	case w.current == storyPage && w.story.escape():
	default:
		w.chat.stop()
	}
}

// startNew shows an empty document on the page Write, and an empty conversation otherwise.
func (w *Window) startNew() {
	if w.current == writePage {
		w.write.startNew()
		return
	}
	w.show(chatPage)
	w.chat.startNew()
}

// openFind opens the bar that finds in what is shown.
func (w *Window) openFind() {
	if w.current == writePage {
		w.write.finder.open(false)
		return
	}
	w.chat.finder.open()
}

// openFile asks for a file to write on, or else for a model.
func (w *Window) openFile() {
	if w.current == writePage {
		w.write.askOpen()
		return
	}
	w.chooseFile()
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
	onFocus func()                           // may be nil
	onKey   func(*fyne.KeyEvent) (done bool) // may be nil
}

func (w *Window) newField() *field {
	f := &field{w: w}
	f.OnCursorChanged = w.touched
	f.ExtendBaseWidget(f)
	return f
}

// AcceptsTab implements [fyne.Tabbable]: Tab leads on, also from a text of several lines.
func (f *field) AcceptsTab() bool { return false }

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
	if f.onKey != nil && f.onKey(e) {
		return
	}
	f.Entry.TypedKey(e)
}
