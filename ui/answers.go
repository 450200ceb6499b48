package ui

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	diff "lamplight/assistant/review"
	"lamplight/assistant/writing"
	"lamplight/ui/buffer"
	"lamplight/ui/widgets"
)

// answer is what a model says about a text, such as a summary. It is kept while its document is in memory, and never put
// into the text by itself.
type answer struct {
	h      *help
	d      *document
	of     *buffer.Buffer // its text
	action writing.Action
	asked  string
	part   buffer.Range     // that it is about
	since  *buffer.Follower // knows where that went
	text   string           // complete, or what has come
	err    error            // why it ended early
	stop   context.CancelFunc
	update coalescer

	mu          sync.Mutex // guards what the worker tells
	coming      string
	done, total int
}

// newAnswer begins to write one.
func (h *help) newAnswer(d *document, a writing.Action, asked string, part buffer.Range) {
	r := &answer{h: h, d: d, of: d.text, action: a, asked: asked, part: part, since: d.text.Follow()}
	r.update = coalescer{do: h.w.do, f: r.progressed}
	h.answers[d] = r
	ctx, cancel := context.WithCancel(h.w.ctx)
	r.stop = cancel
	job := writing.Job{Action: a, Asked: asked, Text: d.text.Text(), Part: writing.Part(part), Seed: rand.Uint64(), Params: h.sampling(), Adapt: h.w.runner.Adapt(a.Adapters)}
	h.w.work(func(context.Context) {
		defer cancel()
		var result string
		var err error
		for step, e := range writing.Run(ctx, h.w.runner.Borrow, job) {
			if err = e; err != nil {
				break
			}
			r.told(step)
			if step.Result != nil {
				result = step.Result.Answer
			}
		}
		h.w.do(func() { r.ended(result, err) })
	})
	h.show()
	h.w.focus(h.reply.stop)
}

func (a *answer) told(step writing.Step) {
	a.mu.Lock()
	a.coming += step.Added
	a.done, a.total = step.Done, step.Total
	a.mu.Unlock()
	a.update.touch()
}

// progressed shows what has come.
func (a *answer) progressed() {
	if a.stop == nil {
		return
	}
	a.mu.Lock()
	a.text = a.coming
	a.mu.Unlock()
	if a.h.answers[a.h.page.shown] == a {
		a.h.reply.show(a)
	}
}

func (a *answer) ended(result string, err error) {
	if a.stop == nil {
		return
	}
	a.stop = nil
	a.mu.Lock()
	a.text = strings.TrimSpace(a.coming)
	a.mu.Unlock()
	if result != "" {
		a.text = result
	}
	if a.err = err; err != nil && !errors.Is(err, context.Canceled) {
		a.h.w.Log.Warn("a writing action failed", "error", err)
	}
	a.h.w.Log.Info("answer about a text ended", "bytes", len(a.text))
	if a.h.answers[a.d] != a {
		return
	}
	if a.text == "" {
		a.close()
		if err != nil {
			a.h.complain(err)
		} else {
			a.h.w.mention(lang.L("The model wrote nothing. Try again, or with another model."), "", nil)
		}
		return
	}
	a.h.show()
	if a.h.w.win.Canvas().Focused() == a.h.reply.stop {
		a.h.w.focus(a.h.reply.copy)
	}
}

// cancel ends the writing. What has come stays.
func (a *answer) cancel() {
	if a.stop != nil {
		a.stop()
	}
}

// escape ends the writing, or puts the answer away.
func (a *answer) escape() {
	if a.stop != nil {
		a.cancel()
		return
	}
	a.close()
	a.h.w.focus(a.h.page.editor)
}

// close puts the answer away.
func (a *answer) close() {
	a.cancel()
	a.of.Unfollow(a.since)
	delete(a.h.answers, a.d)
	a.h.show()
}

// insert puts the answer into the text, below what it is about, as one step of undo.
func (a *answer) insert() {
	at := a.since.Now(a.part).End
	a.h.page.editor.Edit(func(b *buffer.Buffer) {
		at = b.ParagraphAt(at).End
		text := a.text
		if b.Len() > 0 {
			text = "\n\n" + text
		}
		if b.Slice(buffer.Range{Start: at, End: at + 1}) == "\n" && b.Slice(buffer.Range{Start: at, End: at + 2}) != "\n\n" {
			text += "\n"
		}
		b.Apply(buffer.Edit{Range: buffer.Range{Start: at, End: at}, Text: text})
		at += len(text)
		b.Move(at, false)
	})
	a.close()
	a.h.page.editor.Reveal(buffer.Range{Start: at, End: at})
	a.h.w.focus(a.h.page.editor)
}

// replace proposes the answer in the place of what it is about, change by change.
func (a *answer) replace() {
	part := a.since.Now(a.part)
	old := a.of.Slice(part)
	r := a.h.newReview(a.d, a.action, a.asked, part)
	r.complete = true
	r.done = []buffer.Range{part}
	changes := diff.Diff(old, a.text)
	touched := writing.Check(old, changes, a.action.Keeps)
	var list []*suggestion
	for i, c := range changes {
		p := &suggestion{place: buffer.Range{Start: part.Start + c.Start, End: part.Start + c.End}}
		p.Old, p.New, p.Touched, p.Passage, p.At = old[c.Start:c.End], c.New, touched[i], old, c.Start
		list = append(list, p)
	}
	a.close()
	r.add(list...)
	if len(r.list) == 0 {
		r.nothing()
		return
	}
	r.save()
	a.h.show()
	a.h.w.focus(a.h.changes.list)
}

// asTitle calls the document what the answer says.
func (a *answer) asTitle() {
	title, _, _ := strings.Cut(a.text, "\n")
	a.h.page.rename(a.d, strings.TrimSpace(strings.Trim(title, "#*\" ")))
	a.close()
	a.h.w.focus(a.h.page.editor)
}

// fitsTitle reports whether a document can be called that.
func (a *answer) fitsTitle() bool {
	return !strings.Contains(strings.TrimSpace(a.text), "\n") && utf8.RuneCountInString(a.text) <= maxTitle
}

// answerView shows an answer at the side of the text.
type answerView struct {
	h     *help
	a     *answer
	title *words
	state *words
	text  *words
	body  scroller
	stop  *widgets.ChipButton
	copy  *widgets.ChipButton
	below *widgets.ChipButton
	diff  *widgets.ChipButton
	name  *widgets.ChipButton
	away  *widgets.IconButton
	tools *widgets.Flow
	root  fyne.CanvasObject
}

func newAnswerView(h *help) *answerView {
	v := &answerView{h: h, title: oneLined(subheading("")), state: muted(""), text: paragraph("")}
	v.body = newScroller(v.text)
	v.stop = widgets.NewChipButton(icon("stop"), lang.L("Stop"), func() { v.a.cancel() })
	v.copy = widgets.NewChipButton(icon("copy"), lang.L("Copy"), func() {
		fyne.CurrentApp().Clipboard().SetContent(v.a.text)
		h.w.mention(lang.L("Copied."), "", nil)
	})
	v.below = widgets.NewChipButton(icon("down"), lang.L("Insert below"), func() { v.a.insert() })
	v.diff = widgets.NewChipButton(nil, lang.L("Propose as changes"), func() { v.a.replace() })
	v.name = widgets.NewChipButton(nil, lang.L("Use as title"), func() { v.a.asTitle() })
	v.away = widgets.NewIconButton(icon("close"), lang.L("Put it away"), func() {
		v.a.close()
		h.w.focus(h.page.editor)
	})
	v.tools = widgets.NewFlow()
	head := container.NewVBox(container.NewBorder(nil, nil, nil, container.NewCenter(v.away), v.title), v.state)
	foot := container.New(layout.NewCustomPaddedLayout(gap/2, gap/2, 4, 0), v.tools)
	v.root = container.New(layout.NewCustomPaddedLayout(4, 4, 8, 12), container.NewBorder(head, foot, nil, nil, v.body.Scroll))
	return v
}

// show brings the answer up to date.
func (v *answerView) show(a *answer) {
	v.a = a
	name, _ := v.h.name(a.action)
	v.title.set(name)
	v.text.set(a.text)
	text := ""
	tools := []fyne.CanvasObject{v.copy, v.below, v.diff}
	switch {
	case a.stop != nil:
		a.mu.Lock()
		done, total := a.done, a.total
		a.mu.Unlock()
		text = lang.L("The model is writing…")
		if total > 1 { // the parts of a text that is too long for one piece are read first
			text = lang.N("{{.Done}} of {{.N}} passages", total, map[string]any{"Done": done, "N": total})
		}
		tools = []fyne.CanvasObject{v.stop}
	case errors.Is(a.err, context.Canceled):
		text = lang.L("Stopped.")
	case a.err != nil:
		text = v.h.explain(a.err).text
	}
	if a.stop == nil && a.fitsTitle() {
		tools = append(tools, v.name)
	}
	v.state.set(text)
	show(v.state, text != "")
	v.tools.Set(tools...)
	v.root.Refresh()
	if a.stop != nil {
		v.body.ScrollToBottom()
	}
}
