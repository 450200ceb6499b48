package ui

import (
	"context"
	"strings"

	"lamplight/assistant/writing"
	"lamplight/privacy/vault"
	"lamplight/ui/buffer"
)

// keptItem is an item of the vault. Whoever changes the vault has it, one change after the other.
type keptItem struct{ ref vault.Ref }

// pending is what the vault keeps of it while there is something to be decided or done.
func (r *review) pending() *writing.Pending {
	p := &writing.Pending{Action: r.action, Asked: r.asked, Seed: r.seed, Part: writing.Part(r.since.Now(r.part)), Complete: r.complete}
	for _, d := range r.done {
		p.Done = append(p.Done, writing.Part(r.since.Now(d)))
	}
	for _, m := range r.text.Marks() {
		if known := r.h.known[m.ID]; m.Kind == buffer.Proposal && known != nil && known.r == r {
			c := known.Proposal
			c.Part = writing.Part(m.Range)
			p.Proposals = append(p.Proposals, c)
		}
	}
	return p
}

// save has the vault keep the text and what is pending for it, one right after the other.
func (r *review) save() {
	if r.d.dirty() {
		r.h.page.store(r.d) // which calls savePending
		return
	}
	r.savePending()
}

// savePending has the vault keep what is pending for the text that it has.
func (r *review) savePending() {
	v := r.h.w.Vault
	if v == nil || r.h.reviews[r.d] != r {
		return
	}
	p := r.pending()
	r.storePending(v, p)
}

// forgetPending takes out of the vault what is pending.
func (r *review) forgetPending() {
	if v := r.h.w.Vault; v != nil {
		r.storePending(v, nil)
	}
}

func (r *review) storePending(v *vault.Vault, p *writing.Pending) {
	d := r.d
	r.h.w.inOrder(func() {
		uid, err := uidOf(v, d)
		if err == nil && uid != (vault.UID{}) {
			err = writing.SavePending(context.Background(), v, uid, p)
		}
		if err != nil {
			r.h.w.Log.Error("what is pending for a document was not kept", "error", err)
		}
	})
}

// uidOf is the lasting name of a document, zero while the vault has not got it. It is called in order.
func uidOf(v *vault.Vault, d *document) (vault.UID, error) {
	if d.row == 0 || d.uid != (vault.UID{}) {
		return d.uid, nil
	}
	x, err := v.Document(context.Background(), d.row)
	if err == nil {
		d.uid = x.UID
	}
	return d.uid, err
}

// keep has the vault keep what was decided, as an example of how the user wants to be helped.
func (r *review) keep(b *batch) {
	v := r.h.w.Vault
	if v == nil {
		return
	}
	var list []writing.Proposal
	for _, p := range b.list {
		list = append(list, p.Proposal)
	}
	decisions := writing.Decisions(r.action, r.asked, list)
	r.h.w.inOrder(func() {
		ref, err := writing.Keep(context.Background(), v, b.taken, decisions)
		if b.item.ref = ref; err != nil {
			r.h.w.Log.Error("decisions were not kept", "error", err)
		}
	})
}

// unkeep takes decisions out of the vault that were taken back.
func (r *review) unkeep(b *batch) {
	v := r.h.w.Vault
	if v == nil {
		return
	}
	r.h.w.inOrder(func() {
		if b.item.ref == (vault.Ref{}) {
			return
		}
		if err := v.Purge(context.Background(), b.item.ref); err != nil {
			r.h.w.Log.Error("decisions that were taken back are kept", "error", err)
		}
		b.item.ref = vault.Ref{}
	})
}

// loadPending shows what is pending for a document that was just read.
func (h *help) loadPending(d *document) {
	v := h.w.Vault
	if v == nil || d.id == 0 || d.text == nil || d.asked {
		return
	}
	d.asked = true
	h.w.inOrder(func() {
		var p *writing.Pending
		uid, err := uidOf(v, d)
		if err == nil {
			p, err = writing.LoadPending(h.w.ctx, v, uid)
		}
		h.w.do(func() {
			switch {
			case v != h.w.Vault || h.reviews[d] != nil:
			case err != nil:
				h.w.Log.Error("what is pending for a document cannot be read", "error", err)
			case p != nil:
				h.resume(d, p.Fit(d.text.Text()))
			}
		})
	})
}

// resume shows what is pending for a document.
func (h *help) resume(d *document, p writing.Pending) {
	if p.Action.Check() != nil || p.Complete && len(p.Proposals) == 0 {
		return
	}
	r := h.newReview(d, p.Action, p.Asked, buffer.Range(p.Part))
	r.seed, r.complete = p.Seed, p.Complete
	for _, done := range p.Done {
		r.done = append(r.done, buffer.Range(done))
	}
	var list []*suggestion
	for _, c := range p.Proposals {
		list = append(list, &suggestion{Proposal: c, place: buffer.Range(c.Part)})
	}
	r.add(list...)
	h.w.Log.Info("pending proposals shown", "proposals", len(list), "complete", r.complete)
	h.show()
}

// continuation is how a text might go on, as a proposal.
func (r *review) continuation(text string, res writing.Result) *suggestion {
	before := text[:res.Part.End]
	p := &suggestion{place: buffer.Range(res.Part)}
	p.New = joint(before) + res.Answer
	p.Passage = before[strings.LastIndexByte(strings.TrimRight(before, " \n"), '\n')+1:]
	p.At = len(p.Passage)
	return p
}

// joint is what comes between a text and how it goes on: nothing, a space within a sentence, or what parts its paragraphs.
func joint(before string) string {
	ended := strings.TrimRight(before, " \t\n")
	switch {
	case ended == "", strings.HasSuffix(before, "\n"):
		return ""
	case !strings.ContainsAny(ended[len(ended)-1:], `.!?:"”)`) && !strings.HasSuffix(ended, "。") && !strings.HasSuffix(ended, "…"):
		if before != ended {
			return ""
		}
		return " "
	case strings.Contains(ended, "\n\n"):
		return "\n\n"
	}
	return "\n"
}
