package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

// Measures of a card, in the order from the edge inwards.
const (
	cardInset = 12
	textInset = 8 // that a text leaves around itself, so that parts with texts overlap by it
)

// lineHeight is that of a line of small text.
func lineHeight() float32 { return withText(20) }

// rowName is the width of what stands before a fact.
func rowName() float32 { return withText(84) }

// part is a piece of a card. Its height is known before it is made.
type part struct {
	height float32
	text   bool // it leaves textInset around itself
	make   func() fyne.CanvasObject
}

// partsHeight is the height of a card of these parts.
func partsHeight(parts []part) float32 {
	height := float32(2 * cardInset)
	for _, p := range parts {
		height += p.height
	}
	return height
}

// newPartsCard makes a card. The last part, its buttons, lies at the foot however high the card is.
func newPartsCard(parts []part) *widgets.Card {
	objects := make([]fyne.CanvasObject, len(parts))
	for i, p := range parts {
		objects[i] = p.make()
	}
	return widgets.NewCard(container.New(partsLayout(parts), objects...))
}

// partsLayout puts parts below each other.
type partsLayout []part

// MinSize implements fyne.Layout.
func (l partsLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(minCard()-2*cardInset, partsHeight(l)-2*cardInset)
}

// Layout implements fyne.Layout.
func (l partsLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for i, p := range l {
		if i == len(l)-1 {
			y = max(y, size.Height-p.height)
		}
		at, room := fyne.NewPos(0, y), fyne.NewSize(size.Width, p.height)
		if p.text {
			at, room = at.SubtractXY(textInset, textInset), room.AddWidthHeight(2*textInset, 2*textInset)
		}
		o[i].Move(at)
		o[i].Resize(room)
		y += p.height
	}
}

// textPart is a text that wraps. The same sentences stand on many cards, so their heights are remembered.
func (h *textHeights) textPart(text string, color fyne.ThemeColorName, width float32) part {
	return part{h.of(text, width) + 4, true, func() fyne.CanvasObject {
		t := muted(text)
		t.segment.Style.ColorName = color
		return t
	}}
}

// linePart is a text that is cut where the line ends.
func linePart(text func() string, color fyne.ThemeColorName) part {
	return part{lineHeight(), true, func() fyne.CanvasObject {
		t := oneLined(muted(text()))
		t.segment.Style.ColorName = color
		return t
	}}
}

// textHeights knows how high small texts get in a width.
type textHeights struct {
	width float32
	line  float32 // height of one
	known map[string]float32
}

func (h *textHeights) of(text string, width float32) float32 {
	if line := lineHeight(); h.width != width || h.line != line {
		h.width, h.line, h.known = width, line, map[string]float32{}
	}
	height, ok := h.known[text]
	if !ok {
		t := muted(text)
		t.Resize(fyne.NewSize(width+2*textInset, 0))
		height = t.MinSize().Height - 2*textInset
		h.known[text] = height
	}
	return height
}

// factPart is a line with the name of a fact and the fact.
func factPart(name, fact func() string, color fyne.ThemeColorName) part {
	return part{lineHeight(), true, func() fyne.CanvasObject {
		value := oneLined(small(fact()))
		value.segment.Style.ColorName = color
		return container.New(factLayout{}, oneLined(muted(name())), value)
	}}
}

// factLayout puts the name before the fact.
type factLayout struct{}

// MinSize implements fyne.Layout.
func (factLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(2*rowName(), max(o[0].MinSize().Height, o[1].MinSize().Height))
}

// Layout implements fyne.Layout.
func (factLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(fyne.NewSize(rowName()+2*textInset, size.Height))
	o[1].Move(fyne.NewPos(rowName(), 0))
	o[1].Resize(fyne.NewSize(size.Width-rowName(), size.Height))
}

// headHeight is that of the part that names a model.
func headHeight() float32 { return withText(48) }

// headPart is the name of a model over its first facts, after a lamp.
func headPart(lit bool, name string, facts func() string) part {
	return part{headHeight(), false, func() fyne.CanvasObject {
		lamp := darkLamp()
		if lit {
			lamp = litLamp()
		}
		return container.New(headLayout{}, widget.NewIcon(lamp), oneLined(subheading(name)), oneLined(muted(facts())))
	}}
}

// headLayout puts a picture before two lines.
type headLayout struct{}

// MinSize implements fyne.Layout.
func (headLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(minCard()/2, headHeight())
}

// Layout implements fyne.Layout.
func (headLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	lamp := withText(28)
	o[0].Resize(fyne.NewSquareSize(lamp))
	o[0].Move(fyne.NewPos(0, (headHeight()-gap-lamp)/2))
	for i, text := range o[1:] {
		height := text.MinSize().Height
		text.Move(fyne.NewPos(lamp, float32(i)*(lineHeight()+2)-textInset))
		text.Resize(fyne.NewSize(size.Width-lamp+textInset, height))
	}
}

// tagsPart is a line of small chips; those that find no room are left out.
func tagsPart(tags []string) part {
	return part{lineHeight() + gap, false, func() fyne.CanvasObject {
		row := container.New(tagsLayout{})
		for _, tag := range tags {
			row.Add(newTag(tag))
		}
		return row
	}}
}

func newTag(text string) fyne.CanvasObject {
	t := small(text)
	t.Wrapping = fyne.TextWrapOff
	return container.New(tagLayout{}, widgets.NewRoundGround(widgets.ColorNameRaised), t)
}

// tagLayout puts a text on a ground that is hardly larger.
type tagLayout struct{}

// MinSize implements fyne.Layout.
func (tagLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(o[1].MinSize().Width, lineHeight())
}

// Layout implements fyne.Layout.
func (tagLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(size)
	height := o[1].MinSize().Height
	o[1].Move(fyne.NewPos(0, (size.Height-height)/2))
	o[1].Resize(fyne.NewSize(size.Width, height))
}

// tagsLayout puts chips beside each other as long as there is room.
type tagsLayout struct{}

// MinSize implements fyne.Layout.
func (tagsLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, lineHeight()+gap) }

// Layout implements fyne.Layout.
func (tagsLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for _, tag := range o {
		min := tag.MinSize()
		show(tag, x+min.Width <= size.Width)
		tag.Resize(min)
		tag.Move(fyne.NewPos(x, gap/2))
		x += min.Width + gap/2
	}
}

// buttonsPart is the row at the foot of a card: what is done most at the left, and the menu of everything else.
func buttonsPart(make func() (first, menu fyne.CanvasObject)) part {
	const height = 28 + gap
	return part{height, false, func() fyne.CanvasObject {
		first, menu := make()
		return container.New(buttonsLayout{}, first, menu)
	}}
}

// buttonsLayout puts one button at each end, at the foot.
type buttonsLayout struct{}

// MinSize implements fyne.Layout.
func (buttonsLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[0].MinSize().Max(o[1].MinSize())
}

// Layout implements fyne.Layout.
func (buttonsLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	for i, b := range o {
		min := b.MinSize()
		b.Resize(min)
		b.Move(fyne.NewPos(float32(i)*(size.Width-min.Width), size.Height-min.Height))
	}
}

// colours of what stands on a card.
const (
	plainColor = theme.ColorNameForeground
	mutedColor = widgets.ColorNameMuted
	warnColor  = theme.ColorNameWarning
	badColor   = theme.ColorNameError
)
