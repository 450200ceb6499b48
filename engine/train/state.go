package train

import (
	"context"
	"slices"
)

// state is the working memory of passes over batches of up to rows positions. It is made once and has one user at a time.
type state struct {
	m        *model
	room     int                         // rows that there is memory for
	t        int                         // rows of the batch, T
	batch    *batch                      // being computed
	training bool                        // dropout applies
	wait     func(context.Context) error // see Options.Wait

	x       [][]float32    // [layers+1][T][E] the residual stream before each layer, and after the last one
	kept    []*activations // of each layer; the layers that share one are computed again
	shared  *activations
	cos     [2][]float32 // [T][D/2] local, global
	sin     [2][]float32
	in      []float32    // [T][E] input of a block's linear layers, normed
	dx      []float32    // [T][E] gradient of the residual stream
	dblock  []float32    // [T][E] of a block's output, then of its input
	ff      []float32    // [T][F] input of down
	dff     []float32    // [T][F] its gradient
	wide    []float32    // [T][max(E, H·D, F)] what dropout leaves of an input
	heads   []float32    // [T][H·D] gradient of attention's output, then of the queries
	low     [2][]float32 // [T][r]
	scores  [2][]float32 // [blockRows][keys] probabilities and their gradients
	grouped [2][]float32 // [Hk][T][H/Hk][D] queries' gradients; outputs of attention and their gradients
	dk, dv  []float32    // [T][Hk·D]
	loss    lossState
}

// activations are what the backward pass of a layer needs beside its input.
type activations struct {
	q0, k0, v []float32 // [T][H·D], [T][Hk·D] twice: as the linear layers give them
	q         []float32 // [Hk][T][H/Hk][D] normed, rotated and scaled; the heads that share a KV head lie together
	k         []float32 // [T][Hk·D] normed and rotated
	att       []float32 // [T][H·D]
	o         []float32 // [T][E] attention's output
	mid       []float32 // [T][E] the residual stream after attention
	gate, up  []float32 // [T][F]
	down      []float32 // [T][E]
}

// newState makes room for batches of so many rows. Activations are kept for as many layers as keep bytes hold; the
// others are computed again in the backward pass (Chen et al., arXiv 1604.06174).
func newState(m *model, rows, keep int) *state {
	return layOut(m, rows, keep, m.maxRank(), func(n int) []float32 { return make([]float32, n) })
}

// layOut is newState for adapters of a rank, with its memory from a function.
func layOut(m *model, rows, keep, rank int, get func(n int) []float32) *state {
	s := &state{m: m, room: rows}
	c := m.cfg
	e, h, kv, f := c.Hidden, c.Heads*c.HeadDim, c.KVHeads*c.HeadDim, c.FeedForward
	floats := func(width int) []float32 { return get(rows * width) }
	for range c.Layers + 1 {
		s.x = append(s.x, floats(e))
	}
	size := 4 * rows * (2*h + 3*kv + h + 3*e + 2*f)
	for range c.Layers {
		var a *activations
		if keep >= size || s.shared == nil {
			a = &activations{
				q0: floats(h), k0: floats(kv), v: floats(kv), q: floats(h), k: floats(kv), att: floats(h),
				o: floats(e), mid: floats(e), gate: floats(f), up: floats(f), down: floats(e),
			}
		}
		switch {
		case keep >= size:
			keep -= size
		case s.shared == nil:
			s.shared = a
		default:
			a = s.shared
		}
		s.kept = append(s.kept, a)
	}
	for i := range 2 {
		s.cos[i], s.sin[i] = floats(c.HeadDim/2), floats(c.HeadDim/2)
		s.grouped[i] = floats(h)
		s.low[i] = floats(rank)
	}
	s.in, s.dx, s.dblock = floats(e), floats(e), floats(e)
	s.ff, s.dff, s.heads = floats(f), floats(f), floats(h)
	if m.dropout() {
		s.wide = floats(max(e, h, f))
	}
	s.dk, s.dv = floats(kv), floats(kv)
	return s
}

// dropout reports whether any adapter drops inputs.
func (m *model) dropout() bool {
	return slices.ContainsFunc(m.layers, func(l layer) bool {
		return slices.ContainsFunc(l.linears(), func(l *linear) bool { return l.dropout > 0 })
	})
}

func (m *model) maxRank() (most int) {
	for i := range m.layers {
		for _, l := range m.layers[i].linears() {
			if l.a != nil {
				most = max(most, l.rank())
			}
		}
	}
	return most
}
