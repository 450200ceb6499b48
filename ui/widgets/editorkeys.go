package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"lamplight/ui/buffer"
)

// FocusGained implements [fyne.Focusable].
func (e *Editor) FocusGained() { e.setFocused(true) }

// FocusLost implements [fyne.Focusable].
func (e *Editor) FocusLost() {
	e.byHand, e.shift = false, false
	e.setFocused(false)
}

func (e *Editor) setFocused(focused bool) {
	e.focused = focused
	e.arrange()
}

// AcceptsTab implements [fyne.Tabbable].
func (e *Editor) AcceptsTab() bool { return e.TakesTab }

// KeyDown implements [desktop.Keyable].
func (e *Editor) KeyDown(k *fyne.KeyEvent) {
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		e.shift = true
	}
}

// KeyUp implements [desktop.Keyable].
func (e *Editor) KeyUp(k *fyne.KeyEvent) {
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		e.shift = false
	}
}

// TypedRune implements [fyne.Focusable].
func (e *Editor) TypedRune(r rune) {
	if e.OnRune != nil && e.OnRune(r) || e.ReadOnly {
		return
	}
	e.act(func(b *buffer.Buffer) { b.Type(string(r)) })
}

// TypedKey implements [fyne.Focusable].
func (e *Editor) TypedKey(k *fyne.KeyEvent) {
	if e.OnKey != nil && e.OnKey(k) {
		return
	}
	switch b := e.buffer; k.Name {
	case fyne.KeyLeft:
		e.move(e.sideways(b.PreviousCharacter, false))
	case fyne.KeyRight:
		e.move(e.sideways(b.NextCharacter, true))
	case fyne.KeyUp:
		e.moveLines(-1)
	case fyne.KeyDown:
		e.moveLines(1)
	case fyne.KeyPageUp:
		e.moveLines(-e.linesPerPage())
	case fyne.KeyPageDown:
		e.moveLines(e.linesPerPage())
	case fyne.KeyHome:
		e.move(e.lineEdge(false))
	case fyne.KeyEnd:
		e.move(e.lineEdge(true))
	case fyne.KeyReturn, fyne.KeyEnter:
		e.change(func() { b.Type("\n") })
	case fyne.KeyBackspace:
		e.remove(b.PreviousCharacter)
	case fyne.KeyDelete:
		e.remove(b.NextCharacter)
	case desktop.KeyMenu:
		e.menu()
	case fyne.KeyF10:
		if e.shift {
			e.menu()
		}
	}
}

// menu asks for the menu at the cursor.
func (e *Editor) menu() {
	if e.OnMenu == nil || e.typo == nil {
		return
	}
	e.Reveal(buffer.Range{Start: e.buffer.Cursor(), End: e.buffer.Cursor()})
	x, y := e.place(e.buffer.Cursor())
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(e)
	e.OnMenu(at.AddXY(e.left()+x, float32(y-e.offset)+e.typo.body().line))
}

// change lets f change the text, unless nobody may.
func (e *Editor) change(f func()) {
	if !e.ReadOnly {
		e.act(func(*buffer.Buffer) { f() })
	}
}

// sideways is where the cursor goes by a step to one side. Without Shift the end of what is selected is such a step.
func (e *Editor) sideways(step func(int) int, right bool) int {
	s := e.buffer.Selection()
	if r := s.Range(); r.Len() > 0 && !e.shift {
		if right {
			return r.End
		}
		return r.Start
	}
	return step(s.Cursor)
}

// move puts the cursor somewhere; with Shift it selects on the way.
func (e *Editor) move(position int) {
	e.aimed = false
	e.act(func(b *buffer.Buffer) { b.Move(position, e.shift) })
}

// remove deletes what is selected, or what is between the cursor and a step from there.
func (e *Editor) remove(step func(int) int) {
	e.change(func() {
		b := e.buffer
		if s := b.Selection().Range(); s.Len() > 0 {
			b.Insert("")
			return
		}
		to := step(b.Cursor())
		b.Delete(buffer.Range{Start: min(b.Cursor(), to), End: max(b.Cursor(), to)})
	})
}

// linesPerPage is how far Page Down goes.
func (e *Editor) linesPerPage() int {
	if e.typo == nil {
		return 1
	}
	return max(1, int(pageShare*e.area.Height/e.typo.body().line))
}

// moveLines moves the cursor up or down by lines as they are seen.
func (e *Editor) moveLines(n int) {
	if e.typo == nil {
		return
	}
	b := e.buffer
	x, _ := e.place(b.Cursor())
	if !e.aimed {
		e.goal = x
	}
	i, within := b.At(b.Cursor())
	line := e.rows[i].lineAt(e.rows[i].shownAt(within))
	target := -1
	for ; n != 0; n -= sign(n) {
		next := line + sign(n)
		switch {
		case next < 0 && i == 0:
			target, n = 0, sign(n)
			continue
		case next < 0:
			i--
			e.fit(i)
			next = len(e.rows[i].lines) - 1
		case next >= len(e.rows[i].lines) && i == len(e.rows)-1:
			target, n = b.Len(), sign(n)
			continue
		case next >= len(e.rows[i].lines):
			i++
			e.fit(i)
			next = 0
		}
		line = next
	}
	if target < 0 {
		target, _ = e.onLine(i, line, e.goal)
	}
	goal := e.goal
	e.act(func(b *buffer.Buffer) { b.Move(target, e.shift) })
	e.goal, e.aimed = goal, true
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// lineEdge is the beginning or the end of the line that the cursor is on.
func (e *Editor) lineEdge(end bool) int {
	if e.typo == nil {
		return e.buffer.Cursor()
	}
	i, within := e.buffer.At(e.buffer.Cursor())
	e.fit(i)
	x := float32(-1)
	if end {
		x = unbounded
	}
	position, _ := e.onLine(i, e.rows[i].lineAt(e.rows[i].shownAt(within)), x)
	return position
}

// TypedShortcut implements [fyne.Shortcutable].
func (e *Editor) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutCopy:
		e.copy()
	case *fyne.ShortcutCut:
		e.cut()
	case *fyne.ShortcutPaste:
		e.paste()
	case *fyne.ShortcutSelectAll:
		e.SelectAll()
	case *fyne.ShortcutUndo:
		e.Undo()
	case *fyne.ShortcutRedo:
		e.Redo()
	case *desktop.CustomShortcut:
		if !e.shortcut(s) {
			e.shortcuts.TypedShortcut(s)
		}
	default:
		e.shortcuts.TypedShortcut(s)
	}
}

// shortcut does what keys do together with Ctrl, and reports whether they do anything.
func (e *Editor) shortcut(s *desktop.CustomShortcut) bool {
	shift := s.Modifier&fyne.KeyModifierShift != 0
	if s.Modifier&^fyne.KeyModifierShift != fyne.KeyModifierShortcutDefault {
		return false
	}
	if e.OnWord != nil && s.KeyName == fyne.KeyRight && !shift && e.OnWord() {
		return true
	}
	b := e.buffer
	to := -1
	switch s.KeyName {
	case fyne.KeyLeft:
		to = b.PreviousWord(b.Cursor())
	case fyne.KeyRight:
		to = b.NextWord(b.Cursor())
	case fyne.KeyUp:
		if to = b.ParagraphAt(b.Cursor()).Start; to == b.Cursor() {
			to = b.ParagraphAt(max(0, to-1)).Start
		}
	case fyne.KeyDown:
		to = min(b.ParagraphAt(b.Cursor()).End+1, b.Len())
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = b.Len()
	case fyne.KeyBackspace:
		e.remove(b.PreviousWord)
		return true
	case fyne.KeyDelete:
		e.remove(b.NextWord)
		return true
	default:
		return false
	}
	e.aimed = false
	e.act(func(b *buffer.Buffer) { b.Move(to, shift) })
	return true
}

// SelectAll selects the whole text.
func (e *Editor) SelectAll() {
	e.Edit(func(b *buffer.Buffer) { b.Select(0, b.Len()) })
}

// Undo takes the last step back, Redo makes it again.
func (e *Editor) Undo() {
	if !e.buffer.CanUndo() && e.OnUndo != nil {
		e.OnUndo()
		return
	}
	e.change(func() { e.buffer.Undo() })
	e.restored()
}

// Redo makes the step again that was taken back last.
func (e *Editor) Redo() {
	e.change(func() { e.buffer.Redo() })
	e.restored()
}

func (e *Editor) restored() {
	if e.OnRestored != nil {
		e.OnRestored()
	}
}

func (e *Editor) copy() {
	if text := e.buffer.Selected(); text != "" {
		fyne.CurrentApp().Clipboard().SetContent(text)
	}
}

func (e *Editor) cut() {
	e.copy()
	if e.buffer.Selected() != "" {
		e.change(func() { e.buffer.Insert("") })
	}
}

func (e *Editor) paste() {
	if text := fyne.CurrentApp().Clipboard().Content(); text != "" {
		e.change(func() { e.buffer.Insert(text) })
	}
}
