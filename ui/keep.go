package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// This file is about how long conversations are kept: the choice for new ones on the page Privacy, and that
// for one at its head.

// keepDays are the lifetimes there are to choose from, in days; 0: for ever.
var keepDays = []int{0, 30, 7}

// keptFor names a lifetime.
func keptFor(days int) string {
	if days == 0 {
		return lang.L("for ever")
	}
	return lang.N("{{.N}} days", days, map[string]any{"N": days})
}

// showHead says at the head of the page what is shown and what becomes of it.
func (c *chatView) showHead() {
	t := c.shown
	c.title.set(t.title())
	c.about.set(c.fate(t))
	show(c.about, c.about.segment.Text != "")
	show(c.clock, c.w.Vault != nil && !t.private)
}

// fate says what becomes of a conversation, "" where there is nothing to say.
func (c *chatView) fate(t *talk) string {
	switch end := t.Ends(); {
	case t.private:
		return lang.L("Nothing of this is kept.")
	case c.w.Vault == nil:
		return ""
	case !end.IsZero():
		return lang.L("Will be deleted on {{.Date}}.", map[string]any{"Date": date(end, time.Now())})
	case t.Lifetime() > 0:
		return lang.L("Will be deleted {{.Time}} after the last message.", map[string]any{"Time": keptFor(days(t.Lifetime()))})
	}
	return ""
}

func days(d time.Duration) int { return int(d / assistant.Day) }

// askLifetime lets the user choose how long the conversation that is shown is kept.
func (c *chatView) askLifetime() {
	t, now := c.shown, days(c.shown.Lifetime())
	menu := fyne.NewMenu("")
	for _, d := range keepDays {
		label := lang.L("Keep for ever")
		if d > 0 {
			label = lang.L("Delete {{.Time}} after the last message", map[string]any{"Time": keptFor(d)})
		}
		item := fyne.NewMenuItem(label, func() { c.chooseLifetime(t, time.Duration(d)*assistant.Day) })
		item.Checked = d == now
		menu.Items = append(menu.Items, item)
	}
	pop := widget.NewPopUpMenu(menu, c.w.win.Canvas())
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(c.clock)
	at = at.AddXY(c.clock.Size().Width-pop.MinSize().Width, c.clock.Size().Height)
	pop.ShowAtPosition(at)
}

// chooseLifetime changes how long a conversation is kept. One that would be over by that is not deleted
// without being asked.
func (c *chatView) chooseLifetime(t *talk, d time.Duration) {
	c.w.focus(c.prompt)
	if end := t.EndsAfter(d); end.IsZero() || time.Now().Before(end) {
		c.setLifetime(t, d)
		return
	}
	cancel := widgets.NewChipButton(nil, lang.L("Cancel"), c.w.closeDialog)
	do := widgets.NewChipButton(icon("trash"), lang.L("Delete it now"), func() {
		c.w.closeDialog()
		c.setLifetime(t, d)
	})
	c.w.showDialog(subheading(lang.L("Delete this conversation now?")),
		paragraph(lang.L("Its last message is older than that, so it would be deleted at once. Nobody can bring it back.")), cancel, cancel, do)
}

func (c *chatView) setLifetime(t *talk, d time.Duration) {
	c.w.inOrder(func() {
		err := t.SetLifetime(context.Background(), d)
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("how long a conversation is kept was not changed", "error", err)
				c.complain(err)
				return
			}
			c.w.Log.Info("how long a conversation is kept was changed", "days", days(d))
			c.showHead()
			if t.over() {
				c.refreshHistory()
			}
		})
	})
}

// watchTime deletes once an hour what is not to be kept any longer.
func (c *chatView) watchTime() {
	var timer *time.Timer
	timer = time.AfterFunc(sweepEvery, func() {
		c.w.do(func() {
			c.refreshHistory()
			timer.Reset(sweepEvery)
		})
	})
	context.AfterFunc(c.w.ctx, func() { timer.Stop() })
}

const sweepEvery = time.Hour

// keepView is the card on the page Privacy: how long new conversations are kept.
type keepView struct {
	p      *privacyView
	choice *choiceBox
	others *words              // how many are kept for another time
	apply  *widgets.ChipButton // to them too
	looks  int                 // how often they were counted: only the last count is shown
	card   fyne.CanvasObject
}

func newKeepView(p *privacyView) *keepView {
	k := &keepView{p: p, others: muted("")}
	names := make([]string, len(keepDays))
	for i, d := range keepDays {
		names[i] = lang.L("Keep for ever")
		if d > 0 {
			names[i] = keptFor(d)
		}
	}
	k.choice = p.scroll.choice(names)
	k.choice.SetSelectedIndex(max(0, slices.Index(keepDays, p.w.Settings.KeepDays)))
	k.choice.OnChanged = func(string) { k.choose() }
	k.apply = p.scroll.chip(nil, lang.L("Apply to all conversations…"), k.ask)
	k.card = section(lang.L("How long conversations are kept"),
		row(lang.L("New conversations"), muted(lang.L("Counted from the last message. Then they are deleted for good. Each conversation can have its own time: the clock at its head.")), k.choice),
		k.others, chips(k.apply))
	k.counted(0)
	return k
}

func (k *keepView) lifetime() time.Duration { return k.p.w.Settings.Lifetime() }

// choose changes what is for new conversations.
func (k *keepView) choose() {
	w, i := k.p.w, k.choice.SelectedIndex()
	if i < 0 || keepDays[i] == w.Settings.KeepDays {
		return
	}
	s := w.Settings
	s.KeepDays = keepDays[i]
	w.changeSettings(s)
	k.look()
}

// look counts the conversations that are kept for another time than new ones.
func (k *keepView) look() {
	k.looks++
	looks, v, d := k.looks, k.p.w.Vault, k.lifetime()
	show(k.card, v != nil)
	if v == nil {
		return
	}
	k.p.w.work(func(ctx context.Context) {
		all, _, err := assistant.Others(ctx, v, d, time.Now())
		k.p.w.do(func() {
			if err != nil {
				k.p.w.Log.Warn("conversations cannot be counted", "error", err)
				return
			}
			if looks == k.looks {
				k.counted(all)
			}
		})
	})
}

// counted offers to change the others, if there are any.
func (k *keepView) counted(others int) {
	show(k.others, others > 0)
	show(k.apply, others > 0)
	k.others.set(lang.N("This is for new conversations. {{.N}} others are kept for another time.", others, map[string]any{"N": grouped(int64(others))}))
	k.p.settle()
}

// ask says what applying the time to all conversations means, and waits for an answer.
func (k *keepView) ask() {
	w, v, d := k.p.w, k.p.w.Vault, k.lifetime()
	if v == nil {
		return
	}
	w.work(func(ctx context.Context) {
		all, over, err := assistant.Others(ctx, v, d, time.Now())
		w.do(func() {
			switch {
			case err != nil:
				w.Log.Warn("conversations cannot be counted", "error", err)
				w.complain(explainVault(err), err)
			case all > 0 && w.lock == nil && v == w.Vault && d == k.lifetime():
				k.confirm(all, over)
			}
		})
	})
}

func (k *keepView) confirm(all, over int) {
	w, d := k.p.w, k.lifetime()
	text := lang.N("{{.N}} conversations will be kept for ever.", all, map[string]any{"N": grouped(int64(all))})
	if d > 0 {
		text = lang.N("{{.N}} conversations will be kept for {{.Time}} after their last message.", all, map[string]any{"N": grouped(int64(all)), "Time": keptFor(days(d))})
	}
	label, effect := lang.L("Apply"), muted(lang.L("None of them is that old: nothing is deleted now."))
	if over > 0 {
		label, effect = lang.L("Apply and delete"), paragraph(lang.N("{{.N}} of them are older than that and are deleted now, for good.", over, map[string]any{"N": grouped(int64(over))}))
		effect.segment.Style.ColorName = theme.ColorNameError
	}
	cancel := widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog)
	do := widgets.NewChipButton(nil, label, func() {
		w.closeDialog()
		k.applyAll(d)
	})
	w.showDialog(subheading(lang.L("Apply to all conversations")), container.NewVBox(paragraph(text), effect), cancel, cancel, do)
}

// applyAll changes how long all conversations are kept, and deletes those that are over by that.
func (k *keepView) applyAll(d time.Duration) {
	w, v := k.p.w, k.p.w.Vault
	if v == nil {
		return
	}
	w.inOrder(func() {
		err := assistant.KeepAll(context.Background(), v, d)
		w.do(func() {
			if err != nil {
				w.Log.Error("how long conversations are kept was not changed for all", "error", err)
				w.complain(explainVault(err), err)
			}
			w.Log.Info("how long conversations are kept was changed for all", "days", days(d))
			w.chat.refreshHistory()
			k.look()
		})
	})
}

// titleLines puts the line about a conversation close under its title, in the middle of the height there is.
type titleLines struct{}

// MinSize implements fyne.Layout.
func (*titleLines) MinSize(o []fyne.CanvasObject) fyne.Size {
	size := o[0].MinSize()
	if o[1].Visible() {
		size = fyne.NewSize(size.Width, size.Height+o[1].MinSize().Height-titleOverlap)
	}
	return size
}

// Layout implements fyne.Layout.
func (t *titleLines) Layout(o []fyne.CanvasObject, size fyne.Size) {
	y := (size.Height - t.MinSize(o).Height) / 2
	height := o[0].MinSize().Height
	o[0].Move(fyne.NewPos(0, y))
	o[0].Resize(fyne.NewSize(size.Width, height))
	o[1].Move(fyne.NewPos(0, y+height-titleOverlap))
	o[1].Resize(fyne.NewSize(size.Width, o[1].MinSize().Height))
}

// titleOverlap is how much of the paddings of two lines lies over each other.
const titleOverlap = 12
