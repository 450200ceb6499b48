package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// shortcut is a key that works everywhere in the window. The table feeds the canvas, and the prompt box, which
// keeps shortcuts from the canvas while it has the focus.
type shortcut struct {
	key fyne.KeyName
	do  func()
}

func (w *Window) shortcuts() []shortcut {
	return []shortcut{
		{fyne.KeyN, func() { w.show(chatPage); w.chat.startNew() }},
		{fyne.KeyO, w.chooseFile},
		{fyne.Key1, func() { w.show(chatPage) }},
		{fyne.Key2, func() { w.show(modelsPage) }},
		{fyne.Key3, func() { w.show(settingsPage) }},
		{fyne.KeyComma, func() { w.show(settingsPage) }},
	}
}

func (w *Window) addShortcuts() {
	for _, s := range w.shortcuts() {
		k := &desktop.CustomShortcut{KeyName: s.key, Modifier: fyne.KeyModifierShortcutDefault}
		run := func(fyne.Shortcut) { s.do() }
		w.win.Canvas().AddShortcut(k, run)
		w.chat.prompt.AddShortcut(k, run)
	}
	w.win.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			w.chat.stop()
		}
	})
}

// focus puts the keyboard on an object, once it is in the window.
func (w *Window) focus(o fyne.Focusable) {
	if !w.started {
		return
	}
	w.sched.Do(func() { w.win.Canvas().Focus(o) })
}
