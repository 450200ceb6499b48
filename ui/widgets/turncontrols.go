package widgets

import (
	"fmt"
	"iter"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
)

// TurnAction is something that can be done with a turn. All that can be done is in the menu of the turn; what has an icon is a
// button under it as well.
type TurnAction struct {
	Name     string // the same in every language
	Label    string
	Icon     fyne.Resource // nil for what is in the menu only
	On       bool          // it is in force: the button is marked, and shown at all times
	Apart    bool          // a line stands above it in the menu
	OnTapped func()
}

// controlsView is the row under a turn: the arrows between versions, buttons, and the footer at the other side.
type controlsView struct {
	*sheet
	t       *typography
	older   *IconButton // the arrows, nil for a turn of one version
	newer   *IconButton
	buttons []actionButton // in the order in which the focus goes through them
	width   float32
	focused bool // one of the buttons has the focus
}

// actionButton is the button of an action.
type actionButton struct {
	*IconButton
	name string
	on   bool
}

func newControlsView(r *row, t *typography) *controlsView {
	c := &controlsView{t: t}
	c.sheet = newSheet(r)
	return c
}

// actions returns what can be done with a turn.
func (t *turn) actions() []TurnAction {
	v := t.view
	choose := TurnAction{Name: "select", Label: lang.L("Select text…"), OnTapped: func() { v.selectText(t) }}
	all := []TurnAction{{Name: "copy", Label: lang.L("Copy"), Icon: iconCopy, OnTapped: func() { v.copyText(t.source()) }}, choose}
	if v.Actions == nil {
		all[1].Icon = iconSelect
		return all
	}
	return append(all, v.Actions(t.index)...)
}

// renew makes the buttons of what can be done now. Those that stay keep the focus.
func (c *controlsView) renew() {
	r := c.row
	before := c.buttons
	c.buttons = nil
	add := func(a TurnAction) {
		b := actionButton{nil, a.Name, a.On}
		if i := slices.IndexFunc(before, func(b actionButton) bool { return b.name == a.Name }); i >= 0 {
			b.IconButton = before[i].IconButton
		} else {
			b.IconButton = c.newButton(a)
		}
		if a.Name != "copy" {
			if b.Label() != a.Label {
				b.SetFace(a.Icon, a.Label)
			}
			b.OnTapped = a.OnTapped
			b.SetActive(a.On)
		}
		c.buttons = append(c.buttons, b)
	}
	menu := false // something is in the menu only
	for _, a := range r.turn.actions() {
		if a.Icon != nil {
			add(a)
		}
		menu = menu || a.Icon == nil
	}
	if menu {
		add(TurnAction{Name: "more", Label: lang.L("More"), Icon: iconMore, OnTapped: c.openMenu})
	}
	// What is shown at all times is at the edge.
	slices.SortStableFunc(c.buttons, func(a, b actionButton) int {
		switch {
		case a.on == b.on:
			return 0
		case a.on == (r.turn.Role == Assistant):
			return -1
		}
		return 1
	})
	c.renewArrows()
	c.collect()
	c.update()
}

func (c *controlsView) newButton(a TurnAction) *IconButton {
	if a.Name == "copy" {
		b := newCopyButton(c.row, a.Label, c.row.turn.source)
		c.adopt(b)
		return b
	}
	b := NewIconButton(a.Icon, a.Label, a.OnTapped)
	c.adopt(b)
	return b
}

// renewArrows makes the arrows, if the turn has several versions, and shows which of them lead anywhere.
func (c *controlsView) renewArrows() {
	t := c.row.turn
	if t.Versions < 2 {
		c.older, c.newer = nil, nil
		return
	}
	if c.older == nil {
		step := func(by int) func() {
			return func() {
				if to := t.Version + by; t.view.OnVersion != nil && to >= 1 && to <= t.Versions {
					t.view.OnVersion(t.index, to)
				}
			}
		}
		c.older = NewIconButton(iconLeft, lang.L("Previous version"), step(-1))
		c.newer = NewIconButton(iconRight, lang.L("Next version"), step(1))
		c.adopt(c.older)
		c.adopt(c.newer)
	}
	enable(&c.older.button, t.Version > 1)
	enable(&c.newer.button, t.Version < t.Versions)
}

// adopt makes a button one of the row's.
func (c *controlsView) adopt(b *IconButton) {
	r := c.row
	b.soft = true
	b.onHover = r.hover
	b.onFocus = func(in bool) {
		c.focused = in
		r.focus(in, 0, r.height)
		c.update()
	}
	b.onKey = c.typedKey
}

// collect lists the buttons in the order in which they stand. One that is gone leaves the focus to the conversation.
func (c *controlsView) collect() {
	before := c.extra
	c.extra = nil
	arrows := func() {
		if c.older != nil {
			c.extra = append(c.extra, c.older, c.newer)
		}
	}
	if c.row.turn.Role == Assistant {
		arrows()
	}
	for _, b := range c.buttons {
		c.extra = append(c.extra, b.IconButton)
	}
	if c.row.turn.Role == User {
		arrows()
	}
	for _, o := range before {
		b := o.(*IconButton)
		if slices.Contains(c.extra, o) {
			continue
		}
		b.hideTip()
		if b.focused {
			c.row.turn.view.port.requestFocus()
		}
	}
}

// update shows the buttons while the pointer is over the turn or the focus in the row, and always under the last answer.
func (c *controlsView) update() {
	t := c.row.turn
	v := t.view
	last := t.index == len(v.turns)-1 && t.Role == Assistant && t.ended
	shown := v.hovered == t || c.focused || last
	for _, b := range c.buttons {
		b.setQuiet(!shown && !b.on)
	}
}

func (c *controlsView) fit(width float32) float32 {
	c.width = width
	c.renew()
	t, small, pad := c.row.turn, c.t.small(), c.t.padding
	number, numberWidth := "", float32(0)
	for _, o := range c.extra {
		if t.edit == nil {
			o.Show()
		} else {
			o.Hide()
		}
	}
	if c.older != nil && t.edit == nil {
		number = fmt.Sprintf("%d/%d", t.Version, t.Versions)
		numberWidth = small.width(number)
	}
	height, total := float32(0), numberWidth
	for _, b := range c.extra {
		height = max(height, b.MinSize().Height)
		total += b.MinSize().Width
	}
	// The icons, not their grounds, are in line with the text.
	x := -2 * pad
	if t.Role == User {
		x = width - total + 2*pad
	}
	middle := float32(int((height - small.height) / 2))
	var d drawing
	if text := t.Footer; text != "" {
		text = elide(text, small, width-total-3*pad)
		r := run{text: text, font: small, width: small.width(text), y: middle, color: ColorNameMuted}
		if r.x = width - r.width; t.Role == User {
			r.x = x - 2*pad - r.width
		}
		d.runs = append(d.runs, r)
	}
	for _, b := range c.extra {
		size := b.MinSize()
		b.Move(fyne.NewPos(x, (height-size.Height)/2))
		b.Resize(size)
		x += size.Width
		if b == c.older {
			d.runs = append(d.runs, run{text: number, font: small, x: x, width: numberWidth, y: middle, color: ColorNameMuted})
			x += numberWidth
		}
	}
	c.draw(d)
	return height
}

func (c *controlsView) window(float32, float32) {}

// typedKey moves the focus from button to button, and from turn to turn.
func (c *controlsView) typedKey(e *fyne.KeyEvent) {
	v := c.row.turn.view
	at := slices.IndexFunc(c.extra, func(o fyne.CanvasObject) bool { return o.(*IconButton).focused })
	step := 1
	switch e.Name {
	case fyne.KeyUp, fyne.KeyDown:
		if e.Name == fyne.KeyUp {
			step = -1
		}
		v.focusTurn(c.row.turn.index+step, c.nameOf(at))
	case fyne.KeyLeft, fyne.KeyRight:
		if e.Name == fyne.KeyLeft {
			step = -1
		}
		for at += step; at >= 0 && at < len(c.extra); at += step {
			if b := c.extra[at].(*IconButton); !b.Disabled() {
				v.requestFocus(b)
				return
			}
		}
	case desktop.KeyMenu:
		c.openMenu()
	default:
		v.typedKey(e)
	}
}

// nameOf returns the name of a button, "" for an arrow.
func (c *controlsView) nameOf(at int) string {
	for _, b := range c.buttons {
		if at >= 0 && c.extra[at] == b.IconButton {
			return b.name
		}
	}
	return ""
}

// focusTurn brings a turn into view, with the focus on its button of this name, or on its first one.
func (v *StreamView) focusTurn(i int, name string) {
	if i < 0 || i >= len(v.turns) {
		return
	}
	t := v.turns[i]
	r := t.controls
	if t.height < float64(v.area.Height) {
		v.reveal(r, float32(-r.y), r.height+float32(r.y))
	} else {
		v.reveal(r, 0, r.height)
	}
	if c, ok := r.view.(*controlsView); ok && len(c.buttons) > 0 {
		at := max(0, slices.IndexFunc(c.buttons, func(b actionButton) bool { return b.name == name }))
		v.requestFocus(c.buttons[at].IconButton)
	}
}

func (v *StreamView) requestFocus(f fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(v.port); c != nil {
		c.Focus(f)
	}
}

// Buttons are those that can be pressed under the turns, and are in view, by the number of the turn and the name of the
// action: "1-copy". The arrows are called "older" and "newer".
func (v *StreamView) Buttons() iter.Seq2[string, *IconButton] {
	return func(yield func(string, *IconButton) bool) {
		for _, r := range v.shown {
			c, ok := r.view.(*controlsView)
			if y := r.top() - v.offset; !ok || y < 0 || y+float64(r.height) > float64(v.area.Height) {
				continue
			}
			all := c.buttons
			if c.older != nil {
				all = append(all[:len(all):len(all)], actionButton{c.older, "older", true}, actionButton{c.newer, "newer", true})
			}
			for _, b := range all {
				if !b.Disabled() && !yield(fmt.Sprintf("%d-%s", r.turn.index, b.name), b.IconButton) {
					return
				}
			}
		}
	}
}

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

// copyText gives text to OnCopy, or to the clipboard.
func (v *StreamView) copyText(text string) {
	if v.OnCopy != nil {
		v.OnCopy(text)
		return
	}
	fyne.CurrentApp().Clipboard().SetContent(text)
}
