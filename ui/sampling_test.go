package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"lamplight/assistant"
	"lamplight/engine/sample"
	"lamplight/internal/fixture"
)

// The slider, the entry and the sentence tell of one number, and one click leads back.
func TestOneNumber(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}}) // of the architecture gemma3
	u.show(settingsPage)
	u.mustSee("Lively: words as often as the model learned them. The model's own.")
	r := u.settings.sampling.rows[0]
	if got := r.k.stops[int(r.slider.Value)]; got != 1 || r.back.Visible() {
		t.Errorf("the slider begins at %v, the way back is shown: %v", got, r.back.Visible())
	}

	u.press(fyne.KeyHome, r.slider)
	u.press(fyne.KeyRight, r.slider)
	u.press(fyne.KeyUp, r.slider)
	u.press(fyne.KeyUp, r.slider)
	u.press(fyne.KeyDown, r.slider)
	if got := u.saved().Sampling.Temperature; got == nil || *got != 0.1 {
		t.Fatalf("the slider has set %v", got)
	}
	if r.entry.Text != "0.1" {
		t.Errorf("the entry has %q", r.entry.Text)
	}
	u.mustSee("Careful: stays with likely words, and repeats itself more easily. Otherwise 1.")

	r.entry.SetText("3")
	if got := r.k.stops[int(r.slider.Value)]; got != 2 {
		t.Errorf("the slider is at %v", got)
	}
	u.mustSee("Wild: it loses the thread and rambles.")

	u.tap("Back to 1")
	if got := u.saved().Sampling.Temperature; got != nil {
		t.Errorf("%v is set still", *got)
	}
	if got := r.k.stops[int(r.slider.Value)]; got != 1 || r.entry.Text != "" || r.back.Visible() {
		t.Errorf("the slider is at %v, the entry has %q", got, r.entry.Text)
	}
}

// What is left open comes from what lies under it.
func TestLayersOfNumbers(t *testing.T) {
	u := begin(t, setup{})
	var got assistant.Sampling
	under := []layer{
		{"From the persona.", assistant.Sampling{TopK: ptr(0)}},
		{"From the settings.", assistant.Sampling{TopK: ptr(7), TopP: ptr(float32(0.5)), Seed: ptr(uint64(8))}},
	}
	v := newSamplingView(u.Window, newScroller(nil), assistant.Sampling{}, sample.Params{Temperature: 0.6}, under, func(s assistant.Sampling) { got = s })
	var about []string
	for _, r := range v.rows {
		about = append(about, r.about.segment.Text)
	}
	want := []string{
		"Calm: likely words, with some variety. The model's own.",
		"Any word may be chosen, however unlikely. From the persona.",
		"Only the words that share the likeliest 50 %: steady and plain. From the settings.",
		"No word is left out for being unlikelier than the likeliest. The model's own.",
		"Off: nothing is held against repeating. The model's own.",
	}
	if diff := cmp.Diff(want, about); diff != "" {
		t.Error(diff)
	}
	if v.seed.entry.PlaceHolder != "8" {
		t.Errorf("the seed is %q", v.seed.entry.PlaceHolder)
	}
	v.seed.entry.SetText("9")
	v.rows[1].entry.SetText("3")
	if diff := cmp.Diff(assistant.Sampling{TopK: ptr(3), Seed: ptr(uint64(9))}, got); diff != "" {
		t.Error(diff)
	}
}

// Every stop of every slider is a number that the entry takes and the sampler can work with, and has a sentence.
func TestStops(t *testing.T) {
	begin(t, setup{})
	for _, k := range knobs() {
		var said []string
		for i, stop := range k.stops {
			if v, ok := k.parse(number(stop)); !ok || v != stop || k.nearest(stop) != i {
				t.Errorf("%s: stop %v is not a number of its own", k.name, stop)
			}
			var s assistant.Sampling
			k.put(&s, &stop)
			if v, ok := k.get(s); !ok || v != stop {
				t.Errorf("%s: %v becomes %v", k.name, stop, v)
			}
			if _, err := sample.New(s.Apply(sample.Params{})); err != nil {
				t.Errorf("%s: %v", k.name, err)
			}
			said = append(said, k.says(stop))
		}
		if slices.Contains(said, "") || len(slices.Compact(said)) < 3 {
			t.Errorf("%s: its sentences are %q", k.name, said)
		}
	}
}
