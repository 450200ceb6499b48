package ui

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant/tuning"
	"lamplight/engine/adapter"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// runView is the page Tune during a training and after it: how far it is, the curve, the answers before and after, and the
// decision.
type runView struct {
	t     *tuneView
	cards []fyne.CanvasObject

	title, about, score *words
	chart               *widgets.Chart
	graph               fyne.CanvasObject // the chart and what it means
	pause, end          *widgets.ChipButton
	keep, merge, throw  *widgets.ChipButton
	decision            fyne.CanvasObject
	samples             *fyne.Container
	samplesCard         fyne.CanvasObject
	shownSamples        []tuning.Sample
	tried               bool // the answers after the training are among them
	working             bool // the decision is being carried out
}

func newRunView(t *tuneView) *runView {
	r := &runView{t: t, title: subheading(""), about: paragraph(""), score: paragraph(""), samples: container.NewVBox()}
	r.chart = widgets.NewChart(func(y float64) string { return decimal(y, 2) })
	legend := muted(lang.L("The line is the loss of what is learnt: how surprised the model is by the answers. The dots are that of the examples that are held back, after each pass: when they no longer fall, it learns by heart."))
	r.pause = t.scroll.chip(nil, lang.L("Pause"), r.pauseOrGoOn)
	r.end = t.scroll.chip(icon("close"), lang.L("Cancel…"), r.askDiscard)
	r.keep = t.scroll.chip(icon("plus"), lang.L("Keep it…"), r.askKeep)
	r.merge = t.scroll.chip(icon("models"), lang.L("Make a new model…"), r.askMerge)
	r.throw = t.scroll.chip(icon("trash"), lang.L("Discard…"), r.askDiscard)
	r.decision = container.NewVBox(container.New(layout.NewCustomPaddedLayout(0, 0, textInset, 0), widgets.NewFlow(r.keep, r.merge, r.throw)),
		muted(lang.L("Kept, it is a small file that goes with the model and can be switched on and off. A new model has it built in, and is as large as the old one or larger.")))
	r.graph = container.NewVBox(container.New(layout.NewCustomPaddedLayout(gap, 0, textInset, textInset), r.chart), legend)
	r.samplesCard = section(lang.L("Before and after"), r.samples)
	r.cards = []fyne.CanvasObject{
		widgets.NewCard(container.NewVBox(lines(r.title, r.about), chips(r.pause, r.end), r.score, r.decision, r.graph)),
		r.samplesCard,
	}
	return r
}

func (r *runView) forget() {
	r.samples.Objects, r.shownSamples = nil, nil
	r.chart.Set(nil, nil, 1)
}

// show brings the cards up to date.
func (r *runView) show() {
	s := r.t.tuner.Status()
	if s.Phase == tuning.Idle {
		return
	}
	done := s.Phase == tuning.Done
	data := map[string]any{"Name": s.Record.Name}
	r.title.set(lang.L("{{.Name}} is learning", data))
	if done {
		r.title.set(lang.L("{{.Name}} has learnt", data))
	}
	text, color := progressOf(s)
	r.about.show(text, color)
	r.score.set(scoreText(s.Record))
	show(r.score, s.Record.After.Of > 0)
	show(r.decision, done)
	show(r.pause, !done)
	show(r.end, !done)
	label := lang.L("Pause")
	switch {
	case s.Phase == tuning.Failed:
		label = lang.L("Try again")
	case s.Phase == tuning.Waiting, r.t.tuner.Paused():
		label = lang.L("Go on")
	}
	if r.pause.Label() != label {
		r.pause.SetFace(nil, label)
	}
	for _, b := range []*widgets.ChipButton{r.keep, r.merge, r.throw, r.end} {
		if r.working {
			b.Disable()
		} else {
			b.Enable()
		}
	}
	r.showCurve(s)
	r.showSamples(s.Record.Samples, done)
}

// showCurve draws the losses.
func (r *runView) showCurve(s tuning.Status) {
	var learnt, held []widgets.ChartPoint
	last := s.Steps
	for _, p := range s.Record.Curve {
		last = max(last, p.Step)
		at := widgets.ChartPoint{X: float64(p.Step), Y: p.Loss}
		if p.Held {
			held = append(held, at)
		} else {
			learnt = append(learnt, at)
		}
	}
	if s.Phase == tuning.Done { // it may have ended early
		last = s.Step
		for _, p := range s.Record.Curve {
			last = max(last, p.Step)
		}
	}
	r.chart.Set(learnt, held, float64(last))
	show(r.graph, len(s.Record.Curve) > 0)
}

// showSamples shows the answers before and after side by side.
func (r *runView) showSamples(list []tuning.Sample, tried bool) {
	show(r.samplesCard, len(list) > 0)
	same := len(list) == len(r.shownSamples) && tried == r.tried
	for i := range list {
		same = same && list[i] == r.shownSamples[i]
	}
	if same {
		return
	}
	r.shownSamples, r.tried = list, tried
	r.samples.Objects = nil
	for i, s := range list {
		if i > 0 {
			r.samples.Add(widget.NewSeparator())
		}
		after := "…"
		if tried {
			after = excerpt(s.After)
		}
		r.samples.Add(lines(
			muted(excerpt(s.Asked)),
			container.NewGridWithColumns(2,
				lines(small(lang.L("Before")), paragraph(excerpt(s.Before))),
				lines(small(lang.L("After")), paragraph(after))),
			muted(lang.L("Expected: {{.Text}}", map[string]any{"Text": excerpt(s.Expected)}))))
	}
	r.samples.Refresh()
}

// excerpt is a text without blank lines, and not to its end if it is very long.
func excerpt(text string) string {
	const most = 600
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
	if len(lines) == 0 {
		return lang.L("Nothing that could be read")
	}
	text = strings.Join(lines, "\n")
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// begin begins a training of the examples.
func (t *tuneView) begin() {
	p := t.prepared
	if p == nil || p.Report.Train == 0 || t.tuner.Status().Phase != tuning.Idle {
		return
	}
	s := t.store()
	t.w.inOrder(func() {
		err := t.tuner.Begin(t.w.ctx, s, p.Base, p.Settings)
		t.w.do(func() {
			if err != nil {
				t.w.Log.Error("the training does not begin", "error", err)
				t.w.complain(explainTuning(err), err)
				return
			}
			t.w.Log.Info("training began", "examples", p.Report.Train, "held", p.Report.Held)
			t.start()
			t.scroll.ScrollToTop()
			t.show()
		})
	})
}

// start does the training that was begun, or goes on with it.
func (t *tuneView) start() {
	s := t.store()
	t.tuner.Resume()
	t.w.work(func(ctx context.Context) {
		err := t.tuner.Run(ctx, s)
		t.w.do(func() { t.ended(err) })
	})
}

// ended says what came of a run.
func (t *tuneView) ended(err error) {
	w, s := t.w, t.tuner.Status()
	t.show()
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, tuning.ErrNone):
		w.Log.Info("training interrupted")
	case err != nil:
		w.Log.Error("training failed", "error", err)
		if w.current != tunePage {
			w.complain(explainTuning(err), err)
		}
	case s.Phase == tuning.Done:
		r := s.Record
		w.Log.Info("training done", "steps", s.Step, "before", r.Before.Right, "after", r.After.Right, "of", r.After.Of)
		if w.current != tunePage {
			w.say(lang.L("{{.Name}} has learnt. Look at what became of it, and keep or discard it.", map[string]any{"Name": r.Name}), lang.L("Tune"), func() { w.show(tunePage) })
		}
	}
}

// pauseOrGoOn is what the first button does.
func (r *runView) pauseOrGoOn() {
	t := r.t
	switch s := t.tuner.Status(); {
	case s.Phase == tuning.Waiting, s.Phase == tuning.Failed:
		t.start()
	case t.tuner.Paused():
		t.tuner.Resume()
	default:
		t.tuner.Pause()
	}
	t.show()
}

// decide carries a decision out, in the background.
func (r *runView) decide(what string, f func(ctx context.Context, s tuning.Store) error, then func()) {
	t := r.t
	s := t.store()
	r.working = true
	t.show()
	t.w.work(func(ctx context.Context) {
		err := f(ctx, s)
		t.w.do(func() {
			r.working = false
			if err != nil {
				t.w.Log.Error("the decision was not carried out", "what", what, "error", err)
				t.w.complain(explainTuning(err), err)
			} else {
				t.w.Log.Info("training decided", "what", what)
				then()
			}
			t.prepare()
			t.show()
		})
	})
}

// askDiscard asks before what was learnt is thrown away.
func (r *runView) askDiscard() {
	w := r.t.w
	cancel := widgets.NewChipButton(nil, lang.L("Go back"), w.closeDialog)
	do := widgets.NewChipButton(icon("trash"), lang.L("Discard"), func() {
		w.closeDialog()
		r.decide("discard", r.t.tuner.Discard, func() { w.mention(lang.L("What was learnt is gone. Your examples are still here."), "", nil) })
	})
	w.showDialog(subheading(lang.L("Discard what was learnt?")),
		paragraph(lang.L("It cannot be brought back. Your examples stay on this page, and the model is as it was.")), cancel, cancel, do)
}

// proposed is the name that what was learnt gets if the user does not choose another.
func (r *runView) proposed() string {
	s := r.t.tuner.Status()
	return lang.L("{{.Name}}, taught {{.Date}}", map[string]any{"Name": s.Record.Name, "Date": date(s.Record.Began, r.t.w.now())})
}

// askKeep asks for the name under which what was learnt is kept.
func (r *runView) askKeep() {
	w := r.t.w
	r.askName(lang.L("Keep what was learnt"), lang.L("Keep it"), func(name string) {
		var kept library.Adapter
		base := r.t.tuner.Status().Record.Model
		r.decide("keep", func(ctx context.Context, s tuning.Store) (err error) {
			kept, err = r.t.tuner.Keep(ctx, s, name)
			return err
		}, func() {
			w.sayInPrivate(lang.L("{{.Name}} is kept, and off until you switch it on for the model.", map[string]any{"Name": name}), lang.L("Switch it on"), func() { w.switchOn(base, kept) })
			w.look()
		})
	})
}

// askMerge asks for the name of the new model.
func (r *runView) askMerge() {
	w := r.t.w
	r.askName(lang.L("Make a new model"), lang.L("Make it"), func(name string) {
		var made library.Model
		r.decide("merge", func(ctx context.Context, s tuning.Store) (err error) {
			made, err = r.t.tuner.Merge(ctx, s, name)
			return err
		}, func() {
			w.mentionInPrivate(lang.L("{{.Name}} is in your library.", map[string]any{"Name": name}), lang.L("Use it"), func() { w.chatWith(made.ID) })
			w.look()
		})
	})
}

// askName is Window.askName, for which the proposed name is a choice too.
func (r *runView) askName(title, label string, accept func(string)) {
	name := r.proposed()
	entry := r.t.w.askName(title, label, "", accept)
	entry.SetText(name)
	entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// switchOn uses an adapter with a model wherever nothing else is chosen, beside those that are used with it already.
func (w *Window) switchOn(model string, a library.Adapter) {
	w.inOrder(func() {
		m, err := w.Library.Get(model)
		if err == nil {
			err = w.Library.SetAdapters(model, append(slices.Clone(m.Card.Adapters), adapter.Use{SHA256: a.Card.SHA256, Name: a.Card.Name, Strength: 1}))
		}
		w.do(func() {
			if err != nil {
				w.Log.Error("an adapter was not switched on", "error", err)
				w.complain(explainChange(err), err)
				return
			}
			w.Log.Info("adapter switched on")
			w.mentionInPrivate(lang.L("{{.Name}} is on.", map[string]any{"Name": a.Card.Name}), "", nil)
			w.look()
		})
	})
}
