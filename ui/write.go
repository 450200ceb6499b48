package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/buffer"
	"lamplight/ui/widgets"
)

// writeView is the page Write: the documents at the left, the one that is shown in the middle. writelist.go has the list,
// writekeep.go how documents come from the vault and go there, writefiles.go files, writefoot.go what is counted,
// writefind.go the bar to find and replace, revisions.go what a document was before.
type writeView struct {
	w *Window

	all     []*document // the last changed first
	shown   *document
	reading bool                                 // the vault's documents are being listed for the first time
	taken   bool                                 // what the vault had of places is in their place
	moves   int                                  // how often something has come to the list or left it
	lost    []*document                          // that the vault did not get before it was locked
	begun   struct{ tick, store, remember bool } // timers that are running
	counter counter
	seen    version // of the document at the last tick
	typing  bool    // it was another one at the tick before

	list    *keyList
	find    *widgets.ChipButton
	bin     *widgets.ChipButton
	kept    *words // where documents are
	trash   *trashView
	title   *field
	editor  *widgets.Editor
	past    *widgets.IconButton // opens what the document was before
	counted *fyne.Container     // the line with counts and state
	counts  *words
	state   *words // whether it is saved
	finder  *replaceBar
	history *revisionsView
	folding *folding
	side    *fyne.Container // at the right of the text, for whoever helps to write
	foot    *fyne.Container // below the text, above what is counted: the same
	beside  *fyne.Container // text, side and foot
	help    *help
	root    fyne.CanvasObject

	// What whoever helps to write wants to know; nil: nothing.
	onStored   func(*document)           // it is about to be stored
	onShown    func()                    // another document is shown, or was just read
	onLeft     func(*document)           // it is shown no longer
	onChanged  func()                    // the text has changed
	onSelected func()                    // something else is selected
	onKey      func(*fyne.KeyEvent) bool // takes a key before the editor does
	onEscape   func() bool               // takes Escape, when there is nothing else to close
}

func newWriteView(w *Window) *writeView {
	p := &writeView{w: w, counts: oneLined(muted("")), state: oneLined(muted("")), kept: muted("")}
	p.editor = widgets.NewEditor()
	p.editor.OnChanged, p.editor.OnSelected, p.editor.OnScrolled = p.changed, p.selected, p.rememberSoon
	p.editor.OnMenu, p.editor.OnKey = p.openTextMenu, p.typedKey
	p.editor.OnUndo = func() {
		if len(w.undos) > 0 {
			w.undo()
		}
	}
	p.title = w.newField()
	p.title.TextStyle.Bold = true
	p.title.OnChanged = p.retitled
	p.title.OnSubmitted = func(string) { w.focus(p.editor) }
	p.list = newDocumentList(p)
	p.all = []*document{newDocument("", "")}
	p.shown = p.all[0]
	p.root = p.arrange()
	p.help = newHelp(p)
	p.show()
	p.selectShown()
	p.readAll()
	return p
}

func (p *writeView) arrange() fyne.CanvasObject {
	pad := func(top, bottom float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedLayout(top, bottom, 16, 16), o)
	}
	p.find = widgets.NewChipButton(icon("search"), lang.L("Search…")+"  "+shortcut{key: fyne.KeyK}.name(), p.w.openSearch)
	start := widgets.NewChipButton(icon("plus"), lang.L("New document"), p.startNew)
	open := widgets.NewIconButton(icon("folder"), lang.L("Open a file"), p.askOpen)
	p.bin = widgets.NewChipButton(icon("trash"), lang.L("Trash"), p.openTrash)
	top := container.NewVBox(p.find, container.NewBorder(nil, nil, nil, open, start))
	foot := container.NewVBox(p.bin, p.kept)
	list := container.New(layout.NewCustomPaddedLayout(8, 8, 8, 8), container.New(layout.NewBorderLayout(top, foot, nil, nil), top, p.list, foot))

	unfold := widgets.NewIconButton(icon("list"), lang.L("Documents"), p.unfold)
	p.past = widgets.NewIconButton(icon("history"), lang.L("Earlier versions"), p.openHistory)
	save := widgets.NewIconButton(icon("export"), lang.L("Save as a file"), func() { p.askSave(p.shown) })
	remove := widgets.NewIconButton(icon("trash"), lang.L("Delete this document"), func() { p.remove(p.shown) })
	lamp := widgets.NewIconButton(icon("help"), lang.L("Help with this text"), func() { p.help.toggle() })
	tools := container.NewHBox(container.NewCenter(lamp), container.NewCenter(p.past), container.NewCenter(save), container.NewCenter(remove))
	head := bordered(nil, nil, container.NewCenter(unfold), tools, p.title)

	p.finder = newReplaceBar(p)
	p.side, p.foot = container.NewStack(), container.NewStack()
	p.counted = container.New(footLine{p}, p.counts, p.state)
	p.state.Truncation = fyne.TextTruncateOff
	p.beside = container.New(besideText{p}, p.editor, p.side, container.NewVBox(p.foot, container.New(layout.NewCustomPaddedLayout(0, 4, 16-textInset, 16-textInset), p.counted)), widget.NewSeparator())
	page := bordered(container.NewVBox(pad(8, 0, head), widget.NewSeparator(), p.finder.root), nil, nil, nil, p.beside)
	p.trash = newTrashView(p.w, page, lang.L("Back to the document"), p.closeTrash)
	p.history = newRevisionsView(p, page)
	p.folding = newFolding(list, container.NewStack(page, p.trash.root, p.history.root), unfold, head)
	return p.folding.root
}

func (p *writeView) content() fyne.CanvasObject { return p.root }

func (p *writeView) enter() {
	p.showKept()
	p.refresh()
	if p.trash.shown() {
		p.trash.read()
	} else if !p.history.shown() {
		p.w.focus(p.editor)
	}
}

// showKept says where documents are, and offers what only a vault has.
func (p *writeView) showKept() {
	p.kept.set(p.w.keptDocumentsText())
	show(p.bin, p.w.Vault != nil)
	show(p.past, p.w.Vault != nil)
}

// unfold lays the list over the page of a narrow window, with the keyboard on it, or puts it away.
func (p *writeView) unfold() {
	p.folding.toggle()
	if p.folding.unfolded {
		p.w.focus(p.list)
	} else {
		p.w.focus(p.editor)
	}
}

// open shows a document.
func (p *writeView) open(d *document) {
	if d != p.shown {
		p.leave(p.shown)
		if at := slices.Index(p.all, p.shown); at >= 0 && p.shown.blank() { // another one is made when it is wanted
			p.all = slices.Delete(p.all, at, at+1)
		}
		p.shown = d
		p.show()
	}
	p.trash.hide()
	p.history.hide()
	p.selectShown()
	p.folding.fold()
	p.rememberSoon()
	if p.w.current == writePage {
		p.w.focus(p.editor)
	}
	if d.text == nil {
		p.read(d)
	} else if d.query != "" {
		p.finder.found()
	}
}

// show puts the document that is shown into the editor. One that is being read cannot be written on.
func (p *writeView) show() {
	d, b := p.shown, p.shown.text
	if b == nil {
		b = buffer.New("")
	}
	p.editor.ReadOnly = d.text == nil
	p.editor.Hint = ""
	if d.text != nil {
		p.editor.Hint = lang.L("Write here, or drop a file.")
	}
	p.editor.SetBuffer(b)
	if d.text != nil {
		p.editor.ScrollToPlace(d.place.Place)
	}
	if d.text != nil {
		p.seen = d.now()
	}
	p.showTitle()
	p.finder.turned()
	p.tick()
	if p.onShown != nil {
		p.onShown()
	}
}

// leave keeps what has changed of a document that will be shown no longer, and where it was.
func (p *writeView) leave(d *document) {
	p.keepPlace()
	if d.since.IsZero() {
		p.store(d)
	} else {
		p.keepRevision(d, lang.L("When you left it"))
	}
	if p.onLeft != nil {
		p.onLeft(d)
	}
}

// showTitle shows what the document is called: as words to be changed when somebody has named it.
func (p *writeView) showTitle() {
	d := p.shown
	changed := p.title.OnChanged
	p.title.OnChanged = nil
	if p.title.Text != d.title {
		p.title.SetText(d.title)
	}
	p.title.OnChanged = changed
	if hint := d.label(); d.title == "" && p.title.PlaceHolder != hint {
		p.title.SetPlaceHolder(hint)
	}
	if d.text == nil {
		p.title.Disable()
	} else {
		p.title.Enable()
	}
}

// retitled takes what was typed into the title.
func (p *writeView) retitled(title string) {
	p.rename(p.shown, title)
	p.tick()
}

// rename calls a document something else; "" is what its text begins with.
func (p *writeView) rename(d *document, title string) {
	if d.text == nil || d.title == title {
		return
	}
	d.title = title
	p.touched(d)
	if d == p.shown {
		p.showTitle()
		p.storeSoon()
	} else {
		p.store(d)
	}
	p.refreshList()
}

// changed is called with each key: what takes longer waits for a moment.
func (p *writeView) changed() {
	p.touched(p.shown)
	p.soon()
	p.storeSoon()
	if p.onChanged != nil {
		p.onChanged()
	}
}

// touched notes that a document has changed.
func (p *writeView) touched(d *document) {
	p.w.touched()
	if d.since.IsZero() {
		d.since = p.w.now()
	}
}

// selected is called when the cursor has moved.
func (p *writeView) selected() {
	p.w.touched()
	p.soon()
	p.rememberSoon()
	if p.onSelected != nil {
		p.onSelected()
	}
}

// typedKey takes what is not for the text.
func (p *writeView) typedKey(e *fyne.KeyEvent) bool {
	if p.onKey != nil && p.onKey(e) {
		return true
	}
	switch e.Name {
	case fyne.KeyEscape:
		p.w.escape()
	case fyne.KeyF3:
		p.finder.typedKey(e)
	default:
		return false
	}
	return true
}

// escape closes what lies over the text, and reports whether there was anything.
func (p *writeView) escape() bool {
	switch {
	case p.folding.unfolded:
		p.unfold()
	case p.history.shown():
		p.closeHistory()
	case p.trash.shown():
		p.closeTrash()
	case p.finder.shown():
		p.finder.close()
	case p.finder.clear():
	default:
		return p.onEscape != nil && p.onEscape()
	}
	return true
}

// openTextMenu opens the menu of the text.
func (p *writeView) openTextMenu(at fyne.Position) { p.w.showMenuAt(at, p.textActions()) }

// textActions is what can be done with the text, or what is selected of it.
func (p *writeView) textActions() []*fyne.MenuItem {
	e, b := p.editor, p.editor.Buffer()
	item := func(label string, s fyne.Shortcut, can bool) *fyne.MenuItem {
		i := fyne.NewMenuItem(label, func() { e.TypedShortcut(s); p.w.focus(e) })
		i.Disabled = !can
		return i
	}
	clip := fyne.CurrentApp().Clipboard()
	selected := b.Selected() != ""
	return []*fyne.MenuItem{
		item(lang.L("Undo"), &fyne.ShortcutUndo{}, b.CanUndo() && !e.ReadOnly),
		item(lang.L("Redo"), &fyne.ShortcutRedo{}, b.CanRedo() && !e.ReadOnly),
		fyne.NewMenuItemSeparator(),
		item(lang.L("Cut"), &fyne.ShortcutCut{Clipboard: clip}, selected && !e.ReadOnly),
		item(lang.L("Copy"), &fyne.ShortcutCopy{Clipboard: clip}, selected),
		item(lang.L("Paste"), &fyne.ShortcutPaste{Clipboard: clip}, clip.Content() != "" && !e.ReadOnly),
		item(lang.L("Select all"), &fyne.ShortcutSelectAll{}, b.Len() > 0),
	}
}

// addShortcut makes the text answer a shortcut of the window.
func (p *writeView) addShortcut(k *desktop.CustomShortcut, run func(fyne.Shortcut)) {
	p.editor.AddShortcut(k, run)
	p.history.preview.AddShortcut(k, run)
}
