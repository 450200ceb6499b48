package engine

import (
	"context"
	"math"

	"lamplight/kernels"
)

// forward runs the decoder over the spans, at most maxBatch positions in all, writes their keys and values into
// the caches of their sessions and leaves the residual stream in p.x [n][E]. Positions before are in the caches
// already. When ctx ends, what is under way stops within some milliseconds and the result is its error; the
// caches then hold nothing wrong that a later call does not overwrite.
//
// Gemma 3 technical report (arXiv 2503.19786): norms before and after each block, queries and keys normed
// per head, five sliding-window layers for each global one.
func (p *pass) forward(ctx context.Context, spans []span) error {
	p.begin(ctx, spans)
	w := p.m.w
	p.run(p.n, p.rowGrain(), (*pass).embed)
	for p.index = range w.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		l := &w.layers[p.index]
		p.layer = l

		// ---- attention
		p.mul.Mul(p.in, kernels.Product{W: &l.q, Dst: p.q}, kernels.Product{W: &l.k, Dst: p.k}, kernels.Product{W: &l.v, Dst: p.v})
		p.adapt(p.in, product{toQ, p.q}, product{toK, p.k}, product{toV, p.v})
		p.run(p.n, p.rowGrain(), (*pass).positionHeads)
		p.run(len(p.units), 1, (*pass).attend)
		if !wholeBlocks(p.m.cfg.HeadDim) {
			p.run(p.n, p.rowGrain(), (*pass).attended)
		}
		p.mul.Mul(p.att, kernels.Product{W: &l.o, Dst: p.out})
		p.adapt(p.att, product{toO, p.out})

		// ---- feed-forward: down(GELU(gate·h) ⊙ up·h)
		p.run(p.n, p.rowGrain(), (*pass).feedForwardInput)
		p.gated(l)
		p.mul.Mul(p.ff, kernels.Product{W: &l.down, Dst: p.out})
		p.adapt(p.ff, product{toDown, p.out})
		p.run(p.n, p.rowGrain(), (*pass).feedForwardOutput)
	}
	return ctx.Err()
}

// The stages below compute the rows [lo, hi) of the batch.

// embed looks the tokens up and scales them, and fills the rotation tables: local layers turn by their own base,
// global ones by theirs and its linear scaling.
func (p *pass) embed(_, lo, hi int) {
	c := p.m.cfg
	half := c.HeadDim / 2
	for _, s := range p.spans {
		for i := max(lo, s.row); i < min(hi, s.row+len(s.ids)); i++ {
			row := p.x[i*c.Hidden:][:c.Hidden]
			p.m.w.embedding(row, int(s.ids[i-s.row]))
			for j := range row {
				row[j] *= c.EmbeddingScale
			}
			for kind, rope := range p.m.ropes {
				rope.Angles(p.cos[kind][i*half:][:half], p.sin[kind][i*half:][:half], s.position+i-s.row)
			}
		}
	}
	p.input(p.m.w.layers[0].attnNorm, lo, hi)
}

// input norms the residual stream for the products that follow.
func (p *pass) input(gain []float32, lo, hi int) {
	e := p.m.cfg.Hidden
	for i := lo; i < hi; i++ {
		p.m.k.Norm(p.in.Row(i), p.x[i*e:][:e], gain, p.m.cfg.RMSEpsilon)
	}
	p.in.Quantize(p.m.k, lo, hi)
}

// positionHeads norms every query and key head over its D elements, rotates it by its position and puts keys and
// values into the caches. The gain of the queries has their scale.
func (p *pass) positionHeads(_, lo, hi int) {
	c, k := p.m.cfg, p.m.k
	kind := 0
	if c.Global[p.index] {
		kind = 1
	}
	half := c.HeadDim / 2
	for _, s := range p.spans {
		for i := max(lo, s.row); i < min(hi, s.row+len(s.ids)); i++ {
			cos, sin := p.cos[kind][i*half:][:half], p.sin[kind][i*half:][:half]
			for j := range c.Heads {
				q := p.q[(i*c.Heads+j)*c.HeadDim:][:c.HeadDim]
				k.Norm(q, q, p.layer.qNorm, c.RMSEpsilon)
				k.Rotate(q, cos, sin)
			}
			for j := range c.KVHeads {
				key := p.k[(i*c.KVHeads+j)*c.HeadDim:][:c.HeadDim]
				k.Norm(key, key, p.layer.kNorm, c.RMSEpsilon)
				k.Rotate(key, cos, sin)
				value := p.v[(i*c.KVHeads+j)*c.HeadDim:][:c.HeadDim]
				k.Put(&s.s.cache.layers[p.index].heads[j], s.position+i-s.row, key, value)
			}
		}
	}
}

// attend computes the units [lo, hi): query head j reads KV head j/(H/Hk) (grouped-query attention, arXiv
// 2305.13245).
func (p *pass) attend(worker, lo, hi int) {
	c := p.m.cfg
	width := c.Heads * c.HeadDim
	for _, u := range p.units[lo:hi] {
		layer := &u.span.s.cache.layers[p.index]
		at := (u.span.row+u.from)*width + u.head*c.HeadDim
		q := kernels.Queries{
			Q: p.q[at:], Out: p.att.X[at:],
			N: u.to - u.from, Heads: u.heads, Stride: width,
			First: u.span.position + u.from, Window: layer.window,
		}
		p.m.k.Attend(&layer.heads[u.kv], &q, p.m.exact, p.scratch[worker])
		for i := u.from; i < u.to && wholeBlocks(c.HeadDim); i++ {
			p.att.QuantizeColumns(p.m.k, u.span.row+i, u.head*c.HeadDim, (u.head+u.heads)*c.HeadDim)
		}
	}
}

// wholeBlocks reports whether the output of a head can be rounded without that of its neighbours.
func wholeBlocks(headDim int) bool { return headDim%kernels.BlockColumns == 0 }

func (p *pass) attended(_, lo, hi int) { p.att.Quantize(p.m.k, lo, hi) }

func (p *pass) feedForwardInput(_, lo, hi int) {
	p.output(p.layer.postAttnNorm, lo, hi)
	p.input(p.layer.ffnNorm, lo, hi)
}

// feedForwardOutput prepares the next layer too.
func (p *pass) feedForwardOutput(_, lo, hi int) {
	p.output(p.layer.postFFNNorm, lo, hi)
	if next := p.index + 1; next < len(p.m.w.layers) {
		p.input(p.m.w.layers[next].attnNorm, lo, hi)
	}
}

// output adds the normed output of a block to the residual stream.
func (p *pass) output(gain []float32, lo, hi int) {
	e := p.m.cfg.Hidden
	for i := lo; i < hi; i++ {
		p.m.k.AddNorm(p.x[i*e:][:e], p.out[i*e:][:e], gain, p.m.cfg.RMSEpsilon)
	}
}

// ask asks the output head for the k likeliest tokens after some rows of the batch, at most maxAsked; logits and top then
// answer for the i-th of them.
func (p *pass) ask(k int, rows ...int) error {
	c := p.m.cfg
	p.asked.Use(len(rows))
	for i, row := range rows {
		p.m.k.Norm(p.asked.Row(i), p.x[row*c.Hidden:][:c.Hidden], p.m.w.outputNorm, c.RMSEpsilon)
	}
	p.asked.Quantize(p.m.k, 0, len(rows))
	p.asker.Ask(p.ctx, p.asked, k, p.m.muted)
	return p.ctx.Err()
}

// logits writes all logits [V] of the i-th row that was asked for to dst.
func (p *pass) logits(dst []float32, i int) {
	p.asker.Logits(dst, i)
	if limit := p.m.cfg.FinalSoftcap; limit > 0 {
		for j, v := range dst {
			dst[j] = softcap(v, limit)
		}
	}
}

// top appends the k likeliest tokens of the i-th row that was asked for to dst, without those that are muted. It is quick
// for a k up to the one that ask was given.
func (p *pass) top(dst []kernels.Candidate, i, k int) []kernels.Candidate {
	from := len(dst)
	dst = p.asker.Top(dst, i, k)
	if limit := p.m.cfg.FinalSoftcap; limit > 0 { // which keeps their order
		for j := from; j < len(dst); j++ {
			dst[j].Logit = softcap(dst[j].Logit, limit)
		}
	}
	return dst
}

// softcap bends a logit into (-limit, limit): limit·tanh(x/limit) (Gemma 2, arXiv 2408.00118).
func softcap(x, limit float32) float32 { return limit * float32(math.Tanh(float64(x/limit))) }
