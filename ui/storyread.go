package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant/stories"
	"lamplight/ui/widgets"
)

// readView is a story in large type, and what can be done with it.
type readView struct {
	p *storyView

	title  *passage
	texts  []*passage
	told   *passage // by whom, and with which seed
	column *fyne.Container
	scroll scroller
	head   *fyne.Container
	turns  *fyne.Container // to what was told before and after
	turn   *words
	back   *widgets.IconButton
	aloud  *widgets.IconButton
	remove *widgets.IconButton
	keep   *widgets.ChipButton
	again  *widgets.ChipButton
	goOn   *widgets.ChipButton
	same   *widgets.ChipButton
	stop   *widgets.ChipButton
	state  *words
	doing  *fyne.Container // what can be done with a story that is told
	root   *fyne.Container
}

func newReadView(p *storyView) *readView {
	v := &readView{p: p, title: newPassage(), told: newPassage(), state: oneLined(muted("")), turn: oneWord("")}
	v.column = container.New(storyColumn{}, v.title, v.told)
	v.scroll = newScroller(v.column)
	v.back = widgets.NewIconButton(icon("back"), lang.L("What it is about"), p.startNew)
	v.turns = container.NewHBox(
		container.NewCenter(widgets.NewIconButton(icon("left"), lang.L("The story before"), func() { p.turnTo(-1) })), container.NewCenter(v.turn),
		container.NewCenter(widgets.NewIconButton(icon("right"), lang.L("The story after"), func() { p.turnTo(1) })))
	v.aloud = widgets.NewIconButton(icon("speak"), lang.L("Read aloud"), p.readAloud)
	paper := widgets.NewIconButton(icon("print"), lang.L("Print"), p.print)
	save := widgets.NewIconButton(icon("export"), lang.L("Save as a file"), p.askSave)
	v.remove = widgets.NewIconButton(icon("trash"), lang.L("Delete this story"), func() { p.remove(p.shown.ID) })
	tools := container.NewHBox(v.turns, container.NewCenter(v.aloud), container.NewCenter(paper), container.NewCenter(save), container.NewCenter(v.remove))
	v.head = container.NewBorder(nil, nil, container.NewCenter(v.back), tools)

	v.stop = widgets.NewChipButton(icon("stop"), lang.L("Stop"), p.stop)
	v.keep = widgets.NewChipButton(icon("keep"), lang.L("Keep"), p.keep)
	v.again = widgets.NewChipButton(icon("again"), lang.L("Tell it differently"), p.tellDifferently)
	v.goOn = widgets.NewChipButton(icon("goon"), lang.L("Next chapter"), p.nextChapter)
	v.same = widgets.NewChipButton(icon("back"), lang.L("Choose from it"), p.chooseFrom)
	v.same.SetHint(lang.L("Ticks what this story is about, and takes its seed."))
	v.doing = container.NewStack(widgets.NewFlow(v.keep, v.again, v.goOn, v.same))
	foot := container.NewBorder(nil, nil, container.NewCenter(v.stop), nil, container.NewStack(v.state, v.doing))
	pad := func(top, bottom float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedLayout(top, bottom, 16, 16), o)
	}
	v.root = bordered(container.NewVBox(pad(8, 4, v.head), widget.NewSeparator()), container.NewVBox(widget.NewSeparator(), pad(8, 8, foot)), nil, nil, v.scroll.Scroll)
	return v
}

// first is where the keyboard begins.
func (v *readView) first() fyne.Focusable {
	if v.p.telling != nil {
		return v.stop
	}
	return v.keep
}

func (v *readView) toTop() { v.scroll.ScrollToTop() }

// show shows the story as it is now.
func (v *readView) show() {
	p, s := v.p, v.p.shown
	telling := p.telling != nil
	if s == nil {
		s = &stories.Story{}
	}
	changed := v.title.set(s.Title, widgets.SizeNameStoryTitle, theme.ColorNamePrimary, true)
	show(v.title, s.Title != "")
	for len(v.texts) < len(s.Paragraphs) {
		v.texts = append(v.texts, v.newText(len(v.texts)))
		changed = true
	}
	objects := []fyne.CanvasObject{v.title}
	for i, x := range s.Paragraphs {
		size, color := widgets.SizeNameStory, theme.ColorNameForeground
		if x.Heading {
			size, color = theme.SizeNameHeadingText, theme.ColorNamePrimary
		}
		changed = v.texts[i].set(x.Text, size, color, x.Heading) || changed
		objects = append(objects, v.texts[i])
	}
	v.told.set(toldBy(s), theme.SizeNameCaptionText, widgets.ColorNameMuted, false)
	show(v.told, !telling && s.Model != "")
	objects = append(objects, v.told)
	if changed || len(objects) != len(v.column.Objects) {
		v.column.Objects = objects
	}
	v.showDoing(telling, s)
	v.arrange()
	if telling {
		v.follow(p.telling)
	}
}

// follow moves to where something new is told, a chapter that has begun, until it is at the top. The rest is read from the top; it comes faster
// than anybody reads aloud.
func (v *readView) follow(t *telling) {
	if t.job.Does != stories.NextChapter || t.followed {
		return
	}
	if at := len(t.job.Story.Paragraphs); at < len(v.p.shown.Paragraphs) {
		top := v.texts[at].Position().Y - gap
		v.scroll.ScrollToOffset(fyne.NewPos(0, top)) // which goes no further than the text does
		t.followed = v.scroll.Offset.Y >= top-1
	}
}

// arrange lays the view out anew: texts wrap to their width, then know their height.
func (v *readView) arrange() {
	for range 2 {
		v.column.Refresh()
		v.scroll.Refresh()
	}
}

// newText is the passage of a paragraph.
func (v *readView) newText(i int) *passage {
	t := newPassage()
	t.onTapped = func() { v.p.askChange(i) }
	t.onFocus = func() { v.scroll.reveal(t) }
	t.onMove = func(by int) {
		if n := i + by; v.p.shown != nil && n >= 0 && n < len(v.p.shown.Paragraphs) {
			v.p.w.win.Canvas().Focus(v.texts[n])
		}
	}
	return t
}

// toldBy says who told a story, and with which seed.
func toldBy(s *stories.Story) string {
	return lang.L("Told by {{.Model}} · seed {{.Seed}}", map[string]any{"Model": oneLine(s.Model, 60), "Seed": strconv.FormatUint(s.Seed, 10)})
}

// showDoing shows what can be done now.
func (v *readView) showDoing(telling bool, s *stories.Story) {
	p := v.p
	show(v.stop, telling)
	show(v.doing, !telling)
	show(v.state, telling)
	show(v.turns, !telling && len(p.tells) > 1)
	show(v.remove, !telling && s.ID != 0)
	at := p.turn()
	v.turn.set(lang.L("{{.At}} of {{.N}}", map[string]any{"At": at + 1, "N": len(p.tells)}))
	if telling {
		v.state.set(p.telling.state())
	}
	if s.ID != 0 {
		v.keep.SetFace(icon("kept"), lang.L("Kept"))
		v.keep.Disable()
	} else {
		v.keep.SetFace(icon("keep"), lang.L("Keep"))
		v.keep.Enable()
	}
	if p.reads != nil {
		v.aloud.SetFace(icon("stop"), lang.L("Stop reading"))
	} else {
		v.aloud.SetFace(icon("speak"), lang.L("Read aloud"))
	}
	v.head.Refresh()
}
