package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

// newTalkList is the list of conversations.
func newTalkList(c *chatView) *keyList {
	row := func() fyne.CanvasObject { return widgets.NewListRow(icon("more")) }
	l := newKeyList(c.w.escape, func() int { return len(c.rows) }, row, c.fillRow)
	l.usable = func(i widget.ListItemID) bool { return c.rows[i].kind != headingRow }
	l.enter, l.menu, l.OnSelected = c.enterRow, c.openMenu, c.openRow
	l.remove = func(i widget.ListItemID) {
		if t := c.rows[i].talk; t != nil {
			c.remove(t)
		}
	}
	l.keys = map[fyne.KeyName]func(widget.ListItemID){
		fyne.KeyF2:    c.renameRow,
		fyne.KeyRight: func(i widget.ListItemID) { c.foldRow(i, false) },
		fyne.KeyLeft:  func(i widget.ListItemID) { c.foldRow(i, true) },
	}
	return l
}

// fillRow shows a row of the list.
func (c *chatView) fillRow(i widget.ListItemID, o fyne.CanvasObject) {
	r, row := c.rows[i], o.(*widgets.ListRow)
	face := widgets.RowFace{Text: r.text, Heading: r.kind == headingRow, Indent: r.inFolder}
	switch r.kind {
	case folderRow:
		face.Icon = icon("unfolded")
		if r.folded {
			face.Icon = icon("folded")
		}
		face.Text = lang.L("{{.Name}} ({{.N}})", map[string]any{"Name": oneLine(r.text, maxTitle), "N": grouped(int64(r.count))})
		face.More = lang.L("More about this folder")
	case talkRow:
		if r.talk.private {
			face.Icon = icon("private")
		}
		face.Text, face.More = r.talk.title(), lang.L("More about this chat")
	}
	row.OnTapped = func() { c.tapRow(i) }
	row.OnMenu = func(at fyne.Position) { c.openMenu(i, at) }
	row.Set(face)
	row.SetCurrent(c.list.focused && c.list.at == i)
}

// tapRow brings the keyboard to a row and does what Enter does there.
func (c *chatView) tapRow(i widget.ListItemID) {
	c.list.Highlight(i)
	c.w.win.Canvas().Focus(c.list)
	c.enterRow(i)
}

// enterRow opens a conversation, goes on in the one that is open, or folds a folder.
func (c *chatView) enterRow(i widget.ListItemID) {
	if r := c.rows[i]; r.kind == talkRow && r.talk == c.shown && !c.trash.shown() {
		c.side.fold()
		c.w.focus(c.prompt)
		return
	}
	c.openRow(i)
}

// openRow opens a conversation, or folds a folder.
func (c *chatView) openRow(i widget.ListItemID) {
	switch r := c.rows[i]; {
	case r.kind == folderRow:
		c.fold(r.text, !r.folded)
	case r.kind == headingRow:
		c.refreshList() // what was selected still is
	case r.talk != c.shown || c.trash.shown():
		c.open(r.talk)
	}
}

// foldRow folds or unfolds a folder. From a conversation in one the keyboard comes to the folder first.
func (c *chatView) foldRow(i widget.ListItemID, folded bool) {
	switch r := c.rows[i]; {
	case r.kind == folderRow && r.folded != folded:
		c.fold(r.text, folded)
	case r.inFolder && folded:
		for c.rows[i].kind != folderRow {
			i--
		}
		c.list.Highlight(i)
	}
}

// fold takes the conversations of a folder out of the list, or brings them back.
func (c *chatView) fold(folder string, folded bool) {
	if folded {
		c.folded[folder] = true
	} else {
		delete(c.folded, folder)
	}
	c.refreshList()
	c.w.rememberSoon()
}

// arrangeRows makes the rows of the list anew. What is being answered is of today, though it may not be stored yet.
func (c *chatView) arrangeRows() {
	all := make([]listed, len(c.all))
	for i, t := range c.all {
		all[i] = listed{talk: t, private: t.private, pinned: t.Pinned(), folder: t.Folder(), changed: t.Changed()}
		if c.running != nil && c.running.talk == t {
			all[i].changed = c.w.now()
		}
	}
	c.rows = listRows(all, c.folded, c.w.now())
}

// selectShown shows the list as it is now, and in it which conversation is shown, if it is not the trash. The keyboard
// stays at the row where it is, wherever that has gone.
func (c *chatView) selectShown() {
	var was listRow
	if c.list.focused && c.list.at < len(c.rows) {
		was = c.rows[c.list.at]
	}
	c.arrangeRows()
	c.list.UnselectAll()
	at := c.rowOf(c.shown)
	if at >= 0 && !c.trash.shown() {
		c.list.Select(at)
	}
	if c.list.focused {
		at = slices.IndexFunc(c.rows, was.same)
	}
	if at < 0 { // it is gone, or folded away
		at = min(c.list.at, len(c.rows)-1)
	}
	if c.rows[at].kind == headingRow {
		at++ // there is something under every heading
	}
	if at != c.list.at {
		c.list.Highlight(at)
	}
	c.list.Refresh()
}

// same reports whether two rows are of the same conversation or folder.
func (r listRow) same(other listRow) bool {
	return r.kind == other.kind && r.talk == other.talk && r.text == other.text && r.kind != headingRow
}

// refreshList shows the list as it is now, and leaves it scrolled to where it is.
func (c *chatView) refreshList() {
	offset := c.list.GetScrollOffset()
	c.selectShown()
	c.list.ScrollToOffset(offset)
}

// rowOf returns the row of a conversation, -1 if it is in a folder that is folded.
func (c *chatView) rowOf(t *talk) int {
	return slices.IndexFunc(c.rows, func(r listRow) bool { return r.kind == talkRow && r.talk == t })
}

// neighbour returns the conversation under another in the list, or else the one above it; nil if there is none.
func (c *chatView) neighbour(t *talk) *talk {
	i := c.rowOf(t)
	if i < 0 {
		return nil
	}
	for _, r := range c.rows[i+1:] {
		if r.kind == talkRow {
			return r.talk
		}
	}
	for _, r := range slices.Backward(c.rows[:i]) {
		if r.kind == talkRow {
			return r.talk
		}
	}
	return nil
}

// watchMidnight arranges the list anew when another day begins.
func (c *chatView) watchMidnight() {
	var timer *time.Timer
	timer = time.AfterFunc(untilMidnight(c.w.now()), func() {
		c.w.do(func() {
			c.refreshList()
			timer.Reset(untilMidnight(c.w.now()))
		})
	})
	context.AfterFunc(c.w.ctx, func() { timer.Stop() })
}
