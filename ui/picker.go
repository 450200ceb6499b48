package ui

import (
	"context"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/library"
)

// choiceWidth is the width of a list to choose from, here and on the page Settings.
const choiceWidth = 208

// textWide gives its one object a width that goes with the size of text, here that of the usual size.
type textWide float32

// MinSize implements fyne.Layout.
func (l textWide) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(withText(float32(l)), o[0].MinSize().Height)
}

// Layout implements fyne.Layout.
func (l textWide) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }

// loading is the work of bringing the chosen model into memory before it is asked something, so that the
// first answer begins at once and drafts can be counted.
type loading struct {
	what    demand             // what is in memory, or under way
	stop    context.CancelFunc // of what is under way, nil while nothing is
	trouble message            // why the model could not be loaded
	err     error
}

// demand is a model under the settings that shape it in memory.
type demand struct {
	id               string
	threads, context int
}

// showChoice brings the list of models up to date.
func (c *chatView) showChoice() {
	usable := c.w.shelf.usable()
	c.choice.OnChanged = nil
	c.choice.Options = c.fitting(usable, modelLabels(usable))
	c.choice.Selected = ""
	c.choice.PlaceHolder = lang.L("Choose a model")
	if len(usable) == 0 {
		c.choice.PlaceHolder = lang.L("No model yet")
		c.choice.Disable()
	} else {
		c.choice.Enable()
	}
	now, _ := c.model()
	for i, m := range usable {
		if m.ID == now.ID {
			c.choice.Selected = c.choice.Options[i]
		}
	}
	c.choice.Refresh()
	c.choice.OnChanged = c.picked
}

// picked makes the model that was picked the active one. In a conversation that has a model of its own, or of its persona,
// it becomes that.
func (c *chatView) picked(string) {
	usable, i := c.w.shelf.usable(), c.choice.SelectedIndex()
	if now, _ := c.model(); i >= 0 && i < len(usable) && usable[i].ID != now.ID {
		c.asking = true
		if id := usable[i].ID; c.wanted(c.shown) != "" {
			c.setOptions(c.shown, func(o *assistant.Options) { o.Model = id })
		} else {
			c.w.choose(id)
		}
	}
	c.w.focus(c.prompt)
}

// fitting marks the labels of models that do not fit into memory now.
func (c *chatView) fitting(models []library.Model, labels []string) []string {
	for i, m := range models {
		if c.w.needs.of(m).short() {
			labels[i] = lang.L("{{.Name}} (too large now)", map[string]any{"Name": labels[i]})
		}
	}
	return labels
}

// modelLabels are the names of models, with what tells them apart where two have the same.
func modelLabels(models []library.Model) []string {
	seen := map[string]int{}
	for _, m := range models {
		seen[m.Card.Name]++
	}
	labels := make([]string, len(models))
	for i, m := range models {
		labels[i] = m.Card.Name
		if seen[m.Card.Name] > 1 && m.Card.Quantization != "" {
			labels[i] += " · " + m.Card.Quantization
		}
	}
	taken := map[string]bool{}
	for i, label := range labels {
		for n := 2; taken[labels[i]]; n++ {
			labels[i] = fmt.Sprintf("%s (%d)", label, n)
		}
		taken[labels[i]] = true
	}
	return labels
}

// preload brings the model into memory, unless it is there. What was being loaded before is given up.
func (c *chatView) preload() {
	m, ready := c.model()
	ready = ready && m.Err() == nil
	l, want := &c.loading, demand{m.ID, c.w.Settings.Threads, c.w.Settings.ContextLength}
	if ready && want == l.what {
		return
	}
	if l.stop != nil {
		l.stop()
	}
	*l = loading{}
	if !ready || c.running != nil || c.w.unchecked[m.ID] || m.Changed {
		c.showStatus()
		return
	}
	ctx, cancel := context.WithCancel(c.w.ctx)
	l.what, l.stop = want, cancel
	c.showStatus()
	t := c.shown
	c.w.work(func(context.Context) {
		_, err := t.LoadModel(ctx)
		c.w.do(func() {
			if ctx.Err() != nil { // another one is being loaded
				return
			}
			cancel()
			l.stop = nil
			if err != nil {
				c.w.Log.Warn("the model was not loaded", "error", err)
				*l = loading{what: want, trouble: explainAnswer(m.Card.Name, err), err: err}
				if c.asking && c.w.current == chatPage {
					c.w.refuse(err)
				}
			}
			c.asking = false
			c.measure()
			c.showStatus()
		})
	})
}
