package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*Flow)(nil)

// Flow puts objects beside each other, in as many rows as they need in its width. Without objects it takes no room.
type Flow struct {
	widget.BaseWidget
	objects []fyne.CanvasObject
}

// NewFlow returns a flow of objects.
func NewFlow(objects ...fyne.CanvasObject) *Flow {
	f := &Flow{objects: objects}
	f.ExtendBaseWidget(f)
	return f
}

// Set replaces the objects.
func (f *Flow) Set(objects ...fyne.CanvasObject) {
	f.objects = objects
	f.Refresh()
}

// Resize implements [fyne.CanvasObject]. In another width the flow may need another height.
func (f *Flow) Resize(size fyne.Size) {
	before := f.MinSize()
	f.BaseWidget.Resize(size)
	if f.MinSize() != before {
		canvas.Refresh(f)
	}
}

// MinSize implements [fyne.CanvasObject]. The height is that of the rows in the present width.
func (f *Flow) MinSize() fyne.Size {
	width, height := float32(0), f.arrange(f.Size().Width, nil)
	for _, o := range f.objects {
		width = max(width, o.MinSize().Width)
	}
	return fyne.NewSize(min(width, narrowFlow), height)
}

// narrowFlow is the width below which a flow cuts its objects instead of asking for more.
const narrowFlow = 160

// arrange tells place where each object goes in a width, and returns the height of all.
func (f *Flow) arrange(width float32, place func(o fyne.CanvasObject, at fyne.Position, size fyne.Size)) float32 {
	pad := f.Theme().Size(theme.SizeNamePadding)
	x, y, row := float32(0), float32(0), float32(0)
	for i, o := range f.objects {
		size := o.MinSize()
		size.Width = min(size.Width, max(width, narrowFlow))
		if i > 0 && x+size.Width > width {
			x, y, row = 0, y+row+pad, 0
		}
		if place != nil {
			place(o, fyne.NewPos(x, y), size)
		}
		x += size.Width + pad
		row = max(row, size.Height)
	}
	return y + row
}

// CreateRenderer implements [fyne.Widget].
func (f *Flow) CreateRenderer() fyne.WidgetRenderer { return flowRenderer{f} }

type flowRenderer struct{ f *Flow }

func (flowRenderer) Destroy()                       {}
func (r flowRenderer) Objects() []fyne.CanvasObject { return r.f.objects }
func (r flowRenderer) MinSize() fyne.Size           { return r.f.MinSize() }

func (r flowRenderer) Layout(size fyne.Size) {
	r.f.arrange(size.Width, func(o fyne.CanvasObject, at fyne.Position, size fyne.Size) {
		o.Move(at)
		o.Resize(size)
	})
}

func (r flowRenderer) Refresh() {
	r.Layout(r.f.Size())
	for _, o := range r.f.objects {
		o.Refresh()
	}
	canvas.Refresh(r.f)
}
