package ui

import (
	"context"
	"log/slog"

	"fyne.io/fyne/v2"
)

// logPlaces writes where the window's main controls are, in pixels of the window, at debug level: a program
// that drives the window from outside, as the end-to-end test does, finds them there.
func (w *Window) logPlaces() {
	if !w.Log.Enabled(context.Background(), slog.LevelDebug) || w.chat == nil {
		return
	}
	w.sched.Do(func() { // after the layout
		for name, o := range map[string]fyne.CanvasObject{
			"rail-chat": w.rail[chatPage], "rail-models": w.rail[modelsPage], "rail-settings": w.rail[settingsPage], "seal": w.seal,
			"prompt": w.chat.prompt, "send": w.chat.action, "notice": w.notice, "notice-action": w.notice.ActionButton(), "import-cancel": w.importer.cancel,
		} {
			if o == nil || !o.Visible() {
				continue
			}
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
			scale := w.win.Canvas().Scale()
			w.Log.Debug("place", "name", name, "x", int((at.X+o.Size().Width/2)*scale), "y", int((at.Y+o.Size().Height/2)*scale))
		}
	})
}
