package ui

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// trialTokens is how long an answer may get: enough to judge by, and the other model is waiting.
const trialTokens = 512

// comparing is the sheet on which two models are asked the same. What is said on it is nowhere else and ends with it.
type comparing struct {
	w      *Window
	models []library.Model
	sides  [2]*trialSide
	prompt *widgets.PromptBox
	action *widgets.ChipButton
	most   int    // tokens of an answer
	trial  *trial // the last one
	asked  bool   // models were brought into memory and others put out of it
}

// trialSide is one of the two answers.
type trialSide struct {
	choice *choiceBox
	stream *widgets.StreamView
	status *words
	root   *fyne.Container
	shown  int // bytes of the answer that are in the stream
}

// say writes below the answer, which leaves it the room that it needs.
func (s *trialSide) say(text string, color fyne.ThemeColorName) {
	height := s.status.MinSize().Height
	s.status.show(text, color)
	if s.status.MinSize().Height != height {
		s.root.Refresh()
	}
}

// trial is a question that is being answered. A worker tells how far it is.
type trial struct {
	models [2]library.Model
	cancel context.CancelFunc // nil once it has ended

	mu     sync.Mutex // guards what the worker tells
	texts  [2]strings.Builder
	stages [2]assistant.Piece
	at     int // which model answers
	update coalescer
}

// askCompare lets the user ask a model and another one the same.
func (w *Window) askCompare(m library.Model) {
	if w.dialog != nil || w.lock != nil || w.unfit(m) {
		return
	}
	if c := w.newComparing(m); c != nil {
		c.open()
	}
}

// newComparing makes the sheet for a model; nil: there is no other model, which it says.
func (w *Window) newComparing(m library.Model) *comparing {
	c := &comparing{w: w, most: trialTokens}
	for _, o := range w.shelf.usable() {
		if !o.Changed { // it is checked before it is used
			c.models = append(c.models, o)
		}
	}
	first, second := c.pair(m)
	if second < 0 {
		w.mention(lang.L("Comparing takes two models. Add another one, or make a smaller one of this."), "", nil)
		return nil
	}
	labels := modelLabels(c.models)
	for i, chosen := range []int{first, second} {
		s := &trialSide{choice: newChoiceBox(labels, nil), stream: widgets.NewStreamView(), status: muted("")}
		s.choice.Selected = labels[chosen]
		c.sides[i] = s
	}
	c.prompt = widgets.NewPromptBox(lang.L("Ask both the same. Nothing of this is kept."))
	c.prompt.EnterInserts = w.Settings.EnterInserts
	c.prompt.OnSend = func(string) { c.ask() }
	c.prompt.OnEscape = w.escape
	c.prompt.OnCursorChanged = w.touched
	c.action = widgets.NewChipButton(nil, "", nil)
	c.setAction()
	return c
}

// pair returns the indices of a model and of the one that it is compared with at first: what it was made from, or what
// was made from it, or another; −1: there is none.
func (c *comparing) pair(m library.Model) (first, second int) {
	first, second = -1, -1
	for i, o := range c.models {
		related := o.Path == m.Card.Source || o.Card.Source == m.Path
		switch {
		case o.ID == m.ID:
			first = i
		case second < 0 || related && c.models[second].Path != m.Card.Source:
			second = i
		}
	}
	if first < 0 { // it has changed meanwhile
		return first, -1
	}
	return first, second
}

// open lays the sheet over the window.
func (c *comparing) open() {
	w := c.w
	columns := container.NewGridWithColumns(2)
	for _, s := range c.sides {
		ground := container.NewStack(widgets.NewRoundGround(theme.ColorNameBackground), s.stream)
		s.root = bordered(s.choice, s.status, nil, nil, ground)
		columns.Add(s.root)
	}
	about := muted(lang.L("One model is in memory at a time: the left one answers first. Both get the same seed and the same settings, those for the left one, and at most {{.N}} tokens.", map[string]any{"N": c.most}))
	closeIt := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	ask := container.NewBorder(nil, nil, nil, container.NewCenter(c.action), c.prompt)
	foot := container.NewVBox(ask, container.NewBorder(nil, nil, nil, container.NewCenter(closeIt), about))
	title := subheading(lang.L("Two models, one question"))
	space := w.win.Canvas().Size().SubtractWidthHeight(48, 48)
	size := fyne.NewSize(min(1000, space.Width), min(680, space.Height))
	foot.Resize(fyne.NewSize(size.Width-32, 0)) // its text wraps to the width, then knows its height
	pop := widget.NewModalPopUp(container.New(layout.NewCustomPaddedLayout(16, 16, 16, 16), container.NewBorder(title, foot, nil, nil, columns)), w.win.Canvas())
	w.dialog = &openDialog{hide: func() {
		pop.Hide()
		c.closed()
	}, fit: func() {}}
	pop.Resize(size)
	pop.Show()
	w.win.Canvas().Focus(c.prompt)
}

// closed ends the answers. The chat gets its model back.
func (c *comparing) closed() {
	c.stop()
	if c.asked {
		chat := c.w.chat
		if chat.loading.stop == nil {
			chat.loading.what = demand{}
		}
		chat.preload()
	}
}

func (c *comparing) stop() {
	if c.trial != nil && c.trial.cancel != nil {
		c.trial.cancel()
	}
}

// setAction makes the button what can be done now.
func (c *comparing) setAction() {
	if c.trial != nil && c.trial.cancel != nil {
		c.action.SetFace(icon("stop"), lang.L("Stop"))
		c.action.OnTapped = c.stop
	} else {
		c.action.SetFace(icon("send"), lang.L("Ask both"))
		c.action.OnTapped = c.ask
	}
}

// ask lets both models answer what is in the prompt.
func (c *comparing) ask() {
	question := strings.TrimSpace(c.prompt.Text)
	if question == "" || c.trial != nil && c.trial.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(c.w.ctx)
	t := &trial{cancel: cancel}
	t.update = coalescer{do: c.w.do, f: func() { c.progress(t) }}
	var ids []string
	for i, s := range c.sides {
		t.models[i] = c.models[max(0, s.choice.SelectedIndex())]
		ids = append(ids, t.models[i].ID)
		s.stream.SetTurns([]widgets.Turn{{Role: widgets.Assistant}})
		s.shown = 0
		s.choice.Disable()
		s.say(lang.L("Waits for the other one."), widgets.ColorNameMuted)
	}
	c.trial, c.asked = t, true
	c.setAction()
	seed := rand.Uint64()
	if fixed := c.w.Settings.Sampling.Seed; fixed != nil {
		seed = *fixed
	}
	c.w.Log.Info("comparison started")
	pieces := c.w.runner.Try(ctx, assistant.Trial{Models: ids, Question: question, Seed: seed, MaxTokens: c.most})
	c.w.work(func(context.Context) {
		defer cancel()
		err := t.follow(pieces)
		c.w.do(func() { c.ended(t, err) })
	})
}

// follow lets the answers be written; it is the worker.
func (t *trial) follow(pieces iter.Seq2[assistant.TrialPiece, error]) (last error) {
	for p, err := range pieces {
		if err != nil {
			return err
		}
		t.mu.Lock()
		t.at = p.Model
		t.stages[p.Model] = p.Piece
		t.texts[p.Model].WriteString(p.Text)
		t.mu.Unlock()
		t.update.touch()
	}
	return nil
}

// progress shows what has come since the last frame, and returns which model it came from.
func (c *comparing) progress(t *trial) (at int) {
	if c.trial != t || t.cancel == nil { // the last frame may come late
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, s := range c.sides[:t.at+1] {
		text := t.texts[i].String()
		s.stream.Append(text[s.shown:])
		s.shown = len(text)
		s.say(c.stage(t, i), widgets.ColorNameMuted)
	}
	return t.at
}

// stage says what model number i does, or what its answer has cost.
func (c *comparing) stage(t *trial, i int) string {
	p := t.stages[i]
	switch {
	case p.Stage == assistant.Done && p.Stats.Answer == 0:
		return lang.L("No answer.")
	case p.Stage == assistant.Done && p.Stats.Answer == c.most:
		return lang.L("{{.Facts}} · cut off there", map[string]any{"Facts": footer(p.Stats)})
	case p.Stage == assistant.Done:
		return footer(p.Stats)
	case p.Stage == assistant.Loading && c.w.chat.running != nil:
		return lang.L("Waits for the answer in the chat…")
	case p.Stage == assistant.Loading:
		return lang.L("Loading {{.Name}}…", map[string]any{"Name": t.models[i].Card.Name})
	case p.Stage == assistant.Reading:
		return lang.L("Reading {{.Done}} of {{.Total}} tokens…", map[string]any{"Done": grouped(int64(p.Read)), "Total": grouped(int64(p.Prompt))})
	}
	return lang.L("Writing…")
}

// ended says why there is no more.
func (c *comparing) ended(t *trial, err error) {
	at := c.progress(t)
	t.cancel = nil
	c.setAction()
	for _, s := range c.sides {
		s.choice.Enable()
	}
	c.w.Log.Info("comparison ended", "stopped", errors.Is(err, context.Canceled))
	if err != nil {
		text, color := explainAnswer(t.models[at].Card.Name, err).text, theme.ColorNameError
		if errors.Is(err, context.Canceled) {
			text, color = strings.TrimSpace(text+" "+footer(t.stages[at].Stats)), widgets.ColorNameMuted
		} else {
			c.w.Log.Warn("a comparison failed", "id", t.models[at].ID)
		}
		for i, s := range c.sides[at:] {
			if i == 0 {
				s.say(text, color)
			} else {
				s.say(lang.L("Was not asked."), widgets.ColorNameMuted)
			}
		}
	}
	for i := range t.models {
		if s := t.stages[i].Stats; s.Answer > 0 {
			c.w.remember(s)
		}
	}
}
