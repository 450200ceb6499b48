package ui

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"lamplight/assistant/attach"
	"lamplight/privacy/vault"
)

// The files of drafts are in the vault once each, under a name that tells what is in them: a draft is stored every few
// seconds while somebody writes, and its files may be a thousand times as long as its words.

// draftFilePrefix begins the names of the settings in the vault that have them.
const draftFilePrefix = "draftfile:"

// draftFiles knows which files a vault has. It belongs to whoever changes the vault in order.
type draftFiles struct {
	of  *vault.Vault
	ids map[string]int64 // of the items, by their names
}

// storedName returns what a file is called in the vault. A name that is known costs no more than a look at the text.
func (c *chatView) storedName(f attach.File) string {
	name, ok := c.sums[f]
	if !ok {
		sum := sha256.Sum256([]byte(f.Name + "\x00" + f.Text))
		name = draftFilePrefix + hex.EncodeToString(sum[:16])
	}
	return name
}

// storedNames returns what the files of all drafts are called in the vault, and forgets those that are gone.
func (c *chatView) storedNames() map[attach.File]string {
	now := map[attach.File]string{}
	for _, t := range c.all {
		if !t.private {
			for _, f := range t.draft.Files {
				now[f] = c.storedName(f)
			}
		}
	}
	c.sums = now
	return now
}

// put stores drafts, and before them their files as far as the vault lacks them. Files of no draft go.
func (k *draftFiles) put(v *vault.Vault, d drafts) error {
	if err := k.look(v); err != nil {
		return err
	}
	used := map[string]bool{}
	for _, x := range d.Drafts {
		for i, name := range x.Files {
			used[name] = true
			if k.ids[name] == 0 && i < len(x.files) {
				item, err := v.SetItem(context.Background(), vault.Setting, name, x.files[i])
				if err != nil {
					return err
				}
				k.ids[name] = item.ID
			}
		}
	}
	if _, err := v.SetItem(context.Background(), vault.Setting, draftsName, d); err != nil {
		return err
	}
	return k.sweep(used)
}

// look reads which files a vault has, unless that is known.
func (k *draftFiles) look(v *vault.Vault) error {
	if k.of == v {
		return nil
	}
	items, err := v.Items(context.Background(), vault.Setting)
	if err != nil {
		return err
	}
	*k = draftFiles{v, map[string]int64{}}
	for _, i := range items {
		if strings.HasPrefix(i.Name, draftFilePrefix) {
			k.ids[i.Name] = i.ID
		}
	}
	return nil
}

// sweep deletes the files that are not used.
func (k *draftFiles) sweep(used map[string]bool) error {
	for name, id := range k.ids {
		if used[name] {
			continue
		}
		if err := k.of.Purge(context.Background(), vault.Ref{Kind: vault.KindItem, ID: id}); err != nil && !errors.Is(err, vault.ErrNotFound) {
			return err
		}
		delete(k.ids, name)
	}
	return nil
}

// findFiles gives drafts that were read the files that go with them. One that is not there is left out.
func (d *drafts) findFiles(items []vault.Item) {
	values := map[string]json.RawMessage{}
	for _, i := range items {
		values[i.Name] = i.Value
	}
	for n := range d.Drafts {
		x := &d.Drafts[n]
		names := x.Files
		x.Files, x.files = nil, nil
		for _, name := range names {
			var f attach.File
			if json.Unmarshal(values[name], &f) == nil && f.Name != "" {
				x.Files, x.files = append(x.Files, name), append(x.files, f)
			}
		}
	}
}
