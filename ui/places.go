package ui

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

// lookAgain is how often watchPlaces looks.
const lookAgain = 50 * time.Millisecond

// watchPlaces writes, at debug level, where the controls of the window are and what a person would see of
// their state: a program that drives the window from outside, as the end-to-end test does, finds it in the
// log. It looks again and again instead of when something was changed, because a layout is settled only when
// it is drawn.
func (w *Window) watchPlaces() {
	if !w.Log.Enabled(w.ctx, slog.LevelDebug) {
		return
	}
	var last view // on the interface's goroutine
	var focus fyne.Focusable
	look := func() {
		text := w.write.editor.Buffer()
		now := view{
			places: w.places(), focus: w.focused(), typed: utf8.RuneCountInString(w.chat.prompt.Text),
			imported: int(100 * w.importer.bar.Value), job: w.jobs.percent(),
			document: text.Len(), cursor: text.Cursor(), selected: text.Selection().Range().Len(),
		}
		if turns := w.chat.shown.Turns(); len(turns) > 0 {
			now.turns, now.written = len(turns), len(turns[len(turns)-1].Text)
		}
		now.greyed = w.chat.greyed()
		_, now.found = w.chat.stream.Found()
		now.moves = last.moves
		if f := w.win.Canvas().Focused(); f != focus {
			focus = f
			now.moves++
		}
		if now != last {
			last = now
			w.Log.Debug("places", "at", now.places, "focus", now.focus, "typed", now.typed, "turns", now.turns, "written", now.written, "import", now.imported, "job", now.job, "greyed", now.greyed, "found", now.found, "moves", now.moves,
				"document", now.document, "cursor", now.cursor, "selected", now.selected)
		}
	}
	w.work(func(ctx context.Context) {
		tick := time.NewTicker(lookAgain)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				w.sched.Do(look)
			}
		}
	})
}

// view is what can be said of the window without a word of its user.
type view struct {
	places   string // of the controls on the screen
	focus    string // the control that has the keyboard
	typed    int    // characters in the prompt
	turns    int    // of the conversation that is shown
	written  int    // bytes of its last turn
	imported int    // percent, of the last import
	job      int    // percent, of what is being done in the background; 0: nothing is
	greyed   int    // turns that the model does not see, or would not with the draft
	found    int    // places that are marked because they were looked for
	moves    int    // how often the keyboard has gone to another control, which may have the same label
	document int    // bytes of the document that is shown
	cursor   int    // where in it, in bytes
	selected int    // bytes of it
}

// greyed counts the turns that are shown as out of the model's view.
func (c *chatView) greyed() int {
	n := len(c.leaving())
	for _, t := range c.shown.Turns() {
		if t.Dropped {
			n++
		}
	}
	return n
}

// places lists the controls that are on the screen as name=x,y, the pixel of the window in their middle.
func (w *Window) places() string {
	action := "send"
	if w.chat.running != nil {
		action = "stop"
	}
	var list []string
	controls := map[string]fyne.CanvasObject{
		"rail-chat": w.rail[chatPage], "rail-write": w.rail[writePage], "rail-story": w.rail[storyPage], "rail-models": w.rail[modelsPage], "rail-tune": w.rail[tunePage], "rail-privacy": w.rail[privacyPage], "rail-settings": w.rail[settingsPage], "seal": w.seal,
		"prompt": w.chat.prompt, "find": w.chat.finder.entry, action: w.chat.action, "model": w.chat.choice, "persona": w.chat.persona, "this-chat": w.chat.own, "attach": w.chat.clip,
		"editor": w.write.editor, "title": w.write.title, "sought": w.write.finder.entry, "replacement": w.write.finder.with,
		"notice": w.notice, "notice-action": w.notice.ActionButton(), "import-cancel": w.importer.cancel,
	}
	for name, b := range w.chat.stream.Buttons() {
		controls["turn-"+name] = b
	}
	if w.chat.story != nil {
		controls["tell-story"] = w.chat.story
	}
	for name, o := range controls {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
		if at.IsZero() { // it, or something around it, is hidden or was never drawn
			continue
		}
		scale := w.win.Canvas().Scale()
		list = append(list, fmt.Sprintf("%s=%d,%d", name, int((at.X+o.Size().Width/2)*scale), int((at.Y+o.Size().Height/2)*scale)))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// focused names the control that has the keyboard: a button by its label, others by their kind.
func (w *Window) focused() string {
	switch o := w.win.Canvas().Focused().(type) {
	case nil:
		return ""
	case *widgets.PromptBox:
		return "prompt"
	case *widgets.Editor:
		return "editor"
	case *field, *widget.Entry:
		return "entry"
	case *widget.Select:
		return "select"
	case *widget.Button:
		return o.Text
	case interface{ Label() string }:
		return o.Label()
	default:
		return fmt.Sprintf("%T", o)
	}
}
