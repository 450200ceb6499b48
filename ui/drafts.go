package ui

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"lamplight/assistant/attach"
	"lamplight/privacy/vault"
)

// draftsName is the setting in the vault that has the drafts while it is locked.
const draftsName = "drafts"

// drafts are words that were written and not sent, and where.
type drafts struct {
	Shown  int64       `json:"shown"` // the conversation that was open, 0: a new one
	Drafts []keptDraft `json:"drafts"`
	Places []keptPlace `json:"places,omitempty"`
	Folded []string    `json:"folded,omitempty"` // folders
}

// keptDraft is a draft and where it was written.
type keptDraft struct {
	Conversation int64    `json:"conversation"` // 0: a new one
	Text         string   `json:"text"`
	Files        []string `json:"files,omitempty"` // their names in the vault
	files        []attach.File
}

// drafts collects them. Those of private conversations go with these.
func (c *chatView) drafts() drafts {
	d := drafts{Shown: c.shown.ID(), Places: c.places()}
	for _, name := range c.folders() {
		if c.folded[name] {
			d.Folded = append(d.Folded, name)
		}
	}
	names := c.storedNames()
	for _, t := range c.all {
		if !t.draft.empty() && !t.private {
			x := keptDraft{Conversation: t.ID(), Text: t.draft.Text, files: t.draft.Files}
			for _, f := range x.files {
				x.Files = append(x.Files, names[f])
			}
			d.Drafts = append(d.Drafts, x)
		}
	}
	return d
}

// store puts them into the vault, beside older ones that were not read yet.
func (d drafts) store(v *vault.Vault, k *draftFiles) error {
	if d.nothing() {
		return nil
	}
	older, _, err := readDrafts(context.Background(), v)
	if err != nil {
		return err
	}
	d.Drafts = append(d.Drafts, older.Drafts...)
	if len(d.Places) == 0 {
		d.Places = older.Places
	}
	if len(d.Folded) == 0 {
		d.Folded = older.Folded
	}
	return k.put(v, d)
}

// readDrafts returns what is in the vault, and the ID of that; 0: nothing is.
func readDrafts(ctx context.Context, v *vault.Vault) (d drafts, id int64, err error) {
	items, err := v.Items(ctx, vault.Setting)
	for _, i := range items {
		if i.Name == draftsName {
			_ = json.Unmarshal(i.Value, &d) // nobody else writes it
			d.findFiles(items)
			return d, i.ID, nil
		}
	}
	return d, 0, err
}

// takeDrafts puts the drafts of the vault where they were written.
func (c *chatView) takeDrafts() {
	w, v := c.w, c.w.Vault
	kept := w.drafts // which could not be stored
	w.drafts = drafts{}
	if v == nil {
		return
	}
	w.inOrder(func() { // after the conversations were listed
		d, _, err := readDrafts(w.ctx, v)
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
				w.memory = memory{taken: true}
				w.rememberSoon()
			}
		})
	})
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
		if written := (draft{x.Text, x.files}); !t.draft.has(written) {
			t.keepDraft(written)
		}
		if t == c.shown {
			c.showDraft()
		}
	}
	c.putPlaces(d.Places)
	for _, name := range d.Folded {
		c.folded[name] = true
	}
	c.refreshList()
	if t := c.stored(d.Shown); t != nil && c.shown.empty() {
		c.open(t)
	}
}

// readItem returns a setting of the vault, the zero value where there is none.
func readItem[T any](ctx context.Context, v *vault.Vault, name string) (value T, err error) {
	if err = v.Item(ctx, vault.Setting, name, &value); errors.Is(err, vault.ErrNotFound) {
		err = nil
	}
	return value, err
}

// replaceItem stores a setting in the vault, or removes it when it is nothing.
func replaceItem(v *vault.Vault, name string, value any, nothing bool) error {
	if !nothing {
		_, err := v.SetItem(context.Background(), vault.Setting, name, value)
		return err
	}
	items, err := v.Items(context.Background(), vault.Setting)
	for _, i := range items {
		if i.Name == name {
			return v.Purge(context.Background(), vault.Ref{Kind: vault.KindItem, ID: i.ID})
		}
	}
	return err
}
