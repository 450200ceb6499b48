package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// keyList is a list that is used by the keyboard too. Fyne's own shows by a faint ground only which row has
// the keyboard; this one draws the ring that everything else has.
type keyList struct {
	widget.List
	escape  func()
	enter   func(widget.ListItemID) // Enter on a row; nil: it selects the row
	remove  func(widget.ListItemID) // Delete on a row
	focused bool
	at      widget.ListItemID // the row that has the keyboard while the list has it
}

// newKeyList makes a list of the rows that newRow makes and update fills.
func newKeyList(escape func(), length func() int, newRow func() fyne.CanvasObject, update func(widget.ListItemID, fyne.CanvasObject)) *keyList {
	l := &keyList{escape: escape}
	l.Length = length
	l.CreateItem = func() fyne.CanvasObject { return container.NewStack(newRow(), newRing()) }
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) {
		row := o.(*fyne.Container).Objects
		update(i, row[0])
		row[1].(*ring).set(l.focused && i == l.at)
	}
	l.OnHighlighted = func(i widget.ListItemID) {
		if l.at != i {
			l.at = i
			l.Refresh()
		}
	}
	l.HideSeparators = true
	l.ExtendBaseWidget(l)
	return l
}

// FocusGained implements [fyne.Focusable].
func (l *keyList) FocusGained() {
	l.focused = true
	l.List.FocusGained()
}

// FocusLost implements [fyne.Focusable].
func (l *keyList) FocusLost() {
	l.focused = false
	l.List.FocusLost()
}

// TypedKey implements [fyne.Focusable].
func (l *keyList) TypedKey(e *fyne.KeyEvent) {
	there := l.at < l.Length()
	switch e.Name {
	case fyne.KeyEscape:
		l.escape()
	case fyne.KeyDelete:
		if there {
			l.remove(l.at)
		}
	case fyne.KeyReturn, fyne.KeyEnter:
		if l.enter == nil {
			e = &fyne.KeyEvent{Name: fyne.KeySpace}
		} else if there {
			l.enter(l.at)
		}
	}
	l.List.TypedKey(e)
}
