// Empty is a window of Fyne with nothing in it, or with an entry that has the keyboard if it is given any argument: what a
// window costs before Lamplight is in it.
package main

import (
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.NewWithID("empty").NewWindow("Empty")
	w.Resize(fyne.NewSize(1100, 740))
	if len(os.Args) > 1 {
		entry := widget.NewEntry()
		w.SetContent(entry)
		w.Canvas().Focus(entry)
	}
	w.ShowAndRun()
}
