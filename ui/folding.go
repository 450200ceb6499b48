package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Widths of the list beside a page, and of the page at which the list folds away.
const (
	listWidth = 232
	foldWidth = 820
)

// folding puts a list beside a page while there is room for both.
type folding struct{ list, line, page fyne.CanvasObject }

func newFolding(list, page fyne.CanvasObject) fyne.CanvasObject {
	f := &folding{list, widget.NewSeparator(), page}
	return container.New(f, f.list, f.line, f.page)
}

// MinSize implements fyne.Layout.
func (f *folding) MinSize([]fyne.CanvasObject) fyne.Size { return f.page.MinSize() }

// Layout implements fyne.Layout.
func (f *folding) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	left := float32(0)
	if size.Width >= foldWidth {
		left = listWidth
		f.list.Resize(fyne.NewSize(left, size.Height))
		f.line.Move(fyne.NewPos(left, 0))
		f.line.Resize(fyne.NewSize(1, size.Height))
		f.list.Show()
		f.line.Show()
	} else {
		f.list.Hide()
		f.line.Hide()
	}
	f.page.Move(fyne.NewPos(left, 0))
	f.page.Resize(fyne.NewSize(size.Width-left, size.Height))
}
