package engine

import (
	"context"

	"lamplight/kernels"
	"lamplight/tokenizer"
)

// maxBatch is how many positions one pass over the weights computes, of one session or of several: a multiple of the
// rows that kernels take at a time, 6 and 3, and of tileQueries.
const maxBatch = 252

// maxAsked is how many rows of a pass may be asked for logits.
const maxAsked = 32

// Rings must hold a whole window besides the batch being written into them, and the tile that the oldest
// visible position begins in.
const _ = uint(ringSlack - maxBatch - 16)

// span is a part of a pass: consecutive positions of one session.
type span struct {
	s        *Session
	ids      []tokenizer.ID
	position int // of ids[0]
	row      int // of ids[0] in the batch

	firstDelta, deltas int // of pass.deltas, where adapters change a product
}

// pass is the working memory of the forward pass of a model, and what it is working on. A model has one: passes
// take turns, because each keeps all threads busy. The comments give the shapes for a batch of n rows; E, H,
// Hk, D, F as in weights.
type pass struct {
	m     *Model
	ctx   context.Context
	spans []span
	n     int

	x        []float32            // [n][E] residual stream
	in       *kernels.Activations // [n][E] normed input of a block
	cos, sin [2][]float32         // [n][D/2] rotation of local (0) and global (1) layers

	// These lie in the same memory: the one is read for the last time before the other is written.
	att *kernels.Activations // [n][H·D] attention output, heads side by side
	ff  *kernels.Activations // [n][F] GELU(gate) ⊙ up

	// So do q with k and v, up, and out.
	q    []float32 // [n][H·D]
	k, v []float32 // [n][Hk·D]
	up   []float32 // [n][F]
	out  []float32 // [n][E] output of a block

	mul     *kernels.Multiplier
	units   []unit
	scratch [][]float32 // of Attend, for each worker
	reach   int         // positions that scratch is large enough for

	asked *kernels.Activations // [≤ maxAsked][E] final norm of the rows that logits are asked for
	asker *kernels.Asker
	rows  []int // of the batch, that are asked for

	// What adapters add; see adapt.go.
	adapted  bool // a span has some
	deltas   []delta
	low      []float32 // [n][lowWidth] scale·A·x of all deltas of a row
	lowWidth int
	lowWork  int // multiply-adds of all rows
	parts    int // of a row, for threads
	adaptIn  *kernels.Activations

	stage func(p *pass, worker, lo, hi int) // what Do does
	layer *layer
	index int // of layer
}

// unit is a part of the attention of one layer: the queries [from, to) of a span for some heads that share a KV
// head.
type unit struct {
	span        *span
	kv          int
	head, heads int
	from, to    int
}

// tileQueries is how many queries a unit of attention has: with the heads that share their keys they make the rows
// of a product.
const tileQueries = 12

func newPass(m *Model) *pass {
	c := m.cfg
	n := min(maxBatch, c.ContextLength)
	f := func(width int) []float32 { return make([]float32, n*width) }
	queries, keys := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	shared := f(max(queries+2*keys, c.FeedForward, c.Hidden))
	wide := kernels.NewActivations(n, max(queries, c.FeedForward))
	p := &pass{
		m: m,
		x: f(c.Hidden), in: kernels.NewActivations(n, c.Hidden), out: shared[:n*c.Hidden],
		q: shared[:n*queries], k: shared[n*queries:][:n*keys], v: shared[n*(queries+keys):][:n*keys],
		att: wide.Narrow(queries), ff: wide.Narrow(c.FeedForward), up: shared[:n*c.FeedForward],
		mul: kernels.NewMultiplier(m.pool), scratch: make([][]float32, m.pool.Threads()),
		asked: kernels.NewActivations(maxAsked, c.Hidden), asker: kernels.NewAsker(&m.w.head, m.pool),
	}
	for kind := range p.cos {
		p.cos[kind], p.sin[kind] = f(c.HeadDim/2), f(c.HeadDim/2)
	}
	return p
}

// begin sets the batch that the pass is about to compute.
func (p *pass) begin(ctx context.Context, spans []span) {
	p.ctx, p.spans, p.n = ctx, append(p.spans[:0], spans...), 0
	p.adapted = false
	for i := range p.spans {
		s := &p.spans[i]
		s.row = p.n
		p.n += len(s.ids)
		p.extend(s.s.context)
		p.adapted = p.adapted || len(s.s.applied) > 0
	}
	p.in.Use(p.n)
	p.att.Use(p.n)
	p.ff.Use(p.n)
	p.divide()
	p.mul.Stop = ctx
}

// extend makes room for attention over a whole context at once, so that no token has to: what is not reached is not
// touched, and costs nothing.
func (p *pass) extend(context int) {
	if context <= p.reach {
		return
	}
	p.reach = context
	c := p.m.cfg
	for i := range p.scratch {
		p.scratch[i] = make([]float32, p.m.k.AttendScratch(c.HeadDim, tileQueries, c.Heads/c.KVHeads, context))
	}
}

// divide cuts attention into units, so many that every thread has some.
func (p *pass) divide() {
	c := p.m.cfg
	group := c.Heads / c.KVHeads
	tiles := 0
	for _, s := range p.spans {
		tiles += (len(s.ids) + tileQueries - 1) / tileQueries
	}
	parts := min(group, max(1, (p.m.pool.Threads()+tiles*c.KVHeads-1)/(tiles*c.KVHeads)))
	heads := (group + parts - 1) / parts
	p.units = p.units[:0]
	for i := range p.spans {
		s := &p.spans[i]
		for from := 0; from < len(s.ids); from += tileQueries {
			for kv := range c.KVHeads {
				for h := 0; h < group; h += heads {
					p.units = append(p.units, unit{s, kv, kv*group + h, min(heads, group-h), from, min(from+tileQueries, len(s.ids))})
				}
			}
		}
	}
}

// run shares a stage over the pool: indices [0, n), grain at a time. Once the context has ended nothing more is
// done; the caller must look at it before it uses the result.
func (p *pass) run(n, grain int, stage func(p *pass, worker, lo, hi int)) {
	p.stage = stage
	p.m.pool.Run(n, grain, p)
}

// Do implements kernels.Task.
func (p *pass) Do(worker, lo, hi int) {
	if p.ctx.Err() == nil {
		p.stage(p, worker, lo, hi)
	}
}

// rowGrain is how many rows of the batch a thread takes at a time for stages that cost little.
func (p *pass) rowGrain() int { return max(1, p.n/(4*p.m.pool.Threads())) }
