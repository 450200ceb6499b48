package ui

import (
	"errors"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// lastFolder is the preference in which Fyne keeps the folder of its last file dialog.
const lastFolder = "fyne:fileDialogLastFolder"

// askErase asks for a word before everything is erased: a button alone is pressed too easily.
func (w *Window) askErase() {
	word := lang.L("erase")
	entry := w.newField()
	entry.PlaceHolder = lang.L("Type “{{.Word}}” here", map[string]any{"Word": word})
	accept := func() {
		w.closeDialog()
		w.erase()
	}
	do := widgets.NewChipButton(icon("trash"), lang.L("Erase everything"), accept)
	do.Disable()
	entry.OnChanged = func(text string) {
		if strings.EqualFold(strings.TrimSpace(text), word) {
			do.Enable()
		} else {
			do.Disable()
		}
	}
	entry.OnSubmitted = func(string) {
		if !do.Disabled() {
			accept()
		}
	}
	body := container.NewVBox(
		paragraph(lang.L("Your conversations, documents, settings, the cache and the log are removed, and Lamplight closes. This cannot be undone.")),
		muted(lang.L("Your models stay, and so do copies that you made elsewhere, such as a backup.")), entry)
	w.showDialog(subheading(lang.L("Erase everything")), body, entry, widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), do)
}

// erase closes the vault, removes it and all else that is not a model, and says so.
func (w *Window) erase() {
	w.chat.stop()
	fyne.CurrentApp().Preferences().RemoveValue(lastFolder) // Fyne would write it again
	v, dir, stores := w.Vault, w.vaultDir(), w.stores()
	tuner := w.tune.tuner
	w.Vault = nil      // nothing locks it any more: the page would cover what is said about it
	w.inOrder(func() { // after the changes that were ordered before, so that none comes later
		tuner.Drop() // it would write its numbers again
		var removed []string
		var err error
		if dir != "" {
			removed, err = eraseVault(v, dir)
		}
		for _, s := range stores {
			if s.dir != w.Models && s.prefix != vaultPrefix {
				gone, e := s.remove()
				removed, err = append(removed, gone...), errors.Join(err, e)
			}
		}
		w.do(func() { w.erased(removed, err) })
	})
}

// eraseVault erases the vault in a folder, whether it is open (v is not nil) or not.
func eraseVault(v *vault.Vault, dir string) ([]string, error) {
	if v != nil {
		_ = v.Close() // whatever it says, the key is wiped and the lock is free
	}
	removed, err := vault.Erase(dir)
	if errors.Is(err, vault.ErrNone) {
		return nil, nil
	}
	return removed, err
}

// remove removes the files of a store. What a file had is cut off first: a log that is still open loses it too.
func (s store) remove() (removed []string, err error) {
	e := s.each(func(path string, _ int64) error {
		if info, e := os.Lstat(path); e == nil && info.Mode().IsRegular() {
			_ = os.Truncate(path, 0) // else it is removed as it is
		}
		if e := os.Remove(path); e != nil {
			err = errors.Join(err, e)
			return nil // the others can go
		}
		removed = append(removed, path)
		return nil
	})
	return removed, errors.Join(err, e)
}

// erased says what was removed. The window closes with the answer.
func (w *Window) erased(removed []string, err error) {
	w.closeDialog()
	title, list := lang.L("Everything was erased"), []fyne.CanvasObject{}
	if err != nil {
		title = lang.L("Not everything was erased")
		bad := paragraph(lang.L("Some files could not be removed:"))
		bad.segment.Style.ColorName = theme.ColorNameError
		list = append(list, bad, muted(err.Error()))
	}
	if len(removed) == 0 {
		list = append(list, paragraph(lang.L("Nothing was removed.")))
	} else {
		list = append(list, paragraph(lang.L("This was removed:")))
	}
	for _, path := range removed {
		list = append(list, muted(abbreviated(path)))
	}
	quit := widgets.NewChipButton(nil, lang.L("Close Lamplight"), w.closeDialog)
	w.showDialog(subheading(title), rows(list...), quit, quit)
	hide := w.dialog.hide
	w.dialog.hide = func() { // with the button or with Escape
		hide()
		w.close()
		w.win.Close()
	}
}
