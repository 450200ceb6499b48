package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

// openMenu opens the menu of a row of the list.
func (c *chatView) openMenu(i widget.ListItemID, at fyne.Position) {
	c.list.Highlight(i)
	switch r := c.rows[i]; r.kind {
	case folderRow:
		c.w.showMenuAt(at, c.folderActions(r.text))
	case talkRow:
		c.w.showMenuAt(at, c.talkActions(r.talk))
	}
}

// talkActions is what can be done with a conversation. What is not kept has no place in the list but its own.
func (c *chatView) talkActions(t *talk) []*fyne.MenuItem {
	rename := fyne.NewMenuItem(lang.L("Rename…"), func() { c.askRename(t) })
	pin := fyne.NewMenuItem(lang.L("Pin"), func() { c.pinTalk(t, true) })
	if t.Pinned() {
		pin = fyne.NewMenuItem(lang.L("Unpin"), func() { c.pinTalk(t, false) })
	}
	move := fyne.NewMenuItem(lang.L("Move to folder"), nil)
	move.ChildMenu = fyne.NewMenu("", c.folderChoice(t)...)
	export := fyne.NewMenuItem(lang.L("Export…"), func() { c.export(t) })
	remove := fyne.NewMenuItem(lang.L("Delete"), func() { c.remove(t) })
	if t.blank() {
		rename.Disabled, pin.Disabled, move.Disabled, export.Disabled, remove.Disabled = true, true, true, true, !t.private
		move.ChildMenu = nil
	}
	items := []*fyne.MenuItem{rename}
	if !t.private {
		items = append(items, pin, move)
	}
	return append(items, export, fyne.NewMenuItemSeparator(), remove)
}

// blank reports whether nothing was said and nothing is stored.
func (t *talk) blank() bool { return t.empty() && t.ID() == 0 }

// folderChoice is where a conversation can go.
func (c *chatView) folderChoice(t *talk) []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, name := range c.folders() {
		item := fyne.NewMenuItem(oneLine(name, maxFolder), func() { c.moveTo(t, name) })
		item.Checked = name == t.Folder()
		items = append(items, item)
	}
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	items = append(items, fyne.NewMenuItem(lang.L("New folder…"), func() {
		c.w.askName(lang.L("New folder"), lang.L("Move"), "", func(name string) { c.moveTo(t, name) })
	}))
	if t.Folder() != "" {
		items = append(items, fyne.NewMenuItem(lang.L("Out of the folder"), func() { c.moveTo(t, "") }))
	}
	return items
}

// pinTalk puts a conversation on top of the list, or back to where it belongs.
func (c *chatView) pinTalk(t *talk, pinned bool) {
	c.rearrange(func(ctx context.Context) error { return t.SetPinned(ctx, pinned) }, nil)
}

// moveTo puts a conversation into a folder, "" for none. The folder is open then.
func (c *chatView) moveTo(t *talk, folder string) {
	delete(c.folded, folder)
	c.rearrange(func(ctx context.Context) error { return t.Move(ctx, folder) }, nil)
}

// rearrange does something to conversations that may be in the vault, and shows the list as it is then.
func (c *chatView) rearrange(f func(context.Context) error, done func()) {
	c.moves++
	c.w.inOrder(func() {
		err := f(context.Background())
		c.w.do(func() {
			c.moves++
			if err != nil {
				c.w.Log.Error("a conversation was not changed", "error", err)
				c.w.complain(explainVault(err), err)
			}
			c.refreshList()
			c.showHead()
			if err == nil {
				c.w.Log.Info("conversations arranged")
				if done != nil {
					done()
				}
			}
		})
	})
}

// renameRow asks for another name for what is in a row.
func (c *chatView) renameRow(i widget.ListItemID) {
	switch r := c.rows[i]; {
	case r.kind == folderRow:
		c.askRenameFolder(r.text)
	case r.kind == talkRow && !r.talk.blank():
		c.askRename(r.talk)
	}
}

// maxFolder is how many characters of a folder's name stand in a menu.
const maxFolder = 40

// folders lists the folders there are, by name. A folder is there as long as a conversation is in it.
func (c *chatView) folders() []string {
	var names []string
	for _, t := range c.all {
		if name := t.Folder(); name != "" && !t.private {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, alphabetically)
	return slices.Compact(names)
}

// within lists the conversations of a folder.
func (c *chatView) within(folder string) []*talk {
	return slices.DeleteFunc(slices.Clone(c.all), func(t *talk) bool { return t.private || t.Folder() != folder })
}

// folderActions is what can be done with a folder.
func (c *chatView) folderActions(name string) []*fyne.MenuItem {
	fold := fyne.NewMenuItem(lang.L("Fold"), func() { c.fold(name, true) })
	if c.folded[name] {
		fold = fyne.NewMenuItem(lang.L("Unfold"), func() { c.fold(name, false) })
	}
	return []*fyne.MenuItem{
		fold,
		fyne.NewMenuItem(lang.L("Rename…"), func() { c.askRenameFolder(name) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem(lang.L("Dissolve the folder"), func() { c.dissolve(name) }),
	}
}

// askRenameFolder asks for another name for a folder. With that of another one the two become one.
func (c *chatView) askRenameFolder(name string) {
	c.w.askName(lang.L("Rename the folder"), lang.L("Rename"), name, func(now string) {
		if c.folded[name] && now != name {
			delete(c.folded, name)
			c.folded[now] = true
		}
		c.moveAll(c.within(name), now, nil)
	})
}

// dissolve takes all conversations out of a folder, which is gone by that.
func (c *chatView) dissolve(name string) {
	in := c.within(name)
	c.moveAll(in, "", func() {
		c.w.offerUndoInPrivate(lang.L("The folder “{{.Name}}” was dissolved. Its conversations are still there.", map[string]any{"Name": oneLine(name, maxTitle)}),
			func() { c.moveAll(in, name, nil) })
	})
}

// moveAll puts conversations into a folder.
func (c *chatView) moveAll(all []*talk, folder string, done func()) {
	c.rearrange(func(ctx context.Context) error {
		for _, t := range all {
			if err := t.Move(ctx, folder); err != nil {
				return err
			}
		}
		return nil
	}, done)
}
