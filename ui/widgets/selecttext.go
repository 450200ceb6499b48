package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/buffer"
)

// selectText shows the source of a turn where it can be selected.
func (v *StreamView) selectText(t *turn) {
	c := fyne.CurrentApp().Driver().CanvasForObject(v.port)
	if c == nil {
		return
	}
	text := t.source()
	var pop *widget.PopUp
	hide := func() { pop.Hide() }
	escape := func(e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyEscape {
			hide()
		}
		return e.Name == fyne.KeyEscape
	}
	view := NewEditor()
	view.ReadOnly = true
	view.OnKey = escape
	view.SetBuffer(buffer.New(text))

	title := widget.NewLabel(lang.L("Select text"))
	title.TextStyle.Bold = true
	hint := widget.NewLabel(lang.L("Drag over the words you want, then press Ctrl+C."))
	hint.SizeName = theme.SizeNameCaptionText
	hint.Wrapping = fyne.TextWrapWord
	copyAll := NewChipButton(iconCopy, lang.L("Copy all"), func() {
		v.copyText(text)
		hide()
	})
	quote := NewChipButton(nil, lang.L("Quote"), func() {
		part := view.Buffer().Selected()
		if part == "" {
			part = text
		}
		hide()
		v.OnQuote(part)
	})
	quote.Hidden = v.OnQuote == nil
	done := NewChipButton(nil, lang.L("Close"), hide)
	for _, b := range []*ChipButton{quote, copyAll, done} {
		b.onKey = func(e *fyne.KeyEvent) { escape(e) }
	}

	foot := container.NewBorder(nil, nil, nil, container.NewCenter(container.NewHBox(quote, copyAll, done)), hint)
	pop = widget.NewModalPopUp(container.New(layout.NewCustomPaddedLayout(4, 8, 8, 8), container.NewBorder(title, foot, nil, nil, view)), c)
	const margin = 48
	size := c.Size().SubtractWidthHeight(margin, margin)
	pop.Resize(fyne.NewSize(min(680, size.Width), min(520, size.Height)))
	pop.Show()
	c.Focus(view)
}
