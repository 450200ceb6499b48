package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
)

// filesView is the row with the files that went with a question, below its bubble.
type filesView struct {
	*sheet
	t     *typography
	chips []*FileChip
}

func newFilesView(r *row, t *typography) *filesView {
	f := &filesView{t: t}
	var extra []fyne.CanvasObject
	for i, label := range r.turn.Files {
		chip := NewFileChip(label, func() {
			if v := r.turn.view; v.OnFile != nil {
				v.OnFile(r.turn.index, i)
			}
		}, nil)
		chip.open.onHover = r.hover
		chip.open.onFocus = func(in bool) { r.focus(in, chip.Position().Y, chip.Size().Height) }
		chip.open.onKey = r.turn.view.typedKey
		f.chips, extra = append(f.chips, chip), append(extra, chip)
	}
	f.sheet = newSheet(r, extra...)
	return f
}

// fit puts the chips beside each other, at the side of the bubble.
func (f *filesView) fit(width float32) float32 {
	pad := f.t.padding
	y, line := float32(0), 0
	flush := func(end int) { // places the chips from number line on
		total, height := -pad, float32(0)
		for _, c := range f.chips[line:end] {
			total += c.MinSize().Width + pad
			height = max(height, c.MinSize().Height)
		}
		x := max(0, width-total)
		for _, c := range f.chips[line:end] {
			size := c.MinSize()
			size.Width = min(size.Width, width)
			c.Move(fyne.NewPos(x, y))
			c.Resize(size)
			x += size.Width + pad
		}
		y += height + pad
		line = end
	}
	x := float32(0)
	for i, c := range f.chips {
		w := c.MinSize().Width
		if i > line && x+w > width {
			flush(i)
			x = 0
		}
		x += w + pad
	}
	flush(len(f.chips))
	f.draw(drawing{})
	return max(0, y-pad)
}

func (f *filesView) window(float32, float32) {}

// setFiles names the files that went with the turn.
func (t *turn) setFiles(labels []string) {
	if t.files != nil && slices.Equal(t.Files, labels) {
		return
	}
	t.Files, t.files = labels, nil
	if len(labels) > 0 {
		t.files = &row{turn: t, kind: filesRow, stop: true}
		t.files.guess()
	}
}

// SetLeaving draws turns as those that would leave the model's view if the draft were asked, and the others as they are.
// The numbers are in order.
func (v *StreamView) SetLeaving(turns []int) {
	first, last := len(v.turns), -1
	for i, t := range v.turns {
		_, leaving := slices.BinarySearch(turns, i)
		if leaving != t.leaving {
			first, last = min(first, i), i
		}
	}
	if last < 0 {
		return
	}
	v.change(first, last+1, func() {
		for i, t := range v.turns {
			_, t.leaving = slices.BinarySearch(turns, i)
			t.setGreyed(t.Greyed)
		}
	})
}

// outside reports whether the turn is not in the model's view, or would not be.
func (t *turn) outside() bool { return t.Greyed || t.leaving }
