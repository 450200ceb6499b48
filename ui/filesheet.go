package ui

import (
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant/attach"
	"lamplight/ui/widgets"
)

// longestSheet is how many bytes of a file can be looked at: more than anybody reads here.
const longestSheet = 200_000

// showFile shows the text of a file that goes with a message.
func (w *Window) showFile(f attach.File) {
	text, rest := f.Text, 0
	if len(text) > longestSheet {
		cut := longestSheet
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		rest = utf8.RuneCountInString(text[cut:])
		text = text[:cut]
	}
	view := widgets.NewStreamView()
	view.SetTurns([]widgets.Turn{{Text: text}})
	about := lang.L("As the model reads it: {{.Size}} of text.", map[string]any{"Size": byteSize(int64(len(f.Text)))})
	if rest > 0 {
		about += " " + lang.N("Only its beginning is shown; {{.N}} characters more go to the model.", rest, map[string]any{"N": grouped(int64(rest))})
	}
	space := w.win.Canvas().Size().SubtractWidthHeight(64, 240)
	size := fyne.NewSize(min(dialogWidth, space.Width)-32, max(120, min(420, space.Height)))
	shut := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	w.showDialog(oneLined(subheading(oneLine(f.Name, maxTitle))), container.NewVBox(muted(about), container.NewGridWrap(size, view)), shut, shut)
	view.ScrollToTurn(0)
}
