package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

// Widths of the list beside a page, and of the page below which the list folds away.
const (
	listWidth = 260
	minList   = 180
	minPage   = 480 // what is left for the page when the list is drawn wide
	foldWidth = 820
)

// folding puts a list beside a page while there is room for both. In a narrower window the list is folded
// away, and a button lays it over the page.
type folding struct {
	list    fyne.CanvasObject
	divider *divider
	page    fyne.CanvasObject
	button  fyne.CanvasObject // unfolds; hidden while the list is beside the page
	around  *fyne.Container   // the button's

	width    float32         // of the list, as it was drawn; a narrow window may give it less
	folded   bool            // the window is too narrow for both
	unfolded bool            // and the list lies over the page
	root     *fyne.Container // its objects in the order of Tab, and what lies over others last
}

func newFolding(list, page, button fyne.CanvasObject, around *fyne.Container) *folding {
	f := &folding{page: page, button: button, around: around, width: listWidth}
	f.list = container.NewStack(widgets.NewGround(theme.ColorNameBackground), list)
	f.divider = newDivider(func(by float32) {
		f.width = f.fitting(f.root.Size().Width) + by
		f.width = f.fitting(f.root.Size().Width)
		f.arrange()
	})
	f.root = container.New(f, f.list, f.divider, f.page)
	return f
}

// toggle lays the list over the page, or folds it away again.
func (f *folding) toggle() {
	f.unfolded = !f.unfolded
	f.arrange()
}

// fold puts the list away if it lies over the page.
func (f *folding) fold() {
	if f.unfolded {
		f.toggle()
	}
}

func (f *folding) arrange() { f.Layout(nil, f.root.Size()) }

// fitting is the width of the list in a window that leaves so much for both.
func (f *folding) fitting(both float32) float32 { return max(f.least(), min(f.width, both-minPage)) }

// least is how wide the list is at least: large text needs more.
func (f *folding) least() float32 { return max(minList, f.list.MinSize().Width) }

// MinSize implements fyne.Layout.
func (f *folding) MinSize([]fyne.CanvasObject) fyne.Size { return f.page.MinSize() }

// Layout implements fyne.Layout.
func (f *folding) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	f.folded = size.Width < foldWidth
	if !f.folded {
		f.unfolded = false
	}
	f.root.Objects = []fyne.CanvasObject{f.list, f.divider, f.page}
	if f.folded {
		f.root.Objects = []fyne.CanvasObject{f.page, f.list, f.divider}
	}
	show(f.button, f.folded)
	show(f.list, !f.folded || f.unfolded)
	show(f.divider, !f.folded || f.unfolded)
	f.around.Layout.Layout(f.around.Objects, f.around.Size())

	left := float32(0)
	switch {
	case !f.folded:
		left = f.fitting(size.Width)
		f.list.Move(fyne.NewPos(0, 0))
		f.list.Resize(fyne.NewSize(left, size.Height))
	case f.unfolded: // below the head, which has the button
		top := f.around.Size().Height + 2*theme.Padding() + gap
		f.list.Move(fyne.NewPos(0, top))
		f.list.Resize(fyne.NewSize(min(max(listWidth, f.least()), size.Width), size.Height-top))
	}
	f.divider.Move(fyne.NewPos(f.list.Size().Width, f.list.Position().Y))
	f.divider.Resize(fyne.NewSize(dividerWidth, f.list.Size().Height))
	f.page.Move(fyne.NewPos(left, 0))
	f.page.Resize(fyne.NewSize(size.Width-left, size.Height))
}

func show(o fyne.CanvasObject, visible bool) {
	if visible {
		o.Show()
	} else {
		o.Hide()
	}
}

// dividerWidth is where a divider can be caught; its line is one pixel wide.
const dividerWidth = 6

var (
	_ fyne.Draggable     = (*divider)(nil)
	_ desktop.Cursorable = (*divider)(nil)
)

// divider is the line at the right of the list; drawing it makes the list wider.
type divider struct {
	widget.BaseWidget
	onDrag func(by float32)
}

func newDivider(onDrag func(by float32)) *divider {
	d := &divider{onDrag: onDrag}
	d.ExtendBaseWidget(d)
	return d
}

// Dragged implements [fyne.Draggable].
func (d *divider) Dragged(e *fyne.DragEvent) { d.onDrag(e.Dragged.DX) }

// DragEnd implements [fyne.Draggable].
func (d *divider) DragEnd() {}

// Cursor implements [desktop.Cursorable].
func (d *divider) Cursor() desktop.Cursor { return desktop.HResizeCursor }

// CreateRenderer implements [fyne.Widget].
func (d *divider) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewBorder(nil, nil, widget.NewSeparator(), nil))
}
