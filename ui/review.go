package ui

import (
	"math/rand/v2"
	"slices"

	"lamplight/assistant/writing"
	"lamplight/ui/buffer"
)

// This file is about what a model has proposed for a document, and what becomes of that. reviewrun.go has how proposals come into
// the text, reviewkeep.go what the vault keeps of them, reviewlist.go what is seen.

// review is what was proposed for a document by one action. The proposals are marks in its text, which may be written on
// meanwhile, also while some are still to come.
type review struct {
	h       *help
	d       *document
	text    *buffer.Buffer // of the document; going back to what that was before may give it another
	action  writing.Action
	asked   string // what the user answered, if the action asks
	seed    uint64
	running *reviewRun // nil: nothing is being worked on

	since    *buffer.Follower // knows where these went:
	part     buffer.Range     // that is worked on
	done     []buffer.Range   // passages of it
	complete bool             // nothing is left to be worked on

	list    []*suggestion // in the order of their places
	batches []*batch
	cut     int   // passages whose answers did not end
	moved   int   // passages that were written on before the answer came
	err     error // why the last run ended early
	focus   *suggestion
}

// suggestion is a change that was proposed.
type suggestion struct {
	writing.Proposal
	id      int
	r       *review
	place   buffer.Range   // where it is or was; r.since knows where that went
	waiting bool           // it is a mark in the text
	verdict buffer.Verdict // what was decided; one that neither waits nor was decided was overwritten
}

// batch are proposals that were decided about in one step.
type batch struct {
	taken bool
	list  []*suggestion
	kept  bool // the vault has it as an example, or is about to get it
	item  keptItem
}

// newReview begins to work on a part of a document.
func (h *help) newReview(d *document, a writing.Action, asked string, part buffer.Range) *review {
	r := &review{h: h, d: d, text: d.text, action: a, asked: asked, seed: rand.Uint64(), part: part, since: d.text.Follow()}
	h.reviews[d] = r
	return r
}

// edit changes the text, in the editor if it shows it.
func (r *review) edit(f func(*buffer.Buffer)) {
	if r.h.page.shown == r.d && r.h.page.editor.Buffer() == r.text {
		r.h.page.editor.Edit(f)
	} else {
		f(r.text)
	}
}

// renew makes the text as it is now the one that places are counted in.
func (r *review) renew() {
	r.part = r.since.Now(r.part)
	for i := range r.done {
		r.done[i] = r.since.Now(r.done[i])
	}
	for _, p := range r.list {
		p.place = r.since.Now(p.place)
	}
	r.text.Unfollow(r.since)
	r.since = r.text.Follow()
}

// add puts proposals into the text, and the keyboard to the first one.
func (r *review) add(list ...*suggestion) {
	if len(list) == 0 {
		return
	}
	b := r.text
	var marks []buffer.Mark
	for _, m := range b.Marks() {
		if m.Kind == buffer.Proposal {
			marks = append(marks, m)
		}
	}
	for _, p := range list {
		p.id, p.r = r.h.nextID(), r
		r.h.known[p.id] = p
		marks = append(marks, buffer.Mark{Range: r.since.Now(p.place), New: p.New, Kind: buffer.Proposal, ID: p.id})
		r.list = append(r.list, p)
	}
	slices.SortStableFunc(r.list, func(a, b *suggestion) int { return a.place.Start - b.place.Start })
	r.edit(func(b *buffer.Buffer) { b.SetMarksOf(buffer.Proposal, marks) })
	r.look()
	if r.focus == nil {
		r.setFocus(r.next(nil, 1))
	}
}

// look notes which proposals wait, and what undo and redo have done to those that were decided.
func (r *review) look() {
	waiting := map[int]bool{}
	for _, m := range r.text.Marks() {
		if m.Kind == buffer.Proposal {
			waiting[m.ID] = true
		}
	}
	for _, p := range r.list {
		p.waiting = waiting[p.id]
	}
	for _, b := range r.batches {
		some := slices.ContainsFunc(b.list, func(p *suggestion) bool { return p.waiting })
		switch {
		case b.kept && some: // taken back
			b.kept = false
			for _, p := range b.list {
				p.verdict = buffer.Undecided
			}
			r.unkeep(b)
		case !b.kept && !some && !slices.ContainsFunc(b.list, func(p *suggestion) bool { return p.verdict != buffer.Undecided || !p.stands(b.taken) }):
			r.settle(b) // made again
		}
	}
	if r.focus != nil && r.focus.gone() {
		r.focus = nil
	}
}

// stands reports whether the text has what was decided.
func (p *suggestion) stands(taken bool) bool {
	want := p.Old
	if taken {
		want = p.New
	}
	end := p.r.since.Now(p.place).End
	return p.r.text.Slice(buffer.Range{Start: max(0, end-len(want)), End: end}) == want
}

// gone reports whether its words were overwritten before anything was decided.
func (p *suggestion) gone() bool { return !p.waiting && p.verdict == buffer.Undecided }

// settle notes what was decided.
func (r *review) settle(b *batch) {
	b.kept = true
	for _, p := range b.list {
		p.verdict = buffer.Left
		if b.taken {
			p.verdict = buffer.Taken
		}
	}
	r.keep(b)
}

// decide takes or leaves proposals, in one step of undo, and goes on to the next one.
func (r *review) decide(taken bool, list ...*suggestion) {
	list = slices.DeleteFunc(slices.Clone(list), func(p *suggestion) bool { return !p.waiting })
	if len(list) == 0 {
		return
	}
	next := r.next(list[len(list)-1], 1)
	decided := map[int]bool{}
	for _, p := range list {
		decided[p.id] = true
	}
	b := &batch{taken: taken, list: list}
	r.resolve(taken, func(id int) bool { return decided[id] })
	r.batches = append(r.batches, b)
	for _, p := range list {
		p.waiting = false
	}
	r.settle(b)
	if next == nil || decided[next.id] {
		next = r.next(nil, 1)
	}
	r.setFocus(next)
	r.save()
	r.h.show()
}

// resolve takes proposals of the text, or leaves them.
func (r *review) resolve(taken bool, which func(id int) bool) {
	r.h.deciding = true // what changes in the text now is known
	defer func() { r.h.deciding = false }()
	r.edit(func(b *buffer.Buffer) {
		b.Resolve(func(m buffer.Mark) buffer.Verdict {
			switch {
			case !which(m.ID):
				return buffer.Undecided
			case taken:
				return buffer.Taken
			}
			return buffer.Left
		})
	})
}

// waiting are the proposals that wait to be decided about.
func (r *review) waiting() (list []*suggestion) {
	for _, p := range r.list {
		if p.waiting {
			list = append(list, p)
		}
	}
	return list
}

// next is the waiting proposal after one, or before it with -1, and after the last one the first again; nil: none waits.
// nil stands before the first one.
func (r *review) next(p *suggestion, by int) *suggestion {
	at, n := slices.Index(r.list, p), len(r.list)
	if at < 0 && by < 0 {
		at = 0
	}
	for i := 1; i <= n; i++ {
		if q := r.list[((at+by*i)%n+n)%n]; q.waiting {
			return q
		}
	}
	return nil
}

// setFocus looks at a proposal, nil for none.
func (r *review) setFocus(p *suggestion) {
	r.focus = p
	r.h.focused(r)
}

// counts says how many there are, and of these how many were decided.
func (r *review) counts() (all, taken, left int) {
	for _, p := range r.list {
		switch {
		case p.waiting:
		case p.verdict == buffer.Taken:
			taken++
		case p.verdict == buffer.Left:
			left++
		default:
			continue
		}
		all++
	}
	return all, taken, left
}

// finish ends the review. What nobody has decided about is no longer proposed; undo brings it back.
func (r *review) finish() {
	r.drop()
	waiting := r.waiting()
	if len(waiting) > 0 {
		r.resolve(false, func(id int) bool { p := r.h.known[id]; return p != nil && p.r == r })
		r.look()
	}
	delete(r.h.reviews, r.d)
	r.forgetPending()
	r.h.show()
}

// drop ends the work and ignores what comes of it.
func (r *review) drop() {
	r.cancel()
	r.running, r.focus = nil, nil
}

// nothing ends a review that has come to nothing, and says why.
func (r *review) nothing() {
	err := r.err
	delete(r.h.reviews, r.d)
	r.forgetPending()
	r.h.show()
	r.h.nothing(r, err)
}
