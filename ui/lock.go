package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// lockPage covers the window until a passphrase has opened the vault, or the user goes on without it.
type lockPage struct {
	w       *Window
	entry   *field
	open    *widgets.ChipButton
	without *widgets.ChipButton
	answer  *words // what became of the last try
	root    fyne.CanvasObject
}

func newLockPage(w *Window) *lockPage {
	l := &lockPage{w: w, entry: w.newField(), answer: muted(" ")}
	l.entry.Password = true
	l.entry.SetPlaceHolder(lang.L("Passphrase"))
	l.entry.OnSubmitted = func(string) { l.try() }
	l.open = widgets.NewChipButton(icon("unlock"), lang.L("Open"), l.try)
	l.without = widgets.NewChipButton(nil, lang.L("Go on without them"), l.leave)
	rows := container.NewVBox(
		subheading(lang.L("Your conversations are locked")),
		paragraph(lang.L("Type the passphrase that you chose for them. Nobody can open them without it.")),
		l.entry, l.answer,
		container.NewHBox(l.without, layout.NewSpacer(), l.open),
	)
	l.root = container.New(&column{cardWidth}, container.NewVBox(layout.NewSpacer(), widgets.NewCard(rows), layout.NewSpacer()))
	return l
}

// try opens the vault with what is in the entry.
func (l *lockPage) try() {
	if l.entry.Text == "" || l.entry.Disabled() {
		return
	}
	l.setBusy(true)
	l.answer.show(lang.L("Opening…"), widgets.ColorNameMuted)
	passphrase := []byte(l.entry.Text)
	l.w.work(func(ctx context.Context) {
		v, err := l.w.Unlock(passphrase)
		clear(passphrase)
		if ctx.Err() != nil && v != nil {
			_ = v.Close() // the window has closed, and nothing was written
			return
		}
		l.w.do(func() { l.tried(v, err) })
	})
}

// tried shows what became of it.
func (l *lockPage) tried(v *vault.Vault, err error) {
	l.setBusy(false)
	l.entry.SetText("")
	if err != nil {
		l.w.Log.Warn("the vault was not opened", "error", err)
		l.answer.show(explainVault(err).text, theme.ColorNameError)
		for range 2 { // texts wrap to their width, then know their height
			l.root.Refresh()
		}
		l.w.win.Canvas().Focus(l.entry)
		return
	}
	l.w.Vault = v
	l.leave()
	l.w.chat.vaultOpened()
	l.w.Log.Info("vault opened")
}

// leave shows the window.
func (l *lockPage) leave() {
	l.w.lock = nil
	l.w.win.SetContent(l.w.all)
	l.w.arrange()
	l.w.show(l.w.current)
}

func (l *lockPage) setBusy(busy bool) {
	for _, o := range []fyne.Disableable{l.entry, l.open, l.without} {
		if busy {
			o.Disable()
		} else {
			o.Enable()
		}
	}
}

// watchShow brings the window forward whenever another instance was started.
func (w *Window) watchShow() {
	if w.Show == nil {
		return
	}
	w.work(func(ctx context.Context) {
		for {
			select {
			case <-ctx.Done():
				return
			case <-w.Show:
				w.do(func() {
					w.win.Show()
					w.win.RequestFocus()
				})
			}
		}
	})
}
