package ui

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant/writing"
	"lamplight/ui/buffer"
	"lamplight/ui/widgets"
)

// clipSheet takes the text of the clipboard through an action, and offers what comes of it to the clipboard. Nothing of it is
// kept.
type clipSheet struct {
	h       *help
	text    string // of the clipboard
	actions []writing.Action
	choice  *choiceBox
	tongue  *choiceBox // for translations
	do      *widgets.ChipButton
	copy    *widgets.ChipButton
	state   *words
	preview *widgets.Editor
	result  string // "" while there is none
	stop    context.CancelFunc
}

// clipHeight is that of the preview.
const clipHeight = 220

// openClip shows what can be done with the text on the clipboard, if there is any.
func (h *help) openClip() *clipSheet {
	if h.w.dialog != nil {
		return nil
	}
	text := buffer.New(fyne.CurrentApp().Clipboard().Content()).Text() // line ends of other systems
	if strings.TrimSpace(text) == "" {
		h.w.mention(lang.L("There is no text on the clipboard. Copy some first."), "", nil)
		return nil
	}
	s := &clipSheet{h: h, text: text, state: muted(""), preview: widgets.NewEditor()}
	var names []string
	at := 0
	for _, a := range h.all() {
		if a.Asks == writing.Change || a.Does == writing.Continues {
			continue
		}
		if a.ID == h.kept.Clip {
			at = len(names)
		}
		name, _ := h.name(a)
		names, s.actions = append(names, name), append(s.actions, a)
	}
	var tongues []string
	for _, t := range tonguesInto() {
		tongues = append(tongues, t.name)
	}
	s.choice, s.tongue = newChoiceBox(names, nil), newChoiceBox(tongues, nil)
	s.tongue.PlaceHolder = lang.L("Choose a language")
	if i := slices.IndexFunc(tonguesInto(), func(t tongueInto) bool { return t.id == h.kept.Language }); i >= 0 {
		s.tongue.SetSelectedIndex(i)
	}
	s.do = widgets.NewChipButton(icon("send"), lang.L("Do it"), s.start)
	s.copy = widgets.NewChipButton(icon("copy"), lang.L("Copy result"), s.take)
	s.copy.Disable()
	s.preview.ReadOnly = true
	s.preview.OnKey = func(e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyEscape {
			h.w.closeDialog()
			return true
		}
		return false
	}
	s.preview.SetBuffer(buffer.New(text))
	s.choice.SetSelectedIndex(at)
	s.choice.OnChanged = func(string) { s.showTongue() }
	edge := container.NewStack(widgets.NewGround(theme.ColorNameBackground), s.preview)
	body := container.NewVBox(container.NewBorder(nil, nil, nil, container.NewCenter(s.do), container.NewVBox(s.choice, s.tongue)),
		container.New(leastHeight(clipHeight), edge), s.state)
	s.state.set(lang.L("This is the text on the clipboard. It is not kept."))
	s.showTongue()
	h.w.showDialog(subheading(lang.L("From the clipboard")), body, s.do, widgets.NewChipButton(nil, lang.L("Close"), h.w.closeDialog), s.copy)
	h.w.dialog.closed = s.cancel
	h.w.notices.pass() // such as that there was nothing
	return s
}

// leastHeight gives one object a height.
type leastHeight float32

// MinSize implements fyne.Layout.
func (l leastHeight) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(o[0].MinSize().Width, withText(float32(l)))
}

// Layout implements fyne.Layout.
func (leastHeight) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }

func (s *clipSheet) action() writing.Action { return s.actions[max(0, s.choice.SelectedIndex())] }

// showTongue shows the choice of a language when the action needs one.
func (s *clipSheet) showTongue() {
	show(s.tongue, s.action().Asks == writing.Language)
	if s.h.w.dialog != nil && s.h.w.dialog.fit != nil {
		s.h.w.dialog.fit()
	}
}

func (s *clipSheet) cancel() {
	if s.stop != nil {
		s.stop()
	}
}

// start does the action that is chosen, or ends it.
func (s *clipSheet) start() {
	if s.stop != nil {
		s.stop()
		return
	}
	h, a, asked := s.h, s.action(), ""
	if a.Asks == writing.Language {
		i := s.tongue.SelectedIndex()
		if i < 0 {
			s.state.show(lang.L("Choose a language first."), theme.ColorNameError)
			h.w.win.Canvas().Focus(s.tongue)
			return
		}
		asked = tonguesInto()[i].id
		h.kept.Language = asked
	}
	h.kept.Clip = a.ID
	h.keep()
	ctx, cancel := context.WithCancel(h.w.ctx)
	s.stop, s.result = cancel, ""
	s.copy.Disable()
	s.preview.SetBuffer(buffer.New(s.text))
	s.do.SetFace(icon("stop"), lang.L("Stop"))
	s.state.show(lang.L("The model is writing…"), widgets.ColorNameMuted)
	job := writing.Job{Action: a, Asked: asked, Text: s.text, Part: writing.Part{End: len(s.text)}, Seed: rand.Uint64(), Params: h.sampling(), Adapt: h.w.runner.Adapt(a.Adapters)}
	h.w.work(func(context.Context) {
		defer cancel()
		var results []writing.Result
		var err error
		for step, e := range writing.Run(ctx, h.w.runner.Borrow, job) {
			if err = e; err != nil {
				break
			}
			if step.Result != nil {
				results = append(results, *step.Result)
			}
		}
		h.w.do(func() { s.ended(a, results, err) })
	})
}

// ended shows what has come of it: an answer, or the text with its changes.
func (s *clipSheet) ended(a writing.Action, results []writing.Result, err error) {
	s.stop = nil
	s.do.SetFace(icon("send"), lang.L("Do it"))
	if err != nil && !errors.Is(err, context.Canceled) {
		s.h.w.Log.Warn("a writing action failed", "error", err)
		s.say(s.h.explain(err).text, theme.ColorNameError)
		return
	}
	if len(results) == 0 {
		s.say(lang.L("Stopped."), widgets.ColorNameMuted)
		return
	}
	if a.Does == writing.Answers {
		s.result = results[0].Answer
		s.preview.SetBuffer(buffer.New(s.result))
		s.offer("")
		return
	}
	slices.SortFunc(results, func(a, b writing.Result) int { return cmp.Compare(a.Part.Start, b.Part.Start) })
	var marks []buffer.Mark
	touched := 0
	for _, r := range results {
		for i, c := range r.Changes {
			marks = append(marks, buffer.Mark{Range: buffer.Range{Start: c.Start, End: c.End}, New: c.New, ID: len(marks)})
			if len(r.Touched[i]) > 0 {
				touched++
			}
		}
	}
	if len(marks) == 0 {
		s.say(lang.L("The model proposes no changes."), widgets.ColorNameMuted)
		return
	}
	whole := buffer.New(s.text)
	whole.SetMarks(marks)
	shown := buffer.New(s.text)
	shown.SetMarks(marks)
	whole.Resolve(func(buffer.Mark) buffer.Verdict { return buffer.Taken })
	s.result = whole.Text()
	s.preview.SetBuffer(shown)
	said := lang.N("{{.N}} changes", len(marks), map[string]any{"N": len(marks)})
	if touched > 0 {
		said += " · " + lang.N("{{.N}} touch a number, a link, a quotation or code", touched, map[string]any{"N": touched})
	}
	s.offer(said)
}

// offer lets the result be copied.
func (s *clipSheet) offer(said string) {
	s.say(said, widgets.ColorNameMuted)
	s.copy.Enable()
	s.h.w.win.Canvas().Focus(s.copy)
}

func (s *clipSheet) say(text string, color fyne.ThemeColorName) { s.state.show(text, color) }

// take puts the result on the clipboard.
func (s *clipSheet) take() {
	if s.result == "" {
		return
	}
	fyne.CurrentApp().Clipboard().SetContent(s.result)
	s.h.w.closeDialog()
	s.h.w.mention(lang.L("The result is on the clipboard."), "", nil)
}
