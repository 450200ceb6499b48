package ui

import (
	"slices"

	"fyne.io/fyne/v2/lang"

	"lamplight/ui/widgets"
)

// maxUndo is how many things that were deleted can be brought back one after the other.
const maxUndo = 20

// undoable is something that was just deleted. The button of its notice brings it back, and so does Ctrl+Z, also
// when the notice was closed.
type undoable struct {
	notice *widgets.Notice
	f      func()
}

// offerUndo says that something was deleted and how it is brought back: f does that.
func (w *Window) offerUndo(text string, f func()) *undoable { return w.addUndo(text, f, w.say) }

// offerUndoInPrivate is offerUndo for a sentence with words of the user's.
func (w *Window) offerUndoInPrivate(text string, f func()) *undoable {
	return w.addUndo(text, f, w.sayInPrivate)
}

func (w *Window) addUndo(text string, f func(), say func(string, string, func())) *undoable {
	u := &undoable{f: f}
	if w.lock != nil { // it is in the trash
		return u
	}
	say(text, lang.L("Undo"), func() { w.takeBack(u) })
	u.notice = w.notice
	w.undos = append(w.undos, u)
	if len(w.undos) > maxUndo {
		w.undos = w.undos[1:]
	}
	return u
}

// endsWithNotice forgets what was deleted when the notice is closed.
func (w *Window) endsWithNotice(u *undoable) {
	n := u.notice
	if n == nil {
		return
	}
	closed := n.OnClosed
	n.OnClosed = func() {
		closed()
		w.forgetUndo(u)
	}
}

func (w *Window) forgetUndo(u *undoable) {
	w.undos = slices.DeleteFunc(w.undos, func(x *undoable) bool { return x == u })
}

// takeBack brings something back, once.
func (w *Window) takeBack(u *undoable) {
	w.forgetUndo(u)
	w.notices.remove(u.notice)
	w.arrange()
	u.f()
}

// undo brings back what was deleted last.
func (w *Window) undo() {
	if n := len(w.undos); n > 0 {
		w.takeBack(w.undos[n-1])
		return
	}
	w.mention(lang.L("There is nothing to bring back. What was deleted earlier may be in the trash."), "", nil)
}
