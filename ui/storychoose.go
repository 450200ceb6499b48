package ui

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/assets"
	"lamplight/assets/starter"
	"lamplight/assistant/stories"
	"lamplight/ui/widgets"
)

// chooseView is what a story is to be about: the sentence that grows with every tick, groups of cards, and at the foot how and
// that it is told.
type chooseView struct {
	p *storyView

	sentence *sentenceView
	groups   []*cardGroup
	scroll   scroller
	seed     *field
	tongue   *choiceBox
	tell     *widgets.LargeButton
	head     *fyne.Container // the sentence, and the button of the list before it
	root     *fyne.Container
}

// cardGroup is a group with its cards.
type cardGroup struct {
	starter.Group
	flow  *widgets.Flow
	cards []*widgets.TickCard
	said  []string // the phrases of the cards
	own   *widgets.TickCard
}

func newChooseView(p *storyView) *chooseView {
	v := &chooseView{p: p, sentence: newSentenceView(), seed: p.w.newField()}
	box := container.NewVBox()
	v.scroll = newScroller(container.New(layout.NewCustomPaddedLayout(4, 16, 16, 20), box))
	for _, g := range stories.Groups() {
		c := &cardGroup{Group: g, flow: widgets.NewFlow()}
		v.groups = append(v.groups, c)
		box.Add(subheading(groupNames()[g.ID].label))
		box.Add(c.flow)
	}
	v.seed.PlaceHolder = lang.L("by chance")
	v.seed.OnChanged = func(text string) { // digits only
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text)
		if digits = digits[:min(len(digits), 6)]; digits != text {
			v.seed.SetText(digits)
		}
	}
	v.seed.OnSubmitted = func(string) { p.tellChosen() }
	var names []string
	for _, t := range tonguesInto() {
		names = append(names, t.name)
	}
	v.tongue = newChoiceBox(names, func(string) {
		if i := v.tongue.SelectedIndex(); i >= 0 {
			p.tongue = tonguesInto()[i].id
			p.rememberSoon()
		}
	})
	surprise := widgets.NewChipButton(icon("surprise"), lang.L("Surprise me"), p.surprise)
	clear := widgets.NewChipButton(icon("close"), lang.L("Untick all"), func() { v.set(stories.Choice{}) })
	v.tell = widgets.NewLargeButton(icon("story"), lang.L("Tell it"), p.tellChosen)
	small := func(label string, o fyne.CanvasObject, width float32) fyne.CanvasObject {
		return container.NewHBox(container.NewCenter(oneWord(label)), container.NewCenter(container.New(&fixedWidth{width}, o)))
	}
	high := func(o fyne.CanvasObject) fyne.CanvasObject { return container.New(&asHighAs{v.seed}, o) }
	options := widgets.NewFlow(high(small(lang.L("Language"), v.tongue, 150)), high(small(lang.L("Seed"), v.seed, 110)), high(surprise), high(clear))
	foot := container.NewBorder(nil, nil, nil, container.NewCenter(v.tell), options)
	v.head = container.New(sentenceLayout{}, v.sentence)
	pad := func(top, bottom float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedLayout(top, bottom, 16, 16), o)
	}
	v.root = bordered(container.NewVBox(pad(8, 4, v.head), widget.NewSeparator()), container.NewVBox(widget.NewSeparator(), pad(8, 8, foot)), nil, nil, v.scroll.Scroll)
	return v
}

// oneWord is a label that does not wrap.
func oneWord(text string) *words {
	w := muted(text)
	w.Wrapping = fyne.TextWrapOff
	return w
}

// fixedWidth gives its one object a width.
type fixedWidth struct{ width float32 }

// MinSize implements fyne.Layout.
func (f *fixedWidth) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(withText(f.width), o[0].MinSize().Height)
}

// Layout implements fyne.Layout.
func (*fixedWidth) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }

// asHighAs puts its one object into the middle of a height.
type asHighAs struct{ of fyne.CanvasObject }

// MinSize implements fyne.Layout.
func (a *asHighAs) MinSize(o []fyne.CanvasObject) fyne.Size {
	size := o[0].MinSize()
	return fyne.NewSize(size.Width, max(size.Height, a.of.MinSize().Height))
}

// Layout implements fyne.Layout.
func (*asHighAs) Layout(o []fyne.CanvasObject, size fyne.Size) {
	least := o[0].MinSize()
	o[0].Resize(fyne.NewSize(size.Width, least.Height))
	o[0].Move(fyne.NewPos(0, (size.Height-least.Height)/2))
}

// sentenceLayout puts small objects before the last, which takes the rest and is as high as its text needs.
type sentenceLayout struct{}

// MinSize implements fyne.Layout.
func (sentenceLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	height := float32(0)
	for _, x := range o {
		if x.Visible() {
			height = max(height, x.MinSize().Height)
		}
	}
	return fyne.NewSize(200, height)
}

// Layout implements fyne.Layout.
func (sentenceLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, child := range o {
		switch {
		case !child.Visible():
		case i == len(o)-1:
			child.Move(fyne.NewPos(x, 0))
			child.Resize(fyne.NewSize(size.Width-x, size.Height))
		default:
			width := child.MinSize().Width
			child.Move(fyne.NewPos(x, 0))
			child.Resize(fyne.NewSize(width, child.MinSize().Height))
			x += width + gap
		}
	}
}

// first is where the keyboard begins.
func (v *chooseView) first() fyne.Focusable { return v.groups[0].cards[0] }

// symbol is the drawing of an option.
func symbol(name string) fyne.Resource {
	return fyne.NewStaticResource("symbol-"+name+".svg", assets.Symbols()[name])
}

// show brings everything in line with the choice.
func (v *chooseView) show() {
	for _, g := range v.groups {
		v.showGroup(g)
	}
	if i := slices.IndexFunc(tonguesInto(), func(t tongueInto) bool { return t.id == v.p.tongue }); i >= 0 && i != v.tongue.SelectedIndex() {
		changed := v.tongue.OnChanged
		v.tongue.OnChanged = nil
		v.tongue.SetSelectedIndex(i)
		v.tongue.OnChanged = changed
	}
	v.sentence.show(sentence(v.p.choice))
	v.arrange()
}

// arrange lays the view out anew: texts wrap to their width, then know their height.
func (v *chooseView) arrange() {
	for range 2 {
		v.root.Refresh()
	}
}

// phrases are the options of a group: those of the program, then the user's own.
func (v *chooseView) phrases(g *cardGroup) (list []string) {
	for _, o := range g.Options {
		list = append(list, o.Phrase)
	}
	for _, own := range slices.Concat(v.p.own[g.ID], v.p.choice[g.ID]) {
		if !slices.Contains(list, own) {
			list = append(list, own)
		}
	}
	return list
}

// showGroup makes the cards of a group, unless they are there, and ticks them.
func (v *chooseView) showGroup(g *cardGroup) {
	if list := v.phrases(g); !slices.Equal(list, g.said) || g.cards == nil {
		g.said, g.cards = list, nil
		var objects []fyne.CanvasObject
		for _, phrase := range list {
			c := v.card(g, phrase)
			g.cards, objects = append(g.cards, c), append(objects, c)
		}
		if g.Own {
			if g.own == nil {
				g.own = v.newCard("own", lang.L("Your own…"), func() { v.askOwn(g) })
			}
			objects = append(objects, g.own)
		}
		g.flow.Set(objects...)
	}
	for i, phrase := range g.said {
		g.cards[i].SetTicked(slices.Contains(v.p.choice[g.ID], phrase))
	}
}

func (v *chooseView) card(g *cardGroup, phrase string) *widgets.TickCard {
	o, builtIn := stories.Option(g.Group, phrase)
	name := o.Symbol
	if !builtIn {
		name = "own"
	}
	c := v.newCard(name, labelOf(g.Group, phrase), func() { v.tick(g, phrase) })
	if !builtIn {
		c.OnRemove = func() { v.removeOwn(g, phrase) }
		c.SetHint(lang.L("Delete takes this card away."))
	}
	return c
}

func (v *chooseView) newCard(name, label string, tapped func()) *widgets.TickCard {
	c := widgets.NewTickCard(symbol(name), label, tapped)
	c.OnFocus(func() { v.scroll.reveal(c) })
	c.OnMove = func(key fyne.KeyName) { v.move(c, key) }
	return c
}

// move brings the keyboard from a card to another one: the next or the one before, or the nearest of the row above or below.
func (v *chooseView) move(from *widgets.TickCard, key fyne.KeyName) {
	var all []*widgets.TickCard
	for _, g := range v.groups {
		all = append(all, g.cards...)
		if g.own != nil {
			all = append(all, g.own)
		}
	}
	at, to := slices.Index(all, from), -1
	switch key {
	case fyne.KeyLeft:
		to = at - 1
	case fyne.KeyRight:
		to = at + 1
	default:
		to = nearest(all, at, key == fyne.KeyDown)
	}
	if to >= 0 && to < len(all) {
		v.p.w.win.Canvas().Focus(all[to])
	}
}

// nearest is the card of the next row, or of the one before, that is nearest to a card; -1: there is none.
func nearest(all []*widgets.TickCard, at int, down bool) (to int) {
	place := func(i int) fyne.Position { return fyne.CurrentApp().Driver().AbsolutePositionForObject(all[i]) }
	from, to, row := place(at), -1, float32(0)
	for i := range all {
		here := place(i)
		away := here.Y - from.Y
		if !down {
			away = -away
		}
		if away <= 0 {
			continue
		}
		far := here.X - from.X
		if to < 0 || away < row || away == row && far*far < (place(to).X-from.X)*(place(to).X-from.X) {
			to, row = i, away
		}
	}
	return to
}

// tick ticks an option, or no longer.
func (v *chooseView) tick(g *cardGroup, phrase string) {
	v.set(stories.Tick(v.p.choice, g.Group, phrase))
}

// set makes another choice.
func (v *chooseView) set(c stories.Choice) {
	v.p.choice = c
	v.p.w.touched()
	v.show()
	v.p.rememberSoon()
}

// askOwn asks for an option of the user's own, which is ticked at once.
func (v *chooseView) askOwn(g *cardGroup) {
	name := groupNames()[g.ID]
	f := v.p.w.askName(name.label, lang.L("Add"), "", func(text string) {
		phrase := stories.Own(text)
		if phrase == "" {
			return
		}
		if !slices.Contains(v.phrases(g), phrase) {
			v.p.own[g.ID] = append(v.p.own[g.ID], phrase)
		}
		if !slices.Contains(v.p.choice[g.ID], phrase) {
			v.tick(g, phrase)
		}
		v.p.w.focus(g.own)
	}, muted(lang.L("At most {{.N}} characters.", map[string]any{"N": starter.MaxOwn})))
	if f != nil {
		f.SetPlaceHolder(name.told)
	}
}

// removeOwn takes a card of the user's own away.
func (v *chooseView) removeOwn(g *cardGroup, phrase string) {
	p := v.p
	p.own[g.ID] = slices.DeleteFunc(p.own[g.ID], func(s string) bool { return s == phrase })
	if slices.Contains(p.choice[g.ID], phrase) {
		p.choice = stories.Tick(p.choice, g.Group, phrase)
	}
	v.set(p.choice)
	p.w.focus(g.own)
}

// seedNow is the seed that was typed, or one by chance.
func (v *chooseView) seedNow() uint64 {
	if n, err := strconv.ParseUint(v.seed.Text, 10, 32); err == nil && n > 0 {
		return n
	}
	return stories.NewSeed()
}

// tellSurprise shows the page and tells a story about what chance ticks, unless one is being told.
func (p *storyView) tellSurprise() {
	p.w.show(storyPage)
	if p.telling == nil {
		p.surprise()
		p.tellChosen()
	}
}

// surprise ticks by chance. A seed that was typed ticks the same again.
func (p *storyView) surprise() { p.choose.set(stories.Surprise(p.choose.seedNow())) }
