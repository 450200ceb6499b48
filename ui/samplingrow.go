package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/widgets"
)

// Widths of the controls of a number.
const (
	sliderWidth = 132
	numberWidth = 76
)

// knobRow is a number with its name, what it does, a slider and an entry.
type knobRow struct {
	v       *samplingView
	k       knob
	about   *words
	slider  *slider
	entry   *field
	back    *widgets.IconButton
	filling bool // what changes is not the user's doing
	root    fyne.CanvasObject
}

func newKnobRow(v *samplingView, w *Window, k knob) *knobRow {
	r := &knobRow{v: v, k: k, about: muted(""), slider: newSlider(len(k.stops))}
	r.slider.onFocus = func() { v.scroll.reveal(r.slider) }
	r.slider.OnChanged = func(stop float64) {
		if !r.filling {
			k.put(&v.now, &k.stops[int(stop)])
			r.fill()
		}
	}
	r.slider.OnChangeEnded = func(float64) { v.changed(v.now) }
	r.entry = v.scroll.field(w)
	r.entry.OnChanged = r.typed
	r.back = v.scroll.tool(icon("restore"), "", func() {
		r.entry.SetText("")
		w.focus(r.entry) // the button is gone
	})
	slide := container.NewGridWrap(fyne.NewSize(sliderWidth, r.slider.MinSize().Height), r.slider)
	r.root = samplingRow(k.name, r.about, container.NewCenter(slide), r.entry, numberWidth, r.back)
	r.fill()
	return r
}

// samplingRow puts the name of a number over what it does, and the controls at the right.
func samplingRow(name string, about *words, slider fyne.CanvasObject, entry *field, width float32, back *widgets.IconButton) fyne.CanvasObject {
	controls := container.NewHBox(container.NewCenter(container.NewGridWrap(back.MinSize(), back)))
	if slider != nil {
		controls.Add(slider)
	}
	controls.Add(container.NewCenter(container.NewGridWrap(fyne.NewSize(width, entry.MinSize().Height), entry)))
	return container.NewBorder(nil, nil, nil, controls, lines(paragraph(name), about))
}

// fill shows the number that is in force.
func (r *knobRow) fill() {
	value, set := r.k.get(r.v.now)
	usual, whose := r.v.fallback(r.k)
	data := map[string]any{"Value": number(usual)}
	r.filling = true
	r.entry.SetPlaceHolder(number(usual))
	if typed, ok := r.k.parse(r.entry.Text); !set {
		value = usual
		r.entry.SetText("")
		r.about.show(r.k.says(value)+" "+whose, widgets.ColorNameMuted)
	} else {
		if !ok || float32(typed) != float32(value) { // it is kept as that
			r.entry.SetText(number(value))
		}
		r.about.show(r.k.says(value)+" "+lang.L("Otherwise {{.Value}}.", data), widgets.ColorNameMuted)
	}
	r.slider.put(r.k.nearest(value))
	r.back.SetFace(icon("restore"), lang.L("Back to {{.Value}}", data))
	show(r.back, set)
	r.filling = false
}

// typed puts what is in the entry into force. What does not parse is not, and the line under the name says what would be.
func (r *knobRow) typed(text string) {
	if r.filling {
		return
	}
	if strings.TrimSpace(text) == "" {
		r.k.put(&r.v.now, nil)
	} else if value, ok := r.k.parse(text); ok {
		r.k.put(&r.v.now, &value)
	} else {
		r.about.show(lang.L("{{.Allowed}} What was set before stays in force.", map[string]any{"Allowed": r.k.allowed}), theme.ColorNameError)
		return
	}
	r.fill()
	r.v.changed(r.v.now)
}

// number writes a number as briefly as it can be.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// seedRow is the row of the seed, which is no more or less of something.
type seedRow struct {
	v       *samplingView
	about   *words
	entry   *field
	back    *widgets.IconButton
	filling bool
	root    fyne.CanvasObject
}

func newSeedRow(v *samplingView, w *Window) *seedRow {
	r := &seedRow{v: v, about: muted("")}
	r.entry = v.scroll.field(w)
	r.entry.OnChanged = r.typed
	r.back = v.scroll.tool(icon("restore"), "", func() {
		r.entry.SetText("")
		w.focus(r.entry)
	})
	r.root = samplingRow(lang.L("Seed"), r.about, nil, r.entry, sliderWidth+numberWidth+theme.Padding(), r.back)
	r.fill()
	return r
}

// fallback returns the seed that is in force while the view itself leaves it open, "" for another one each time.
func (r *seedRow) fallback() string {
	for _, l := range r.v.under {
		if l.sampling.Seed != nil {
			return strconv.FormatUint(*l.sampling.Seed, 10)
		}
	}
	return ""
}

func (r *seedRow) fill() {
	r.filling = true
	usual := r.fallback()
	holder, back := lang.L("another each time"), lang.L("Back to another each time")
	if usual != "" {
		holder, back = usual, lang.L("Back to {{.Value}}", map[string]any{"Value": usual})
	}
	r.entry.SetPlaceHolder(holder)
	r.back.SetFace(icon("restore"), back)
	set := r.v.now.Seed
	says := lang.L("Each answer begins elsewhere, so the same question gets different answers.")
	if set != nil || usual != "" {
		says = lang.L("The same seed, settings and words give the same answer.")
	}
	r.about.show(says, widgets.ColorNameMuted)
	if set == nil {
		r.entry.SetText("")
	} else if typed, err := parseSeed(r.entry.Text); err != nil || typed != *set {
		r.entry.SetText(strconv.FormatUint(*set, 10))
	}
	show(r.back, set != nil)
	r.filling = false
}

func (r *seedRow) typed(text string) {
	if r.filling {
		return
	}
	r.v.now.Seed = nil
	if strings.TrimSpace(text) != "" {
		seed, err := parseSeed(text)
		if err != nil {
			r.about.show(lang.L("{{.Allowed}} What was set before stays in force.", map[string]any{"Allowed": lang.L("A whole number from 0 on.")}), theme.ColorNameError)
			return
		}
		r.v.now.Seed = &seed
	}
	r.fill()
	r.v.changed(r.v.now)
}

func parseSeed(text string) (uint64, error) {
	return strconv.ParseUint(strings.TrimSpace(text), 10, 64)
}
