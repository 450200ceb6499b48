package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/assets/starter"
	"lamplight/assistant"
	"lamplight/assistant/stories"
	"lamplight/engine"
	"lamplight/engine/sample"
	"lamplight/ui/widgets"
)

// storyComplaints are about stories.
var storyComplaints = []complaint{
	{stories.ErrTooLong, "The story has become too long for the model. Begin a new one, or change it where it is.", noRemedy},
	{stories.ErrNothing, "The model told nothing this time. Let it tell the story differently, or tick something else.", noRemedy},
}

// telling is a story that is being told, or a part of one.
type telling struct {
	p      *storyView
	job    stories.Job
	before *stories.Story // what was shown; nil: nothing
	cancel context.CancelFunc
	update coalescer

	followed bool // the view has moved to it
	begun    bool // there are words

	mu   sync.Mutex // guards what the worker tells
	last stories.Step
}

// state says what is being done.
func (t *telling) state() string {
	t.mu.Lock()
	begun := t.last.Story != nil
	t.mu.Unlock()
	switch {
	case !begun:
		return lang.L("The lamp is lit, the story begins…")
	case t.job.Does == stories.ChangeParagraph:
		return lang.L("The paragraph is being told anew…")
	}
	return lang.L("The story is being told. Escape stops it.")
}

// tellChosen tells a story about what is ticked. With nothing ticked it is a surprise, and without a hero there is one by
// chance.
func (p *storyView) tellChosen() {
	if p.telling != nil || p.w.dialog != nil {
		return
	}
	seed := p.choose.seedNow()
	switch {
	case len(p.choice) == 0:
		p.choose.set(stories.Surprise(seed))
	case len(p.choice[starter.Heroes]) == 0:
		c := stories.Surprise(seed)
		p.choice[starter.Heroes] = c[starter.Heroes][:1]
		p.choose.set(p.choice)
	}
	p.tells = nil
	p.tell(stories.Job{Choice: p.choice, Tongue: p.tongue, Seed: seed})
}

// tellDifferently tells the story that is shown once more, with another seed. What was told stays within reach.
func (p *storyView) tellDifferently() {
	if s := p.shown; s != nil && p.telling == nil {
		p.tell(stories.Job{Choice: s.Choice, Tongue: s.Tongue, Seed: stories.NewSeed()})
	}
}

// nextChapter goes on with the story that is shown.
func (p *storyView) nextChapter() {
	if s := p.shown; s != nil && p.telling == nil {
		heading := lang.L("Chapter {{.N}}", map[string]any{"N": s.Chapters() + 1})
		p.tell(stories.Job{Does: stories.NextChapter, Story: s.Clone(), Seed: stories.NewSeed(), Heading: heading})
	}
}

// askChange asks how a paragraph is to be told anew.
func (p *storyView) askChange(at int) {
	s, w := p.shown, p.w
	if s == nil || p.telling != nil || w.dialog != nil || at >= len(s.Paragraphs) || s.Paragraphs[at].Heading {
		return
	}
	wish := w.newField()
	wish.SetPlaceHolder(lang.L("Let it rain. Leave this empty for another way."))
	accept := func() {
		w.closeDialog()
		p.tell(stories.Job{Does: stories.ChangeParagraph, Story: s.Clone(), At: at, Wish: strings.TrimSpace(wish.Text), Seed: stories.NewSeed()})
	}
	wish.OnSubmitted = func(string) { accept() }
	text := s.Paragraphs[at].Text
	rows := []fyne.CanvasObject{muted(oneLine(text, 160)), wish}
	if m, ok := w.shelf.chosen(); ok && m.BuiltIn() {
		rows = append(rows, muted(lang.L("The starter understands no wishes: it tells the paragraph in another way. Gemma 3 can follow one.")))
	}
	w.showDialog(subheading(lang.L("Change this paragraph")), container.NewVBox(rows...), wish,
		widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), widgets.NewChipButton(icon("again"), lang.L("Change it"), accept))
}

// tell has the active model do a job. What comes of it is shown as it comes.
func (p *storyView) tell(j stories.Job) {
	w := p.w
	p.silence()
	m, ok := w.shelf.chosen()
	err := assistant.ErrNoModel
	if ok {
		err = w.doubt(m)
	}
	if err != nil {
		w.complain(p.explain(err), err)
		return
	}
	s := w.Settings.Sampling
	j.Params = func(*engine.Model) sample.Params { return s.Apply(w.runner.OwnSampling(m)) }
	ctx, cancel := context.WithCancel(w.ctx)
	t := &telling{p: p, job: j, before: p.shown, cancel: cancel}
	t.update = coalescer{do: w.do, f: t.progressed}
	p.telling = t
	if j.Does == stories.NewStory {
		p.shown = nil
	}
	p.show()
	if j.Does == stories.NewStory {
		p.read.toTop()
	}
	w.Log.Info("a story is being told", "deed", int(j.Does))
	w.work(func(context.Context) {
		defer cancel()
		engine.Yield()
		var err error
		for step, e := range stories.Tell(ctx, w.runner.Borrow, j) {
			if err = e; err != nil {
				break
			}
			t.mu.Lock()
			t.last = step
			t.mu.Unlock()
			t.update.touch()
		}
		w.do(func() { t.ended(err) })
	})
	w.focus(p.read.stop)
}

// progressed shows what has come.
func (t *telling) progressed() {
	if t.p.telling != t {
		return
	}
	t.mu.Lock()
	s := t.last.Story
	t.mu.Unlock()
	if s != nil {
		t.p.shown = s
		t.p.read.show()
		t.note()
	}
}

// note writes down that there are words, for a program that drives the window from outside.
func (t *telling) note() {
	if !t.begun {
		t.begun = true
		t.p.w.Log.Info("a story has begun")
	}
}

// stop ends the telling. What has come stays.
func (p *storyView) stop() {
	if p.telling != nil {
		p.telling.cancel()
	}
}

// abandon ends the telling for something else. What has come of it goes, but for a chapter of a story on the shelf; the seed
// would tell the same again.
func (p *storyView) abandon() {
	t := p.telling
	if t == nil {
		return
	}
	t.cancel()
	p.telling = nil
	t.mu.Lock()
	s := t.last.Story
	t.mu.Unlock()
	if s != nil && s.ID != 0 && t.job.Does == stories.NextChapter {
		p.store(s)
	}
}

// ended shows what has become of it.
func (t *telling) ended(err error) {
	p, w := t.p, t.p.w
	if p.telling != t { // it was locked, or another story was opened
		return
	}
	p.telling = nil
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	s := last.Story
	if s != nil {
		t.note()
	}
	stopped := errors.Is(err, context.Canceled)
	if s == nil || stopped && t.job.Does == stories.ChangeParagraph { // half a paragraph is of no use
		s = t.before
	}
	w.Log.Info("a story ended", "deed", int(t.job.Does), "whole", last.Done && last.Ending == stories.Whole, "tokens", last.Tokens, "stopped", stopped)
	p.shown = s
	p.remember(s, t.before)
	if err != nil && !stopped {
		w.Log.Warn("a story was not told", "error", err)
		w.complain(p.explain(err), err)
		w.look() // the model may have gone
	}
	if last.Done && last.Ending == stories.Circle {
		w.mention(lang.L("The model began to say the same again and again, so the story ends before that. Tell it differently, or choose another model."), "", nil)
	}
	if s != nil && s.Model == stories.StarterName && t.job.Does == stories.NewStory && p.tongue != stories.English {
		w.mention(lang.L("The starter tells stories in English. Gemma 3 can tell them in other languages."), "", nil)
	}
	if s != nil && t.before != nil && last.Done && t.job.Does == stories.ChangeParagraph {
		before := t.before
		w.offerUndo(lang.L("The paragraph was changed."), func() { p.replace(s, before) })
	}
	p.show()
	if s == nil {
		w.focus(p.choose.tell)
		return
	}
	if w.current == storyPage {
		w.focus(p.read.first())
	}
}

// remember puts a story among those that were told, in the place of the one that it was made of unless it is another telling.
func (p *storyView) remember(s, before *stories.Story) {
	if s == nil {
		return
	}
	if s == before {
		return
	}
	if s.ID == 0 && (before == nil || s.Seed != before.Seed) {
		if before != nil && len(p.tells) == 0 {
			p.tells = []*stories.Story{before}
		}
		p.tells = append(p.tells, s)
		const most = 20
		p.tells = p.tells[max(0, len(p.tells)-most):]
	} else if at := slices.Index(p.tells, before); at >= 0 {
		p.tells[at] = s
	} else {
		p.tells = append(p.tells, s)
	}
	if s.ID != 0 {
		p.store(s)
	}
	p.rememberSoon()
}

// replace shows another version of a story in its place.
func (p *storyView) replace(s, by *stories.Story) {
	at := slices.Index(p.tells, s)
	if at < 0 || p.telling != nil {
		return
	}
	by = by.Clone()
	by.ID = s.ID // it may have been kept since
	p.tells[at] = by
	if p.shown == s {
		p.shown = by
	}
	if by.ID != 0 {
		p.store(by)
	}
	p.show()
	p.rememberSoon()
}

// turn is the number of the story that is shown among those that were told, from 0 on.
func (p *storyView) turn() int { return max(0, slices.Index(p.tells, p.shown)) }

// turnTo shows what was told before or after.
func (p *storyView) turnTo(by int) {
	if at := p.turn() + by; p.telling == nil && at >= 0 && at < len(p.tells) {
		p.silence()
		p.shown = p.tells[at]
		p.show()
		p.read.toTop()
		p.rememberSoon()
	}
}

// chooseFrom ticks what the story that is shown is about, with its seed.
func (p *storyView) chooseFrom() {
	s := p.shown
	if s == nil {
		return
	}
	p.choice = s.Clone().Choice
	if s.Tongue != "" {
		p.tongue = s.Tongue
	}
	if p.choice == nil {
		p.choice = stories.Choice{}
	}
	p.startNew()
	p.choose.seed.SetText(seedText(s.Seed))
}

func (p *storyView) explain(err error) message {
	if m, ok := find(err, storyComplaints); ok {
		return m
	}
	m, _ := p.w.shelf.chosen()
	return explainAnswer(m.Card.Name, err)
}
