package ui

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"lamplight/privacy/vault"
)

// draftsName is the setting in the vault that has the drafts while it is locked.
const draftsName = "drafts"

// drafts are words that were written and not sent, and where.
type drafts struct {
	Shown  int64       `json:"shown"` // the conversation that was open, 0: a new one
	Drafts []keptDraft `json:"drafts"`
}

// keptDraft is a draft and where it was written.
type keptDraft struct {
	Conversation int64 `json:"conversation"` // 0: a new one
	draft
}

// drafts collects them. Those of private conversations go with these.
func (c *chatView) drafts() drafts {
	d := drafts{Shown: c.shown.ID()}
	for _, t := range c.all {
		if !t.draft.empty() && !t.private {
			d.Drafts = append(d.Drafts, keptDraft{t.ID(), t.draft})
		}
	}
	return d
}

// store puts them into the vault, in the place of older ones that were not read yet.
func (d drafts) store(v *vault.Vault) error {
	if d.Shown == 0 && len(d.Drafts) == 0 {
		return nil
	}
	older, _, err := readDrafts(context.Background(), v)
	if err != nil {
		return err
	}
	d.Drafts = append(d.Drafts, older.Drafts...)
	_, err = v.SetItem(context.Background(), vault.Setting, draftsName, d)
	return err
}

// readDrafts returns what is in the vault, and the ID of that; 0: nothing is.
func readDrafts(ctx context.Context, v *vault.Vault) (d drafts, id int64, err error) {
	items, err := v.Items(ctx, vault.Setting)
	for _, i := range items {
		if i.Name == draftsName {
			_ = json.Unmarshal(i.Value, &d) // nobody else writes it
			return d, i.ID, nil
		}
	}
	return d, 0, err
}

// takeDrafts puts the drafts of the vault where they were written, and takes them out of the vault.
func (c *chatView) takeDrafts() {
	w, v := c.w, c.w.Vault
	kept := w.drafts // which could not be stored
	w.drafts = drafts{}
	if v == nil {
		return
	}
	w.inOrder(func() { // after the conversations were listed
		d, id, err := readDrafts(w.ctx, v)
		w.do(func() {
			switch {
			case errors.Is(err, context.Canceled):
			case v != w.Vault: // it was locked meanwhile, and has them still
				w.drafts = kept
			case err != nil:
				w.Log.Error("drafts cannot be read", "error", err)
				w.complain(explainVault(err), err)
			default:
				c.putDrafts(kept)
				c.putDrafts(d)
				if id != 0 {
					w.inOrder(func() { c.dropDrafts(v, id) })
				}
			}
		})
	})
}

// dropDrafts takes the drafts out of the vault.
func (c *chatView) dropDrafts(v *vault.Vault, id int64) {
	err := v.Purge(context.Background(), vault.Ref{Kind: vault.KindItem, ID: id})
	if err != nil && !errors.Is(err, vault.ErrNotFound) {
		c.w.Log.Error("drafts are still in the vault", "error", err)
	}
}

// emptyTalk returns a conversation in which nothing was said, the first there is.
func (c *chatView) emptyTalk() *talk {
	i := slices.IndexFunc(c.all, func(t *talk) bool { return t.empty() && !t.private })
	if i < 0 {
		c.all = slices.Insert(c.all, 0, c.w.newTalk())
		i = 0
	}
	return c.all[i]
}

// putDrafts puts drafts where they were written, or into a new conversation if that is gone.
func (c *chatView) putDrafts(d drafts) {
	for _, x := range d.Drafts {
		t := c.stored(x.Conversation)
		if t == nil {
			t = c.emptyTalk()
		}
		if !t.draft.has(x.draft) {
			t.keepDraft(x.draft)
		}
		if t == c.shown {
			c.showDraft()
		}
	}
	if t := c.stored(d.Shown); t != nil && c.shown.empty() {
		c.open(t)
	}
}
