package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/markdown"
)

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
		v.action = NewChipButton(nil, n.Action, func() {
			if f := r.turn.Note.OnAction; f != nil {
				f()
			}
		})
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
	text := lang.L("What is grey above is not in the model's view")
	if t := v.row.turn; t.index > 0 && !t.view.turns[t.index-1].Greyed {
		text = lang.L("What is grey above would leave the model's view")
	}
	text = elide(text, small, width)
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
