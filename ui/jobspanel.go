package ui

import (
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/library/jobs"
	"lamplight/ui/widgets"
)

// jobsPanel shows the jobs above the cards of the models: what each does, how far it is, what came of it.
type jobsPanel struct {
	b      *background
	rows   map[int64]*jobRow
	box    *fyne.Container
	scroll scroller
	root   *fyne.Container
	mark   fyne.CanvasObject // on the rail, while something is being done
}

// panelHeight is how much of the page the panel may take: three jobs.
const panelHeight = 188

func newJobsPanel(b *background) *jobsPanel {
	p := &jobsPanel{b: b, rows: map[int64]*jobRow{}, box: container.New(layout.NewCustomPaddedVBoxLayout(0))}
	p.scroll = newScroller(p.box)
	inset := container.New(layout.NewCustomPaddedLayout(-textInset, -textInset, -textInset, 0), container.New(&shallow{panelHeight}, p.scroll.Scroll))
	p.root = container.New(layout.NewCustomPaddedLayout(gap/2, 0, margin, margin), widgets.NewCard(inset))
	p.root.Hide()
	p.mark = widgets.NewRoundGround(theme.ColorNamePrimary)
	p.mark.Hide()
	return p
}

// marked puts the mark on a button of the rail.
func (p *jobsPanel) marked(button fyne.CanvasObject) fyne.CanvasObject {
	return container.New(cornerLayout{}, button, p.mark)
}

// cornerLayout puts a dot at the right of the top of a button.
type cornerLayout struct{}

// MinSize implements fyne.Layout.
func (cornerLayout) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// Layout implements fyne.Layout.
func (cornerLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const dot = 8
	o[0].Resize(size)
	o[1].Resize(fyne.NewSquareSize(dot))
	o[1].Move(fyne.NewPos(size.Width-2*dot, dot))
}

// show brings the panel up to date.
func (p *jobsPanel) show(list []jobs.Job) {
	rows := map[int64]*jobRow{}
	var objects []fyne.CanvasObject
	changed := false // a row may have another height
	for _, j := range inView(list) {
		r := p.rows[j.ID]
		if r == nil {
			r = p.newRow(j.ID)
		}
		changed = r.show(j) || changed
		rows[j.ID] = r
		objects = append(objects, r.root)
	}
	p.rows = rows
	if !slices.Equal(p.box.Objects, objects) {
		p.box.Objects, changed = objects, true
		p.box.Refresh()
	}
	show(p.mark, p.b.working())
	if changed {
		p.root.Hidden = len(objects) == 0
		p.settle()
	}
}

// settle gives the panel the height of what is in it. It takes two rounds: texts wrap to their width, then know their
// height.
func (p *jobsPanel) settle() {
	for range 2 {
		p.root.Refresh()
	}
	if w := p.b.w; w.models != nil {
		w.models.root.Refresh()
	}
}

// inView returns jobs in the order in which they matter: what is being done, what has failed, what is done, the newest
// first, and what waits.
func inView(list []jobs.Job) []jobs.Job {
	rank := func(j jobs.Job) int {
		switch {
		case j.State == jobs.Running, j.State == jobs.Paused && j.StepsTotal > 0:
			return 0
		case j.State == jobs.Failed:
			return 1
		case j.State == jobs.Done:
			return 2
		}
		return 3
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b jobs.Job) int {
		if r := rank(a) - rank(b); r != 0 || rank(a) == 3 {
			return r
		}
		return b.Ended.Compare(a.Ended)
	})
	return list
}

// jobRow is a job in the panel.
type jobRow struct {
	p     *jobsPanel
	id    int64
	job   jobs.Job
	pace  pace
	title *words
	bar   *widget.ProgressBar
	line  fyne.CanvasObject // around the bar
	about *words

	use, pause *widgets.ChipButton
	closing    *widgets.IconButton
	root       *fyne.Container
}

func (p *jobsPanel) newRow(id int64) *jobRow {
	r := &jobRow{p: p, id: id, title: oneLined(paragraph("")), about: muted(""), bar: widget.NewProgressBar()}
	r.bar.TextFormatter = func() string { return "" } // the line below says it
	r.line = container.New(layout.NewCustomPaddedLayout(gap, gap/2, textInset, gap), container.New(barHeight(4), r.bar))
	r.use = p.scroll.chip(nil, "", nil)
	r.pause = p.scroll.chip(nil, "", nil)
	r.closing = p.scroll.tool(icon("close"), "", func() {
		p.b.do("cancelled", func() error {
			if err := p.b.queue.Cancel(id); !errors.Is(err, jobs.ErrNoJob) { // two clicks are one
				return err
			}
			return nil
		})
	})
	buttons := container.NewCenter(container.NewHBox(r.use, r.pause, r.closing))
	texts := container.New(layout.NewCustomPaddedVBoxLayout(-gap), r.title, r.line, r.about)
	r.root = container.NewBorder(nil, nil, nil, buttons, texts)
	return r
}

// show fills the row with a job as it is now, and reports whether it may need more or less room than before.
func (r *jobRow) show(j jobs.Job) (changed bool) {
	b, before := r.p.b, r.job
	r.job = j
	changed = before.ID == 0 || before.State != j.State || (before.StepsTotal > 0) != (j.StepsTotal > 0)
	r.title.set(b.title(j))
	left, known := r.left(j)
	text, color := b.progressText(j, left, known), fyne.ThemeColorName(widgets.ColorNameMuted)
	r.use.Hide()
	switch j.State {
	case jobs.Done:
		said, action, f := b.outcome(j)
		text, color = said, theme.ColorNameSuccess
		r.useFor(action, f)
	case jobs.Failed:
		m := explainJob(j)
		text, color = m.text, theme.ColorNameError
		r.useFor(b.w.remedy(m.remedy, j.Failure))
	}
	changed = changed || r.about.segment.Text != text && (j.State == jobs.Done || j.State == jobs.Failed)
	r.about.show(text, color)
	show(r.line, j.StepsTotal > 0)
	if j.StepsTotal > 0 {
		r.bar.SetValue(float64(j.Steps) / float64(j.StepsTotal))
	}
	r.setButtons(j)
	return changed
}

// left says how long a job will still take, if that can be told.
func (r *jobRow) left(j jobs.Job) (time.Duration, bool) {
	w := r.p.b.w
	if j.State != jobs.Running || j.StepsTotal == 0 || w.runner.Busy() {
		r.pace.rest()
		return 0, false
	}
	return r.pace.left(w.now(), j.Steps, j.StepsTotal)
}

func (r *jobRow) useFor(action string, f func()) {
	r.use.SetFace(nil, action)
	r.use.OnTapped = f
	show(r.use, f != nil)
}

// setButtons offers what can be done with the job.
func (r *jobRow) setButtons(j jobs.Job) {
	b, id := r.p.b, r.id
	label, f := lang.L("Pause"), func() error { return b.queue.Pause(id) }
	switch j.State {
	case jobs.Paused:
		label, f = lang.L("Resume"), func() error { return b.queue.Resume(id) }
	case jobs.Failed:
		label, f = lang.L("Try again"), func() error { return b.queue.Resume(id) }
	}
	if r.pause.Label() != label {
		r.pause.SetFace(nil, label)
	}
	r.pause.OnTapped = func() { b.do("changed", f) }
	show(r.pause, j.State != jobs.Done)
	end := lang.L("Cancel")
	if j.State == jobs.Done || j.State == jobs.Failed {
		end = lang.L("Dismiss")
	}
	if r.closing.Label() != end {
		r.closing.SetFace(icon("close"), end)
	}
}
