package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"lamplight/assistant/writing"
	"lamplight/ui/widgets"
)

// helpPanel has what a model can do with the text, and with how much of it.
type helpPanel struct {
	h        *help
	scope    [extents]*widgets.ChipButton
	describe *field
	do       *widgets.IconButton
	starter  *words          // what the starter can help with, while it is the active model
	groups   *fyne.Container // of the actions
	language *choiceBox
	scroll   scroller
	root     fyne.CanvasObject
}

func newHelpPanel(h *help) *helpPanel {
	p := &helpPanel{h: h, groups: container.NewVBox()}
	p.scroll = newScroller(nil)
	var chips []fyne.CanvasObject
	for i, label := range [extents]string{lang.L("Selection"), lang.L("Paragraph"), lang.L("All of it")} {
		p.scope[i] = p.scroll.chip(nil, label, func() { h.setExtent(extent(i)) })
		chips = append(chips, p.scope[i])
	}
	p.describe = p.scroll.field(h.w)
	p.describe.SetPlaceHolder(lang.L("Describe your change"))
	p.describe.OnSubmitted = func(string) { p.startDescribed() }
	p.do = p.scroll.tool(icon("send"), lang.L("Do it"), p.startDescribed)
	own := p.scroll.tool(icon("sliders"), lang.L("Your actions"), h.openActions)
	head := container.NewBorder(nil, nil, nil, container.NewCenter(own), subheading(lang.L("Help with")))
	p.starter = muted(lang.L("The starter corrects short English sentences, and makes them friendlier, more formal or shorter. For everything else choose a model such as Gemma 3."))
	p.scroll.Content = container.New(layout.NewCustomPaddedLayout(4, 12, 12, 12), container.NewVBox(outdented(head), outdented(p.starter), widgets.NewFlow(chips...),
		spaced(container.NewBorder(nil, nil, nil, container.NewCenter(p.do), p.describe)), p.groups))
	p.root = p.scroll.Scroll
	p.fill()
	p.shelfChanged()
	return p
}

// shelfChanged says what the starter can help with, if it does.
func (p *helpPanel) shelfChanged() {
	m, ok := p.h.w.shelf.chosen()
	show(p.starter, ok && m.BuiltIn())
}

// spaced has some room above and below.
func spaced(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(gap, gap/2, 0, 0), o)
}

// outdented puts text where the edges of buttons are.
func outdented(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(0, 0, -textInset, 0), o)
}

// fill shows the actions that there are.
func (p *helpPanel) fill() {
	groups := map[writing.Deed][]fyne.CanvasObject{}
	var own []fyne.CanvasObject
	for _, a := range p.h.all() {
		if a.ID == "change" && p.h.builtIn(a) || a.Asks == writing.Language {
			continue // they have places of their own
		}
		if p.h.builtIn(a) {
			groups[a.Does] = append(groups[a.Does], p.chip(a))
		} else {
			own = append(own, p.chip(a))
		}
	}
	p.groups.Objects = nil
	add := func(title string, chips []fyne.CanvasObject) {
		if len(chips) > 0 {
			p.groups.Add(container.New(layout.NewCustomPaddedVBoxLayout(0), outdented(muted(title)), widgets.NewFlow(chips...)))
		}
	}
	add(lang.L("Change it"), groups[writing.Edits])
	add(lang.L("Your own"), own)
	add(lang.L("Read it"), groups[writing.Answers])
	add(lang.L("Write on"), groups[writing.Continues])
	if row := p.translation(); row != nil {
		p.groups.Add(container.New(layout.NewCustomPaddedVBoxLayout(0), outdented(muted(lang.L("Translate to…"))), row))
	}
	p.groups.Refresh()
}

// chip is the button of an action.
func (p *helpPanel) chip(a writing.Action) fyne.CanvasObject {
	name, hint := p.h.name(a)
	if a.Shortcut != "" {
		hint = strings.TrimSpace(hint + " " + shortcut{key: fyne.KeyName(a.Shortcut), shift: true}.name())
	}
	b := p.scroll.chip(nil, name, func() { p.h.ask(a) })
	b.SetHint(hint)
	return b
}

// translation is the choice of a language, and what translates into it; nil while there is no such action.
func (p *helpPanel) translation() fyne.CanvasObject {
	into, names := tonguesInto(), []string(nil)
	for _, t := range into {
		names = append(names, t.name)
	}
	p.language = p.scroll.choice(names)
	p.language.PlaceHolder = lang.L("Choose a language")
	var chips []fyne.CanvasObject
	for _, a := range p.h.all() {
		if a.Asks == writing.Language {
			chips = append(chips, p.chip(a))
		}
	}
	if len(chips) == 0 {
		return nil
	}
	p.showLanguage()
	p.language.OnChanged = func(string) {
		if i := p.language.SelectedIndex(); i >= 0 {
			p.h.kept.Language = into[i].id
			p.h.keep()
		}
	}
	return container.NewVBox(p.language, widgets.NewFlow(chips...))
}

// showLanguage shows the language that was chosen last.
func (p *helpPanel) showLanguage() {
	changed := p.language.OnChanged
	p.language.OnChanged = nil
	if i := slices.IndexFunc(tonguesInto(), func(t tongueInto) bool { return t.id == p.h.kept.Language }); i >= 0 {
		p.language.SetSelectedIndex(i)
	} else {
		p.language.ClearSelected()
	}
	p.language.OnChanged = changed
}

// startDescribed does what the user has described.
func (p *helpPanel) startDescribed() {
	a, ok := p.h.action("change")
	if asked := strings.TrimSpace(p.describe.Text); ok && asked != "" {
		p.h.start(a, asked)
	} else {
		p.h.w.focus(p.describe)
	}
}

// show brings the panel up to date.
func (p *helpPanel) show() { p.showScope() }

// showScope shows how much of the text the next action works on.
func (p *helpPanel) showScope() {
	now := p.h.extent()
	for i, b := range p.scope {
		b.SetActive(extent(i) == now)
	}
	if p.h.page.editor.Buffer().Selection().Range().Len() == 0 {
		p.scope[selectedPart].Disable()
	} else {
		p.scope[selectedPart].Enable()
	}
}

// forget shows nothing of the user's.
func (p *helpPanel) forget() {
	p.describe.SetText("")
	p.fill()
}

// ask does an action, after asking for what it has to know.
func (h *help) ask(a writing.Action) {
	switch a.Asks {
	case writing.Language:
		if h.kept.Language == "" {
			h.open(true)
			h.w.mention(lang.L("Choose a language first."), "", nil)
			h.w.focus(h.panel.language)
			return
		}
		h.start(a, h.kept.Language)
	case writing.Change:
		if a.ID == "change" {
			h.open(true)
			h.w.focus(h.panel.describe)
			return
		}
		if h.w.dialog == nil {
			name, hint := h.name(a)
			h.w.askName(name, lang.L("Do it"), "", func(asked string) { h.start(a, asked) }, muted(hint))
		}
	default:
		h.start(a, "")
	}
}

// open shows the panel, or puts it away.
func (h *help) open(yes bool) {
	h.opened = &yes
	h.show()
}

// toggle opens the panel with the keyboard on it, or puts it away.
func (h *help) toggle() {
	switch {
	case h.review() != nil:
		h.w.focus(h.changes.list)
	case h.busy():
	case h.page.side.Visible() && h.w.win.Canvas().Focused() == h.panel.describe:
		h.open(false)
		h.w.focus(h.page.editor)
	default:
		h.open(true)
		h.w.focus(h.panel.describe)
	}
}

// Measures of the side.
const (
	helpWidth   = 300
	besideWidth = 640 // the least width in which it has place beside the text
	helpShare   = 0.45
)

// besideText puts help beside the text, or below it where there is no room for both.
type besideText struct{ p *writeView }

// MinSize implements fyne.Layout.
func (l besideText) MinSize(o []fyne.CanvasObject) fyne.Size {
	editor, foot := o[0].MinSize(), o[2].MinSize()
	return fyne.NewSize(max(editor.Width, foot.Width), editor.Height+foot.Height)
}

// Layout implements fyne.Layout.
func (l besideText) Layout(o []fyne.CanvasObject, size fyne.Size) {
	editor, side, foot, line := o[0], o[1], o[2], o[3]
	wide := size.Width >= withText(besideWidth)
	visible := l.p.help == nil || wide
	if h := l.p.help; h != nil && h.busy() {
		visible = true
	} else if h != nil && h.opened != nil {
		visible = *h.opened
	}
	show(side, visible)
	show(line, visible)
	under := foot.MinSize().Height
	foot.Resize(fyne.NewSize(size.Width, under))
	foot.Move(fyne.NewPos(0, size.Height-under))
	rest := fyne.NewSize(size.Width, max(0, size.Height-under))
	switch {
	case visible && wide:
		width := withText(helpWidth)
		side.Move(fyne.NewPos(rest.Width-width, 0))
		side.Resize(fyne.NewSize(width, rest.Height))
		rest.Width -= width
		line.Move(fyne.NewPos(rest.Width, 0))
		line.Resize(fyne.NewSize(1, rest.Height))
	case visible:
		height := float32(int(helpShare * rest.Height))
		side.Move(fyne.NewPos(0, rest.Height-height))
		side.Resize(fyne.NewSize(rest.Width, height))
		rest.Height -= height
		line.Move(fyne.NewPos(0, rest.Height))
		line.Resize(fyne.NewSize(rest.Width, 1))
	}
	editor.Move(fyne.Position{})
	editor.Resize(rest)
}
