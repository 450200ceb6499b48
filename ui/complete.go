package ui

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"lamplight/assistant/writing"
	"lamplight/ui/buffer"
)

// ghost is the quiet completion: after a pause at the end of a paragraph or of a word, how the text might go on is shown in
// grey. Tab takes it, Ctrl and the arrow to the right a word of it, and everything else drops it.
type ghost struct {
	h      *help
	text   string // that is shown, "" for none
	at     int    // where
	taking bool   // what changes now is that it is taken
	stop   context.CancelFunc
	wait   func() bool // ends the pause
}

// ghostPause is how long nothing is typed before there is a completion.
const ghostPause = 600 * time.Millisecond

// changed is called when the text has changed or the cursor has moved.
func (g *ghost) changed() {
	if g.taking {
		return
	}
	g.drop()
	if !g.h.w.Settings.Complete || !g.wanted() {
		return
	}
	g.wait = g.h.w.after(ghostPause, func() { g.h.w.do(g.ask) })
}

// wanted reports whether a completion would be of use where the cursor is now.
func (g *ghost) wanted() bool {
	p := g.h.page
	b := p.editor.Buffer()
	if p.editor.ReadOnly || p.covered() || g.h.busy() || b.Selection().Range().Len() > 0 {
		return false
	}
	i, within := b.At(b.Cursor())
	text := b.Paragraph(i)
	next, _ := utf8.DecodeRuneInString(text[within:])
	return strings.TrimSpace(text[:within]) != "" && (within == len(text) || unicode.IsSpace(next))
}

// ask asks the model how the text might go on, unless it is answering somebody.
func (g *ghost) ask() {
	w, b := g.h.w, g.h.page.editor.Buffer()
	if g.stop != nil || g.text != "" || w.current != writePage || w.lock != nil || !g.wanted() || w.chat.running != nil || w.runner.Busy() {
		return
	}
	if _, ok := w.shelf.chosen(); !ok {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	g.stop = cancel
	at, revision := b.Cursor(), b.Revision()
	before := b.Slice(buffer.Range{End: at})
	w.work(func(context.Context) {
		text, err := writing.Complete(ctx, w.runner.Borrow, before)
		late := ctx.Err() != nil
		cancel()
		w.do(func() {
			if late {
				return
			}
			g.stop = nil
			switch {
			case err != nil:
				w.Log.Warn("there is no completion", "error", err)
			case text != "" && b == g.h.page.editor.Buffer() && b.Revision() == revision && b.Cursor() == at && g.wanted():
				g.show(text, at)
			}
		})
	})
}

// show shows how the text might go on.
func (g *ghost) show(text string, at int) {
	g.text, g.at = text, at
	e := g.h.page.editor
	e.TakesTab = true
	e.Edit(func(b *buffer.Buffer) {
		b.SetMarksOf(buffer.Ghost, []buffer.Mark{{Range: buffer.Range{Start: at, End: at}, New: text}})
	})
}

// drop takes away what is shown, ends what is being asked, and reports whether anything was shown.
func (g *ghost) drop() bool {
	if g.wait != nil {
		g.wait()
		g.wait = nil
	}
	if g.stop != nil {
		g.stop()
		g.stop = nil
	}
	if g.text == "" {
		return false
	}
	g.text = ""
	e := g.h.page.editor
	e.TakesTab = false
	e.Edit(func(b *buffer.Buffer) { b.SetMarksOf(buffer.Ghost, nil) })
	return true
}

// typedKey takes Tab while something is shown.
func (g *ghost) typedKey(e *fyne.KeyEvent) bool {
	if e.Name != fyne.KeyTab || g.text == "" {
		return false
	}
	g.take(len(g.text))
	return true
}

// word takes the first word of what is shown.
func (g *ghost) word() bool {
	if g.text == "" {
		return false
	}
	start := len(g.text) - len(strings.TrimLeftFunc(g.text, unicode.IsSpace))
	n := strings.IndexFunc(g.text[start:], unicode.IsSpace)
	if n < 0 {
		n = len(g.text) - start
	}
	g.take(start + n)
	return true
}

// take puts so many bytes of what is shown into the text, and goes on to show the rest.
func (g *ghost) take(n int) {
	taken, rest := g.text[:n], g.text[n:]
	at := g.at
	g.drop()
	g.taking = true
	g.h.page.editor.Edit(func(b *buffer.Buffer) {
		b.Select(at, at)
		b.Insert(taken)
	})
	g.taking = false
	if rest != "" {
		g.show(rest, at+len(taken))
	} else {
		g.changed()
	}
}
