package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/widgets"
)

// askRename asks for another title for a conversation. The model may propose one, which is taken only when the user
// takes it.
func (c *chatView) askRename(t *talk) {
	p := &proposal{c: c, t: t, note: muted("")}
	p.ask = widgets.NewChipButton(icon("pen"), lang.L("Propose a title"), p.start)
	p.take = widgets.NewChipButton(icon("up"), lang.L("Take this title"), p.taken)
	p.row = container.NewHBox(p.ask, p.take)
	p.take.Hide()
	p.note.Hide()
	p.entry = c.w.askName(lang.L("Rename"), lang.L("Rename"), t.title(), func(title string) {
		c.rearrange(func(ctx context.Context) error { return t.Rename(ctx, title) }, nil)
	}, p.row, p.note)
	p.dialog = c.w.dialog
}

// proposal is the part of the dialog in which the model proposes a title.
type proposal struct {
	c      *chatView
	t      *talk
	dialog *openDialog
	entry  *field
	ask    *widgets.ChipButton
	take   *widgets.ChipButton
	title  string // that was proposed; the log, which names what has the keyboard, never has it
	row    *fyne.Container
	note   *words
}

// start lets the model think of a title, until the dialog is closed.
func (p *proposal) start() {
	w := p.c.w
	if err := p.c.unable(); err != nil {
		p.says(explainAnswer(p.c.modelName(), err).text, theme.ColorNameError)
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	p.dialog.closed = cancel
	p.ask.Disable()
	p.take.Hide()
	p.says(lang.L("The model thinks of a title…"), widgets.ColorNameMuted)
	w.work(func(context.Context) {
		defer cancel()
		err := p.t.Load(ctx)
		title := ""
		if err == nil {
			title, err = p.t.ProposeTitle(ctx)
		}
		w.do(func() {
			if w.dialog == p.dialog {
				p.ask.Enable()
				p.proposed(title, err)
			}
		})
	})
}

// proposed shows what the model came up with.
func (p *proposal) proposed(title string, err error) {
	title = oneLine(title, maxTitle)
	switch {
	case err != nil:
		p.c.w.Log.Warn("no title was proposed", "error", err)
		p.says(explainAnswer(p.c.modelName(), err).text, theme.ColorNameError)
	case title == "":
		p.says(lang.L("The model could not think of a title."), widgets.ColorNameMuted)
	default:
		p.title = title
		p.take.Show()
		p.says(lang.L("“{{.Title}}”", map[string]any{"Title": title}), theme.ColorNameForeground)
		p.c.w.win.Canvas().Focus(p.take)
	}
}

// taken puts the proposal where the user can change it.
func (p *proposal) taken() {
	p.entry.SetText(p.title)
	p.take.Hide()
	p.says("", widgets.ColorNameMuted)
	p.c.w.win.Canvas().Focus(p.entry)
	p.entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// says shows a sentence under the buttons, "" for none.
func (p *proposal) says(text string, color fyne.ThemeColorName) {
	p.note.show(text, color)
	show(p.note, text != "")
	p.row.Refresh()
	p.dialog.fit()
}
