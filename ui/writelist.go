package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// newDocumentList is the list of documents.
func newDocumentList(p *writeView) *keyList {
	row := func() fyne.CanvasObject { return widgets.NewListRow(icon("more")) }
	l := newKeyList(p.w.escape, func() int { return len(p.all) }, row, p.fillRow)
	l.enter, l.menu, l.OnSelected = p.enterRow, p.openMenu, p.openRow
	l.remove = func(i widget.ListItemID) { p.remove(p.all[i]) }
	l.keys = map[fyne.KeyName]func(widget.ListItemID){fyne.KeyF2: func(i widget.ListItemID) { p.askRename(p.all[i]) }}
	return l
}

// fillRow shows a row of the list.
func (p *writeView) fillRow(i widget.ListItemID, o fyne.CanvasObject) {
	row := o.(*widgets.ListRow)
	row.OnTapped = func() {
		p.list.Highlight(i)
		p.w.win.Canvas().Focus(p.list)
		p.enterRow(i)
	}
	row.OnMenu = func(at fyne.Position) { p.openMenu(i, at) }
	row.Set(widgets.RowFace{Text: p.all[i].label(), More: lang.L("More about this document")})
	row.SetCurrent(p.list.focused && p.list.at == i)
}

// covered reports whether something stands in the place of the text.
func (p *writeView) covered() bool { return p.trash.shown() || p.history.shown() }

// enterRow opens a document, or goes on in the one that is open.
func (p *writeView) enterRow(i widget.ListItemID) {
	if p.all[i] == p.shown && !p.covered() {
		p.folding.fold()
		p.w.focus(p.editor)
		return
	}
	p.openRow(i)
}

func (p *writeView) openRow(i widget.ListItemID) {
	if d := p.all[i]; d != p.shown || p.covered() {
		p.open(d)
	}
}

// openMenu opens the menu of a row.
func (p *writeView) openMenu(i widget.ListItemID, at fyne.Position) {
	p.list.Highlight(i)
	p.w.showMenuAt(at, p.documentActions(p.all[i]))
}

// documentActions is what can be done with a document.
func (p *writeView) documentActions(d *document) []*fyne.MenuItem {
	rename := fyne.NewMenuItem(lang.L("Rename…"), func() { p.askRename(d) })
	save := fyne.NewMenuItem(lang.L("Save as a file…"), func() { p.withText(d, p.askSave) })
	remove := fyne.NewMenuItem(lang.L("Delete"), func() { p.remove(d) })
	rename.Disabled, save.Disabled, remove.Disabled = d.blank(), d.blank(), d.blank()
	return []*fyne.MenuItem{rename, save, fyne.NewMenuItemSeparator(), remove}
}

// askRename asks for another title.
func (p *writeView) askRename(d *document) {
	if d.blank() {
		return
	}
	p.w.askName(lang.L("Rename"), lang.L("Rename"), d.name(), func(title string) {
		p.withText(d, func(d *document) { p.rename(d, title) })
	})
}

// selectShown shows the list as it is now, and in it which document is shown.
func (p *writeView) selectShown() {
	p.list.UnselectAll()
	at := slices.Index(p.all, p.shown)
	if at >= 0 && !p.trash.shown() {
		p.list.Select(at)
	}
	if !p.list.focused && at >= 0 && at != p.list.at {
		p.list.Highlight(at)
	}
	p.list.at = min(p.list.at, len(p.all)-1)
	p.list.Refresh()
}

// refreshList shows the list as it is now, and leaves it scrolled to where it is.
func (p *writeView) refreshList() {
	offset := p.list.GetScrollOffset()
	p.selectShown()
	p.list.ScrollToOffset(offset)
}

// toFront makes a document the first of the list, and reports whether it was not.
func (p *writeView) toFront(d *document) bool {
	i := slices.Index(p.all, d)
	if i <= 0 {
		return false
	}
	p.all = slices.Insert(slices.Delete(p.all, i, i+1), 0, d)
	return true
}

// startNew shows an empty document: one that is there, or a new one.
func (p *writeView) startNew() { p.open(p.blankOne()) }

// blankOne is a document in which nothing is written, the first there is.
func (p *writeView) blankOne() *document {
	i := slices.IndexFunc(p.all, (*document).blank)
	if i < 0 {
		p.all = slices.Insert(p.all, 0, newDocument("", ""))
		i = 0
	}
	return p.all[i]
}

// find returns the document with this ID in the vault, nil if it is not on the list.
func (p *writeView) withID(id int64) *document {
	if i := slices.IndexFunc(p.all, func(d *document) bool { return id != 0 && d.id == id }); i >= 0 {
		return p.all[i]
	}
	return nil
}

// remove puts a document into the trash, from where Undo takes it back. One that is in memory only is gone with the notice.
func (p *writeView) remove(d *document) {
	at := slices.Index(p.all, d)
	if at < 0 || d.blank() {
		return
	}
	label, v := d.label(), p.w.Vault
	p.takeOut(d, at) // which stores it
	p.w.inOrder(func() {
		var err error
		if v != nil && d.row != 0 {
			err = v.Trash(context.Background(), vault.Ref{Kind: vault.KindDocument, ID: d.row})
		}
		p.w.do(func() {
			if err != nil {
				p.w.Log.Error("a document was not deleted", "error", err)
				p.w.complain(explainVault(err), err)
				p.putIn(d, at)
				return
			}
			undo := p.w.offerUndoInPrivate(lang.L("“{{.Title}}” was deleted.", map[string]any{"Title": label}), func() { p.bringBack(d, at) })
			if v == nil {
				p.w.endsWithNotice(undo)
			}
			p.w.focus(p.list) // whose Ctrl+Z brings it back
		})
	})
}

// bringBack takes a document out of the trash.
func (p *writeView) bringBack(d *document, at int) {
	v := p.w.Vault
	p.w.inOrder(func() {
		var err error
		if v != nil && d.row != 0 {
			err = v.Restore(context.Background(), vault.Ref{Kind: vault.KindDocument, ID: d.row})
		}
		p.w.do(func() {
			if err != nil {
				p.w.Log.Error("a document was not brought back", "error", err)
				p.w.complain(explainVault(err), err)
				return
			}
			p.putIn(d, at)
		})
	})
}

// takeOut takes a document off the list, and shows another if it was the one that is shown.
func (p *writeView) takeOut(d *document, at int) {
	p.moves++
	p.store(d)
	p.all = slices.Delete(p.all, at, at+1)
	if len(p.all) == 0 {
		p.all = []*document{newDocument("", "")}
	}
	if d == p.shown {
		p.open(p.all[min(at, len(p.all)-1)])
	} else {
		p.refreshList()
	}
}

// putIn puts a document back on the list, unless it is there already, and shows it.
func (p *writeView) putIn(d *document, at int) {
	p.moves++
	if there := p.withID(d.id); there != nil {
		d = there
	} else if !slices.Contains(p.all, d) {
		p.all = slices.Insert(p.all, min(at, len(p.all)), d)
	}
	p.w.show(writePage)
	p.open(d)
}

// jump shows a document of the vault at what a query has found in it.
func (p *writeView) jump(h vault.Hit, query string) {
	d := p.withID(h.ID)
	switch {
	case d != nil:
		d.query = query
		p.open(d)
	case p.reading:
		p.w.complain(message{lang.L("Your documents are still being read. Try again in a moment."), noRemedy}, nil)
	default: // it has gone since it was found
		p.w.complain(explainVault(vault.ErrNotFound), vault.ErrNotFound)
	}
}

// openTrash shows the trash in the place of the document.
func (p *writeView) openTrash() {
	if p.w.Vault == nil {
		return
	}
	p.folding.fold()
	p.history.hide()
	p.trash.show()
	p.selectShown()
}

// closeTrash shows the document again.
func (p *writeView) closeTrash() {
	p.trash.hide()
	p.selectShown()
	p.w.focus(p.editor)
}
