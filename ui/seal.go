package ui

import (
	"context"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy"
	"lamplight/ui/widgets"
)

// sealChanged shows at the foot of the rail whether the network is closed.
func (w *Window) sealChanged(r privacy.Report) {
	w.Seal = r
	if r.Enforced {
		w.seal.SetFace(icon("lock"), lang.L("sealed"))
	} else {
		w.seal.SetFace(icon("unlock"), lang.L("not sealed"))
	}
}

// showSeal shows what the kernel answered to every attempt to reach a network.
func (w *Window) showSeal() {
	title, body := subheading(""), container.NewVBox()
	fill := func(r privacy.Report) {
		w.sealChanged(r)
		title.set(sealTitle(r))
		body.Objects = sealRows(r)
		body.Refresh()
	}
	fill(w.Seal)
	again := widgets.NewChipButton(nil, lang.L("Test again"), func() {
		w.work(func(context.Context) {
			r := privacy.Probe()
			w.do(func() { fill(r) })
		})
	})
	done := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	w.showDialog(title, body, done, again, done)
}

func sealTitle(r privacy.Report) string {
	if r.Enforced {
		return lang.L("Nothing leaves this computer")
	}
	return lang.L("The network is not closed")
}

func sealRows(r privacy.Report) []fyne.CanvasObject {
	text := lang.L("The kernel refuses this program every way to a network, for as long as it runs. It was asked just now:")
	if !r.Enforced {
		text = lang.L("Lamplight opens no connection, but nothing enforces it here.")
		if r.Reason != "" {
			text += " " + lang.L(r.Reason)
		}
	}
	rows := []fyne.CanvasObject{paragraph(text)}
	for _, c := range r.Checks {
		answer := widget.NewLabel(lang.L(c.Got))
		answer.TextStyle.Bold = true
		answer.Importance = widget.SuccessImportance
		if !c.OK {
			answer.Importance = widget.DangerImportance
		}
		name := widget.NewLabel(lang.L(c.Name))
		name.SizeName, answer.SizeName = theme.SizeNameText, theme.SizeNameText
		rows = append(rows, container.NewBorder(nil, nil, name, answer))
	}
	return []fyne.CanvasObject{container.New(layout.NewCustomPaddedVBoxLayout(-8), rows...)}
}
