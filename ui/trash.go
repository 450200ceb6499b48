package ui

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// trashView stands in the place of a conversation or document while the trash is looked at: what was deleted, when it
// goes for good, and the way back.
type trashView struct {
	w     *Window
	all   []vault.Trashed // the last deleted first
	looks int             // how often it was read: only the last is shown

	list  *keyList
	about *words
	empty *widgets.ChipButton
	page  fyne.CanvasObject // in whose place it stands
	root  *fyne.Container
}

// newTrashView makes one that stands in the place of page; label is that of the button that calls shut.
func newTrashView(w *Window, page fyne.CanvasObject, label string, shut func()) *trashView {
	v := &trashView{w: w, about: muted(" "), page: page}
	v.list = newKeyList(w.escape, func() int { return len(v.all) }, v.newRow, v.fillRow)
	v.list.enter, v.list.remove = v.restore, v.askPurge
	v.list.OnSelected = func(widget.ListItemID) { v.list.UnselectAll() } // a click does nothing by itself
	back := widgets.NewIconButton(icon("back"), label, shut)
	v.empty = widgets.NewChipButton(icon("trash"), lang.L("Empty the trash…"), v.askEmpty)
	head := bordered(nil, nil, container.NewCenter(back), container.NewCenter(v.empty), subheading(lang.L("Trash")))
	pad := func(top, bottom float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedLayout(top, bottom, 16, 16), o)
	}
	v.root = bordered(container.NewVBox(pad(8, 0, head), widget.NewSeparator(), pad(4, 0, v.about)), nil, nil, nil, pad(0, 8, v.list))
	v.root.Hide()
	return v
}

func (v *trashView) shown() bool { return v != nil && v.root.Visible() }

func (v *trashView) hide() {
	if v.shown() {
		v.root.Hide()
		v.page.Show()
	}
}

// forget drops what was read.
func (v *trashView) forget() {
	v.looks++
	v.all = nil
	v.list.Refresh()
}

// show puts the trash in the place of the page, with the keyboard on it.
func (v *trashView) show() {
	v.page.Hide()
	v.root.Show()
	v.read()
	v.w.focus(v.list)
}

// openTrash shows the trash in the place of the conversation.
func (c *chatView) openTrash() {
	if c.w.Vault == nil {
		return
	}
	c.side.fold()
	c.trash.show()
	c.selectShown()
}

// closeTrash shows the conversation again.
func (c *chatView) closeTrash() {
	c.trash.hide()
	c.selectShown()
	c.w.focus(c.prompt)
}

// read lists the trash, after what was ordered before.
func (v *trashView) read() {
	w, kept := v.w, v.w.Vault
	if kept == nil {
		return
	}
	v.looks++
	looks := v.looks
	w.inOrder(func() {
		list, err := kept.Trashed(w.ctx)
		w.do(func() {
			switch {
			case looks != v.looks:
			case err != nil:
				w.Log.Error("the trash cannot be listed", "error", err)
				w.complain(explainVault(err), err)
			default:
				v.listed(list)
			}
		})
	})
}

func (v *trashView) listed(list []vault.Trashed) {
	v.all = list
	if len(list) == 0 {
		v.about.set(lang.L("The trash is empty. What you delete can be brought back from here for {{.N}} days.", map[string]any{"N": days(vault.TrashTime)}))
		v.empty.Disable()
	} else {
		v.about.set(lang.L("By the keyboard: Enter brings an entry back, Delete deletes it for good."))
		v.empty.Enable()
	}
	v.list.at = min(v.list.at, max(0, len(list)-1))
	v.list.Refresh()
	for range 2 { // texts wrap to their width, then know their height
		v.root.Refresh()
	}
}

// Parts of a row.
const (
	trashLines = iota // the title, and when it goes
	trashTools        // to restore, to delete for good
)

func (v *trashView) newRow() fyne.CanvasObject {
	title := widget.NewLabel("")
	title.Truncation = fyne.TextTruncateEllipsis
	tools := container.NewHBox(widgets.NewIconButton(icon("restore"), lang.L("Restore"), nil), widgets.NewIconButton(icon("trash"), lang.L("Delete for good"), nil))
	return container.NewBorder(nil, nil, nil, container.NewCenter(tools), lines(title, oneLined(muted(""))))
}

func (v *trashView) fillRow(i widget.ListItemID, o fyne.CanvasObject) {
	x, row := v.all[i], o.(*fyne.Container).Objects
	texts := row[trashLines].(*fyne.Container).Objects
	texts[0].(*widget.Label).SetText(trashedTitle(x))
	texts[1].(*words).set(lang.L("{{.Kind}} · deleted for good on {{.Date}}", map[string]any{
		"Kind": kindName(x.Kind), "Date": date(x.Deleted.Add(vault.TrashTime), time.Now())}))
	tools := row[trashTools].(*fyne.Container).Objects[0].(*fyne.Container).Objects
	tools[0].(*widgets.IconButton).OnTapped = func() { v.restore(i) }
	tools[1].(*widgets.IconButton).OnTapped = func() { v.askPurge(i) }
}

// trashedTitle is what an entry is called.
func trashedTitle(x vault.Trashed) string {
	if title := oneLine(x.Title, maxTitle); title != "" {
		return title
	}
	return lang.L("Without a title")
}

// kindName says what something in the vault is.
func kindName(k vault.Kind) string {
	switch k {
	case vault.KindConversation:
		return lang.L("Conversation")
	case vault.KindMessage:
		return lang.L("Message")
	case vault.KindDocument:
		return lang.L("Document")
	}
	return lang.L("Entry")
}

// restore brings an entry back.
func (v *trashView) restore(i widget.ListItemID) {
	if i >= len(v.all) {
		return
	}
	ref := v.all[i].Ref
	v.change(func(kept *vault.Vault) error { return kept.Restore(context.Background(), ref) },
		func() { v.w.mention(lang.L("It was brought back."), "", nil) })
}

// change does something to the trash and reads it and the list of conversations anew.
func (v *trashView) change(f func(*vault.Vault) error, done func()) {
	w, kept := v.w, v.w.Vault
	if kept == nil {
		return
	}
	w.inOrder(func() {
		err := f(kept)
		w.do(func() {
			if err != nil {
				w.Log.Error("the trash was not changed", "error", err)
				w.complain(explainVault(err), err)
			} else {
				done()
			}
			v.read()
			w.chat.refreshHistory()
			w.write.refresh()
			w.story.refresh()
		})
	})
}

// askPurge deletes an entry for good, if that is what the user wants.
func (v *trashView) askPurge(i widget.ListItemID) {
	if i >= len(v.all) {
		return
	}
	x := v.all[i]
	v.ask(lang.L("Delete for good?"), lang.L("Nobody can bring “{{.Title}}” back after this.", map[string]any{"Title": trashedTitle(x)}), lang.L("Delete"),
		func(kept *vault.Vault) error { return kept.Purge(context.Background(), x.Ref) })
}

// askEmpty deletes all entries for good, if that is what the user wants.
func (v *trashView) askEmpty() {
	if n := len(v.all); n > 0 {
		v.ask(lang.L("Empty the trash?"), lang.N("{{.N}} entries are deleted for good. Nobody can bring them back after this.", n, map[string]any{"N": grouped(int64(n))}),
			lang.L("Empty the trash"), func(kept *vault.Vault) error { return kept.EmptyTrash(context.Background()) })
	}
}

func (v *trashView) ask(title, text, label string, f func(*vault.Vault) error) {
	w := v.w
	cancel := widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog)
	do := widgets.NewChipButton(icon("trash"), label, func() {
		w.closeDialog()
		v.change(f, func() {
			w.mention(lang.L("Deleted for good."), "", nil)
			w.focus(v.list)
		})
	})
	w.showDialog(subheading(title), paragraph(text), cancel, cancel, do)
}
