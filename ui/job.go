package ui

import (
	"context"
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// job is what a card of the page Privacy does with the vault and what may take minutes: one thing at a time. The
// card says what is being done and what came of it, and has a button that ends it.
type job struct {
	p      *privacyView
	said   *words
	starts []*widgets.ChipButton
	cancel *widgets.ChipButton
	row    fyne.CanvasObject  // the buttons
	stop   context.CancelFunc // nil while nothing is being done
}

func newJob(p *privacyView, starts ...*widgets.ChipButton) *job {
	j := &job{p: p, said: muted(""), starts: starts}
	j.said.Hide()
	j.cancel = p.scroll.chip(nil, lang.L("Cancel"), func() {
		if j.stop != nil {
			j.stop()
		}
	})
	j.cancel.Hide()
	buttons := container.NewHBox()
	for _, b := range starts {
		buttons.Add(b)
	}
	buttons.Add(j.cancel)
	j.row = container.NewVBox(chips(buttons), j.said)
	return j
}

// run does something in the background. f returns what to say, which may have words of the user's; explain tells
// why it did not go well; then, which may be nil, comes at the end.
func (j *job) run(doing, stopped string, f func(context.Context, *vault.Vault) (string, error), explain func(error) message, then func(error)) {
	w, v := j.p.w, j.p.w.Vault
	if j.stop != nil || v == nil {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	j.stop = cancel
	j.show(doing, widgets.ColorNameMuted)
	w.work(func(context.Context) {
		said, err := f(ctx, v)
		cancelled := ctx.Err() != nil
		cancel()
		w.do(func() {
			j.stop = nil
			switch {
			case err == nil:
				j.ended(said, theme.ColorNameSuccess)
			case cancelled && errors.Is(err, context.Canceled):
				j.ended(stopped, widgets.ColorNameMuted)
			default:
				m := explain(err)
				w.Log.Warn("it was not done", "why", m.text) // the error has names of the user's files
				j.show("", widgets.ColorNameMuted)
				w.complain(m, err)
			}
			if then != nil {
				then(err)
			}
		})
	})
}

// ended says what came of it on the card, and elsewhere when the card is not seen.
func (j *job) ended(text string, color fyne.ThemeColorName) {
	j.show(text, color)
	if w := j.p.w; w.current != privacyPage {
		w.mentionInPrivate(text, "", nil)
	}
}

func (j *job) show(text string, color fyne.ThemeColorName) {
	j.said.show(text, color)
	j.said.Hidden = text == ""
	j.cancel.Hidden = j.stop == nil
	j.setButtons()
	j.p.settle()
}

// setButtons enables what can be done now.
func (j *job) setButtons() {
	for _, b := range j.starts {
		if j.stop != nil || j.p.w.Vault == nil {
			b.Disable()
		} else {
			b.Enable()
		}
	}
}
