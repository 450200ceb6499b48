package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/privacy/vault"
)

// This file is what the page Chat does with the vault. Without one it does the same in memory.

// newTalk begins a conversation.
func (w *Window) newTalk() *talk {
	if w.Vault == nil { // which, as a Store, would not be nil
		return newTalk(assistant.NewConversation(w.runner, nil))
	}
	return newTalk(assistant.NewConversation(w.runner, w.Vault))
}

// newPrivateTalk begins a conversation that has no store: it is gone with the window, or with its lock.
func (w *Window) newPrivateTalk() *talk {
	t := newTalk(assistant.NewConversation(w.runner, nil))
	t.private = true
	return t
}

// showKept says where conversations are, and offers the trash if they have one.
func (c *chatView) showKept() {
	c.kept.set(c.w.keptText())
	show(c.bin, c.w.Vault != nil)
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

// readHistory lists the conversations of the vault below those of this run.
func (c *chatView) readHistory() {
	c.reading = c.w.Vault != nil
	c.refreshHistory()
}

// refreshHistory lists the conversations of the vault anew: those that have come since are there then, those
// that are gone are not. What is shown, drafts and the answer that is being written stay. What has been in the
// trash for long enough, and what was not to be kept any longer, is deleted first, unless an answer is being
// written: then it waits for the end of that.
func (c *chatView) refreshHistory() {
	v := c.w.Vault
	if v == nil {
		return
	}
	c.readPersonas()
	moves, sweep := c.moves, c.running == nil
	c.due = !sweep
	if sweep {
		c.sweeps++
	}
	c.w.inOrder(func() {
		if sweep {
			if n, err := v.Sweep(c.w.ctx); err != nil && c.w.ctx.Err() == nil {
				c.w.Log.Warn("what is over was not deleted", "error", err)
			} else if n > 0 {
				c.w.Log.Info("what is over was deleted", "number", n)
			}
		}
		list, err := assistant.Conversations(c.w.ctx, c.w.runner, v)
		c.w.do(func() {
			if sweep {
				c.sweeps--
			}
			switch {
			case v != c.w.Vault: // it was locked meanwhile
			case err != nil:
				c.reading = false
				c.w.Log.Error("the conversations cannot be listed", "error", err)
				c.w.complain(explainVault(err), err)
			case moves != c.moves: // the list is older than what is in the window
				c.refreshHistory()
			default:
				c.reading = false
				c.listed(list)
				c.w.Log.Info("history read", "conversations", len(list))
			}
		})
	})
}

// listed brings the list in line with the conversations of the vault. Those that are in memory only stay above
// the others.
func (c *chatView) listed(list []*assistant.Conversation) {
	known, all := map[int64]*talk{}, []*talk{}
	for _, t := range c.all {
		switch id := t.ID(); {
		case id != 0:
			known[id] = t
		case c.running != nil && c.running.talk == t && !t.private: // it is about to be stored, or was just now
			c.due = true
			return
		default:
			all = append(all, t)
		}
	}
	for _, stored := range list {
		t := known[stored.ID()]
		if t == nil {
			t = newTalk(stored)
		} else if t.Update(stored) {
			t.failed = nil
		}
		delete(known, stored.ID())
		all = append(all, t)
	}
	if r := c.running; r != nil && known[r.talk.ID()] == r.talk { // whatever became of it, it is being answered
		all = append([]*talk{r.talk}, all...)
	}
	if len(all) == 0 {
		all = []*talk{c.w.newTalk()}
	}
	same := slices.Equal(c.all, all)
	c.all = all
	if !slices.Contains(all, c.shown) {
		c.leave(c.shown)
		return
	}
	if same {
		c.refreshList()
	} else {
		c.selectShown()
	}
	c.showHead()
	if !c.shown.Read() {
		c.read(c.shown, 0)
	}
}

// leave shows an empty conversation in the place of one that is gone. Words that were not sent yet go along.
func (c *chatView) leave(gone *talk) {
	draft := gone.draft
	c.startNew()
	if gone.over() {
		c.w.mention(lang.L("The conversation that was open is deleted: it was to be kept no longer than this."), "", nil)
	}
	if !draft.empty() {
		c.shown.keepDraft(draft)
		c.showDraft()
	}
}

// vaultOpened begins anew with the conversations of the vault.
func (c *chatView) vaultOpened() {
	c.forget()
	c.readHistory()
}

// forget drops all conversations from memory, also those that are nowhere else. An answer that is being written
// ends.
func (c *chatView) forget() {
	c.stop()
	c.moves++
	c.reading, c.due = false, false
	c.personas, c.sums = nil, nil
	clear(c.folded)
	c.all = []*talk{c.w.newTalk()}
	c.showKept()
	c.trash.forget()
	c.finder.forget()
	c.open(c.all[0])
}

// read brings what was said in a conversation of the vault before its user, from a message on; 0: to its end.
func (c *chatView) read(t *talk, message int64) {
	c.reads++
	reads := c.reads
	c.w.work(func(ctx context.Context) {
		turn, switched, err := 0, false, t.Load(ctx)
		if err == nil && message != 0 {
			turn, switched, err = t.Show(ctx, message)
		}
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("a conversation cannot be read", "error", err)
				c.complain(err)
			}
			if switched {
				t.failed = nil
			}
			if c.shown != t || reads != c.reads {
				return
			}
			c.showTurns()
			c.measure()
			if err == nil && message != 0 {
				c.finder.found(turn, c.sought)
			} else {
				c.showPlace(t)
			}
		})
	})
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

// remove puts a conversation into the trash, from where Undo takes it back. One that is in memory only is gone
// with the notice.
func (c *chatView) remove(t *talk) {
	at := slices.Index(c.all, t)
	if at < 0 || t.blank() && !t.private {
		return
	}
	if c.running != nil && c.running.talk == t {
		c.complain(assistant.ErrAnswering)
		return
	}
	c.takeOut(t, at)
	if t.blank() {
		return // there is nothing to bring back
	}
	c.w.inOrder(func() {
		err := t.Trash(context.Background())
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("a conversation was not deleted", "error", err)
				c.w.complain(explainVault(err), err)
				c.putIn(t, at)
				return
			}
			undo := c.w.offerUndoInPrivate(lang.L("“{{.Title}}” was deleted.", map[string]any{"Title": t.title()}), func() { c.restore(t, at) })
			if t.ID() == 0 {
				c.w.endsWithNotice(undo)
			}
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
	c.moves++
	next := c.neighbour(t)
	c.all = slices.Delete(c.all, at, at+1)
	if len(c.all) == 0 {
		c.all = []*talk{c.w.newTalk()}
	}
	if next == nil {
		next = c.all[min(at, len(c.all)-1)]
	}
	if c.shown == t {
		c.open(next)
	} else {
		c.refreshList()
	}
}

// putIn puts a conversation back on the list, unless it is there already, and shows it.
func (c *chatView) putIn(t *talk, at int) {
	c.moves++
	if there := c.stored(t.ID()); there != nil {
		t = there
	} else if !slices.Contains(c.all, t) {
		c.all = slices.Insert(c.all, min(at, len(c.all)), t)
	}
	c.w.show(chatPage)
	c.open(t)
}

// stored returns the conversation with this ID in the vault, nil if it is not on the list.
func (c *chatView) stored(id int64) *talk {
	if i := slices.IndexFunc(c.all, func(t *talk) bool { return id != 0 && t.ID() == id }); i >= 0 {
		return c.all[i]
	}
	return nil
}
