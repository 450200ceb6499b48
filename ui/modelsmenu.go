package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"lamplight/library"
	"lamplight/ui/widgets"
)

// showMenuAt opens a menu at a place, or as near to it as there is room.
func (w *Window) showMenuAt(at fyne.Position, items []*fyne.MenuItem) {
	if w.dialog != nil {
		return
	}
	pop := widget.NewPopUpMenu(fyne.NewMenu("", items...), w.win.Canvas())
	room := w.win.Canvas().Size().Subtract(pop.MinSize())
	pop.ShowAtPosition(fyne.NewPos(max(0, min(at.X, room.Width)), max(0, min(at.Y, room.Height))))
}

// showMenu opens a menu under a button, or above it where there is no room below. Arrow keys and Enter choose from it,
// Escape closes it.
func (w *Window) showMenu(under fyne.CanvasObject, items []*fyne.MenuItem) {
	if w.dialog != nil {
		return
	}
	pop := widget.NewPopUpMenu(fyne.NewMenu("", items...), w.win.Canvas())
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(under)
	size, below := pop.MinSize(), at.Y+under.Size().Height
	if below+size.Height > w.win.Canvas().Size().Height {
		below = max(0, at.Y-size.Height)
	}
	pop.ShowAtPosition(fyne.NewPos(max(0, at.X+under.Size().Width-size.Width), below))
}

// actions is the menu of a card: everything that is done with a model now and then.
func (m *modelsView) actions(model library.Model) []*fyne.MenuItem {
	w := m.w
	items := []*fyne.MenuItem{
		fyne.NewMenuItem(lang.L("Rename…"), func() { m.rename(model) }),
		fyne.NewMenuItem(lang.L("Notes and tags…"), func() { m.note(model) }),
		fyne.NewMenuItem(lang.L("Licence…"), func() { m.showLicence(model) }),
	}
	if model.BuiltIn() { // it is part of the program, and so is its name
		items = items[1:2]
	}
	items = append(items, fyne.NewMenuItemSeparator())
	if model.Err() == nil {
		items = append(items,
			fyne.NewMenuItem(lang.L("Make a smaller one…"), func() { w.askQuantize(model) }),
			fyne.NewMenuItem(lang.L("Quality receipt…"), func() { w.askReceipt(model) }),
			fyne.NewMenuItem(lang.L("Compare…"), func() { w.askCompare(model) }),
			fyne.NewMenuItem(lang.L("Export…"), func() { w.askExportModel(model) }),
			fyne.NewMenuItem(lang.L("Specialists…"), func() { w.specialists(model) }),
			fyne.NewMenuItemSeparator())
	}
	if !model.Gone {
		items = append(items, fyne.NewMenuItem(lang.L("Verify"), func() { m.verify(model) }))
	}
	if model.Card.SHA256 != "" {
		items = append(items, fyne.NewMenuItem(lang.L("Copy the SHA-256"), func() {
			fyne.CurrentApp().Clipboard().SetContent(model.Card.SHA256)
			w.mention(lang.L("The SHA-256 is in the clipboard."), "", nil)
		}))
	}
	if model.Card.Reference && model.Err() == nil {
		items = append(items, fyne.NewMenuItem(lang.L("Copy into the library"), func() { m.own(model) }))
	}
	if model.BuiltIn() {
		return items
	}
	return append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(lang.L("Remove"), func() { m.remove(model) }))
}

func (m *modelsView) rename(model library.Model) {
	m.w.askName(lang.L("Rename"), lang.L("Rename"), model.Card.Name, func(name string) {
		m.w.change(func() error { return m.w.Library.Rename(model.ID, name) }, nil)
	})
}

// note asks for what the user wants to remember of a model.
func (m *modelsView) note(model library.Model) {
	tags, notes := m.w.newField(), m.w.newField()
	tags.SetPlaceHolder(lang.L("story, quick"))
	tags.SetText(strings.Join(model.Card.Tags, ", "))
	notes.MultiLine, notes.Wrapping = true, fyne.TextWrapWord
	notes.SetMinRowsVisible(6)
	notes.SetText(model.Card.Notes)
	save := widgets.NewChipButton(nil, lang.L("Save"), func() {
		m.w.closeDialog()
		newTags, newNotes := strings.Split(tags.Text, ","), notes.Text
		m.w.change(func() error {
			if err := m.w.Library.SetTags(model.ID, newTags); err != nil {
				return err
			}
			return m.w.Library.SetNotes(model.ID, newNotes)
		}, nil)
	})
	body := container.NewVBox(
		lines(paragraph(lang.L("Tags")), muted(lang.L("A few words to find it by, with commas between them."))), tags,
		lines(paragraph(lang.L("Notes")), muted(lang.L("They stay on this computer, in the library's folder."))), notes)
	m.w.showDialog(subheading(model.Card.Name), body, tags, widgets.NewChipButton(nil, lang.L("Cancel"), m.w.closeDialog), save)
}

// showLicence shows the text of a licence, which may be long.
func (m *modelsView) showLicence(model library.Model) {
	w := m.w
	w.work(func(context.Context) {
		text, err := w.Library.Licence(model.ID)
		w.do(func() {
			if err != nil {
				w.Log.Warn("a licence cannot be read", "error", err)
				w.complain(explainChange(err), err)
				return
			}
			w.showText(lang.L("Licence of {{.Name}}", map[string]any{"Name": model.Card.Name}), licenceText(text))
		})
	})
}

// licenceText is what the window says where nobody knows the licence.
func licenceText(text string) string {
	if strings.TrimSpace(text) == "" {
		return lang.L("The model's files do not say under which licence it may be used. Where you got it from may tell.")
	}
	return text
}

// showText shows a long text in a dialog. Its lines are made when they are seen.
func (w *Window) showText(title, text string) {
	list := widget.NewList(nil, nil, nil)
	rows := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	list.Length = func() int { return len(rows) }
	list.CreateItem = func() fyne.CanvasObject { return muted("") }
	list.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		line := o.(*words)
		line.set(oneLine(rows[i], 4000))
		list.SetItemHeight(i, line.MinSize().Height)
	}
	list.HideSeparators = true
	copyIt := widgets.NewChipButton(icon("copy"), lang.L("Copy"), func() { fyne.CurrentApp().Clipboard().SetContent(text) })
	closeIt := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	w.showDialog(subheading(title), container.New(barHeight(320), list), closeIt, copyIt, closeIt)
}

// remove puts a model into the trash, from where Undo takes it back.
func (m *modelsView) remove(model library.Model) {
	name := map[string]any{"Name": model.Card.Name}
	m.w.change(func() error { return m.w.Library.Remove(model.ID) }, func() {
		m.w.offerUndo(lang.L("{{.Name}} is in the trash. Its file elsewhere was not touched.", name), func() {
			m.w.change(func() error { return m.w.Library.Restore(model.ID) }, nil)
		})
	})
}
