package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant/attach"
	"lamplight/ui/buffer"
	"lamplight/ui/widgets"
)

// showFile shows the text of a file that goes with a message.
func (w *Window) showFile(f attach.File) {
	if w.dialog != nil {
		return
	}
	view := widgets.NewEditor()
	view.ReadOnly = true
	view.SetBuffer(buffer.New(f.Text))
	view.OnKey = func(e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyEscape {
			w.escape()
		}
		return e.Name == fyne.KeyEscape
	}
	about := lang.L("As the model reads it: {{.Size}} of text.", map[string]any{"Size": byteSize(int64(len(f.Text)))})
	space := w.win.Canvas().Size().SubtractWidthHeight(64, 240)
	size := fyne.NewSize(min(dialogWidth, space.Width)-32, max(120, min(420, space.Height)))
	all := widgets.NewChipButton(icon("copy"), lang.L("Copy all"), func() { fyne.CurrentApp().Clipboard().SetContent(f.Text) })
	w.showDialog(oneLined(subheading(oneLine(f.Name, maxTitle))), container.NewVBox(muted(about), container.NewGridWrap(size, view)), view,
		all, widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog))
}
