package ui

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// This file opens the vault and locks it. lock.go has the page that covers the window meanwhile, idle.go says
// when, drafts.go has the words that were not sent.

// quickly is how long the first picture of the window waits for the vault. One that waits for nobody is open by then.
const quickly = 300 * time.Millisecond

// opened is what became of opening the vault.
type opened struct {
	vault *vault.Vault
	err   error
}

// openVault opens the vault, once the memory of this program is closed to others and the lock before has ended.
// The passphrase is wiped.
func (w *Window) openVault(ctx context.Context, passphrase []byte) opened {
	defer clear(passphrase)
	for _, before := range []<-chan struct{}{w.hidden, w.locked} {
		select {
		case <-before:
		case <-ctx.Done():
			return opened{err: ctx.Err()}
		}
	}
	v, err := w.Open(passphrase)
	return opened{v, err}
}

// openAtStart opens the vault before there are pages, or puts the lock page before them: when it takes a
// passphrase, when it takes long, as a keyring does that asks its user, and when it cannot be opened.
func (w *Window) openAtStart() {
	w.hidden, w.locked = make(chan struct{}), closed()
	w.work(func(ctx context.Context) {
		defer close(w.hidden)
		if w.hides {
			w.hideMemory(ctx)
		}
	})
	if w.Open == nil {
		return
	}
	w.protection = w.inspect()
	if w.Vault != nil {
		return
	}
	if w.protection == vault.Passphrase {
		w.lock = newLockPage(w)
		return
	}
	result := make(chan opened, 1)
	w.work(func(ctx context.Context) { result <- w.openVault(ctx, nil) })
	select {
	case o := <-result:
		if o.err != nil {
			w.Log.Error("the vault was not opened", "error", o.err)
			w.lock = newLockPage(w)
			w.lock.failed(o.err)
			return
		}
		w.Vault, w.protection = o.vault, w.inspect() // it may be new
		w.Log.Info("vault opened")
	case <-time.After(quickly):
		w.opening = true
		w.lock = newLockPage(w)
		w.work(func(ctx context.Context) {
			o := <-result
			w.do(func() { w.vaultOpened(o) })
		})
	}
}

// protectionNow reads how the vault is protected, "" when there is none.
func (w *Window) protectionNow() vault.Protection {
	s, _ := vault.Inspect(w.vaultDir())
	return s.Protection
}

// vaultOpened shows what became of opening the vault.
func (w *Window) vaultOpened(o opened) {
	w.opening = false
	if o.err != nil {
		w.Log.Warn("the vault was not opened", "error", o.err)
		if w.lock != nil {
			w.lock.failed(o.err)
		} else {
			w.complain(explainVault(o.err), o.err)
		}
		return
	}
	w.Vault, w.protection = o.vault, w.inspect()
	w.chat.adopt()
	w.write.vaultOpened()
	w.story.vaultOpened()
	w.tune.load()
	w.Log.Info("vault opened")
	if w.lock != nil {
		w.lock.leave()
	} else {
		w.showLatch()
		w.pages[w.current].enter()
		w.mention(lang.L("Your conversations are open now."), "", nil)
	}
	w.touched()
	w.watchIdle()
}

// adopt shows the conversations of the vault. What was said before it was open stays, in memory only.
func (c *chatView) adopt() {
	drafted := c.shown.draft
	before := slices.DeleteFunc(c.all, func(t *talk) bool { return t.empty() || t.ID() != 0 })
	if slices.Contains(before, c.shown) {
		drafted = draft{}
	}
	c.vaultOpened()
	c.all = append(c.all, before...)
	if !drafted.empty() {
		c.all[0].keepDraft(drafted)
		c.showDraft()
	}
	c.refreshList()
	c.takeDrafts()
}

// lockByHand locks, or leads to the page where the vault is opened.
func (w *Window) lockByHand() {
	switch {
	case w.lock != nil:
	case w.Open == nil:
		w.mention(lang.L("There is nothing to lock: conversations are not kept on this computer."), "", nil)
	case w.Vault == nil:
		w.cover()
	case slices.ContainsFunc(w.chat.all, w.chat.unkept):
		cancel := widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog)
		do := widgets.NewChipButton(icon("key"), lang.L("Lock"), func() {
			w.closeDialog()
			w.lockVault("user")
		})
		w.showDialog(subheading(lang.L("Lock now?")),
			paragraph(lang.L("Some of your conversations are in memory only. They end with the lock, and nobody can bring them back.")), cancel, cancel, do)
	default:
		w.lockVault("user")
	}
}

// unkept reports whether a conversation is in memory only. One whose question is just being stored is not.
func (c *chatView) unkept(t *talk) bool {
	stored := c.running != nil && c.running.talk == t && !t.private
	return t.ID() == 0 && !t.empty() && !stored
}

// lockVault covers the window, drops what can be read, and closes the vault, which wipes its key. The answer that is
// being written is stopped, and it and the drafts are stored before that. The channel is closed when all is done.
func (w *Window) lockVault(why string) <-chan struct{} {
	if w.Vault == nil || w.Open == nil {
		return w.locked
	}
	w.Log.Info("locking", "why", why)
	w.write.leaveAll()
	w.story.leave()
	v, answer, drafts, done := w.Vault, w.chat.running, w.chat.drafts(), make(chan struct{})
	keep := drafts.store
	if w.memory.taken { // beside those of the vault otherwise
		keep = drafts.replace
	}
	w.Vault, w.locked, w.memory = nil, done, memory{}
	w.cover()
	w.notices.clear()
	w.undos = nil
	w.chat.forget()
	w.write.forget()
	w.story.forget()
	w.privacy.forget()
	w.tune.forget()
	lock := w.lock
	w.inOrder(func() {
		defer close(done)
		var unstored error
		if answer != nil {
			<-answer.ended
			unstored = answer.unstored
		}
		if err := keep(v, &w.draftFiles); err != nil {
			w.Log.Error("drafts were not stored", "error", err)
			w.do(func() { w.drafts = drafts })
		}
		w.tune.tuner.Drop() // it stores how far it is
		err := v.Close()
		if e := w.runner.Forget(w.ctx); e != nil && w.ctx.Err() == nil {
			err = errors.Join(err, e)
		}
		debug.FreeOSMemory()
		w.Log.Info("locked", "error", err)
		w.do(func() {
			if unstored != nil && w.lock == lock {
				lock.say(explainVault(unstored).text, theme.ColorNameError)
			}
		})
	})
	return done
}

// cover puts the lock page before the window, in the place of everything that lies over it too.
func (w *Window) cover() {
	for w.dialog != nil {
		w.closeDialog()
	}
	overlays := w.win.Canvas().Overlays()
	for top := overlays.Top(); top != nil; top = overlays.Top() {
		overlays.Remove(top)
	}
	w.lock = newLockPage(w)
	w.win.SetContent(widgets.NewTooltipLayer(w.lock.root))
	w.lock.focus()
	if w.idle.stop != nil {
		w.idle.stop()
	}
}

// watchSleep locks before the computer sleeps, if the user wants that.
func (w *Window) watchSleep() {
	if w.Sleep == nil {
		return
	}
	w.work(func(ctx context.Context) {
		err := w.Sleep(ctx, func() {
			done := make(chan (<-chan struct{}), 1)
			w.do(func() {
				if w.Settings.LocksAtSleep(w.protection == vault.Passphrase) {
					done <- w.lockVault("sleep")
				} else {
					done <- closed()
				}
			})
			select {
			case <-ctx.Done():
			case locked := <-done:
				select {
				case <-ctx.Done():
				case <-locked:
				}
			}
		})
		if err != nil {
			w.Log.Info("nothing locks when the computer sleeps", "error", err)
		}
	})
}

// showLatch shows at the foot of the rail what can be done about the vault.
func (w *Window) showLatch() {
	show(w.latch, w.Open != nil)
	if w.Vault != nil {
		w.latch.SetFace(icon("key"), lang.L("Lock"))
	} else {
		w.latch.SetFace(icon("key"), lang.L("Open"))
	}
}

// closed is a channel of something that is over.
func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}
