package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy/vault"
	"lamplight/ui/buffer"
	"lamplight/ui/widgets"
)

// replaceBar lies above the text. It marks what is looked for while that is typed, and may put something else in its place.
// Workers look; the match that is shown is selected.
type replaceBar struct {
	p       *writeView
	entry   *field
	with    *field // what takes the place
	count   *words
	steps   []*widgets.IconButton
	one     *widgets.ChipButton
	all     *widgets.ChipButton
	line    fyne.CanvasObject // to replace
	root    *fyne.Container
	query   string // of the search through everything that has led to the document; it is marked until something is written
	looked  lookedFor
	looking bool
	jump    bool // the first match from the cursor on is shown when it is found
}

// lookedFor is what the marks are about.
type lookedFor struct {
	text     *buffer.Buffer
	revision int
	words    string // in the bar
	query    string
}

func newReplaceBar(p *writeView) *replaceBar {
	f := &replaceBar{p: p, entry: p.w.newField(), with: p.w.newField(), count: muted("")}
	f.entry.PlaceHolder, f.with.PlaceHolder = lang.L("Find in this document"), lang.L("Replace with")
	f.entry.OnChanged = func(string) { f.jump = true; f.look() }
	f.entry.onKey = f.typedKey
	f.with.onKey = func(e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
			f.replace()
			return true
		}
		return e.Name == fyne.KeyF3 && f.typedKey(e)
	}
	f.count.Wrapping = fyne.TextWrapOff
	f.steps = []*widgets.IconButton{
		widgets.NewIconButton(icon("up"), lang.L("The one before"), func() { f.step(-1) }),
		widgets.NewIconButton(icon("down"), lang.L("The next one"), func() { f.step(1) }),
	}
	f.one = widgets.NewChipButton(nil, lang.L("Replace"), f.replace)
	f.all = widgets.NewChipButton(nil, lang.L("Replace all"), f.replaceAll)
	glass := widget.NewIcon(widgets.Tint(icon("search"), widgets.ColorNameMuted))
	buttons := container.NewHBox(container.NewCenter(f.count), container.NewCenter(f.steps[0]), container.NewCenter(f.steps[1]),
		container.NewCenter(widgets.NewIconButton(icon("close"), lang.L("Close"), f.close)))
	pen := widget.NewIcon(widgets.Tint(icon("pen"), widgets.ColorNameMuted))
	chips := container.NewHBox(container.NewCenter(f.one), container.NewCenter(f.all))
	find := bordered(nil, nil, glass, container.New(asWideAs{chips}, buttons), f.entry)
	f.line = bordered(nil, nil, pen, container.New(asWideAs{buttons}, chips), f.with)
	bar := container.New(layout.NewCustomPaddedLayout(4, 4, 16, 16), container.NewVBox(find, f.line))
	f.root = container.NewVBox(bar, widget.NewSeparator())
	f.line.Hide()
	f.root.Hide()
	f.showCount()
	return f
}

// asWideAs puts one object at the right of as much room as it or another one needs.
type asWideAs struct{ other fyne.CanvasObject }

// MinSize implements fyne.Layout.
func (l asWideAs) MinSize(o []fyne.CanvasObject) fyne.Size {
	size := o[0].MinSize()
	return fyne.NewSize(max(size.Width, l.other.MinSize().Width), size.Height)
}

// Layout implements fyne.Layout.
func (asWideAs) Layout(o []fyne.CanvasObject, size fyne.Size) {
	width := o[0].MinSize().Width
	o[0].Move(fyne.NewPos(size.Width-width, 0))
	o[0].Resize(fyne.NewSize(width, size.Height))
}

// open shows the bar with the keyboard in it, and in it what is selected, or what was looked for before. Asked to replace once more,
// it has the keyboard where what takes the place is written.
func (f *replaceBar) open(replace bool) {
	p := f.p
	if p.w.current != writePage {
		p.w.show(writePage)
	}
	if p.trash.shown() {
		p.closeTrash()
	}
	if p.history.shown() {
		p.closeHistory()
	}
	if replace && f.line.Visible() && f.shown() && p.w.win.Canvas().Focused() == fyne.Focusable(f.entry) { // the second time
		p.w.focus(f.with)
		f.with.TypedShortcut(&fyne.ShortcutSelectAll{})
		return
	}
	if replace {
		f.line.Show()
	}
	f.query = ""
	f.root.Show()
	f.root.Refresh()
	p.root.Refresh()
	if text := p.editor.Buffer().Selected(); text != "" && !strings.Contains(text, "\n") && len(text) <= maxSought && !f.selected() {
		f.entry.SetText(text)
	}
	f.look()
	p.w.focus(f.entry)
	f.entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// maxSought is how many bytes of what is selected are looked for.
const maxSought = 200

func (f *replaceBar) shown() bool { return f.root.Visible() }

// close puts the bar away, and gives the keyboard to the text.
func (f *replaceBar) close() {
	f.hide()
	f.p.w.focus(f.p.editor)
}

// hide puts the bar away, and nothing is marked any more.
func (f *replaceBar) hide() {
	f.root.Hide()
	f.line.Hide()
	f.query = ""
	f.look()
	f.p.root.Refresh()
}

// forget also drops what was looked for.
func (f *replaceBar) forget() {
	f.hide()
	f.entry.SetText("")
	f.with.SetText("")
}

// clear takes the marks away that a search through everything has led to, and reports whether there were any.
func (f *replaceBar) clear() bool {
	if f.query == "" {
		return false
	}
	f.query = ""
	f.look()
	return true
}

// found marks the query that has led to the document that is shown, and shows the first match.
func (f *replaceBar) found() {
	d := f.p.shown
	f.root.Hide()
	f.query, d.query = d.query, ""
	f.jump = true
	f.p.editor.Edit(func(b *buffer.Buffer) { b.Select(0, 0) })
	f.look()
}

// turned is called when another document is shown: what is in the bar is looked for in that one too.
func (f *replaceBar) turned() {
	f.query = ""
	f.looked = lookedFor{}
	f.look()
}

// follow is called when the text may have changed.
func (f *replaceBar) follow() {
	if f.query != "" && f.looked.text == f.p.editor.Buffer() && f.looked.revision != f.looked.text.Revision() {
		f.query = "" // it was read
	}
	f.look()
}

// wanted is what is to be marked now.
func (f *replaceBar) wanted() lookedFor {
	b := f.p.editor.Buffer()
	l := lookedFor{text: b, revision: b.Revision(), query: f.query}
	if f.shown() && strings.TrimSpace(f.entry.Text) != "" {
		l.words = f.entry.Text
	}
	return l
}

// look has marked what is in the bar. A worker finds it.
func (f *replaceBar) look() {
	l := f.wanted()
	if l.words == "" && l.query == "" {
		f.looked, f.jump = l, false
		f.mark(nil)
		return
	}
	if l == f.looked {
		f.showNow()
		return
	}
	if f.looking {
		return // it looks again when it is done
	}
	f.looking = true
	text := l.text.Text()
	f.p.w.work(func(context.Context) {
		find := vault.FindPart
		sought := l.words
		if sought == "" {
			find, sought = vault.FindQuery, l.query
		}
		var marks []buffer.Mark
		find(sought)(text, func(start, end int) {
			marks = append(marks, buffer.Mark{Range: buffer.Range{Start: start, End: end}, Kind: buffer.Match, ID: -2 - len(marks)})
		})
		f.p.w.do(func() {
			f.looking = false
			if l != f.wanted() {
				f.look()
				return
			}
			f.looked = l
			f.mark(marks)
			f.showNow()
		})
	})
}

// showNow shows the first match from the cursor on, if that is wanted.
func (f *replaceBar) showNow() {
	if f.jump {
		f.jump = false
		f.showMatch(f.after(f.p.editor.Buffer().Selection().Range().Start))
	}
	f.showCount()
}

// mark puts these marks in the place of those that were there.
func (f *replaceBar) mark(marks []buffer.Mark) {
	if len(marks) > 0 || len(f.matches()) > 0 {
		f.p.editor.Edit(func(b *buffer.Buffer) { b.SetMarksOf(buffer.Match, marks) })
	}
	f.showCount()
}

// matches are the marks of what was found.
func (f *replaceBar) matches() []buffer.Range {
	var list []buffer.Range
	for _, m := range f.p.editor.Buffer().Marks() {
		if m.Kind == buffer.Match {
			list = append(list, m.Range)
		}
	}
	return list
}

// current is the number of the match that is selected, -1 for none.
func (f *replaceBar) current() int {
	return slices.Index(f.matches(), f.p.editor.Buffer().Selection().Range())
}

func (f *replaceBar) selected() bool { return f.current() >= 0 }

// after is the first match that begins at a position or behind it, from the end to the beginning; -1 for none.
func (f *replaceBar) after(position int) int {
	all := f.matches()
	i := slices.IndexFunc(all, func(r buffer.Range) bool { return r.Start >= position })
	if i < 0 && len(all) > 0 {
		return 0
	}
	return i
}

// showMatch selects a match and scrolls to it.
func (f *replaceBar) showMatch(i int) {
	all := f.matches()
	if i < 0 || i >= len(all) {
		return
	}
	r := all[i]
	f.p.editor.Edit(func(b *buffer.Buffer) {
		if f.query != "" { // what is typed next should not replace it
			b.Select(r.Start, r.Start)
		} else {
			b.Select(r.Start, r.End)
		}
	})
	f.p.editor.Reveal(r)
}

// step shows another match.
func (f *replaceBar) step(by int) {
	all := f.matches()
	if len(all) == 0 {
		return
	}
	s := f.p.editor.Buffer().Selection().Range()
	i := f.current()
	switch {
	case i >= 0:
		i = (i + by + len(all)) % len(all)
	case by > 0:
		i = f.after(s.Start)
	default:
		if i = f.after(s.Start) - 1; i < 0 {
			i = len(all) - 1
		}
	}
	f.showMatch(i)
	f.showCount()
}

// showCount says which match is shown, of how many.
func (f *replaceBar) showCount() {
	total, text := len(f.matches()), ""
	switch i := f.current(); {
	case f.wanted().words == "":
	case total > 0 && i >= 0:
		text = lang.L("{{.N}} of {{.Total}}", map[string]any{"N": grouped(int64(i + 1)), "Total": grouped(int64(total))})
	case total > 0:
		text = lang.N("{{.N}} found", total, map[string]any{"N": grouped(int64(total))})
	case f.looked == f.wanted():
		text = lang.L("Not found")
	}
	can := []fyne.Disableable{f.steps[0], f.steps[1], f.one, f.all}
	for _, b := range can {
		if total > 0 {
			b.Enable()
		} else {
			b.Disable()
		}
	}
	if f.count.segment.Text != text {
		f.count.set(text)
		f.root.Refresh()
	}
}

// replace puts what is in the bar in the place of the match that is shown, and shows the next one.
func (f *replaceBar) replace() {
	e := f.p.editor
	if e.ReadOnly || !f.shown() {
		return
	}
	if !f.selected() {
		f.step(1)
		return
	}
	e.Edit(func(b *buffer.Buffer) { b.Insert(f.with.Text) })
	f.looked.revision = -1
	f.jump = true
	f.look()
}

// replaceAll puts it in the place of all matches, in one step of undo.
func (f *replaceBar) replaceAll() {
	e := f.p.editor
	if e.ReadOnly || !f.shown() || f.looked != f.wanted() {
		return
	}
	var edits []buffer.Edit
	for _, r := range f.matches() {
		edits = append(edits, buffer.Edit{Range: r, Text: f.with.Text})
	}
	if len(edits) == 0 {
		return
	}
	e.Edit(func(b *buffer.Buffer) { b.Apply(edits...) })
	f.p.w.Log.Info("words replaced", "number", len(edits))
	f.p.w.mention(lang.N("{{.N}} places were replaced. Undo takes all of them back.", len(edits), map[string]any{"N": grouped(int64(len(edits)))}), "", nil)
	f.look()
}

// typedKey has the keys that go from match to match.
func (f *replaceBar) typedKey(e *fyne.KeyEvent) bool {
	by := 1
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyF3:
		if widgets.ShiftDown() {
			by = -1
		}
	case fyne.KeyUp:
		by = -1
	case fyne.KeyDown:
	default:
		return false
	}
	f.step(by)
	return true
}
