package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	"lamplight/engine/source"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// ringSession is a session without a model: its cache is written by hand.
func ringSession(t kernels.Type, context, window int) *Session {
	cfg := source.Config{Layers: 3, KVHeads: 2, HeadDim: 32, Window: window, Global: []bool{false, true, false}}
	return &Session{context: context, cache: newCache(cfg, t, context)}
}

// telling returns a key, or a value, that tells position and token, digit by digit, and is exact in every type of cache:
// the first element makes the scale of its block a power of two.
func telling(position int, id tokenizer.ID) []float32 {
	x := make([]float32, 32)
	scale := float32(int(1) << (position % 5))
	for i, v := range []int{127, position % 100, position / 100, int(id) % 100, int(id) / 100} {
		x[i] = scale * float32(v)
	}
	return x
}

// write puts ids after what the cache holds.
func (s *Session) write(ids ...tokenizer.ID) {
	s.preserve(len(s.ids) + len(ids))
	for i, id := range ids {
		p := len(s.ids) + i
		x := telling(p, id)
		for l := range s.cache.layers {
			for h := range s.cache.layers[l].heads {
				kernels.Reference().Put(&s.cache.layers[l].heads[h], p, x, x)
			}
		}
	}
	s.ids = append(s.ids, ids...)
}

// holds reports whether every position that the query at position sees is in every layer.
func (s *Session) holds(position int) bool {
	for l := range s.cache.layers {
		layer := &s.cache.layers[l]
		for p := max(0, position+1-layer.window); p < position; p++ {
			c := &layer.heads[1]
			for i, x := range telling(p, s.ids[p])[:5] {
				if key, value := stored(c, p%c.Slots, i); key != x || value != x {
					return false
				}
			}
		}
	}
	return true
}

// stored returns element i, below 32, of the key and of the value in a slot.
func stored(c *kernels.Cache, slot, i int) (key, value float32) {
	k, v := (slot/16*c.Dim/2+i/2)*32+slot%16*2+i%2, (slot/2*c.Dim+i)*2+slot%2
	if c.Type == kernels.F16 {
		return kernels.F16ToF32(c.K[k]), kernels.F16ToF32(c.V[v])
	}
	blocks := c.Dim / 32
	return kernels.F16ToF32(c.KScales[slot/16*blocks*16+slot%16]) * float32(c.K8[k]), kernels.F16ToF32(c.VScales[slot/2*blocks*2+slot%2]) * float32(c.V8[v])
}

// TestRollBack changes a conversation at random: whatever stays of it must be in the cache, and with the turns marked
// far more stays than the rings hold.
func TestRollBack(t *testing.T) {
	for _, kind := range []kernels.Type{kernels.F16, kernels.Q8_0} {
		t.Run(kind.String(), func(t *testing.T) { checkRollBack(t, kind) })
	}
}

func checkRollBack(t *testing.T, kind kernels.Type) {
	const context, window = 2048, 40
	r := rand.New(rand.NewPCG(5, 6))
	kept, restored := 0, 0
	for range 40 {
		s := ringSession(kind, context, window)
		var turns []int
		for range 60 {
			n := 1 + r.IntN(min(maxBatch, max(1, (context-len(s.ids))/4)))
			for range n {
				s.write(tokenizer.ID(r.IntN(500)))
			}
			s.turnEnds()
			turns = append(turns, len(s.ids))
			if r.IntN(3) > 0 && len(s.ids) < context-300 {
				continue
			}
			// Change what comes a little before, or after, the end of some turn.
			at := max(1, min(len(s.ids)-1, turns[r.IntN(len(turns))]+r.IntN(60)-30))
			prompt := append(slices.Clone(s.ids[:at]), 600, 601)
			oldest := s.oldest
			n = s.keepPrefix(prompt)
			if n > at || !slices.Equal(s.ids, prompt[:n]) || !s.holds(n) {
				t.Fatalf("of %d positions %d are said to stay, and are not all there", at, n)
			}
			if n > 0 && s.seen(at) < oldest {
				restored++
			}
			if n > 0 {
				kept++
			}
			turns = slices.DeleteFunc(turns, func(end int) bool { return end > n })
			turns = append(turns, n)
			if n == 0 {
				turns = []int{0}
			}
		}
	}
	t.Logf("%d changes kept something, %d of them by a copy", kept, restored)
	if restored < 100 {
		t.Errorf("only %d changes were helped by a copy", restored)
	}
}

// TestRings holds the sizes: only global layers grow with the context.
func TestRings(t *testing.T) {
	s := ringSession(kernels.F16, 2048, 64)
	local, global := s.cache.layers[0].slots(), s.cache.layers[1].slots()
	if local < 63+ringSlack || local >= 63+ringSlack+16 || global != 2048 {
		t.Errorf("%d slots for a window of 64, %d for a context of 2,048", local, global)
	}
	if s := ringSession(kernels.F16, 100, 64); s.cache.ring != nil {
		t.Error("a context that is shorter than a ring has one")
	}
}

// TestCacheBytes holds that a cache in Q8_0 needs half the memory of one in F16, and a half for every 32 elements.
func TestCacheBytes(t *testing.T) {
	size := func(kind kernels.Type) (n int) {
		for _, l := range ringSession(kind, 2048, 64).cache.layers {
			for _, c := range l.heads {
				n += c.Bytes()
			}
		}
		return n
	}
	if f16, q8 := size(kernels.F16), size(kernels.Q8_0); q8*32 != f16*17 {
		t.Errorf("%d bytes in Q8_0, %d in F16", q8, f16)
	}
}

func TestSoftcap(t *testing.T) {
	for x, want := range map[float32]float32{0: 0, 30: 22.84783, -30: -22.84783, 1e9: 30, -1e9: -30, 0.001: 0.001} { // 30·tanh(1) = 22.84783
		if d := softcap(x, 30) - want; d > 1e-5 || d < -1e-5 {
			t.Errorf("of %v: %v, want %v", x, softcap(x, 30), want)
		}
	}
}
