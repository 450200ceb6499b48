package ui

import (
	"math"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine/sample"
)

// samplingView has the numbers that decide how a model chooses its words: what each does at its value, what it is when
// nobody has set it, and the way back to that. samplingtext.go has the sentences.
type samplingView struct {
	scroll  scroller
	now     assistant.Sampling
	under   []layer       // in force where now leaves something open, the first before the others
	own     sample.Params // and then these, the model's
	changed func(assistant.Sampling)
	rows    []*knobRow
	seed    *seedRow
	root    *fyne.Container
}

// layer is a choice of numbers, and the sentence that says whose it is.
type layer struct {
	name     string // "From the persona."
	sampling assistant.Sampling
}

// newSamplingView shows numbers. changed is told of every change.
func newSamplingView(w *Window, scroll scroller, now assistant.Sampling, own sample.Params, under []layer, changed func(assistant.Sampling)) *samplingView {
	v := &samplingView{scroll: scroll, now: now, own: own, under: under, changed: changed, root: container.NewVBox()}
	for _, k := range knobs() {
		r := newKnobRow(v, w, k)
		v.rows = append(v.rows, r)
		v.root.Add(r.root)
	}
	v.seed = newSeedRow(v, w)
	v.root.Add(v.seed.root)
	return v
}

// set shows other numbers.
func (v *samplingView) set(now assistant.Sampling) {
	v.now = now
	v.show()
}

// setOwn shows what the numbers are where nobody has set them.
func (v *samplingView) setOwn(own sample.Params, under []layer) {
	v.own, v.under = own, under
	v.show()
}

func (v *samplingView) show() {
	for _, r := range v.rows {
		r.fill()
	}
	v.seed.fill()
}

// ownSampling returns the numbers that a model comes with; "" is the active one.
func (w *Window) ownSampling(id string) sample.Params {
	if id == "" {
		id = w.shelf.active
	}
	for _, m := range w.shelf.models {
		if m.ID == id {
			return w.runner.OwnSampling(m)
		}
	}
	return sample.Defaults("")
}

// knob is one of the numbers.
type knob struct {
	name, allowed string
	low, high     float64
	whole         bool
	stops         []float64 // of the slider, from left to right; none: there is no slider
	get           func(assistant.Sampling) (float64, bool)
	put           func(*assistant.Sampling, *float64)
	own           func(sample.Params) float64
	says          func(float64) string
}

// knobs are all of them but the seed, in the order in which they act.
func knobs() []knob {
	return []knob{
		knob{name: lang.L("Temperature"), allowed: lang.L("A number from 0 to 5."), high: 5, stops: every(0.05, 0, 2), says: saysTemperature,
			own: func(p sample.Params) float64 { return widened(p.Temperature) }}.
			real(func(s *assistant.Sampling) **float32 { return &s.Temperature }),
		{name: lang.L("Top-k"), allowed: lang.L("A whole number from 0 to 1,000,000."), high: 1_000_000, whole: true, says: saysTopK,
			stops: []float64{1, 2, 3, 5, 10, 15, 20, 30, 40, 50, 64, 80, 100, 150, 200, 300, 500, 1000, 0},
			own:   func(p sample.Params) float64 { return float64(p.TopK) },
			get: func(s assistant.Sampling) (float64, bool) {
				if s.TopK == nil {
					return 0, false
				}
				return float64(*s.TopK), true
			},
			put: func(s *assistant.Sampling, v *float64) {
				if s.TopK = nil; v != nil {
					n := int(*v)
					s.TopK = &n
				}
			}},
		knob{name: lang.L("Top-p"), allowed: lang.L("A number from 0 to 1."), high: 1, stops: every(0.01, 0.05, 1), says: saysTopP,
			own: func(p sample.Params) float64 { return orOne(p.TopP) }}.
			real(func(s *assistant.Sampling) **float32 { return &s.TopP }),
		knob{name: lang.L("Min-p"), allowed: lang.L("A number from 0 to 1."), high: 1, stops: every(0.01, 0, 0.5), says: saysMinP,
			own: func(p sample.Params) float64 { return widened(p.MinP) }}.
			real(func(s *assistant.Sampling) **float32 { return &s.MinP }),
		knob{name: lang.L("Repeat penalty"), allowed: lang.L("A number from 0.5 to 5."), low: 0.5, high: 5, stops: every(0.05, 0.8, 2), says: saysPenalty,
			own: func(p sample.Params) float64 { return orOne(p.RepeatPenalty) }}.
			real(func(s *assistant.Sampling) **float32 { return &s.RepeatPenalty }),
	}
}

// real completes the knob of a fraction.
func (k knob) real(field func(*assistant.Sampling) **float32) knob {
	k.get = func(s assistant.Sampling) (float64, bool) {
		if f := *field(&s); f != nil {
			return widened(*f), true
		}
		return 0, false
	}
	k.put = func(s *assistant.Sampling, v *float64) {
		f := field(s)
		if *f = nil; v != nil {
			x := float32(*v)
			*f = &x
		}
	}
	return k
}

// widened is the number as it is written: 0.7, not 0.699999988079071.
func widened(f float32) float64 {
	wide, _ := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	return wide
}

// orOne is a number of which 0 means the same as 1: off.
func orOne(f float32) float64 {
	if f == 0 {
		return 1
	}
	return widened(f)
}

// every returns the stops from low to high in equal steps.
func every(step, low, high float64) []float64 {
	var stops []float64
	for i := range int(math.Round((high-low)/step)) + 1 {
		stops = append(stops, math.Round((low+float64(i)*step)*1000)/1000)
	}
	return stops
}

// nearest returns the stop that is nearest to a value.
func (k knob) nearest(value float64) int {
	best := 0
	for i, s := range k.stops {
		if math.Abs(s-value) < math.Abs(k.stops[best]-value) {
			best = i
		}
	}
	return best
}

// parse reads what was typed.
func (k knob) parse(text string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
	return v, err == nil && v >= k.low && v <= k.high && (!k.whole || v == math.Trunc(v))
}

// fallback returns what is in force while the view itself leaves the knob open, and whose that is.
func (v *samplingView) fallback(k knob) (value float64, whose string) {
	for _, l := range v.under {
		if value, ok := k.get(l.sampling); ok {
			return value, l.name
		}
	}
	return k.own(v.own), lang.L("The model's own.")
}
