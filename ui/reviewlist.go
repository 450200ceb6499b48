package ui

import (
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/buffer"
	"lamplight/ui/widgets"
)

// reviewView is the list of what is proposed, at the side of the text. While it has the keyboard, letters decide; what is typed
// while the text has it goes into the text. Escape leads from one to the other.
type reviewView struct {
	h      *help
	r      *review
	rows   []*suggestion
	title  *words
	state  *words // how far the work is
	meter  *fyne.Container
	bar    *widget.ProgressBar
	stop   *widgets.ChipButton
	rest   *widgets.ChipButton // goes on with what is left
	coming *words              // of a continuation
	list   *keyList
	keys   *words
	head   *fyne.Container
	root   fyne.CanvasObject
}

func newReviewView(h *help) *reviewView {
	v := &reviewView{h: h, title: oneLined(subheading("")), state: muted(""), coming: muted(""), keys: muted(""), bar: widget.NewProgressBar()}
	v.bar.TextFormatter = func() string { return "" }
	v.meter = container.New(layout.NewCustomPaddedLayout(0, gap/2, textInset, textInset), container.New(barHeight(4), v.bar))
	v.stop = widgets.NewChipButton(icon("stop"), lang.L("Stop"), func() { v.r.cancel() })
	v.rest = widgets.NewChipButton(icon("goon"), lang.L("Go on with the rest"), func() {
		v.r.run()
		h.w.focus(v.list)
	})
	v.list = newKeyList(func() { h.w.focus(h.page.editor) }, func() int { return len(v.rows) }, func() fyne.CanvasObject { return widgets.NewChangeRow() }, v.fillRow)
	v.list.remove = func(widget.ListItemID) { v.typed('r') }
	v.list.enter = func(widget.ListItemID) { v.typed('a') }
	v.list.moved = v.picked
	v.list.OnSelected = func(i widget.ListItemID) {
		v.list.UnselectAll()
		v.picked(i)
	}
	v.list.typed, v.list.turned = v.typed, func(bool) { v.showKeys() }
	v.head = container.New(layout.NewCustomPaddedVBoxLayout(0), v.title, v.state, v.meter, container.New(layout.NewCustomPaddedLayout(0, gap/2, textInset, 0), container.NewHBox(v.stop, v.rest)), v.coming)
	v.root = container.New(layout.NewCustomPaddedLayout(4, 4, 8, 12), container.NewBorder(v.head, v.keys, nil, nil, container.New(fitRows{v}, v.list)))
	return v
}

// show brings the list up to date.
func (v *reviewView) show(r *review) {
	v.r = r
	v.rows = v.rows[:0:0]
	for _, p := range r.list {
		if !p.gone() {
			v.rows = append(v.rows, p)
		}
	}
	name, _ := v.h.name(r.action)
	v.title.set(name)
	v.fit()
	v.focus(r) // which may have another row now
	v.progress(r)
	v.showKeys()
}

// fit gives the rows the heights that they need in the width of the list.
func (v *reviewView) fit() {
	width, row := v.list.Size().Width, widgets.NewChangeRow()
	if width <= 0 {
		return // it is not laid out yet
	}
	for i, p := range v.rows {
		v.list.SetItemHeight(i, row.Height(p.face(), width))
	}
}

// fitRows lays out the list. In another width its rows may need other heights.
type fitRows struct{ v *reviewView }

// MinSize implements fyne.Layout.
func (fitRows) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// Layout implements fyne.Layout.
func (l fitRows) Layout(o []fyne.CanvasObject, size fyne.Size) {
	before := o[0].Size().Width
	o[0].Resize(size)
	if size.Width != before {
		l.v.fit()
	}
}

// progress shows how far the work is.
func (v *reviewView) progress(r *review) {
	show(v.stop, r.running != nil)
	show(v.meter, r.running != nil)
	show(v.rest, r.running == nil && !r.complete)
	text, coming := "", ""
	if run := r.running; run != nil {
		done, total, added := run.progress()
		coming = tailOf(added, maxComing)
		text = lang.N("{{.Done}} of {{.N}} passages", total, map[string]any{"Done": done, "N": total})
		if total <= 1 {
			text = lang.L("The model is writing…")
		}
		v.bar.Max = float64(max(1, total))
		v.bar.SetValue(float64(done))
	} else {
		text = r.stateText()
	}
	v.state.set(text)
	v.coming.set(coming)
	show(v.state, text != "")
	show(v.coming, coming != "")
	v.head.Refresh()
	v.root.Refresh()
}

// maxComing is how much is shown of what is being written, in characters.
const maxComing = 400

// tailOf is the end of a text, of at most n characters.
func tailOf(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return "…" + string(r[len(r)-n:])
	}
	return text
}

// stateText says what has become of the work.
func (r *review) stateText() string {
	var said []string
	switch {
	case r.err != nil:
		said = append(said, r.h.explain(r.err).text)
	case !r.complete && r.moved > 0:
		said = append(said, lang.N("You wrote on {{.N}} passages meanwhile, so they wait.", r.moved, map[string]any{"N": r.moved}))
	case !r.complete:
		said = append(said, lang.L("A part of the text was not looked at yet."))
	}
	if r.cut > 0 {
		said = append(said, lang.N("{{.N}} passages stay as they are: the model came to no end.", r.cut, map[string]any{"N": r.cut}))
	}
	return strings.Join(said, " ")
}

// showKeys says what keys do now.
func (v *reviewView) showKeys() {
	if v.list.focused {
		v.keys.set(lang.L("Keys: n next, p previous, a accept, r reject, Shift+A and Shift+R all, Esc back to the text."))
	} else {
		v.keys.set(lang.L("What you type goes into the text. Click a change, or press Esc, to decide by keys."))
	}
	v.root.Refresh()
}

func (v *reviewView) fillRow(i widget.ListItemID, o fyne.CanvasObject) {
	o.(*widgets.ChangeRow).Set(v.rows[i].face())
}

// face is what its row shows.
func (p *suggestion) face() widgets.ChangeFace {
	old, now := p.shown()
	return widgets.ChangeFace{Old: old, New: now, Note: p.note(), Current: p == p.r.focus,
		Taken: !p.waiting && p.verdict == buffer.Taken, Left: !p.waiting && p.verdict == buffer.Left}
}

// note says what is to be looked at.
func (p *suggestion) note() string {
	if !p.waiting {
		return ""
	}
	return touchedText(p.Touched)
}

// shown is the change as it can be read by itself: a sign stands with the word it belongs to.
func (p *suggestion) shown() (old, now string) {
	old, now = p.Old, p.New
	if !strings.ContainsFunc(old, wordly) || !strings.ContainsFunc(now, wordly) && now != "" || strings.TrimSpace(now) == "" && strings.TrimSpace(old) == "" {
		before, after := p.Passage[:min(p.At, len(p.Passage))], p.Passage[min(p.At+len(p.Old), len(p.Passage)):]
		if !strings.ContainsFunc(now, wordly) || old != "" {
			before = before[strings.LastIndexFunc(strings.TrimRight(before, " "), unicode.IsSpace)+1:]
			if i := strings.IndexFunc(strings.TrimLeft(after, " "), unicode.IsSpace); i >= 0 {
				after = after[:len(after)-len(strings.TrimLeft(after, " "))+i]
			}
			old, now = before+old+after, before+now+after
		}
	}
	clean := func(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", "↵") }
	return clean(old), clean(now)
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// focus brings the keyboard of the list to the proposal that is looked at.
func (v *reviewView) focus(r *review) {
	for i, p := range v.rows {
		if p == r.focus && i != v.list.at {
			v.list.Highlight(i)
		}
	}
	v.list.Refresh()
}

// picked looks at a row.
func (v *reviewView) picked(i widget.ListItemID) {
	if i < len(v.rows) && v.r != nil && v.r.focus != v.rows[i] {
		v.r.setFocus(v.rows[i])
	}
}

// typed decides by letters.
func (v *reviewView) typed(letter rune) {
	r := v.r
	if r == nil || v.h.review() != r {
		return
	}
	switch letter {
	case 'n', 'N':
		r.setFocus(r.next(r.focus, 1))
	case 'p', 'P':
		r.setFocus(r.next(r.focus, -1))
	case 'a', 'r':
		if r.focus != nil {
			r.decide(letter == 'a', r.focus)
		}
	case 'A':
		r.decide(true, r.waiting()...)
	case 'R':
		r.decide(false, r.waiting()...)
	}
}

// reviewBar is under the text while there is a review.
type reviewBar struct {
	counts         *words
	take, leave    *widgets.ChipButton // the change that is looked at
	accept, reject *widgets.ChipButton // all
	finish         *widgets.ChipButton
	r              *review
	root           fyne.CanvasObject
}

func newReviewBar(h *help) *reviewBar {
	b := &reviewBar{counts: small("")}
	b.counts.Wrapping = fyne.TextWrapOff
	one := func(taken bool) func() {
		return func() {
			if p := b.r.focus; p != nil {
				b.r.decide(taken, p)
			}
			h.w.focus(h.changes.list)
		}
	}
	b.take, b.leave = widgets.NewChipButton(nil, lang.L("Accept"), one(true)), widgets.NewChipButton(nil, lang.L("Reject"), one(false))
	b.accept = widgets.NewChipButton(nil, lang.L("Accept all"), func() { b.r.decide(true, b.r.waiting()...) })
	b.reject = widgets.NewChipButton(nil, lang.L("Reject all"), func() { b.r.decide(false, b.r.waiting()...) })
	b.finish = widgets.NewChipButton(nil, lang.L("Done"), func() {
		b.r.finish()
		h.w.focus(h.page.editor)
	})
	b.root = container.New(layout.NewCustomPaddedLayout(gap/2, 0, 16-textInset, 16), widgets.NewFlow(container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), b.counts), b.take, b.leave, b.accept, b.reject, b.finish))
	return b
}

// show brings the bar up to date.
func (b *reviewBar) show(r *review) {
	b.r = r
	all, taken, left := r.counts()
	said := []string{lang.N("{{.N}} changes", all, map[string]any{"N": all})}
	if taken > 0 {
		said = append(said, lang.N("{{.N}} accepted", taken, map[string]any{"N": taken}))
	}
	if left > 0 {
		said = append(said, lang.N("{{.N}} rejected", left, map[string]any{"N": left}))
	}
	b.counts.set(strings.Join(said, " · "))
	for _, button := range []*widgets.ChipButton{b.take, b.leave, b.accept, b.reject} {
		if all == taken+left {
			button.Disable()
		} else {
			button.Enable()
		}
	}
	b.root.Refresh()
}
