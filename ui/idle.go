package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy/vault"
)

// idle is what the window knows of its user's doings. A key or a movement costs one look at the clock; a timer
// fires when the time to lock has come, or would have if nothing had been done.
type idle struct {
	last    time.Time      // something was done
	focused fyne.Focusable // what had the keyboard when the timer fired last
	stop    func() bool    // of the timer; nil before the first
}

// touched notes that the user does something.
func (w *Window) touched() { w.idle.last = w.now() }

// watchIdle locks the window if nobody has done anything for as long as the user has set, or sets the timer for
// when that may be so. It is called whenever what it depends on changes.
func (w *Window) watchIdle() {
	if w.idle.stop != nil {
		w.idle.stop()
	}
	limit := w.Settings.LockTime(w.protection == vault.Passphrase)
	if limit == 0 || w.Vault == nil || w.Open == nil {
		return
	}
	if focused := w.win.Canvas().Focused(); focused != w.idle.focused || w.chat.running != nil {
		w.idle.focused = focused // Tab has moved it
		w.touched()
	}
	left := limit - w.now().Sub(w.idle.last)
	if left <= 0 {
		w.lockVault("idle")
		return
	}
	w.idle.stop = w.after(min(left, limit), func() { w.do(w.watchIdle) })
}

// wallClock is the time, which goes on while the computer sleeps.
func wallClock() time.Time { return time.Now().Round(0) }

// onTimer calls f in a goroutine of its own.
func onTimer(d time.Duration, f func()) (stop func() bool) { return time.AfterFunc(d, f).Stop }

// pointerSense lies under everything in the window. Fyne asks all that lies at the pointer for its shape whenever
// that moves, and takes the answer of what lies on top.
type pointerSense struct {
	widget.BaseWidget
	moved func()
}

var _ desktop.Cursorable = (*pointerSense)(nil)

func (w *Window) newPointerSense() *pointerSense {
	s := &pointerSense{moved: w.touched}
	s.ExtendBaseWidget(s)
	return s
}

// Cursor implements [desktop.Cursorable].
func (s *pointerSense) Cursor() desktop.Cursor {
	s.moved()
	return desktop.DefaultCursor
}

// CreateRenderer implements [fyne.Widget].
func (s *pointerSense) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(&fyne.Container{})
}
