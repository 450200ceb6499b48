package ui

import (
	"context"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant/stories"
	"lamplight/privacy/vault"
)

// storyPlace is the setting in the vault that says what comes back on the page Story.
const storyPlace = "story"

// keptStory is what comes back on the page Story when the program is started again.
type keptStory struct {
	Choice stories.Choice      `json:"choice,omitempty"`
	Own    map[string][]string `json:"own,omitempty"`
	Tongue string              `json:"tongue,omitempty"`
	Shown  *stories.Story      `json:"shown,omitempty"` // also one that was not kept
}

func seedText(seed uint64) string { return strconv.FormatUint(seed, 10) }

// take brings back what was on the page, and the shelf.
func (p *storyView) take() {
	v := p.w.Vault
	if v == nil {
		return
	}
	p.w.inOrder(func() {
		k, err := readItem[keptStory](p.w.ctx, v, storyPlace)
		p.w.do(func() {
			if v != p.w.Vault || p.taken {
				return
			}
			p.taken = true
			if err != nil {
				p.w.Log.Error("what comes back of stories cannot be read", "error", err)
				return
			}
			p.putBack(k)
		})
	})
	p.refresh()
}

// putBack puts what came back in its place, where nothing has been done yet.
func (p *storyView) putBack(k keptStory) {
	if len(p.choice) == 0 && k.Choice != nil {
		p.choice = k.Choice
	}
	for group, list := range k.Own {
		if len(p.own[group]) == 0 {
			p.own[group] = list
		}
	}
	if k.Tongue != "" {
		p.tongue = k.Tongue
	}
	if s := k.Shown; s != nil && p.shown == nil && p.telling == nil {
		p.shown, p.tells = s, []*stories.Story{s}
	}
	p.show()
}

// refresh lists the shelf anew.
func (p *storyView) refresh() {
	v, changes := p.w.Vault, p.changes
	if v == nil {
		return
	}
	p.w.inOrder(func() {
		list, err := stories.Shelf(p.w.ctx, v)
		p.w.do(func() {
			switch {
			case v != p.w.Vault:
			case err != nil:
				p.w.Log.Error("the shelf cannot be read", "error", err)
				p.w.complain(explainVault(err), err)
			case changes != p.changes: // the list is older than what is in the window
				p.refresh()
			default:
				p.shelved(list)
			}
		})
	})
}

// shelved shows the shelf. A story that is shown and is there no longer can be kept again.
func (p *storyView) shelved(list []stories.Kept) {
	p.shelf = list
	p.w.Log.Info("shelf listed", "stories", len(list))
	for _, s := range p.tells {
		if s.ID != 0 && !slices.ContainsFunc(list, func(k stories.Kept) bool { return k.ID == s.ID }) {
			s.ID = 0
		}
	}
	p.show()
}

// keep puts the story that is shown on the shelf.
func (p *storyView) keep() {
	s := p.shown
	if s == nil || s.ID != 0 || p.telling != nil {
		return
	}
	if p.w.Vault == nil {
		p.w.sayNotOpen()
		return
	}
	p.store(s)
}

// store has the vault take a story as it is now.
func (p *storyView) store(s *stories.Story) {
	v, copied := p.w.Vault, s.Clone()
	if v == nil {
		return
	}
	first := s.ID == 0
	p.changes++
	p.w.inOrder(func() {
		id, err := stories.Keep(context.Background(), v, copied)
		p.w.do(func() {
			if v != p.w.Vault {
				return
			}
			if err != nil {
				p.w.Log.Error("a story was not kept", "error", err)
				p.w.complain(explainVault(err), err)
				return
			}
			s.ID = id
			if first {
				p.w.Log.Info("a story was kept")
				p.w.mention(lang.L("The story is on your shelf."), "", nil)
			}
			p.refresh()
			p.rememberSoon()
		})
	})
}

// openKept reads a story from the shelf and shows it.
func (p *storyView) openKept(id int64) {
	v := p.w.Vault
	if v == nil {
		return
	}
	p.w.inOrder(func() {
		s, err := stories.Load(p.w.ctx, v, id)
		p.w.do(func() {
			switch {
			case v != p.w.Vault:
			case err != nil:
				p.w.Log.Error("a story cannot be read", "error", err)
				p.w.complain(explainVault(err), err)
			default:
				p.w.Log.Info("a story was opened", "paragraphs", len(s.Paragraphs))
				p.open(s)
			}
		})
	})
}

// opens shows a story that a search has found, and reports whether the document is one.
func (p *storyView) opens(id int64) bool {
	if !slices.ContainsFunc(p.shelf, func(k stories.Kept) bool { return k.ID == id }) {
		return false
	}
	p.w.show(storyPage)
	p.openKept(id)
	return true
}

// remove puts a story of the shelf into the trash, from where Undo takes it back.
func (p *storyView) remove(id int64) {
	v, at := p.w.Vault, slices.IndexFunc(p.shelf, func(k stories.Kept) bool { return k.ID == id })
	if v == nil || at < 0 || p.telling != nil {
		return
	}
	title, ref := storyTitle(p.shelf[at].Title), vault.Ref{Kind: vault.KindDocument, ID: id}
	p.changes++
	change := func(f func(context.Context, vault.Ref) error, then func()) {
		p.w.inOrder(func() {
			err := f(context.Background(), ref)
			p.w.do(func() {
				if err != nil {
					p.w.Log.Error("the shelf was not changed", "error", err)
					p.w.complain(explainVault(err), err)
				} else {
					then()
				}
				p.refresh()
			})
		})
	}
	change(v.Trash, func() {
		if p.shown != nil && p.shown.ID == id {
			p.startNew()
		}
		p.w.offerUndoInPrivate(lang.L("“{{.Title}}” was deleted.", map[string]any{"Title": title}), func() {
			change(v.Restore, func() { p.w.show(storyPage) })
		})
	})
}

// rememberSoon has what comes back stored before long.
func (p *storyView) rememberSoon() {
	if p.due || p.w.Vault == nil || !p.w.started {
		return
	}
	p.due = true
	time.AfterFunc(soon, func() {
		p.w.do(func() {
			p.due = false
			p.storePlace()
		})
	})
}

// storePlace stores what comes back.
func (p *storyView) storePlace() {
	v := p.w.Vault
	if v == nil || !p.taken {
		return
	}
	k := keptStory{Choice: p.choice, Own: p.own, Tongue: p.tongue}
	if p.shown != nil {
		k.Shown = p.shown.Clone()
	}
	nothing := len(k.Choice) == 0 && len(k.Own) == 0 && k.Shown == nil && k.Tongue == stories.Tongue(spokenTongue().tag)
	p.w.inOrder(func() {
		if err := replaceItem(v, storyPlace, k, nothing); err != nil {
			p.w.Log.Error("what comes back of stories was not stored", "error", err)
		}
	})
}

// leave ends what is being done and stores what comes back, before the vault is closed. What has come of a story stays.
func (p *storyView) leave() {
	p.silence()
	if t := p.telling; t != nil {
		t.progressed()
		if t.job.Does == stories.ChangeParagraph {
			p.shown = t.before
		}
		p.abandon()
	}
	p.storePlace()
}

// forget drops everything from memory.
func (p *storyView) forget() {
	p.changes++
	p.choice, p.own, p.shown, p.tells, p.shelf, p.taken = stories.Choice{}, map[string][]string{}, nil, nil, nil, false
	p.read.texts = nil
	p.choose.seed.SetText("")
	p.show()
	if p.entered {
		p.read.show() // it has the words of a story still
	}
}

// vaultOpened brings back what the vault has.
func (p *storyView) vaultOpened() {
	p.changes++
	p.take()
}
