package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy"
)

// sealChanged shows at the foot of the rail, and on the page Privacy, whether the network is closed.
func (w *Window) sealChanged(r privacy.Report) {
	w.Seal = r
	if r.Enforced {
		w.seal.SetFace(icon("lock"), lang.L("sealed"))
	} else {
		w.seal.SetFace(icon("unlock"), lang.L("not sealed"))
	}
	w.privacy.sealChanged(r)
}

func sealTitle(r privacy.Report) string {
	if r.Enforced {
		return lang.L("Nothing leaves this computer")
	}
	return lang.L("The network is not closed")
}

// sealText says in a sentence or two what holds. A report's own sentences are package privacy's.
func sealText(r privacy.Report) string {
	if r.Enforced {
		return lang.L("The kernel refuses this program every way to a network, for as long as it runs. Test again to ask it now.")
	}
	text := lang.L("Lamplight opens no connection, but nothing enforces it here.")
	if r.Reason != "" {
		text += " " + lang.L(r.Reason)
	}
	return text
}

// layerRows lists what is enforced, by whom, and how that was found out.
func layerRows(r privacy.Report) []fyne.CanvasObject {
	var list []fyne.CanvasObject
	for _, l := range r.Layers {
		state := lang.L("holds")
		if !l.Holds {
			state = lang.L("does not hold")
		}
		list = append(list, answered(lang.L(l.Name)+" · "+l.By, state, l.Holds), muted(lang.L(l.Does)), proof(l))
	}
	if len(list) == 0 {
		list = append(list, muted(lang.L("Nothing is enforced.")))
	}
	return list
}

// checkRows lists the attempts and the kernel's answers.
func checkRows(r privacy.Report) []fyne.CanvasObject {
	var list []fyne.CanvasObject
	for _, c := range r.Checks {
		answer := lang.L(c.Got)
		if c.Answer != "" {
			answer += " · " + c.Answer // the kernel's own words
		}
		list = append(list, answered(lang.L(c.Name), answer, c.OK))
	}
	if len(list) == 0 {
		list = append(list, muted(lang.L("Nothing was tried.")))
	}
	return list
}

// socketRows lists what the program has open.
func socketRows(r privacy.Report) []fyne.CanvasObject {
	var list []fyne.CanvasObject
	for _, s := range r.Sockets {
		name := lang.L(s.Purpose)
		if s.Program != "" {
			name += " (" + s.Program + ")"
		}
		list = append(list, answered(name, s.Family, s.Local))
		if s.Address != "" {
			list = append(list, muted(s.Address))
		}
	}
	if len(list) == 0 {
		list = append(list, muted(lang.L("None were seen.")))
	}
	return list
}

// rows is a column of rows with little between them.
func rows(list ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(-8), list...)
}

// answered is a row with an answer at its end, which is as it should be or is not.
func answered(name, answer string, good bool) fyne.CanvasObject {
	importance := widget.SuccessImportance
	if !good {
		importance = widget.DangerImportance
	}
	return ended(name, answer, importance)
}

// ended is a row with something at its end.
func ended(name, end string, importance widget.Importance) fyne.CanvasObject {
	left, right := widget.NewLabel(name), widget.NewLabel(end)
	right.TextStyle.Bold, right.Importance = true, importance
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
