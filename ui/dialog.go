package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"
)

// openDialog lies over the window until it is answered. There is one at a time; shortcuts wait for its end, and
// Escape closes it.
type openDialog struct {
	hide     func()
	asksFile bool // which a drop answers too
}

// dialogWidth is how wide a dialog is in a window that is wide enough.
const dialogWidth = 560

// showDialog puts a body under a title, with buttons at its foot, and gives the keyboard to first. The body
// scrolls when the window is too low for it.
func (w *Window) showDialog(title *words, body fyne.CanvasObject, first fyne.Focusable, buttons ...fyne.CanvasObject) {
	if w.dialog != nil {
		return
	}
	foot := container.NewHBox(append([]fyne.CanvasObject{layout.NewSpacer()}, buttons...)...)
	space := w.win.Canvas().Size().SubtractWidthHeight(64, 64)
	width := min(dialogWidth, space.Width)

	body.Resize(fyne.NewSize(width-32, body.MinSize().Height)) // texts wrap to the width, then know their height
	around := title.MinSize().Height + foot.MinSize().Height + 3*gap + 32
	height := min(body.MinSize().Height+around, space.Height)
	content := container.New(layout.NewCustomPaddedLayout(16, 16, 16, 16),
		container.NewBorder(title, container.New(layout.NewCustomPaddedLayout(gap, 0, 0, 0), foot), nil, nil, container.NewVScroll(body)))

	pop := widget.NewModalPopUp(content, w.win.Canvas())
	pop.Resize(fyne.NewSize(width, height))
	w.dialog = &openDialog{hide: pop.Hide}
	pop.Show()
	if first != nil {
		w.win.Canvas().Focus(first)
	}
}

// closeDialog closes the dialog or dialog that is open.
func (w *Window) closeDialog() {
	if s := w.dialog; s != nil {
		w.dialog = nil
		s.hide()
	}
}

// chooseFile asks for a model file and imports it.
func (w *Window) chooseFile() {
	if w.dialog != nil {
		return
	}
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			w.Log.Warn("the chosen file cannot be opened", "error", err)
			m := explainFile("", err)
			w.complain(m, err)
		case f != nil:
			_ = f.Close() // it was only opened
			w.importer.add(f.URI().Path())
		}
	}, w.win)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".gguf", ".safetensors"}))
	d.SetTitleText(lang.L("Add a model"))
	d.SetOnClosed(func() { w.dialog = nil })
	w.dialog = &openDialog{hide: d.Hide, asksFile: true}
	d.Show()
	space := w.win.Canvas().Size().SubtractWidthHeight(64, 64)
	d.Resize(fyne.NewSize(min(800, space.Width), min(560, space.Height)))
}
