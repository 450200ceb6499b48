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

// showSeal shows what is enforced, what the kernel answered to every attempt to reach a network, and what is open.
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
	copied := widgets.NewChipButton(nil, lang.L("Copy report"), func() { fyne.CurrentApp().Clipboard().SetContent(w.Seal.Text()) })
	done := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	w.showDialog(title, body, done, copied, again, done)
}

func sealTitle(r privacy.Report) string {
	if r.Enforced {
		return lang.L("Nothing leaves this computer")
	}
	return lang.L("The network is not closed")
}

// sealRows lists the layers, the attempts and the open sockets of a report. Its sentences are package privacy's.
func sealRows(r privacy.Report) []fyne.CanvasObject {
	text := lang.L("The kernel refuses this program every way to a network, for as long as it runs. Test again to ask it now.")
	if !r.Enforced {
		text = lang.L("Lamplight opens no connection, but nothing enforces it here.")
		if r.Reason != "" {
			text += " " + lang.L(r.Reason)
		}
	}
	rows := []fyne.CanvasObject{paragraph(text)}
	for _, l := range r.Layers {
		state := lang.L("holds")
		if !l.Holds {
			state = lang.L("does not hold")
		}
		rows = append(rows, answered(lang.L(l.Name)+" · "+l.By, state, l.Holds), muted(lang.L(l.Does)), proof(l))
	}
	rows = append(rows, subheading(lang.L("What was tried")))
	for _, c := range r.Checks {
		answer := lang.L(c.Got)
		if c.Answer != "" {
			answer += " · " + c.Answer // the kernel's own words
		}
		rows = append(rows, answered(lang.L(c.Name), answer, c.OK))
	}
	rows = append(rows, subheading(lang.L("Open sockets")))
	for _, s := range r.Sockets {
		name := lang.L(s.Purpose)
		if s.Program != "" {
			name += " (" + s.Program + ")"
		}
		rows = append(rows, answered(name, s.Family, s.Local))
		if s.Address != "" {
			rows = append(rows, muted(s.Address))
		}
	}
	if len(r.Sockets) == 0 {
		rows = append(rows, muted(lang.L("None were seen.")))
	}
	return []fyne.CanvasObject{container.New(layout.NewCustomPaddedVBoxLayout(-8), rows...)}
}

// answered is a row with an answer at its end, which is as it should be or is not.
func answered(name, answer string, good bool) fyne.CanvasObject {
	left, right := widget.NewLabel(name), widget.NewLabel(answer)
	right.TextStyle.Bold = true
	right.Importance = widget.SuccessImportance
	if !good {
		right.Importance = widget.DangerImportance
	}
	left.Truncation = fyne.TextTruncateEllipsis
	left.SizeName, right.SizeName = theme.SizeNameText, theme.SizeNameText
	return container.NewBorder(nil, nil, nil, right, left)
}

// proof says how it was found out whether a layer holds.
func proof(l privacy.Layer) fyne.CanvasObject {
	text := lang.L(l.Checked)
	if l.Answer != "" {
		text += " (" + l.Answer + ")" // the system's own words
	}
	return muted(text)
}
