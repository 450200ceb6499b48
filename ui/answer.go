package ui

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// run is an answer that is being written. A worker tells how far it is; the interface looks at most once a
// frame.
type run struct {
	talk   *talk
	cancel context.CancelFunc
	shown  int // bytes of the answer that are in the stream
	stage  assistant.Piece
	used   int // tokens of the context, 0 while the prompt was not counted

	mu     sync.Mutex // guards what the worker tells
	last   assistant.Piece
	total  int // tokens of the prompt and the answer
	update coalescer

	ended    chan struct{} // closed when all of it is stored, or could not be
	unstored error         // why not; not to be looked at before
}

// send asks what is in the prompt box. Without a model, or while another answer is written, the words stay
// where they are.
func (c *chatView) send() {
	text, files := strings.TrimSpace(c.prompt.Text), c.shown.draft.Files
	if text == "" {
		if len(files) > 0 {
			c.w.mention(lang.L("Write what is to be done with the file."), "", nil)
		}
		return
	}
	if err := c.unable(); err != nil {
		c.complain(err)
		return
	}
	if c.tooLong() {
		c.askShorten()
		return
	}
	ctx, cancel := context.WithCancel(c.w.ctx)
	r := &run{talk: c.shown, cancel: cancel, ended: make(chan struct{})}
	r.update = coalescer{do: c.w.do, f: func() { c.progress(r) }}
	pieces := r.talk.Ask(ctx, text, files...) // from here on the words are in the conversation
	c.w.notices.pass()
	r.talk.draft = draft{}
	c.showDraft()
	c.toFront(r.talk)
	c.stream.AddTurn(widgets.Turn{Role: widgets.User, Text: text, Files: sentFiles(files)})
	c.stream.AddTurn(widgets.Turn{Role: widgets.Assistant})
	c.setRunning(r)
	c.refreshList() // its title is what was asked
	c.showHead()
	c.arrangeMiddle()
	c.stream.ScrollToEnd()
	c.w.focus(c.prompt)
	c.w.Log.Info("answer started")
	c.w.work(func(context.Context) {
		defer cancel()
		stats, err := r.follow(pieces)
		if errors.Is(err, assistant.ErrStore) {
			r.unstored = err
		}
		close(r.ended)
		c.w.do(func() { c.answered(r, stats, err) })
	})
}

// unable says why nothing can be asked now.
func (c *chatView) unable() error {
	if c.running != nil {
		return assistant.ErrAnswering
	}
	if c.reading || !c.shown.Read() || c.sweeps > 0 && c.shown.over() {
		return assistant.ErrUnread
	}
	m, ok := c.model()
	if !ok {
		return assistant.ErrNoModel
	}
	if err := m.Err(); err != nil || !m.Changed {
		return err
	}
	delete(c.w.unchecked, m.ID) // if it could not be checked, it is tried again
	c.w.checkOnce(m)
	return errUnchecked
}

// follow lets the answer be written; it is the worker.
func (r *run) follow(pieces iter.Seq2[assistant.Piece, error]) (stats assistant.Stats, last error) {
	for p, err := range pieces {
		if err != nil {
			last = err
			continue
		}
		if p.Stage == assistant.Done {
			stats = p.Stats
			continue
		}
		r.mu.Lock()
		switch r.last = p; p.Stage {
		case assistant.Reading:
			r.total = p.Prompt
		case assistant.Answering:
			r.total++
		}
		r.mu.Unlock()
		r.update.touch()
	}
	return stats, last
}

// progress shows what has come since the last frame.
func (c *chatView) progress(r *run) {
	if c.running != r {
		return
	}
	r.mu.Lock()
	r.stage, r.used = r.last, r.total
	r.mu.Unlock()
	c.appendNew(r)
	c.showStatus()
}

// stageText says what is being done for the answer.
func (r *run) stageText(model string) string {
	switch p := r.stage; p.Stage {
	case assistant.Loading:
		return lang.L("Loading {{.Name}}…", map[string]any{"Name": model})
	case assistant.Reading:
		return lang.L("Reading {{.Done}} of {{.Total}} tokens…", map[string]any{"Done": grouped(int64(p.Read)), "Total": grouped(int64(p.Prompt))})
	}
	return lang.L("Writing…")
}

// appendNew brings what was written since the last time into the stream, if its conversation is shown.
func (c *chatView) appendNew(r *run) {
	if c.shown != r.talk {
		return
	}
	turns := r.talk.Turns()
	text := turns[len(turns)-1].Text
	if len(text) > r.shown {
		c.stream.Append(text[r.shown:])
		r.shown = len(text)
	}
	for i, t := range turns {
		if t.Dropped {
			c.stream.SetGreyed(i, true)
		}
	}
}

// answered shows how an answer ended.
func (c *chatView) answered(r *run, s assistant.Stats, err error) {
	c.appendNew(r)
	c.w.Log.Info("answer ended", "tokens", s.Answer, "stopped", errors.Is(err, context.Canceled), "prompt", s.Prompt)
	c.setRunning(nil)
	if err != nil && !errors.Is(err, context.Canceled) {
		c.w.Log.Warn("an answer failed", "error", err)
		c.loading.what = demand{} // the model may no longer be in memory
	}
	if !c.takeBack(r, err) {
		c.endTurn(r, s, err)
	}
	c.refreshList()
	if c.due {
		c.refreshHistory()
	}
	c.w.remember(s) // and look: the model may have gone
	c.preload()     // another one may have been chosen meanwhile
	c.measure()
}

// takeBack puts a question that got no word of an answer back where it was written, when that was nobody's
// wish. It reports whether it did.
func (c *chatView) takeBack(r *run, err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	turns := r.talk.Turns()
	question, remove, ok := r.talk.Withdraw()
	if !ok {
		return false
	}
	c.w.inOrder(func() {
		if err := remove(context.Background()); err != nil {
			c.w.do(func() {
				c.w.Log.Error("a question is still in the vault", "error", err)
				c.w.complain(explainVault(err), err)
			})
		}
	})
	r.talk.keepDraft(draft{question, turns[len(turns)-2].Files})
	if c.shown == r.talk {
		c.showDraft()
		c.showTurns()
	}
	if c.shown == r.talk && errors.Is(err, assistant.ErrTooLong) {
		c.askShorten()
	} else {
		c.complain(err)
	}
	return true
}

// complain says why there is no answer, until something else is tried.
func (c *chatView) complain(err error) {
	if c.w.refuse(err) {
		return
	}
	m := explainAnswer(c.modelName(), err)
	action, f := c.w.remedy(m.remedy, err)
	c.w.mention(m.text, action, f)
}

// endTurn writes under an answer what it cost, and why it ended if not by itself.
func (c *chatView) endTurn(r *run, s assistant.Stats, err error) {
	turns := r.talk.Turns()
	last := len(turns) - 1
	e := ending{footer: footer(s), note: c.note(turns[last].State, err)}
	r.talk.endings[last] = e
	c.w.Log.Debug("note", "text", e.note.Text)
	if c.shown == r.talk {
		c.stream.SetFooter(last, e.footer)
		c.stream.SetNote(last, e.note)
		c.showHead()
	}
}

// note is the sentence under an answer that did not end by itself.
func (c *chatView) note(s assistant.State, err error) widgets.Note {
	unstored := errors.Is(err, assistant.ErrStore)
	if err == nil || s == assistant.Complete && !unstored {
		return widgets.Note{}
	}
	m := explainAnswer(c.modelName(), err)
	action, f := c.w.remedy(m.remedy, err)
	return widgets.Note{Text: m.text, Error: s == assistant.Failed || unstored, Action: action, OnAction: f}
}

// footer says what an answer cost.
func footer(s assistant.Stats) string {
	if s.Answer == 0 {
		return ""
	}
	return lang.N("{{.Speed}} tokens/s · {{.Tokens}} tokens", s.Answer, map[string]any{
		"Speed": speed(s.TokensPerSecond()), "Tokens": grouped(int64(s.Answer)),
	})
}

// speed is written with as many digits as are worth reading.
func speed(perSecond float64) string {
	if perSecond >= 99.95 {
		return grouped(int64(perSecond + 0.5))
	}
	return decimal(perSecond, 1)
}

// stop ends the answer that is being written.
func (c *chatView) stop() {
	if c.running != nil {
		c.running.cancel()
	} else if !c.finder.shown() {
		c.finder.hide() // a search has led here: what it has marked
	}
}

// setRunning notes the answer that is being written.
func (c *chatView) setRunning(r *run) {
	c.moves++
	c.running = r
	c.w.answering(r != nil)
	c.w.touched()
	c.showAction()
	c.showLeaving()
	c.showStatus()
}

// showAction turns the button between Send and Stop.
func (c *chatView) showAction() {
	if c.running != nil {
		c.action.SetFace(icon("stop"), lang.L("Stop"))
		c.action.OnTapped = c.stop
	} else {
		c.action.SetFace(icon("send"), lang.L("Send"))
		c.action.OnTapped = c.send
	}
}
