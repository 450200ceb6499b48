package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"lamplight/engine/adapter"
	"lamplight/kernels"
)

// Adapters are applied while the model runs: beside the product of weights that stay as they are, y = W·x, a session
// that has some adds strength·scale·B·(A·x) of each, in float32. So several can be active at once, with strengths of
// their own, and sessions of one model can have different ones.

// Adapter is what was learnt beside a model, prepared to run with it. It does not change, belongs to the model that has
// made it, and is shared by sessions.
type Adapter struct {
	m      *Model
	layers [][targets]change
	digest [sha256.Size]byte // of its numbers
	bytes  int64
}

// change is what an adapter does to one matrix.
type change struct {
	low   *kernels.LowRank // nil: nothing
	scale float32
}

// target is one of the matrices of a layer.
type target int

const (
	toQ target = iota
	toK
	toV
	toO
	toGate
	toUp
	toDown
	targets
)

// targetNames are the targets as GGUF names them.
var targetNames = [targets]string{"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}

// Adapt prepares an adapter. It fails with adapter.ErrUnusable, naming the tensor, for one that was made for a model of
// another architecture or other shapes, and for one that changes anything but linear layers.
func (m *Model) Adapt(a *adapter.Adapter) (*Adapter, error) {
	if err := a.Check(m.src); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	out := &Adapter{m: m, layers: make([][targets]change, len(m.w.layers))}
	h := sha256.New()
	for _, f := range a.Factors {
		layer, name, ok := adapter.SplitName(f.Name)
		if !ok || layer >= len(out.layers) {
			return nil, fmt.Errorf("engine: %s: only linear layers can be changed while the model runs: %w", f.Name, adapter.ErrUnusable)
		}
		c := &out.layers[layer][slices.Index(targetNames[:], name)]
		if c.low != nil {
			return nil, fmt.Errorf("engine: %s: changed twice: %w", f.Name, adapter.ErrUnusable)
		}
		c.low, c.scale = m.k.NewLowRank(f.A, f.B, f.Rank, f.In, f.Out), f.Scale
		out.bytes += int64(c.low.Bytes())
		fmt.Fprintln(h, f.Name, f.Rank, f.Scale)
		binary.Write(h, binary.LittleEndian, f.A)
		binary.Write(h, binary.LittleEndian, f.B)
	}
	h.Sum(out.digest[:0])
	return out, nil
}

// Bytes returns what the adapter takes in memory.
func (a *Adapter) Bytes() int64 { return a.bytes }

// Applied is an adapter with its strength: 1 as it was trained, 0 for none of it, below 0 for its opposite.
type Applied struct {
	Adapter  *Adapter
	Strength float32
}

// Adapt gives the session the adapters in list, and no others, from now on. What the cache holds was computed with those
// that it had before, so it is forgotten unless they are the same. It fails with ErrBusy while a generation runs.
func (s *Session) Adapt(list ...Applied) error {
	if err := s.acquire(); err != nil {
		return err
	}
	defer s.release()
	kept, err := s.m.applied(list)
	if err != nil {
		return err
	}
	if !slices.Equal(kept, s.applied) {
		s.forget()
		s.applied = kept
	}
	return nil
}

// applied checks a list and leaves out what does nothing.
func (m *Model) applied(list []Applied) (kept []Applied, err error) {
	for _, a := range list {
		switch {
		case a.Adapter == nil || a.Adapter.m != m:
			return nil, fmt.Errorf("engine: the adapter was prepared for another model")
		case !(math.Abs(float64(a.Strength)) <= adapter.MaxStrength):
			return nil, fmt.Errorf("engine: strength %g of an adapter: must be %d to %d", a.Strength, -adapter.MaxStrength, adapter.MaxStrength)
		case a.Strength != 0:
			kept = append(kept, a)
		}
	}
	return kept, nil
}

// delta is a change that a span's rows get in one place of the forward pass: y += scale·B·(A·x).
type delta struct {
	low   *kernels.LowRank
	scale float32
	dst   []float32 // [n][width]
	width int
	at    int // of A·x in a row of low
}

// product is a matrix that adapters may change, with where its product is.
type product struct {
	target target
	dst    []float32
}

// adapt adds what the sessions' adapters make of x to the products. It does nothing for those without.
func (p *pass) adapt(x *kernels.Activations, products ...product) {
	if !p.adapted || !p.collect(products) {
		return
	}
	p.adaptIn = x
	grain := p.rowGrain()
	switch p.parts = 1; {
	case p.lowWork < alone:
		grain = p.n
	case p.n < 2*p.m.pool.Threads():
		p.parts = p.m.pool.Threads()
	}
	p.run(p.n*p.parts, grain, (*pass).reduce)
	p.run(p.n*p.parts, grain, (*pass).expand)
}

// alone is how many multiply-adds one thread does sooner than several that have to be called together.
const alone = 1 << 17

// adapts reports whether an adapter changes one of the targets of the layer in hand.
func (p *pass) adapts(list ...target) bool {
	for _, s := range p.spans {
		for _, a := range s.s.applied {
			for _, t := range list {
				if a.Adapter.layers[p.index][t].low != nil {
					return true
				}
			}
		}
	}
	return false
}

// collect lists the deltas of every span. It reports whether there are any.
func (p *pass) collect(products []product) bool {
	p.deltas, p.lowWidth, p.lowWork = p.deltas[:0], 0, 0
	for i := range p.spans {
		s := &p.spans[i]
		s.firstDelta = len(p.deltas)
		at := 0
		for _, to := range products {
			for _, a := range s.s.applied {
				if c := a.Adapter.layers[p.index][to.target]; c.low != nil {
					p.deltas = append(p.deltas, delta{c.low, a.Strength * c.scale, to.dst, p.layer.matrix(to.target).Rows(), at})
					at += c.low.Rank()
					p.lowWork += len(s.ids) * c.low.Rank() * (p.layer.matrix(to.target).Rows() + p.layer.matrix(to.target).Cols())
				}
			}
		}
		s.deltas = len(p.deltas) - s.firstDelta
		p.lowWidth = max(p.lowWidth, at)
	}
	if need := p.n * p.lowWidth; len(p.low) < need {
		p.low = make([]float32, max(need, len(p.x)/p.m.cfg.Hidden*p.lowWidth)) // for the largest batch at once
	}
	return len(p.deltas) > 0
}

// reduce computes scale·A·x. Index i is part i mod parts of row i / parts: a few rows have to be shared by all threads.
func (p *pass) reduce(_, lo, hi int) {
	p.eachDelta(lo, hi, func(d *delta, row, n, part int) {
		h := kernels.Rows{X: p.low[row*p.lowWidth+d.at:], N: n, Stride: p.lowWidth}
		x := p.adaptIn.Row(row)
		rank := d.low.Rank()
		from, to := part*rank/p.parts, (part+1)*rank/p.parts
		d.low.Reduce(h, kernels.Rows{X: p.adaptIn.X[row*len(x):], N: n, Stride: len(x)}, from, to)
		for i := range n {
			for j := from; j < to; j++ {
				h.X[i*p.lowWidth+j] *= d.scale
			}
		}
	})
}

// expand adds B times that to the products.
func (p *pass) expand(_, lo, hi int) {
	p.eachDelta(lo, hi, func(d *delta, row, n, part int) {
		panels := d.low.Panels()
		d.low.Expand(kernels.Rows{X: d.dst[row*d.width:], N: n, Stride: d.width}, kernels.Rows{X: p.low[row*p.lowWidth+d.at:], N: n, Stride: p.lowWidth},
			part*panels/p.parts, (part+1)*panels/p.parts)
	})
}

// eachDelta calls f with the deltas of the rows that the indices [lo, hi) stand for, in their order: n rows of a span from
// row on, all of them or a part of each.
func (p *pass) eachDelta(lo, hi int, f func(d *delta, row, n, part int)) {
	for lo < hi {
		row, part, n := lo/p.parts, lo%p.parts, 1
		s := p.spanOf(row)
		if p.parts == 1 {
			n = min(hi, s.row+len(s.ids)) - row
		}
		for i := range s.deltas {
			f(&p.deltas[s.firstDelta+i], row, n, part)
		}
		lo += n
	}
}

// spanOf returns the span of a row of the batch.
func (p *pass) spanOf(row int) *span {
	for i := range p.spans {
		if s := &p.spans[i]; row < s.row+len(s.ids) {
			return s
		}
	}
	panic("engine: a row of no span")
}

// gated is MulGated for layers of which an adapter changes a gated product: the change comes before the gate.
func (p *pass) gated(l *layer) {
	if !p.adapted || !p.adapts(toGate, toUp) {
		p.mul.MulGated(p.in, &l.gate, &l.up, p.ff, p.up)
		return
	}
	p.mul.Mul(p.in, kernels.Product{W: &l.gate, Dst: p.ff.X}, kernels.Product{W: &l.up, Dst: p.up})
	p.adapt(p.in, product{toGate, p.ff.X}, product{toUp, p.up})
	blocks := (p.m.cfg.FeedForward + kernels.BlockColumns - 1) / kernels.BlockColumns
	p.run(blocks, max(1, blocks/(4*p.m.pool.Threads())), (*pass).gate)
}

func (p *pass) gate(_, lo, hi int) {
	p.m.k.Gate(p.ff, p.up, lo*kernels.BlockColumns, min(hi*kernels.BlockColumns, p.m.cfg.FeedForward))
}
