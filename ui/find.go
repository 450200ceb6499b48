package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// findBar lies above the conversation that is shown, and looks for words in it while they are typed.
type findBar struct {
	c      *chatView
	entry  *field
	count  *words
	steps  []*widgets.IconButton // to the match before, and to the next one
	before fyne.Focusable        // had the keyboard when the bar was opened
	root   *fyne.Container
}

func newFindBar(c *chatView) *findBar {
	f := &findBar{c: c, entry: c.w.newField(), count: muted("")}
	f.entry.PlaceHolder = lang.L("Find in this chat")
	f.entry.OnChanged = func(string) { f.look() }
	f.entry.onKey = f.typedKey
	f.count.Wrapping = fyne.TextWrapOff
	f.steps = []*widgets.IconButton{
		widgets.NewIconButton(icon("up"), lang.L("The one before"), func() { f.step(-1) }),
		widgets.NewIconButton(icon("down"), lang.L("The next one"), func() { f.step(1) }),
	}
	c.stream.OnFound = f.showCount
	glass := widget.NewIcon(widgets.Tint(icon("search"), widgets.ColorNameMuted))
	buttons := container.NewHBox(container.NewCenter(f.count), container.NewCenter(f.steps[0]), container.NewCenter(f.steps[1]),
		container.NewCenter(widgets.NewIconButton(icon("close"), lang.L("Close"), f.close)))
	bar := container.New(layout.NewCustomPaddedLayout(4, 4, 16, 16), container.NewBorder(nil, nil, glass, buttons, f.entry))
	f.root = container.NewVBox(bar, widget.NewSeparator())
	f.root.Hide()
	f.showCount()
	return f
}

// open shows the bar with the keyboard in it, and what was looked for before ready to be replaced.
func (f *findBar) open() {
	c := f.c
	c.w.show(chatPage)
	if c.trash.shown() {
		c.closeTrash()
	}
	if had := c.w.win.Canvas().Focused(); had != nil && had != fyne.Focusable(f.entry) {
		f.before = had
	}
	if !f.shown() {
		f.root.Show()
		f.look()
	}
	c.w.focus(f.entry)
	f.entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}

func (f *findBar) shown() bool { return f.root.Visible() }

// close puts the bar away, and gives the keyboard back.
func (f *findBar) close() {
	if f.shown() {
		f.c.w.focus(f.giveBack())
	}
	f.hide()
}

// giveBack returns what had the keyboard, or the prompt where that is gone.
func (f *findBar) giveBack() fyne.Focusable {
	o, ok := f.before.(fyne.CanvasObject)
	f.before = nil
	if ok && fyne.CurrentApp().Driver().CanvasForObject(o) != nil {
		return o.(fyne.Focusable)
	}
	return f.c.prompt
}

// hide puts the bar away, and nothing is marked any more.
func (f *findBar) hide() {
	f.root.Hide()
	f.c.stream.Find(nil)
}

// forget also drops what was looked for.
func (f *findBar) forget() {
	f.hide()
	f.entry.SetText("")
	f.before, f.c.sought = nil, ""
}

// look marks what is in the entry, and shows the first match from where it was on.
func (f *findBar) look() {
	if !f.shown() {
		return
	}
	if strings.TrimSpace(f.entry.Text) == "" {
		f.c.stream.Find(nil)
	} else {
		f.c.stream.Find(vault.FindPart(f.entry.Text))
	}
	f.showCount()
}

// step shows another match.
func (f *findBar) step(by int) {
	if f.shown() {
		f.c.stream.ShowFound(by)
		f.showCount()
	}
}

// showCount says which match is shown, of how many.
func (f *findBar) showCount() {
	current, total := f.c.stream.Found()
	text := ""
	switch {
	case total > 0:
		text = lang.L("{{.N}} of {{.Total}}", map[string]any{"N": grouped(int64(current)), "Total": grouped(int64(total))})
	case strings.TrimSpace(f.entry.Text) != "":
		text = lang.L("Not found")
	}
	f.count.set(text)
	for _, b := range f.steps {
		if total > 1 {
			b.Enable()
		} else {
			b.Disable()
		}
	}
	f.root.Refresh()
}

// typedKey has the keys that go from match to match.
func (f *findBar) typedKey(e *fyne.KeyEvent) bool {
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

// found shows a turn that a search through everything has led to, with the words of the query marked in it.
func (f *findBar) found(turn int, query string) {
	f.root.Hide()
	f.c.stream.FindIn(turn, vault.FindQuery(query))
}

// turned is called when another conversation is shown: what is in the bar is looked for in that one too.
func (f *findBar) turned() {
	f.c.stream.Find(nil)
	f.look()
}
