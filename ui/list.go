package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// keyList is a list that is used by the keyboard too. Fyne's own shows by a faint ground only which row has
// the keyboard; this one draws the ring that everything else has.
type keyList struct {
	widget.List
	escape func()
	enter  func(widget.ListItemID) // Enter on a row; nil: it selects the row
	remove func(widget.ListItemID) // Delete on a row

	// The rest may be nil.
	usable func(widget.ListItemID) bool                // the keyboard can come to the row; nil: to every one
	keys   map[fyne.KeyName]func(widget.ListItemID)    // other keys on a row
	menu   func(i widget.ListItemID, at fyne.Position) // the Menu key, or Shift+F10; at is the foot of the row
	typed  func(rune)                                  // a letter
	turned func(focused bool)                          // the keyboard has come or gone
	moved  func(widget.ListItemID)                     // the keyboard was moved to a row

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
	if l.turned != nil {
		l.turned(true)
	}
}

// FocusLost implements [fyne.Focusable].
func (l *keyList) FocusLost() {
	l.focused = false
	l.List.FocusLost()
	if l.turned != nil {
		l.turned(false)
	}
}

// TypedRune implements [fyne.Focusable].
func (l *keyList) TypedRune(r rune) {
	if l.typed != nil {
		l.typed(r)
	}
}

// TypedKey implements [fyne.Focusable].
func (l *keyList) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape {
		l.escape()
		return
	}
	if l.at >= l.Length() {
		return
	}
	switch e.Name {
	case fyne.KeyUp:
		l.move(l.at-1, -1)
	case fyne.KeyDown:
		l.move(l.at+1, 1)
	case fyne.KeyPageUp:
		l.move(max(0, l.at-l.page()), 1)
	case fyne.KeyPageDown:
		l.move(min(l.Length()-1, l.at+l.page()), -1)
	case fyne.KeyHome:
		l.ScrollToTop()
		l.move(0, 1)
	case fyne.KeyEnd:
		l.move(l.Length()-1, -1)
	case fyne.KeyDelete:
		l.remove(l.at)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		if l.enter == nil {
			l.Select(l.at)
		} else {
			l.enter(l.at)
		}
	case desktop.KeyMenu:
		l.openMenu()
	case fyne.KeyF10:
		if shiftDown() {
			l.openMenu()
		}
	default:
		if do := l.keys[e.Name]; do != nil {
			do(l.at)
		}
	}
}

// move brings the keyboard to row i, or to the next in the direction of by that it can come to.
func (l *keyList) move(i, by int) {
	for ; i >= 0 && i < l.Length(); i += by {
		if l.usable == nil || l.usable(i) {
			l.Highlight(i)
			if l.moved != nil {
				l.moved(i)
			}
			return
		}
	}
	if i < 0 { // what is above the first can be seen at least
		l.ScrollTo(0)
	}
}

// pitch is how far it is from one row to the next.
func (l *keyList) pitch() float32 {
	return l.CreateItem().MinSize().Height + l.Theme().Size(theme.SizeNamePadding)
}

// page is how many rows the list shows, less the one that is seen before and after turning.
func (l *keyList) page() int { return max(1, int(l.Size().Height/l.pitch())-1) }

func (l *keyList) openMenu() {
	if l.menu == nil {
		return
	}
	l.ScrollTo(l.at)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(l)
	l.menu(l.at, at.AddXY(l.Size().Width-l.pitch(), float32(l.at+1)*l.pitch()-l.GetScrollOffset()))
}

// shiftDown reports whether a Shift key is held.
func shiftDown() bool {
	d, ok := fyne.CurrentApp().Driver().(desktop.Driver)
	return ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0
}
