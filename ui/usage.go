package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// usage is how much of the context the shown conversation with its draft needs.
type usage struct {
	assistant.Usage
	known bool
	of    *talk // what was counted

	measuring bool // a worker counts
	stale     bool // something has changed since it began
}

// measure counts anew. One worker counts at a time, however fast somebody types.
func (c *chatView) measure() {
	if c.usage.measuring {
		c.usage.stale = true
		return
	}
	c.usage.measuring, c.usage.stale = true, false
	t, draft := c.shown, c.shown.draft
	c.w.work(func(context.Context) {
		u, ok := t.Measure(draft.Text, draft.Files...)
		c.w.do(func() {
			c.usage.measuring = false
			if c.usage.stale {
				c.measure()
				return
			}
			c.usage.Usage, c.usage.known, c.usage.of = u, ok, t
			c.labelChips()
			c.showLeaving()
			c.showStatus()
		})
	})
}

// tooLong reports whether the draft is known to be longer than the model can read at once.
func (c *chatView) tooLong() bool {
	u := &c.usage
	return u.known && u.of == c.shown && u.TooLong && !u.measuring
}

// leaving are the turns that would leave the model's view with the draft, beside those that have left it.
func (c *chatView) leaving() []int {
	if !c.usage.known || c.usage.of != c.shown || c.running != nil || c.shown.draft.empty() {
		return nil
	}
	turns := c.shown.Turns()
	return slices.DeleteFunc(slices.Clone(c.usage.Dropping), func(i int) bool { return i >= len(turns) || turns[i].Dropped })
}

// showLeaving greys them.
func (c *chatView) showLeaving() { c.stream.SetLeaving(c.leaving()) }

// showStatus writes the line under the prompt: what is being done, what is wrong, or what will not fit, and
// how full the context is.
func (c *chatView) showStatus() {
	c.status.show(c.statusText())
	switch {
	case c.running != nil && c.running.talk == c.shown && c.running.used > 0 && c.usage.known:
		c.showMeter(c.running.used, c.usage.Context)
	case c.usage.known:
		c.showMeter(c.usage.Tokens, c.usage.Context)
	default:
		c.meter.Set(0, 0, "")
	}
}

func (c *chatView) statusText() (string, fyne.ThemeColorName) {
	const plain = widgets.ColorNameMuted
	name := map[string]any{"Name": c.modelName()}
	switch {
	case c.running != nil && c.running.talk != c.shown:
		return lang.L("An answer is being written in “{{.Title}}”.", map[string]any{"Title": c.running.talk.title()}), plain
	case c.running != nil:
		return c.running.stageText(c.modelName()), plain
	case c.loading.stop != nil:
		return lang.L("Loading {{.Name}}…", name), plain
	case c.loading.err != nil:
		return c.loading.trouble.text, theme.ColorNameError
	case c.missesModel():
		return lang.L("The model that was chosen for this chat is gone, so {{.Name}} answers.", name), plain
	case c.wanted(c.shown) == "" && c.w.shelf.missing.ID != "":
		return c.w.shelf.standIn(), plain
	case c.usage.known && c.usage.TooLong:
		return lang.N("This message is {{.N}} tokens longer than the model can read at once.", c.usage.Over, map[string]any{"N": grouped(int64(c.usage.Over))}), theme.ColorNameError
	case len(c.leaving()) > 0:
		n := len(c.leaving())
		return lang.N("{{.N}} messages would leave the model's view.", n, map[string]any{"N": grouped(int64(n))}), plain
	case c.usage.known && len(c.usage.Dropping) > 0:
		return lang.L("The oldest messages are no longer in the model's view."), plain
	}
	return "", plain
}

func (c *chatView) showMeter(used, context int) {
	data := map[string]any{"Used": grouped(int64(used)), "Context": grouped(int64(context)), "Left": grouped(int64(context - used))}
	text := lang.N("{{.Used}} of {{.Context}} tokens", context, data)
	if used < context {
		text = lang.N("{{.Used}} of {{.Context}} tokens, {{.Left}} left", context, data)
	}
	c.meter.Set(used, context, text)
}

// modelName is the name of the model that answers.
func (c *chatView) modelName() string {
	m, _ := c.model()
	return m.Card.Name
}
