package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/markdown"
)

// controlsView is the row under a turn: buttons, and the footer at the other side.
type controlsView struct {
	*sheet
	t       *typography
	buttons []*IconButton
	width   float32
	focused bool // one of the buttons has the focus
}

func newControlsView(r *row, t *typography) *controlsView {
	c := &controlsView{t: t}
	v := r.turn.view
	c.buttons = append(c.buttons,
		newCopyButton(r, lang.L("Copy"), func() string { return r.turn.source() }),
		NewIconButton(iconSelect, lang.L("Select text"), func() { v.selectText(r.turn) }))
	for _, a := range v.actions {
		if a.Role == r.turn.Role {
			c.buttons = append(c.buttons, NewIconButton(a.Icon, a.Label, func() {
				if a.OnTapped != nil {
					a.OnTapped(r.turn.index)
				}
			}))
		}
	}
	c.sheet = newSheet(r)
	for _, b := range c.buttons {
		b.soft = true
		b.onHover = r.hover
		b.onFocus = func(in bool) {
			c.focused = in
			r.focus(in, 0, r.height)
			c.update()
		}
		b.onKey = v.typedKey
		c.extra = append(c.extra, b)
	}
	c.update()
	return c
}

// update shows the buttons while the pointer is over the turn or the focus in the row, and always under the last answer.
func (c *controlsView) update() {
	t := c.row.turn
	v := t.view
	last := t.index == len(v.turns)-1 && t.Role == Assistant && t.ended
	for _, b := range c.buttons {
		b.setQuiet(v.hovered != t && !c.focused && !last)
	}
}

func (c *controlsView) fit(width float32) float32 {
	c.width = width
	height, total := float32(0), float32(0)
	for _, b := range c.buttons {
		height = max(height, b.MinSize().Height)
		total += b.MinSize().Width
	}
	// The icons, not their grounds, are in line with the text.
	pad := c.t.padding
	x := -2 * pad
	if c.row.turn.Role == User {
		x = width - total + 2*pad
	}
	small := c.t.small()
	var d drawing
	if text := c.row.turn.Footer; text != "" {
		text = elide(text, small, width-total-3*pad)
		r := run{text: text, font: small, width: small.width(text), y: float32(int((height - small.height) / 2)), color: ColorNameMuted}
		if r.x = width - r.width; c.row.turn.Role == User {
			r.x = x - 2*pad - r.width
		}
		d.runs = append(d.runs, r)
	}
	for _, b := range c.buttons {
		size := b.MinSize()
		b.Move(fyne.NewPos(x, (height-size.Height)/2))
		b.Resize(size)
		x += size.Width
	}
	c.draw(d)
	return height
}

func (c *controlsView) window(float32, float32) {}

// newCopyButton returns a button that copies a text and shows that it has, until the pointer and the focus leave it.
func newCopyButton(r *row, label string, text func() string) *IconButton {
	b := NewIconButton(iconCopy, label, nil)
	b.soft = true
	b.onHover = r.hover
	b.onFocus = func(in bool) { r.focus(in, b.Position().Y, b.Size().Height) }
	b.onKey = r.turn.view.typedKey
	b.OnTapped = func() {
		r.turn.view.copyText(text())
		b.SetFace(iconCheck, lang.L("Copied"))
		b.tip.showNow(b, lang.L("Copied"))
	}
	b.onLeave = func() { b.SetFace(iconCopy, label) }
	return b
}

// noteView is the row with the Note of a turn.
type noteView struct {
	*sheet
	t      *typography
	action *ChipButton
}

func newNoteView(r *row, t *typography) *noteView {
	v := &noteView{t: t}
	var extra []fyne.CanvasObject
	if n := r.turn.Note; n.Action != "" {
		v.action = NewChipButton(nil, n.Action, n.OnAction)
		v.action.onHover = r.hover
		v.action.onFocus = func(in bool) { r.focus(in, 0, r.height) }
		v.action.onKey = r.turn.view.typedKey
		extra = append(extra, v.action)
	}
	v.sheet = newSheet(r, extra...)
	return v
}

// fit puts the button beside the sentence if there is room, else under it.
func (v *noteView) fit(width float32) float32 {
	n, pad := v.row.turn.Note, v.t.padding
	color := ColorNameMuted
	if n.Error {
		color = theme.ColorNameError
	}
	b := v.t.breakLines([]markdown.Span{{Text: n.Text}}, v.t.font(fontKey{size: v.t.text}), min(width, v.t.prose), markdown.Left)
	y, height := float32(0), b.height
	if v.action != nil {
		size := v.action.MinSize()
		at := fyne.NewPos(b.width+3*pad, 0)
		if at.X+size.Width > width {
			at = fyne.NewPos(0, b.height+2*pad)
			height = at.Y + size.Height
		} else {
			height = max(height, size.Height)
			y, at.Y = float32(int((height-b.height)/2)), (height-size.Height)/2
		}
		v.action.Move(at)
		v.action.Resize(size)
	}
	var d drawing
	d.add(b, 0, y, color)
	v.draw(d)
	return height
}

func (v *noteView) window(float32, float32) {}

// dividerView is a line with words in it: what is above is not in the model's view.
type dividerView struct {
	*sheet
	t *typography
}

func newDividerView(r *row, t *typography) *dividerView {
	v := &dividerView{newSheet(r), t}
	v.greyed = false
	return v
}

func (v *dividerView) fit(width float32) float32 {
	small := v.t.small()
	text := elide(lang.L("Everything above is not in the model's view"), small, width)
	w := small.width(text)
	x, y, gap := float32(int((width-w)/2)), 2*v.t.padding, 3*v.t.padding
	d := drawing{runs: []run{{text: text, font: small, x: x, y: y, width: w, color: ColorNameMuted}}}
	if line := x - gap; line > 0 {
		middle := y + float32(int(small.height/2))
		d.fills = append(d.fills,
			fill{y: middle, width: line, height: 1, color: theme.ColorNameSeparator},
			fill{x: width - line, y: middle, width: line, height: 1, color: theme.ColorNameSeparator})
	}
	v.draw(d)
	return small.height + 6*v.t.padding
}

func (v *dividerView) window(float32, float32) {}

// setGreyed does nothing: the line is about other turns.
func (v *dividerView) setGreyed(bool) {}

// copyText gives text to OnCopy, or to the clipboard.
func (v *StreamView) copyText(text string) {
	if v.OnCopy != nil {
		v.OnCopy(text)
		return
	}
	fyne.CurrentApp().Clipboard().SetContent(text)
}
