package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant/stories"
	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// This file is what the page Write does with the vault. Without one documents are in memory.

const (
	storePause    = 800 * time.Millisecond // from the first key that is not stored to storing it
	revisionEvery = 10 * time.Minute       // of writing
)

// documentPlacesName is the setting in the vault that says where documents were.
const documentPlacesName = "documents"

// keptDocuments are what comes back of the page beside the texts.
type keptDocuments struct {
	Shown  int64          `json:"shown"` // 0: a new one
	Places []keptDocument `json:"places,omitempty"`
}

// keptDocument is where a document was, and where it came from.
type keptDocument struct {
	Document int64               `json:"document"`
	Anchor   int                 `json:"anchor,omitempty"`
	Cursor   int                 `json:"cursor,omitempty"`
	Place    widgets.EditorPlace `json:"place"`
	File     *origin             `json:"file,omitempty"`
}

// empty reports whether that is what any document has.
func (k keptDocument) empty() bool {
	return k.Anchor == 0 && k.Cursor == 0 && k.Place == widgets.EditorPlace{} && k.File == nil
}

// keptDocumentsText says where documents are.
func (w *Window) keptDocumentsText() string {
	if w.Vault == nil {
		return lang.L("Documents are kept until you close the window.")
	}
	if s, err := vault.Inspect(w.Vault.Dir()); err == nil && s.Protection == vault.File {
		return lang.L("Documents are kept on this computer. Whoever can read your files can read them.")
	}
	return lang.L("Documents are kept on this computer, encrypted.")
}

// readAll lists the documents of the vault, and shows the one that was shown.
func (p *writeView) readAll() {
	p.reading = p.w.Vault != nil
	p.refresh()
}

// refresh lists the documents of the vault anew. What is written and not stored stays.
func (p *writeView) refresh() {
	v, moves, first := p.w.Vault, p.moves, !p.taken
	if v == nil {
		return
	}
	p.w.inOrder(func() {
		var kept keptDocuments
		list, err := v.Documents(p.w.ctx)
		if err == nil {
			list, err = stories.Others(p.w.ctx, v, list) // which are on the page Story
		}
		if err == nil && first {
			kept, err = readItem[keptDocuments](p.w.ctx, v, documentPlacesName)
		}
		p.w.do(func() {
			switch {
			case v != p.w.Vault: // it was locked meanwhile
			case err != nil:
				p.reading = false
				p.w.Log.Error("the documents cannot be listed", "error", err)
				p.w.complain(explainVault(err), err)
			case moves != p.moves: // the list is older than what is in the window
				p.refresh()
			default:
				p.reading = false
				p.listed(list)
				if first && !p.taken {
					p.putPlaces(kept)
				}
				p.w.Log.Info("documents listed", "documents", len(list))
			}
		})
	})
}

// listed brings the list in line with the documents of the vault. Those that are not in it yet stay above the others.
func (p *writeView) listed(list []vault.Document) {
	known := map[int64]*document{}
	var all []*document
	for _, d := range append(p.lost, p.all...) {
		switch {
		case d.id == 0:
			all = append(all, d)
		case known[d.id] == nil:
			known[d.id] = d
		}
	}
	for _, x := range list {
		d := known[x.ID]
		if d == nil {
			d = &document{id: x.ID, row: x.ID}
		}
		if d.text == nil {
			d.title = x.Title
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		all = []*document{newDocument("", "")}
	}
	p.lost = nil
	same := slices.Equal(p.all, all)
	p.all = all
	for _, d := range all {
		p.store(d) // which the vault did not get before
	}
	switch {
	case !slices.Contains(all, p.shown):
		p.shown.gone()
		p.open(p.blankOne())
	case !same:
		p.selectShown()
	}
}

// read brings the text of a document before its user.
func (p *writeView) read(d *document) {
	v, id := p.w.Vault, d.id
	if v == nil || id == 0 {
		return
	}
	p.w.inOrder(func() {
		x, err := v.Document(p.w.ctx, id)
		p.w.do(func() {
			switch {
			case v != p.w.Vault || d.text != nil:
			case err != nil:
				p.w.Log.Error("a document cannot be read", "error", err)
				p.w.complain(explainVault(err), err)
			default:
				d.read(x.Title, x.Text)
				if d != p.shown {
					return
				}
				p.show()
				if d.query != "" {
					p.finder.found()
				}
			}
		})
	})
}

// withText shows a document and does something with it once its text is read.
func (p *writeView) withText(d *document, f func(*document)) {
	p.open(d)
	p.w.inOrder(func() { // after it was read
		p.w.do(func() {
			if d.text != nil && slices.Contains(p.all, d) {
				f(d)
			}
		})
	})
}

// storeSoon has what was written stored before long.
func (p *writeView) storeSoon() {
	if p.begun.store || p.w.Vault == nil {
		return
	}
	p.begun.store = true
	time.AfterFunc(storePause, func() {
		p.w.do(func() {
			p.begun.store = false
			d := p.shown // others were stored when they were left
			if !d.since.IsZero() && p.w.now().Sub(d.since) >= revisionEvery {
				p.keepRevision(d, lang.L("While you were writing"))
			} else {
				p.store(d)
			}
			p.showState()
		})
	})
}

// store has the vault take a document as it is now, unless it has that already.
func (p *writeView) store(d *document) {
	v := p.w.Vault
	if v == nil || !d.dirty() {
		return
	}
	now, text := d.now(), d.text.Text()
	d.stored = now
	d.storing++
	p.w.inOrder(func() {
		err := d.write(v, now.title, text)
		row := d.row
		p.w.do(func() {
			d.id = row
			p.wasStored(d, v, err)
		})
	})
	if p.onStored != nil {
		p.onStored(d)
	}
}

// write puts a version into the vault. It is called in order.
func (d *document) write(v *vault.Vault, title, text string) error {
	if d.row != 0 {
		return v.SetDocument(context.Background(), d.row, title, text)
	}
	x, err := v.NewDocument(context.Background(), vault.Document{Title: title, Text: text})
	if err == nil {
		d.row = x.ID
	}
	return err
}

// gone notes that the vault has a document no longer, and nothing of it is stored.
func (d *document) gone() {
	d.since = time.Time{}
	if d.text != nil {
		d.stored = d.now()
	}
}

// wasStored shows what became of storing a document.
func (p *writeView) wasStored(d *document, v *vault.Vault, err error) {
	d.storing--
	switch {
	case err == nil:
		d.failed = false
	case v != p.w.Vault:
		p.w.Log.Error("a document was not stored before the vault was locked", "error", err)
		d.stored = version{}
		p.lost = append(p.lost, d)
	default:
		p.w.Log.Error("a document was not stored", "error", err)
		d.stored = version{}
		if !d.failed {
			d.failed = true
			p.w.complain(explainVault(err), err)
		}
	}
	p.showState()
}

// keepRevision stores a document, and keeps it as it is now to go back to; note says why.
func (p *writeView) keepRevision(d *document, note string) {
	v := p.w.Vault
	if v == nil || d.text == nil || d.blank() {
		return
	}
	p.store(d)
	d.since = time.Time{}
	p.w.inOrder(func() {
		if d.row == 0 { // it could not be stored
			return
		}
		if _, err := v.KeepRevision(context.Background(), d.row, note); err != nil {
			p.w.Log.Error("a revision was not kept", "error", err)
		}
	})
}

// keepPlace notes where the document that is shown is.
func (p *writeView) keepPlace() {
	d := p.shown
	if d.text == nil {
		return
	}
	s := d.text.Selection()
	d.place.Anchor, d.place.Cursor, d.place.Place = s.Anchor, s.Cursor, p.editor.Place()
}

// putPlaces puts documents where they were, and shows the one that was shown.
func (p *writeView) putPlaces(kept keptDocuments) {
	p.taken = true
	for _, k := range kept.Places {
		if d := p.withID(k.Document); d != nil && d.place.empty() {
			d.place = k
		}
	}
	if d := p.withID(kept.Shown); d != nil && p.shown.blank() && !p.covered() {
		p.open(d)
	}
}

// rememberSoon has the places stored before long, for the case that the program does not end by itself.
func (p *writeView) rememberSoon() {
	if p.begun.remember || p.w.Vault == nil || !p.w.started {
		return
	}
	p.begun.remember = true
	time.AfterFunc(soon, func() {
		p.w.do(func() {
			p.begun.remember = false
			p.storePlaces()
		})
	})
}

// storePlaces stores where documents are.
func (p *writeView) storePlaces() {
	v := p.w.Vault
	if v == nil || !p.taken {
		return
	}
	p.keepPlace()
	shown, all := p.shown, make([]*document, 0, len(p.all))
	places := map[*document]keptDocument{}
	for _, d := range p.all {
		if !d.place.empty() && len(all) < maxPlaces {
			all, places[d] = append(all, d), d.place
		}
	}
	p.w.inOrder(func() { // after those that are new were stored
		kept := keptDocuments{Shown: shown.row}
		for _, d := range all {
			place := places[d]
			if place.Document = d.row; d.row != 0 {
				kept.Places = append(kept.Places, place)
			}
		}
		if err := replaceItem(v, documentPlacesName, kept, kept.Shown == 0 && len(kept.Places) == 0); err != nil {
			p.w.Log.Error("where documents are was not stored", "error", err)
		}
	})
}

// leaveAll stores whatever is not stored yet, before the vault is closed.
func (p *writeView) leaveAll() {
	if p.w.Vault == nil {
		return
	}
	p.leave(p.shown)
	for _, d := range p.all {
		p.store(d)
	}
	p.storePlaces()
}

// forget drops all documents from memory.
func (p *writeView) forget() {
	p.help.forget()
	p.moves++
	p.reading, p.taken = false, false
	p.all = []*document{newDocument("", "")}
	p.shown = p.all[0]
	p.trash.forget()
	p.trash.hide()
	p.history.hide()
	p.finder.forget()
	p.show()
	p.counter.forget()
	p.counted.Refresh()
	p.showKept()
	p.selectShown()
}

// vaultOpened shows the documents of the vault. What was written before it was open goes there.
func (p *writeView) vaultOpened() {
	p.moves++
	p.showKept()
	p.readAll()
	p.help.read()
}
