package ui

import (
	"context"
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant/writing"
	"lamplight/engine/sample"
	"lamplight/ui/buffer"
)

// help is what the page Write has at the side of the text: what a model can do with it, and what has come of that. helppanel.go
// has the actions, review.go proposals, answers.go answers, complete.go the quiet completion, clip.go the clipboard.
type help struct {
	w    *Window
	page *writeView

	builtin []writing.Action
	own     []writing.Action // the user's
	scope   scope
	opened  *bool // the panel, as the user wants it; nil: as there is room

	reviews map[*document]*review
	answers map[*document]*answer
	known   map[int]*suggestion // all that were ever in a text, for undo
	ids     int

	deciding bool // proposals are being decided about

	panel   *helpPanel
	changes *reviewView
	bar     *reviewBar
	reply   *answerView
	ghost   *ghost
	kept    keptHelp
}

// newHelp puts help beside a page.
func newHelp(p *writeView) *help {
	h := &help{w: p.w, page: p, reviews: map[*document]*review{}, answers: map[*document]*answer{}, known: map[int]*suggestion{}}
	builtin, err := writing.BuiltIn()
	if err != nil {
		p.w.Log.Error("the writing actions cannot be read", "error", err)
	}
	h.builtin = builtin
	h.ghost = &ghost{h: h}
	h.panel, h.changes, h.bar, h.reply = newHelpPanel(h), newReviewView(h), newReviewBar(h), newAnswerView(h)
	p.onShown, p.onLeft, p.onChanged, p.onSelected = h.shown, func(*document) { h.ghost.drop() }, h.changed, h.selected
	p.onKey, p.onEscape, p.onStored = h.ghost.typedKey, h.escape, h.stored
	p.editor.OnWord = h.ghost.word
	p.editor.OnMark, p.editor.OnRestored = h.clicked, h.restored
	h.read()
	return h
}

// nextID is the number of a new proposal.
func (h *help) nextID() int {
	h.ids++
	return h.ids
}

// shown is called when another document is shown.
func (h *help) shown() {
	h.sweep()
	h.ghost.drop()
	d := h.page.shown
	h.loadPending(d)
	h.look(d)
	if r := h.reviews[d]; r != nil {
		h.page.editor.SetFocus(r.focusID())
	}
	h.show()
}

// sweep ends what was begun with documents that are no longer there: deleted, or gone with the lock.
func (h *help) sweep() {
	for d, r := range h.reviews {
		if r.text != d.text {
			r.drop()
			r.forgetPending()
			delete(h.reviews, d)
		} else if d != h.page.shown && !slices.Contains(h.page.all, d) {
			r.drop()
			d.asked = false // when it comes back
			delete(h.reviews, d)
		}
	}
	for d, a := range h.answers {
		if a.of != d.text || d != h.page.shown && !slices.Contains(h.page.all, d) {
			a.cancel()
			delete(h.answers, d)
		}
	}
}

// forget drops everything from memory.
func (h *help) forget() {
	for _, r := range h.reviews {
		r.drop()
	}
	for _, a := range h.answers {
		a.cancel()
	}
	h.ghost.drop()
	clear(h.reviews)
	clear(h.answers)
	clear(h.known)
	h.own, h.kept = nil, keptHelp{}
	h.panel.forget()
	h.show()
}

// changed is called when the text has changed.
func (h *help) changed() {
	h.ghost.changed()
	d := h.page.shown
	if !h.deciding {
		if r := h.look(d); r != nil {
			h.show()
		}
	}
	h.panel.showScope()
}

// restored is called when a step was taken back or made again, which may bring proposals and decide about them.
func (h *help) restored() {
	if r := h.look(h.page.shown); r != nil {
		if r.focus == nil {
			r.setFocus(r.next(nil, 1))
		}
		r.save()
		h.show()
	}
}

// selected is called when something else is selected.
func (h *help) selected() {
	h.ghost.changed()
	h.panel.showScope()
}

// look finds out what a change of the text has done to its proposals, and opens a review that undo has brought back.
func (h *help) look(d *document) *review {
	r := h.reviews[d]
	if r == nil && d.text != nil {
		for _, m := range d.text.Marks() {
			if p := h.known[m.ID]; m.Kind == buffer.Proposal && p != nil && p.r.text == d.text {
				r = p.r
				h.reviews[d] = r
				r.save()
				break
			}
		}
	}
	if r != nil {
		r.look()
	}
	return r
}

// stored is called when a document is about to be stored.
func (h *help) stored(d *document) {
	if r := h.reviews[d]; r != nil {
		r.savePending()
	}
}

// review is that of the document that is shown, nil if it has none.
func (h *help) review() *review { return h.reviews[h.page.shown] }

// show brings the side of the page and what is under the text up to date.
func (h *help) show() {
	d := h.page.shown
	var side, foot fyne.CanvasObject
	switch r, a := h.reviews[d], h.answers[d]; {
	case r != nil:
		h.changes.show(r)
		h.bar.show(r)
		side, foot = h.changes.root, h.bar.root
	case a != nil:
		h.reply.show(a)
		side = h.reply.root
	default:
		h.panel.show()
		side = h.panel.root
	}
	hold(h.page.side, side)
	hold(h.page.foot, foot)
	h.page.beside.Refresh()
}

// hold makes an object the only one of a container; nil: there is none.
func hold(c *fyne.Container, o fyne.CanvasObject) {
	var list []fyne.CanvasObject
	if o != nil {
		list = []fyne.CanvasObject{o}
	}
	if !slices.Equal(c.Objects, list) {
		c.Objects = list
		c.Refresh()
	}
}

// busy reports whether the side shows something about the text instead of the actions.
func (h *help) busy() bool {
	d := h.page.shown
	return h.reviews[d] != nil || h.answers[d] != nil
}

// progressed shows how far a review is.
func (h *help) progressed(r *review) {
	if h.review() == r {
		h.changes.progress(r)
	}
}

// focused shows which proposal is looked at.
func (h *help) focused(r *review) {
	if h.review() != r {
		return
	}
	h.page.editor.SetFocus(r.focusID())
	if p := r.focus; p != nil {
		for _, m := range r.text.Marks() {
			if m.Kind == buffer.Proposal && m.ID == p.id {
				h.page.editor.Reveal(m.Range)
			}
		}
	}
	h.changes.focus(r)
}

// focusID is the number of the proposal that is looked at, -1 for none.
func (r *review) focusID() int {
	if r.focus == nil || !r.focus.waiting {
		return -1
	}
	return r.focus.id
}

// clicked looks at a proposal in the text, and gives the keyboard to the review.
func (h *help) clicked(id int) {
	r, p := h.review(), h.known[id]
	if r == nil || p == nil || p.r != r {
		return
	}
	r.setFocus(p)
	h.w.focus(h.changes.list)
}

// escape gives the keyboard from the text to what the model has said about it.
func (h *help) escape() bool {
	switch {
	case h.ghost.drop():
	case h.review() != nil:
		h.w.focus(h.changes.list)
	case h.answers[h.page.shown] != nil:
		h.answers[h.page.shown].escape()
	default:
		return false
	}
	return true
}

// sampling is how creative actions choose their words.
func (h *help) sampling() sample.Params {
	return h.w.Settings.Sampling.Apply(h.w.ownSampling(""))
}

// start does an action with the part of the text that is chosen; asked is what it has to know.
func (h *help) start(a writing.Action, asked string) {
	p, d := h.page, h.page.shown
	if d.text == nil || p.covered() {
		return
	}
	if h.reviews[d] != nil {
		h.w.mention(lang.L("Decide about the changes first, or press Done."), "", nil)
		return
	}
	if old := h.answers[d]; old != nil {
		old.close()
	}
	h.ghost.drop()
	part := h.part()
	if strings.TrimSpace(d.text.Slice(part)) == "" {
		h.w.mention(lang.L("There is no text to work on yet. Write something first."), "", nil)
		return
	}
	name, _ := h.name(a)
	p.keepRevision(d, lang.L("Before “{{.Name}}”", map[string]any{"Name": name}))
	p.storePlaces() // whatever ends the program in the middle, it begins with this document again
	h.w.notices.pass()
	h.w.Log.Info("writing action started", "action", (&review{h: h, action: a}).logName())
	if a.Does == writing.Answers {
		h.newAnswer(d, a, asked, part)
		return
	}
	h.newReview(d, a, asked, part).run()
	h.w.focus(h.changes.list)
}

// nothing says why an action has come to nothing.
func (h *help) nothing(r *review, err error) {
	switch {
	case err != nil:
		h.complain(err)
	case r.complete:
		h.w.mention(lang.L("The model proposes no changes."), "", nil)
	}
	if h.page.shown == r.d && h.w.current == writePage {
		h.w.focus(h.page.editor)
	}
}

// complain says why the model has not helped.
func (h *help) complain(err error) {
	if !errors.Is(err, context.Canceled) {
		h.w.complain(h.explain(err), err)
		h.w.look() // the model may have gone
	}
}

func (h *help) explain(err error) message {
	if m, ok := find(err, writingComplaints); ok {
		return m
	}
	m, _ := h.w.shelf.chosen()
	return explainAnswer(m.Card.Name, err)
}
