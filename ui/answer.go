package ui

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine"
	"lamplight/library"
)

// run is an answer that is being written. A worker tells how far it is; the interface looks at most once a
// frame.
type run struct {
	talk   *talk
	cancel context.CancelFunc
	asked  bool // there is a new question: if it gets no word of an answer, it is taken back
	edited int  // the turn whose question was put differently, noTurn for none
	shown  int  // bytes of the answer that are in the stream
	stage  assistant.Piece
	used   int  // tokens of the context, 0 while the prompt was not counted
	kept   bool // the question is in the vault, and no draft any longer

	mu     sync.Mutex // guards what the worker tells
	last   assistant.Piece
	total  int // tokens of the prompt and the answer
	back   int // bytes of the answer that were left when it went back since the interface has looked; -1: it did not
	update coalescer

	ended    chan struct{} // closed when all of it is stored, or could not be
	unstored error         // why not; not to be looked at before
}

// answerer begins to write an answer: it returns what [assistant.Conversation.Ask] and the like do.
type answerer func(ctx context.Context, t *talk) iter.Seq2[assistant.Piece, error]

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
	if c.tooLong() {
		c.askShorten()
		return
	}
	r := c.answer(func(ctx context.Context, t *talk) iter.Seq2[assistant.Piece, error] {
		return t.Ask(ctx, text, files...)
	})
	if r == nil {
		return
	}
	r.asked = true
	r.talk.draft = draft{}
	c.showDraft()
	c.w.focus(c.prompt)
}

// answer lets an answer be written, if nothing is in the way, and follows it in the stream. It returns nil, and
// says why, if something is.
func (c *chatView) answer(begin answerer) *run {
	if err := c.unable(); err != nil {
		c.complain(err)
		return nil
	}
	t := c.shown
	ctx, cancel := context.WithCancel(c.w.ctx)
	r := &run{talk: t, cancel: cancel, edited: noTurn, back: -1, ended: make(chan struct{})}
	r.update = coalescer{do: c.w.do, f: func() { c.progress(r) }}
	pieces := begin(ctx, t) // from here on a question's words are in the conversation
	t.failed = nil
	c.w.notices.pass()
	c.toFront(t)
	c.setRunning(r)
	c.updateTurns(noTurn)
	c.refreshList() // its title is what was asked
	c.stream.ScrollToEnd()
	c.w.Log.Info("answer started")
	c.w.work(func(context.Context) {
		defer cancel()
		engine.Yield()
		stats, err := r.follow(pieces)
		if errors.Is(err, assistant.ErrStore) {
			r.unstored = err
		}
		close(r.ended)
		c.w.do(func() { c.answered(r, stats, err) })
	})
	return r
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
	return c.w.doubt(m)
}

// doubt says why a model is not to be used now; nil: it can be.
func (w *Window) doubt(m library.Model) error {
	if err := m.Err(); err != nil || !m.Changed {
		return err
	}
	delete(w.unchecked, m.ID) // if it could not be checked, it is tried again
	w.checkOnce(m)
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
			if p.Back > 0 {
				r.wentBack(p)
			}
		}
		r.mu.Unlock()
		r.update.touch()
	}
	return stats, last
}

// wentBack notes how much of the answer was left when it went back. The piece is in the conversation already, and the
// next one waits for the worker.
func (r *run) wentBack(p assistant.Piece) {
	left := len(r.talk.lastText()) - len(p.Text)
	if r.back < 0 || left < r.back {
		r.back = left
	}
}

// progress shows what has come since the last frame.
func (c *chatView) progress(r *run) {
	if c.running != r {
		return
	}
	r.mu.Lock()
	r.stage, r.used = r.last, r.total
	r.mu.Unlock()
	if !r.kept { // the first step comes when the question is stored
		r.kept = true
		c.w.storeMemory()
	}
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

// appendNew brings what was written since the last time into the stream, if its conversation is shown, and
// takes out of it what the answer went back on.
func (c *chatView) appendNew(r *run) {
	r.mu.Lock() // before the text is looked at: if it goes back once more, the next frame tells
	back := r.back
	r.back = -1
	r.mu.Unlock()
	if c.shown != r.talk {
		return
	}
	turns := r.talk.Turns()
	text := turns[len(turns)-1].Text
	left := len(text)
	if back >= 0 {
		left = min(left, back)
	}
	if left < r.shown {
		c.stream.TakeBack(r.shown - left)
		r.shown = left
	}
	if len(text) > r.shown {
		c.stream.Append(text[r.shown:])
		r.shown = len(text)
	}
	for i, t := range turns {
		c.stream.SetGreyed(i, t.Dropped)
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
	if err == nil || errors.Is(err, context.Canceled) || !r.asked {
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
	if r.edited != noTurn {
		r.talk.edit = &editing{r.edited, question}
	} else {
		r.talk.keepDraft(draft{question, turns[len(turns)-2].Files})
	}
	if c.shown == r.talk {
		c.showDraft()
		c.showTurns()
	}
	if c.shown == r.talk && r.edited == noTurn && errors.Is(err, assistant.ErrTooLong) {
		c.askShorten()
	} else {
		c.complain(err)
	}
	return true
}

// endTurn shows how an answer ended. Where there is not a word of it, what was shown before is shown again.
func (c *chatView) endTurn(r *run, s assistant.Stats, err error) {
	r.talk.failed = err
	if !r.asked && s.Answer == 0 && err != nil {
		if r.talk.failed = nil; !errors.Is(err, context.Canceled) {
			c.complain(err)
		}
	}
	if c.shown == r.talk {
		c.updateTurns(noTurn)
	}
	if turns := r.talk.Turns(); len(turns) > 0 {
		c.w.Log.Debug("note", "text", c.note(r.talk, turns[len(turns)-1], true).Text)
	}
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
