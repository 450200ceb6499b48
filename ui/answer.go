package ui

import (
	"context"
	"errors"
	"fmt"
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

	mu     sync.Mutex
	last   assistant.Piece
	update coalescer
}

// send asks what is in the prompt box.
func (c *chatView) send() {
	text := strings.TrimSpace(c.prompt.Text)
	if text == "" || c.running != nil {
		return
	}
	ctx, cancel := context.WithCancel(c.w.ctx)
	r := &run{talk: c.shown, cancel: cancel}
	r.update = coalescer{sched: c.w.sched, f: func() { c.progress(r) }}
	c.prompt.SetText("")
	c.setRunning(r)
	c.stream.AddTurn(widgets.Turn{Role: widgets.User, Text: text})
	c.stream.AddTurn(widgets.Turn{Role: widgets.Assistant})
	c.arrangeMiddle()
	c.stream.ScrollToEnd()
	c.w.Log.Info("answer started")
	c.w.work(func(context.Context) {
		defer cancel()
		stats, err := r.answer(ctx, text)
		c.w.sched.Do(func() { c.answered(r, stats, err) })
	})
}

// answer asks the question; it is the worker.
func (r *run) answer(ctx context.Context, text string) (stats assistant.Stats, last error) {
	for p, err := range r.talk.Ask(ctx, text) {
		if err != nil {
			last = err
			continue
		}
		if p.Stage == assistant.Done {
			stats = p.Stats
			continue
		}
		r.mu.Lock()
		r.last = p
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
	p := r.last
	r.mu.Unlock()
	switch p.Stage {
	case assistant.Loading:
		c.status.set(lang.L("Loading {{.Name}}…", map[string]any{"Name": c.modelName()}))
	case assistant.Reading:
		c.status.set(lang.L("Reading {{.Done}} of {{.Total}} tokens…", map[string]any{"Done": grouped(int64(p.Read)), "Total": grouped(int64(p.Prompt))}))
	case assistant.Answering:
		c.status.set("")
	}
	c.appendNew(r)
}

// appendNew brings what was written since the last time into the stream.
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
	if c.shown == r.talk {
		turn := c.stream.Len() - 1
		c.stream.SetFooter(turn, footer(s))
		note := c.ending(r, err)
		c.stream.SetNote(turn, note)
		c.w.Log.Debug("note", "text", note.Text)
		c.title.set(r.talk.title())
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		c.w.Log.Warn("an answer failed", "error", err)
	}
	c.list.Refresh()
	c.measure()
}

// ending is the sentence under an answer that did not end by itself.
func (c *chatView) ending(r *run, err error) widgets.Note {
	turns := r.talk.Turns()
	n := c.note(turns[len(turns)-1].State)
	if n.Error {
		text, remedy := explain(err)
		action, f := c.w.remedy(remedy)
		n = widgets.Note{Text: text, Error: true, Action: action, OnAction: f}
	}
	return n
}

// footer says what an answer cost.
func footer(s assistant.Stats) string {
	if s.Answer == 0 {
		return ""
	}
	return lang.L("{{.Speed}} tokens/s · {{.Tokens}} tokens", map[string]any{
		"Speed": fmt.Sprintf("%.1f", s.TokensPerSecond()), "Tokens": grouped(int64(s.Answer)),
	})
}

// stop ends the answer that is being written.
func (c *chatView) stop() {
	if c.running != nil {
		c.running.cancel()
	}
}

// setRunning turns the button between Send and Stop.
func (c *chatView) setRunning(r *run) {
	c.running = r
	c.status.set("")
	if r != nil {
		c.action.SetFace(icon("stop"), lang.L("Stop"))
		c.action.OnTapped = c.stop
	} else {
		c.action.SetFace(icon("send"), lang.L("Send"))
		c.action.OnTapped = c.send
	}
}
