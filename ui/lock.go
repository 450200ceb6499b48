package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// lockPage covers the window until the vault is open, or the user goes on without it.
type lockPage struct {
	w       *Window
	entry   *field // nil: it takes no passphrase
	open    *widgets.ChipButton
	without *widgets.ChipButton
	copied  *widgets.ChipButton // copies what the system said
	title   *words
	about   *words // what it takes to open them
	answer  *words // what became of the last try
	root    fyne.CanvasObject
}

// newLockPage makes the page for the present protection.
func newLockPage(w *Window) *lockPage {
	l := &lockPage{w: w, title: subheading(lang.L("Your conversations are locked")), answer: muted(" ")}
	l.about = paragraph(l.explanation())
	l.open = widgets.NewChipButton(icon("unlock"), lang.L("Open"), l.try)
	l.without = widgets.NewChipButton(nil, lang.L("Go on without them"), l.leave)
	l.copied = widgets.NewChipButton(icon("copy"), lang.L("Copy the details"), nil)
	l.copied.Hide()
	rows := container.NewVBox(l.title, l.about)
	if w.protection == vault.Passphrase {
		l.entry = w.newField()
		l.entry.Password = true
		l.entry.SetPlaceHolder(lang.L("Passphrase"))
		l.entry.OnSubmitted = func(string) { l.try() }
		rows.Add(l.entry)
	}
	rows.Add(l.answer)
	rows.Add(container.NewHBox(l.without, l.copied, layout.NewSpacer(), l.open))
	l.root = container.New(&column{cardWidth}, container.NewVBox(layout.NewSpacer(), widgets.NewCard(rows), layout.NewSpacer()))
	if w.opening {
		l.setBusy(true)
	}
	return l
}

// explanation says what it takes to open them.
func (l *lockPage) explanation() string {
	switch l.w.protection {
	case vault.Passphrase:
		return lang.L("Type the passphrase that you chose for them. Nothing else opens them.")
	case vault.Keyring:
		return lang.L("Your desktop's keyring has the key. It may ask you for its password.")
	case vault.File:
		return lang.L("This only hides the window: the key lies beside your conversations in a file, and anyone who can read your files can read them. A passphrase, on the page Privacy, keeps them closed.")
	}
	return lang.L("They are opened with what your desktop keeps for you.")
}

// focus puts the keyboard where it is needed.
func (l *lockPage) focus() {
	var first fyne.Focusable = l.open
	if l.entry != nil {
		first = l.entry
	}
	l.w.win.Canvas().Focus(first)
}

// try opens the vault, with what is in the entry if there is one.
func (l *lockPage) try() {
	if l.w.opening || l.entry != nil && l.entry.Text == "" {
		return
	}
	var passphrase []byte
	if l.entry != nil {
		passphrase = []byte(l.entry.Text)
		l.entry.SetText("")
	}
	l.w.opening = true
	l.setBusy(true)
	l.w.work(func(ctx context.Context) {
		o := l.w.openVault(ctx, passphrase)
		if ctx.Err() != nil && o.vault != nil {
			_ = o.vault.Close() // the window has closed, and nothing was written
			return
		}
		l.w.do(func() { l.w.vaultOpened(o) })
	})
}

// say shows what became of a try.
func (l *lockPage) say(text string, color fyne.ThemeColorName) {
	l.answer.show(text, color)
	for range 2 { // texts wrap to their width, then know their height
		l.root.Refresh()
	}
}

// failed says why the vault is not open, and waits for another try.
func (l *lockPage) failed(err error) {
	l.setBusy(false)
	if !errors.Is(err, vault.ErrPassphrase) { // it is no matter of unlocking
		l.title.set(lang.L("Your conversations could not be opened"))
		l.about.Hide()
	}
	m := explainVault(err)
	l.copied.OnTapped = func() { fyne.CurrentApp().Clipboard().SetContent(err.Error()) }
	show(l.copied, m.remedy == copyDetails)
	l.say(m.text, theme.ColorNameError)
	l.w.Log.Debug("notice", "text", m.text)
	if l.w.started {
		l.focus()
	}
}

// leave shows the window. What is still being opened comes when it is open.
func (l *lockPage) leave() {
	l.w.lock = nil
	l.w.win.SetContent(l.w.all)
	l.w.showLatch()
	l.w.arrange()
	l.w.show(l.w.current)
	l.w.takeWaiting()
}

// setBusy shows that the vault is being opened. Going on without it is always possible.
func (l *lockPage) setBusy(busy bool) {
	if !busy {
		l.say(" ", widgets.ColorNameMuted)
	} else if l.entry == nil {
		l.say(lang.L("Opening… Your desktop may ask you for a password."), widgets.ColorNameMuted)
	} else {
		l.say(lang.L("Opening…"), widgets.ColorNameMuted)
	}
	l.copied.Hide()
	controls := []fyne.Disableable{l.open}
	if l.entry != nil {
		controls = append(controls, l.entry)
	}
	for _, o := range controls {
		if busy {
			o.Disable()
		} else {
			o.Enable()
		}
	}
}

// watchShow brings the window forward whenever another instance was started, and takes the files of that one.
func (w *Window) watchShow() {
	if w.Show == nil {
		return
	}
	w.work(func(ctx context.Context) {
		for {
			select {
			case <-ctx.Done():
				return
			case files := <-w.Show:
				w.do(func() {
					w.win.Show()
					w.win.RequestFocus()
					w.take(given{paths: files, started: true})
				})
			}
		}
	})
}
