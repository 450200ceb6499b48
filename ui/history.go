package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine"
	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// This file is what the page Chat does with the vault. Without one it does the same in memory.

// newTalk begins a conversation.
func (w *Window) newTalk() *talk {
	if w.Vault == nil { // which, as a Store, would not be nil
		return newTalk(assistant.NewConversation(w.runner, nil))
	}
	return newTalk(assistant.NewConversation(w.runner, w.Vault))
}

// keptText says where conversations are.
func (w *Window) keptText() string {
	if w.Vault == nil {
		return lang.L("Conversations are kept until you close the window.")
	}
	if s, err := vault.Inspect(w.Vault.Dir()); err == nil && s.Protection == vault.File {
		return lang.L("Conversations are kept on this computer. Whoever can read your files can read them.")
	}
	return lang.L("Conversations are kept on this computer, encrypted.")
}

// readHistory lists the conversations of the vault below those of this run. What has been in its trash for
// long enough goes first.
func (c *chatView) readHistory() {
	v := c.w.Vault
	if v == nil {
		return
	}
	c.reading = true
	c.w.work(func(ctx context.Context) {
		if _, err := v.Sweep(ctx); err != nil {
			c.w.Log.Warn("what is over was not deleted", "error", err)
		}
		list, err := assistant.Conversations(ctx, c.w.runner, v)
		c.w.do(func() {
			c.reading = false
			if err != nil {
				c.w.Log.Error("the conversations cannot be listed", "error", err)
				c.w.complain(explainVault(err), err)
				return
			}
			for _, stored := range list {
				c.all = append(c.all, newTalk(stored))
			}
			c.list.Refresh()
			c.w.Log.Info("history read", "conversations", len(list))
		})
	})
}

// vaultOpened begins anew with the conversations of the vault.
func (c *chatView) vaultOpened() {
	c.all = []*talk{c.w.newTalk()}
	c.kept.set(c.w.keptText())
	c.open(c.all[0])
	c.readHistory()
}

// read brings what was said in a conversation of the vault before its user.
func (c *chatView) read(t *talk) {
	c.w.work(func(ctx context.Context) {
		err := t.Load(ctx)
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("a conversation cannot be read", "error", err)
				c.w.complain(explainVault(err), err)
				return
			}
			for i, turn := range t.Turns() {
				if note := c.storedNote(turn.State); note.Text != "" {
					t.endings[i] = ending{note: note}
				}
			}
			if c.shown == t {
				c.showTurns()
				c.measure()
			}
		})
	})
}

// storedNote is the sentence under an answer of the vault that did not end by itself.
func (c *chatView) storedNote(s assistant.State) widgets.Note {
	switch s {
	case assistant.Stopped:
		return c.note(s, context.Canceled)
	case assistant.Full:
		return c.note(s, engine.ErrContextFull)
	case assistant.Failed:
		return widgets.Note{Text: lang.L("This answer broke off."), Error: true}
	}
	return widgets.Note{}
}

// toFront makes a conversation the first of the list.
func (c *chatView) toFront(t *talk) {
	i := slices.Index(c.all, t)
	if i <= 0 {
		return
	}
	c.all = slices.Insert(slices.Delete(c.all, i, i+1), 0, t)
	c.selectShown()
}

// remove puts a conversation into the trash, from where Undo takes it back.
func (c *chatView) remove(t *talk) {
	at := slices.Index(c.all, t)
	if at < 0 || t.empty() {
		return
	}
	if c.running != nil && c.running.talk == t {
		c.complain(assistant.ErrAnswering)
		return
	}
	c.takeOut(t, at)
	c.w.inOrder(func() {
		err := t.Trash(context.Background())
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("a conversation was not deleted", "error", err)
				c.w.complain(explainVault(err), err)
				c.putIn(t, at)
				return
			}
			c.w.sayInPrivate(lang.L("“{{.Title}}” was deleted.", map[string]any{"Title": t.title()}), lang.L("Undo"), func() { c.restore(t, at) })
		})
	})
}

// restore takes a conversation out of the trash.
func (c *chatView) restore(t *talk, at int) {
	c.w.inOrder(func() {
		err := t.Restore(context.Background())
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("a conversation was not brought back", "error", err)
				c.w.complain(explainVault(err), err)
				return
			}
			c.putIn(t, at)
		})
	})
}

// takeOut takes a conversation off the list, and shows another if it was the one that is shown.
func (c *chatView) takeOut(t *talk, at int) {
	c.all = slices.Delete(c.all, at, at+1)
	if len(c.all) == 0 {
		c.all = []*talk{c.w.newTalk()}
	}
	if c.shown == t {
		c.open(c.all[min(at, len(c.all)-1)])
	} else {
		c.selectShown()
	}
}

// putIn puts a conversation back on the list and shows it.
func (c *chatView) putIn(t *talk, at int) {
	if !slices.Contains(c.all, t) {
		c.all = slices.Insert(c.all, min(at, len(c.all)), t)
	}
	c.w.show(chatPage)
	c.open(t)
}

// selectShown shows in the list, whose rows may have moved, which conversation is shown.
func (c *chatView) selectShown() {
	c.list.UnselectAll()
	c.list.Select(slices.Index(c.all, c.shown))
	c.list.Refresh()
}
