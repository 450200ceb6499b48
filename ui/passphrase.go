package ui

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/ui/widgets"
)

// leastPassphrase is how many characters a passphrase has at least.
const leastPassphrase = 8

// passphraseForm asks for a new passphrase, twice. Its button can be pressed when there is one.
type passphraseForm struct {
	first, second *field
	hint          *words
	button        *widgets.ChipButton
	rows          fyne.CanvasObject
}

// newPassphraseForm makes a form with a hint for its beginning, and one for when nothing is missing. accept gets
// a copy of the passphrase, to wipe.
func (w *Window) newPassphraseForm(label, before, after string, accept func(passphrase []byte)) *passphraseForm {
	f := &passphraseForm{first: w.newField(), second: w.newField(), hint: muted(before)}
	f.first.Password, f.second.Password = true, true
	f.first.PlaceHolder, f.second.PlaceHolder = lang.L("New passphrase"), lang.L("The same once more")
	f.button = widgets.NewChipButton(icon("lock"), label, func() { accept([]byte(f.first.Text)) })
	f.button.Disable()
	changed := func(string) {
		if problem := passphraseProblem(f.first.Text, f.second.Text); problem != "" {
			f.button.Disable()
			f.hint.show(problem, widgets.ColorNameMuted)
		} else {
			f.button.Enable()
			f.hint.show(after, widgets.ColorNameMuted)
		}
	}
	f.first.OnChanged, f.second.OnChanged = changed, changed
	f.first.OnSubmitted = func(string) { w.win.Canvas().Focus(f.second) }
	f.second.OnSubmitted = func(string) { f.button.Tapped(nil) }
	f.rows = container.NewVBox(f.first, f.second, f.hint)
	return f
}

// passphraseProblem says what keeps a passphrase, typed twice, from being set; "" when nothing does.
func passphraseProblem(first, second string) string {
	switch {
	case utf8.RuneCountInString(first) < leastPassphrase || strings.TrimSpace(first) == "":
		return lang.L("At least {{.N}} characters.", map[string]any{"N": leastPassphrase})
	case first != second:
		return lang.L("The two are not the same yet.")
	}
	return ""
}
