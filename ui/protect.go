package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// protectComplaints are about a change of the protection, and about a check.
var protectComplaints = []complaint{
	{vault.ErrPassphrase, "This is not the present passphrase. Type it once more; capital letters count.", noRemedy},
	{vault.ErrKeyring, "Your desktop's keyring did not answer, so nothing was changed. Open it, or set a passphrase instead.", noRemedy},
	{vault.ErrFull, "The disk is full, so nothing was changed. Make room and try again.", noRemedy},
	{vault.ErrReadOnly, "The folder of your conversations cannot be written, so nothing was changed.", copyDetails},
	{vault.ErrLocked, "Your conversations are locked. Open them and try again.", noRemedy},
	{vault.ErrDamaged, "The files of your conversations are damaged. Make a copy of their folder before you do anything else.", copyDetails},
}

// explainProtection says why the protection was not changed, or why nothing could be checked.
func explainProtection(err error) message {
	if m, ok := find(err, protectComplaints); ok {
		return m
	}
	return message{lang.L("Your conversations could not be read or written. Their folder may be read-only, or the disk full."), copyDetails}
}

// keptView is the card of the vault: what it takes to read it, and what there is to do about that.
type keptView struct {
	p    *privacyView
	card fyne.CanvasObject

	text, proof, checked *words
	buttons              *fyne.Container // by the protection that is shown
	shown                vault.Protection
	busy                 bool // something is being done to the vault
	check, copied        *widgets.ChipButton
	anew, lock           *widgets.ChipButton
	details              string             // of the last check
	cancel               context.CancelFunc // ends what is being done, where it may take long
	locks                *lockRows
}

func newKeptView(p *privacyView) *keptView {
	k := &keptView{p: p, text: paragraph(""), proof: muted(""), checked: muted(""), buttons: container.NewHBox(), cancel: func() {}, locks: newLockRows(p)}
	k.check = p.scroll.chip(nil, lang.L("Check for tampering"), k.verify)
	k.copied = p.scroll.chip(icon("copy"), lang.L("Copy what was found"), func() { fyne.CurrentApp().Clipboard().SetContent(k.details) })
	k.anew = p.scroll.chip(nil, lang.L("Encrypt everything anew…"), k.askRotation)
	k.lock = p.scroll.chip(icon("key"), lang.L("Lock now"), p.w.lockByHand)
	k.copied.Hide()
	k.checked.Hide()
	k.card = section(lang.L("Your conversations"), slices.Concat(
		[]fyne.CanvasObject{lines(k.text, k.proof), chips(k.buttons, k.lock)}, k.locks.rows,
		[]fyne.CanvasObject{chips(k.check, k.anew, k.copied), k.checked})...)
	return k
}

// show says how the vault is protected.
func (k *keptView) show(f findings) {
	text, color := lang.L("Looking at how they are protected."), theme.ColorNameForeground
	switch {
	case errors.Is(f.err, vault.ErrNone):
		text = lang.L("Nothing is kept of them.")
	case f.err != nil:
		text, color = explainProtection(f.err).text, theme.ColorNameError
	case f.protection == vault.Passphrase:
		text = lang.L("Your passphrase opens them, and nothing else does. If you forget it, nobody can read them again.")
	case f.protection == vault.Keyring:
		text = lang.L("Your desktop's keyring has the key. Whoever logs in as you can read them; somebody who only has the disk needs the keyring's password.")
	case f.protection == vault.File:
		text = lang.L("The key lies beside them in a file. Anyone who can read your files can read your conversations.")
		color = theme.ColorNameError
	}
	k.text.show(text, color)
	k.proof.set(proofOf(f))
	if f.protection != k.shown {
		k.shown = f.protection
		k.buttons.Objects = k.changes()
	}
	k.locks.show(f.protection)
	show(k.lock, k.p.w.Open != nil)
	k.setButtons()
}

// forget ends what is being done, and drops what was found.
func (k *keptView) forget() {
	k.cancel()
	k.details = ""
	k.copied.Hide()
	if !k.busy {
		k.setBusy("", theme.ColorNameForeground)
	}
}

// proofOf says where the sentence about the protection comes from.
func proofOf(f findings) string {
	if f.protection == "" {
		return ""
	}
	text := lang.L("The key file says so; it was read just now.")
	if f.memory > 0 {
		text += " " + lang.L("Trying one passphrase takes {{.Memory}} of memory.", map[string]any{"Memory": byteSize(f.memory)})
	}
	if f.noise {
		text += " " + lang.L("The database does not begin as one does that anybody can read.")
	}
	return text
}

// changes are the buttons that change the protection.
func (k *keptView) changes() []fyne.CanvasObject {
	s := k.p.scroll
	set := s.chip(icon("lock"), lang.L("Set a passphrase…"), k.askPassphrase)
	switch k.shown {
	case vault.Passphrase:
		return []fyne.CanvasObject{s.chip(icon("lock"), lang.L("Change the passphrase…"), k.askPassphrase), s.chip(nil, lang.L("Remove the passphrase…"), k.askRemoval)}
	case vault.Keyring:
		return []fyne.CanvasObject{set}
	case vault.File:
		return []fyne.CanvasObject{set, s.chip(nil, lang.L("Use the desktop's keyring"), func() { k.protect(vault.Keyring, nil) })}
	}
	return nil
}

// afterPresent asks for the present passphrase, if there is one, and goes on when it is right: somebody who comes
// by an open window cannot lock its owner out.
func (k *keptView) afterPresent(title string, then func()) {
	w, v := k.p.w, k.p.w.Vault
	if k.shown != vault.Passphrase || v == nil {
		then()
		return
	}
	entry, hint := w.newField(), muted(lang.L("So that nobody who finds this window open can shut you out."))
	entry.Password = true
	entry.PlaceHolder = lang.L("Present passphrase")
	goOn := widgets.NewChipButton(nil, lang.L("Go on"), nil)
	goOn.OnTapped = func() {
		passphrase := []byte(entry.Text)
		entry.SetText("")
		entry.Disable()
		goOn.Disable()
		hint.show(lang.L("Trying it…"), widgets.ColorNameMuted)
		asked := w.dialog
		w.work(func(context.Context) {
			err := v.CheckPassphrase(passphrase)
			clear(passphrase)
			w.do(func() {
				switch {
				case w.dialog != asked || asked == nil: // it was closed meanwhile
				case err != nil:
					entry.Enable()
					hint.show(explainProtection(err).text, theme.ColorNameError)
					w.win.Canvas().Focus(entry)
				default:
					w.closeDialog()
					then()
				}
			})
		})
	}
	goOn.Disable()
	entry.OnChanged = func(text string) {
		if text == "" {
			goOn.Disable()
		} else {
			goOn.Enable()
		}
	}
	entry.OnSubmitted = func(string) { goOn.Tapped(nil) }
	w.showDialog(subheading(title), container.NewVBox(entry, hint), entry, widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), goOn)
}

// askPassphrase asks for a new passphrase, twice.
func (k *keptView) askPassphrase() {
	title := lang.L("Set a passphrase")
	if k.shown == vault.Passphrase {
		title = lang.L("Change the passphrase")
	}
	k.afterPresent(title, func() { k.askNew(title) })
}

func (k *keptView) askNew(title string) {
	w := k.p.w
	f := w.newPassphraseForm(lang.L("Set it"),
		lang.L("Several words that you do not use elsewhere are best. Whoever copied the files before can still open that copy as before."),
		lang.L("There is no way back to your words without it. Keep it somewhere safe."),
		func(passphrase []byte) {
			w.closeDialog()
			k.protect(vault.Passphrase, passphrase)
		})
	w.showDialog(subheading(title), f.rows, f.first, widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), f.button)
}

// askRemoval asks what takes the place of the passphrase.
func (k *keptView) askRemoval() {
	title := lang.L("Remove the passphrase")
	k.afterPresent(title, func() { k.askInstead(title) })
}

func (k *keptView) askInstead(title string) {
	w := k.p.w
	choose := func(label string, p vault.Protection) *widgets.ChipButton {
		return widgets.NewChipButton(nil, label, func() { w.closeDialog(); k.protect(p, nil) })
	}
	body := container.NewVBox(
		paragraph(lang.L("With the keyring, your conversations open when you have logged in.")),
		paragraph(lang.L("With a file, anyone who can read your files can read your conversations.")))
	cancel := widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog)
	w.showDialog(subheading(title), body, cancel, cancel,
		choose(lang.L("Use a file"), vault.File), choose(lang.L("Use the desktop's keyring"), vault.Keyring))
}

// start says that something is being done to the vault; false: something is already.
func (k *keptView) start(doing string) bool {
	if k.busy || k.p.w.Vault == nil {
		return false
	}
	k.busy = true
	k.copied.Hide()
	k.setBusy(doing, theme.ColorNameForeground)
	return true
}

// done says what came of it.
func (k *keptView) done(text string, color fyne.ThemeColorName) {
	k.busy = false
	k.setBusy(text, color)
	k.p.lookAtDisk()
}

func (k *keptView) setBusy(text string, color fyne.ThemeColorName) {
	k.checked.show(text, color)
	k.checked.Hidden = text == ""
	k.setButtons()
	k.p.settle()
}

// setButtons enables what can be done now.
func (k *keptView) setButtons() {
	for _, o := range append([]fyne.CanvasObject{k.check, k.anew}, k.buttons.Objects...) {
		if b := o.(*widgets.ChipButton); k.busy || k.p.w.Vault == nil {
			b.Disable()
		} else {
			b.Enable()
		}
	}
}

// protect changes what it takes to read the vault. The passphrase is wiped.
func (k *keptView) protect(p vault.Protection, passphrase []byte) {
	doing := lang.L("Changing the protection…")
	if p == vault.Passphrase {
		doing = lang.L("Making a key from the passphrase…")
	}
	if !k.start(doing) {
		return
	}
	w, v := k.p.w, k.p.w.Vault
	w.inOrder(func() {
		err := v.Protect(p, passphrase)
		clear(passphrase)
		w.do(func() {
			if err != nil {
				w.Log.Warn("the protection was not changed", "error", err)
				k.done("", theme.ColorNameForeground)
				w.complain(explainProtection(err), err)
				return
			}
			w.Log.Info("protection changed", "to", string(p))
			w.protection = p
			w.watchIdle()
			k.done(lang.L("Done. The protection was changed."), theme.ColorNameSuccess)
		})
	})
}

// mostFindings is how many findings are named in a list to copy.
const mostFindings = 1000

// verify compares the vault with its chain, and asks SQLite whether the file is sound.
func (k *keptView) verify() {
	if !k.start(lang.L("Reading all of it…")) {
		return
	}
	w, v := k.p.w, k.p.w.Vault
	ctx, cancel := context.WithCancel(w.ctx)
	k.cancel = cancel
	w.work(func(context.Context) {
		defer cancel()
		found, err := v.Verify(ctx)
		if err == nil {
			err = v.Check(ctx)
		}
		var details strings.Builder
		for _, f := range found[:min(len(found), mostFindings)] {
			fmt.Fprintln(&details, f)
		}
		w.do(func() {
			if v != w.Vault && w.Open != nil { // it was locked meanwhile
				k.done("", theme.ColorNameForeground)
				return
			}
			k.verified(len(found), details.String(), err)
		})
	})
}

func (k *keptView) verified(found int, details string, err error) {
	w := k.p.w
	w.Log.Info("vault checked", "found", found, "error", err)
	if k.details = details; found > 0 {
		k.copied.Show()
	}
	switch {
	case err != nil && !errors.Is(err, vault.ErrDamaged):
		k.done("", theme.ColorNameForeground)
		w.complain(explainProtection(err), err)
	case err != nil:
		k.done(explainProtection(err).text, theme.ColorNameError)
	case found > 0:
		k.done(lang.N("{{.N}} places are not as Lamplight wrote them.", found, map[string]any{"N": grouped(int64(found))}), theme.ColorNameError)
	default:
		k.done(lang.L("Everything is as Lamplight wrote it. This check cannot tell whether all of it was put back to an older copy."), theme.ColorNameSuccess)
	}
}
