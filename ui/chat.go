package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/engine/chat"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// chatView is the page Chat: the conversations of this run at the left, the chosen one at the right.
type chatView struct {
	w *Window

	all     []*talk
	shown   *talk
	running *run // the answer that is being written, nil while none is

	list   *widget.List
	title  words
	choice *widget.Select // of the model
	models []library.Model
	stream *widgets.StreamView
	empty  fyne.CanvasObject // in place of the stream while nothing was said
	prompt *widgets.PromptBox
	action *widgets.ChipButton // Send, or Stop
	meter  *widgets.Meter
	status words
	drafts int // counts changes of the draft, so that a late measure is dropped

	middle *fyne.Container
	root   fyne.CanvasObject
}

// talk is a conversation with its draft.
type talk struct {
	*assistant.Conversation
	draft string
}

// title is the beginning of the first thing said.
func (t *talk) title() string {
	turns := t.Turns()
	if len(turns) == 0 {
		return lang.L("New chat")
	}
	line, _, _ := strings.Cut(strings.TrimSpace(turns[0].Text), "\n")
	if r := []rune(line); len(r) > 48 {
		line = strings.TrimSpace(string(r[:48])) + "…"
	}
	return line
}

func newChatView(w *Window) *chatView {
	c := &chatView{w: w, title: subheading(""), status: muted("")}
	c.stream = widgets.NewStreamView()
	c.stream.OnCopy = func(text string) { fyne.CurrentApp().Clipboard().SetContent(text) }
	c.prompt = widgets.NewPromptBox(lang.L("Ask anything. It stays here."))
	c.prompt.OnSend = func(string) { c.send() }
	c.prompt.OnEscape = c.stop
	c.prompt.OnChanged = func(text string) {
		c.shown.draft = text
		c.measure()
	}
	c.action = widgets.NewChipButton(nil, "", nil)
	c.meter = widgets.NewMeter()
	c.choice = widget.NewSelect(nil, c.chosen)
	c.choice.PlaceHolder = lang.L("No model yet")
	c.makeList()
	c.root = c.arrange()
	c.all = []*talk{{Conversation: assistant.NewConversation(w.runner)}}
	c.modelsChanged()
	c.settingsChanged()
	c.open(c.all[0])
	c.setRunning(nil)
	return c
}

func (c *chatView) arrange() fyne.CanvasObject {
	pad := func(top, bottom float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedLayout(top, bottom, 16, 16), o)
	}
	head := container.NewBorder(nil, nil, nil, container.NewCenter(c.choice), c.title)
	write := container.NewBorder(nil, nil, nil, container.NewCenter(c.action), c.prompt)
	foot := container.NewVBox(write, container.NewBorder(nil, nil, nil, c.meter, c.status))
	c.middle = container.NewStack()
	return newFolding(c.side(), container.NewBorder(
		container.NewVBox(pad(8, 0, head), widget.NewSeparator()), pad(4, 8, foot), nil, nil, c.middle))
}

// side is the list of conversations.
func (c *chatView) side() fyne.CanvasObject {
	start := widgets.NewChipButton(icon("plus"), lang.L("New chat"), c.startNew)
	note := muted(lang.L("Conversations are kept until you close the window."))
	return container.New(layout.NewCustomPaddedLayout(8, 8, 8, 8), container.NewBorder(start, note, nil, nil, c.list))
}

func (c *chatView) makeList() {
	c.list = widget.NewList(
		func() int { return len(c.all) },
		func() fyne.CanvasObject {
			l := widget.NewLabel("")
			l.Truncation = fyne.TextTruncateEllipsis
			return l
		},
		func(i widget.ListItemID, o fyne.CanvasObject) { o.(*widget.Label).SetText(c.all[i].title()) })
	c.list.OnSelected = func(i widget.ListItemID) {
		if c.all[i] != c.shown {
			c.open(c.all[i])
		}
	}
	c.list.HideSeparators = true
}

func (c *chatView) content() fyne.CanvasObject { return c.root }

func (c *chatView) enter() {
	c.measure()
	c.preload()
	c.w.focus(c.prompt)
}

// preload brings the model into memory, so that the first answer begins at once and drafts can be counted.
func (c *chatView) preload() {
	if len(c.models) == 0 || c.running != nil {
		return
	}
	c.w.work(func(ctx context.Context) {
		_, err := c.w.runner.Load(ctx)
		c.w.sched.Do(func() {
			if err != nil && ctx.Err() == nil {
				c.w.Log.Warn("the model was not loaded", "error", err)
				text, _ := explain(err)
				c.status.set(text)
				return
			}
			c.measure()
		})
	})
}

// startNew shows an empty conversation: the first in the list, if it is one.
func (c *chatView) startNew() {
	if len(c.all[0].Turns()) > 0 {
		c.all = append([]*talk{{Conversation: assistant.NewConversation(c.w.runner)}}, c.all...)
	}
	c.open(c.all[0])
	c.w.focus(c.prompt)
}

// open shows a conversation.
func (c *chatView) open(t *talk) {
	c.shown = t
	for i := range c.all {
		if c.all[i] == t {
			c.list.Select(i)
		}
	}
	c.list.Refresh()
	c.prompt.SetText(t.draft)
	c.showTurns()
	c.measure()
}

// showTurns builds the stream from what was said.
func (c *chatView) showTurns() {
	var turns []widgets.Turn
	for _, t := range c.shown.Turns() {
		turn := widgets.Turn{Role: widgets.User, Text: t.Text, Greyed: t.Dropped}
		if t.Role == chat.Assistant {
			turn.Role, turn.Note = widgets.Assistant, c.note(t.State)
		}
		turns = append(turns, turn)
	}
	c.stream.SetTurns(turns)
	if r := c.running; r != nil && r.talk == c.shown {
		r.shown = len(turns[len(turns)-1].Text)
	}
	c.title.set(c.shown.title())
	c.arrangeMiddle()
}

// arrangeMiddle shows the stream, or what to do first while nothing was said.
func (c *chatView) arrangeMiddle() {
	var o fyne.CanvasObject = c.stream
	switch {
	case c.stream.Len() > 0:
	case len(c.models) == 0:
		o = c.w.welcome()
	default:
		o = c.w.ready(c.modelName())
	}
	c.middle.Objects = []fyne.CanvasObject{o}
	c.middle.Refresh()
}

// note is the sentence under an answer that did not end by itself.
func (c *chatView) note(s assistant.State) widgets.Note {
	switch s {
	case assistant.Stopped:
		return widgets.Note{Text: lang.L("Stopped.")}
	case assistant.Full:
		return widgets.Note{Text: lang.L("The model's context is full, so the answer ends here. A new chat has room again."), Action: lang.L("New chat"), OnAction: c.startNew}
	case assistant.Failed:
		return widgets.Note{Text: lang.L("This answer could not be written."), Error: true}
	}
	return widgets.Note{}
}

// modelsChanged reads the library again.
func (c *chatView) modelsChanged() {
	all, err := c.w.Library.List()
	if err != nil {
		c.w.Log.Error("the library cannot be read", "error", err)
	}
	c.models = c.models[:0]
	var names []string
	for _, m := range all {
		if !m.Gone && m.Damage == nil {
			c.models = append(c.models, m)
			names = append(names, m.Card.Name)
		}
	}
	c.choice.Options = names
	c.choice.OnChanged = nil
	c.choice.ClearSelected()
	if i := c.activeModel(); i >= 0 {
		c.choice.SetSelectedIndex(i)
	}
	c.choice.OnChanged = c.chosen
	if c.shown != nil {
		c.arrangeMiddle()
		c.preload()
	}
}

func (c *chatView) activeModel() int {
	active, ok := c.w.Library.Active()
	for i, m := range c.models {
		if ok && m.ID == active.ID {
			return i
		}
	}
	return -1
}

func (c *chatView) modelName() string {
	if i := c.activeModel(); i >= 0 {
		return c.models[i].Card.Name
	}
	return ""
}

// chosen makes another model the active one.
func (c *chatView) chosen(string) {
	i := c.choice.SelectedIndex()
	if i < 0 || i >= len(c.models) {
		return
	}
	if err := c.w.Library.SetActive(c.models[i].ID); err != nil {
		c.w.complain(err)
		return
	}
	c.w.models.reload()
	c.arrangeMiddle()
	c.preload()
}

func (c *chatView) settingsChanged() {
	c.prompt.EnterInserts = c.w.Settings.EnterInserts
	if c.shown != nil {
		c.preload()
	}
}

// measure shows how much of the context the conversation with its draft needs.
func (c *chatView) measure() {
	c.drafts++
	generation, t, draft := c.drafts, c.shown, c.shown.draft
	c.w.work(func(context.Context) {
		u, ok := t.Measure(draft)
		c.w.sched.Do(func() {
			if generation == c.drafts && c.running == nil {
				c.showUsage(u, ok)
			}
		})
	})
}

func (c *chatView) showUsage(u assistant.Usage, ok bool) {
	if !ok {
		c.meter.Set(0, 0, "")
		return
	}
	c.showMeter(u.Tokens, u.Context)
	text := ""
	switch {
	case u.TooLong:
		text = lang.L("This message is longer than the model can read at once. Shorten it, or allow a longer context in the settings.")
	case u.Dropped > 0:
		text = lang.L("The oldest messages are no longer in the model's view.")
	}
	c.status.set(text)
}

func (c *chatView) showMeter(used, context int) {
	c.meter.Set(used, context, lang.L("{{.Used}} of {{.Context}} tokens", map[string]any{"Used": grouped(int64(used)), "Context": grouped(int64(context))}))
}
