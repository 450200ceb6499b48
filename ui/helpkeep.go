package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"lamplight/assistant/writing"
)

// keptHelp is what is kept in the vault of how somebody likes to be helped.
type keptHelp struct {
	Language string `json:"language,omitempty"` // to translate into
	Clip     string `json:"clip,omitempty"`     // the action for the clipboard
}

// keptHelpName is the setting in the vault that has it.
const keptHelpName = "help"

// read reads what the vault has: that, and the user's own actions.
func (h *help) read() {
	v := h.w.Vault
	if v == nil {
		return
	}
	h.w.inOrder(func() {
		own, err := writing.Own(h.w.ctx, v)
		var kept keptHelp
		if err == nil {
			kept, err = readItem[keptHelp](h.w.ctx, v, keptHelpName)
		}
		h.w.do(func() {
			switch {
			case v != h.w.Vault: // it was locked meanwhile
			case err != nil:
				h.w.Log.Error("the writing actions cannot be read", "error", err)
			default:
				h.own = own
				if h.kept == (keptHelp{}) {
					h.kept = kept
				}
				h.panel.fill()
			}
		})
	})
}

// keep keeps what has changed of it.
func (h *help) keep() {
	v, kept := h.w.Vault, h.kept
	if v == nil {
		return
	}
	h.w.inOrder(func() {
		if err := replaceItem(v, keptHelpName, kept, kept == keptHelp{}); err != nil {
			h.w.Log.Error("how somebody is helped was not kept", "error", err)
		}
	})
}

// actionKeys are the keys that an action can have, with Ctrl and Shift: letters and digits that do nothing else.
func (w *Window) actionKeys() (list []fyne.KeyName) {
	taken := map[fyne.KeyName]bool{}
	for _, s := range w.shortcuts() {
		if s.shift {
			taken[s.key] = true
		}
	}
	for _, r := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" {
		if k := fyne.KeyName(r); !taken[k] {
			list = append(list, k)
		}
	}
	return list
}

// addActionKeys makes the window answer the keys that actions have, or may get.
func (w *Window) addActionKeys() {
	for _, key := range w.actionKeys() {
		k := &desktop.CustomShortcut{KeyName: key, Modifier: shortcut{shift: true}.modifier()}
		run := func(fyne.Shortcut) {
			w.touched()
			if w.lock == nil && w.win.Canvas().Overlays().Top() == nil {
				w.write.help.byKey(key)
			}
		}
		w.keys.AddShortcut(k, run)
		w.win.Canvas().AddShortcut(k, run)
		w.write.addShortcut(k, run)
	}
}

// byKey does the action that has a key.
func (h *help) byKey(k fyne.KeyName) {
	if h.w.current != writePage {
		return
	}
	for _, a := range h.all() {
		if a.Shortcut == string(k) {
			h.ask(a)
			return
		}
	}
}
