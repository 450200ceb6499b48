package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant/stories"
	"lamplight/ui/widgets"
)

// storyView is the page Story: the shelf of kept stories at the left; at the right what a story is to be about, or the story
// that is told. storychoose.go has the cards to tick, storyread.go the story, storyrun.go has a model tell it, storykeep.go
// brings it to the vault and back, storyout.go to paper and to the ear.
type storyView struct {
	w *Window

	choice  stories.Choice
	own     map[string][]string // the user's own options, by group
	tongue  string              // that stories are told in, as a model knows it: "German"
	shown   *stories.Story      // nil: what is ticked is shown
	tells   []*stories.Story    // what was told from one choice, one after the other; shown is one of them
	telling *telling            // nil: nothing is being told
	shelf   []stories.Kept      // the last changed first
	reads   context.CancelFunc  // ends reading aloud; nil: nothing is read
	entered bool                // it was shown: cards and passages are made then
	due     bool                // what comes back is stored soon
	taken   bool                // what came back is in its place
	changes int                 // how often the shelf was changed here

	list    *keyList
	kept    *words
	choose  *chooseView
	read    *readView
	folding *folding
	root    fyne.CanvasObject
}

func newStoryView(w *Window) *storyView {
	p := &storyView{w: w, choice: stories.Choice{}, own: map[string][]string{}, tongue: stories.Tongue(spokenTongue().tag), kept: muted("")}
	p.choose, p.read = newChooseView(p), newReadView(p)
	row := func() fyne.CanvasObject { return widgets.NewListRow(icon("more")) }
	p.list = newKeyList(w.escape, func() int { return len(p.shelf) }, row, p.fillRow)
	p.list.enter, p.list.OnSelected = p.openRow, p.openRow
	p.list.menu = p.openMenu
	p.list.remove = func(i widget.ListItemID) { p.remove(p.shelf[i].ID) }
	start := widgets.NewChipButton(icon("plus"), lang.L("New story"), p.startNew)
	find := widgets.NewChipButton(icon("search"), lang.L("Search…")+"  "+shortcut{key: fyne.KeyK}.name(), w.openSearch)
	list := container.New(layout.NewCustomPaddedLayout(8, 8, 8, 8), bordered(container.NewVBox(find, start, muted(lang.L("Kept stories"))), p.kept, nil, nil, p.list))
	unfold := widgets.NewIconButton(icon("list"), lang.L("Kept stories"), p.unfold)
	p.choose.head.Objects = append([]fyne.CanvasObject{container.NewCenter(unfold)}, p.choose.head.Objects...)
	p.folding = newFolding(list, container.NewStack(p.choose.root, p.read.root), unfold, p.choose.head)
	p.root = p.folding.root
	p.take()
	return p
}

func (p *storyView) content() fyne.CanvasObject { return p.root }

func (p *storyView) enter() {
	p.entered = true
	p.kept.set(p.keptText())
	p.refresh()
	p.show()
	if p.shown != nil {
		p.w.focus(p.read.first())
	}
}

func (p *storyView) keptText() string {
	switch {
	case p.w.Vault == nil:
		return lang.L("Stories are kept until you close the window.")
	case len(p.shelf) == 0:
		return lang.L("A story that you keep stands here.")
	}
	return ""
}

// show shows the story, or what is ticked.
func (p *storyView) show() {
	if !p.entered {
		return
	}
	reading := p.shown != nil || p.telling != nil
	show(p.choose.root, !reading)
	show(p.read.root, reading)
	if reading {
		p.read.show()
	} else {
		p.choose.show()
	}
	p.selectShown()
}

// startNew leads to what a story can be about. What is ticked stays.
func (p *storyView) startNew() {
	p.abandon()
	p.silence()
	p.shown, p.tells = nil, nil
	p.folding.fold()
	p.show()
	p.rememberSoon()
	p.w.focus(p.choose.first())
}

// open shows a story.
func (p *storyView) open(s *stories.Story) {
	p.abandon()
	p.silence()
	p.shown, p.tells = s, []*stories.Story{s}
	p.folding.fold()
	p.show()
	p.read.toTop()
	p.rememberSoon()
	p.w.focus(p.read.first())
}

// escape ends what is being told or read, or puts the list away, and reports whether there was anything.
func (p *storyView) escape() bool {
	switch {
	case p.telling != nil:
		p.stop()
	case p.reads != nil:
		p.silence()
	case p.folding.unfolded:
		p.unfold()
	case p.shown != nil:
		p.startNew()
	default:
		return false
	}
	return true
}

func (p *storyView) unfold() {
	p.folding.toggle()
	if p.folding.unfolded {
		p.w.focus(p.list)
	}
}

func (p *storyView) fillRow(i widget.ListItemID, o fyne.CanvasObject) {
	row, k := o.(*widgets.ListRow), p.shelf[i]
	row.OnTapped = func() {
		p.list.Highlight(i)
		p.openRow(i)
	}
	row.OnMenu = func(at fyne.Position) { p.openMenu(i, at) }
	row.Set(widgets.RowFace{Text: storyTitle(k.Title), More: lang.L("More about this story")})
	row.SetCurrent(p.list.focused && p.list.at == i)
}

// storyTitle is what a story is called in the window.
func storyTitle(title string) string {
	if title = oneLine(title, maxTitle); title != "" {
		return title
	}
	return lang.L("A story without a title")
}

func (p *storyView) openRow(i widget.ListItemID) {
	if i < len(p.shelf) && (p.shown == nil || p.shown.ID != p.shelf[i].ID) {
		p.openKept(p.shelf[i].ID)
	}
}

func (p *storyView) openMenu(i widget.ListItemID, at fyne.Position) {
	p.list.Highlight(i)
	id := p.shelf[i].ID
	p.w.showMenuAt(at, []*fyne.MenuItem{fyne.NewMenuItem(lang.L("Open"), func() { p.openKept(id) }), fyne.NewMenuItem(lang.L("Delete"), func() { p.remove(id) })})
}

// selectShown shows the shelf as it is now, and in it which story is shown.
func (p *storyView) selectShown() {
	p.kept.set(p.keptText())
	show(p.list, len(p.shelf) > 0) // an empty one would take the keyboard unseen
	shown := p.list.OnSelected
	p.list.OnSelected = nil
	p.list.UnselectAll()
	if s := p.shown; s != nil && s.ID != 0 {
		if at := slices.IndexFunc(p.shelf, func(k stories.Kept) bool { return k.ID == s.ID }); at >= 0 {
			p.list.Select(at)
		}
	}
	p.list.OnSelected = shown
	p.list.at = max(0, min(p.list.at, len(p.shelf)-1))
	p.list.Refresh()
}
