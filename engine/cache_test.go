package engine

import (
	"testing"

	"lamplight/engine/source"
	"lamplight/kernels"
)

// TestVisible holds the ring against the rule of the mask: the query at position i sees position j iff
// j ≤ i and, on a local layer, i-j < window. Every slot must hold the position the rule asks for.
func TestVisible(t *testing.T) {
	const context = 700
	for name, window := range map[string]int{"global": context, "window 1": 1, "window 16": 16, "window 300": 300} {
		cfg := source.Config{Layers: 1, KVHeads: 1, HeadDim: 2, Window: window, Global: []bool{window == context}}
		c := newCache(cfg, context)
		layer := &c.layers[0]
		for position := range context {
			layer.put(position, []float32{float32(position), 1}, []float32{float32(position), 1})
			want := max(0, position-window+1)
			for _, span := range layer.visible(position) {
				for slot := span.From; slot < span.To; slot++ {
					if got := kernels.F16ToF32(layer.k[0][slot*2]); int(got) != want {
						t.Fatalf("%s: query at %d: slot %d holds position %g, want %d", name, position, slot, got, want)
					}
					want++
				}
			}
			if want != position+1 {
				t.Fatalf("%s: query at %d sees positions up to %d", name, position, want-1)
			}
		}
	}
}

// TestKeeps holds that a roll-back is allowed exactly as long as the ring still has the window before it.
func TestKeeps(t *testing.T) {
	const context, window = 2000, 64
	cfg := source.Config{Layers: 2, KVHeads: 1, HeadDim: 2, Window: window, Global: []bool{false, true}}
	c := newCache(cfg, context)
	slots := c.layers[0].slots
	if slots != window-1+ringSlack {
		t.Fatalf("ring of %d slots for a window of %d", slots, window)
	}
	for _, tt := range []struct {
		written, position int
		want              bool
	}{
		{slots, 0, true},               // nothing overwritten yet
		{slots + 1, 0, false},          // position 0 is gone
		{1500, 1500, true},             // going on
		{1500, 1500 - ringSlack, true}, // as far back as the slack
		{1500, 1500 - ringSlack - 1, false},
	} {
		if got := c.keeps(tt.written, tt.position); got != tt.want {
			t.Errorf("keeps(%d, %d) = %v, want %v", tt.written, tt.position, got, tt.want)
		}
	}
}

func TestSoftcap(t *testing.T) {
	x := []float32{0, 30, -30, 1e9, -1e9, 0.001}
	softcap(x, 30)
	for i, want := range []float32{0, 22.84783, -22.84783, 30, -30, 0.001} { // 30·tanh(1) = 22.84783
		if d := x[i] - want; d > 1e-5 || d < -1e-5 {
			t.Errorf("element %d is %v, want %v", i, x[i], want)
		}
	}
}
