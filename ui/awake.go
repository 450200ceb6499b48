package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
)

// Fyne 2.8.1 dates what it keeps by a clock that it reads once a frame. Where the first frame comes later after the start of the
// process than Fyne keeps things (package brief), it forgets the whole window behind that frame, and nothing that changes is
// drawn any more: on a computer that was busy, or whose disk had to be waited for.
const looksAwake = 40 // how often keepAwake looks, at least a frame apart: the first ones are over then

// keepAwake has the window drawn anew if Fyne has forgotten it.
func (w *Window) keepAwake() {
	lost := false // on the interface's goroutine
	look := func() {
		c := w.win.Canvas()
		gone := fyne.CurrentApp().Driver().CanvasForObject(c.Content()) == nil
		switch {
		case gone:
			w.Log.Warn("the toolkit had forgotten the window")
			c.Refresh(c.Content())
		case lost && w.lock != nil: // what had the keyboard has it again
			w.lock.focus()
		case lost:
			w.pages[w.current].enter()
		}
		lost = gone
	}
	w.work(func(ctx context.Context) {
		for range looksAwake {
			looked := make(chan struct{})
			w.do(func() {
				look()
				close(looked)
			})
			select {
			case <-looked:
			case <-ctx.Done():
				return
			}
			select {
			case <-time.After(lookAgain):
			case <-ctx.Done():
				return
			}
		}
	})
}
