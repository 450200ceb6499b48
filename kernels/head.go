package kernels

import (
	"cmp"
	"context"
	"encoding/binary"
	"math"
	"slices"
)

// Head is an output layer that is asked for the most likely tokens rather than for all logits. It is most of a
// small model: 262,144 rows of 640 weights, of which a sampler looks at 64.
//
// A Q8_0 matrix is stored in two planes, together without loss: w = d·(16·u + l - 128), u the upper and l the lower
// four bits of the quant plus 128. With the rounded activations x̂, the logit of a row is
//
//	L = E + R,  E = Σ d·(16·u - 120.5)·x̂,  R = Σ d·(l - 7.5)·x̂
//
// The first pass reads the upper plane of every row and computes E. By Cauchy and Schwarz |R| ≤ ‖r‖·‖x̂‖, where
// r = (d·(l - 7.5)) is known when the row is packed and ‖r‖ is stored, rounded up. Let T be the lowest exact logit of
// any k rows, here the k best of the 2·k rows with the largest E. Then the k-th largest logit is at least T, and a row with
// E + ‖r‖·‖x̂‖ < T cannot be among the k largest; the logits of all other rows are completed from the lower plane.
// The result is the same k rows with the same logits as if every row were completed.
//
// That holds for the numbers computed in float32 as well, not only for the exact ones. L is computed as the rounded
// sum fl(E + R) of the computed E and R, and rounding is monotonic: R ≤ B implies fl(E + R) ≤ fl(E + B), which is
// what is compared with T. What is left to show is |R| ≤ B for the computed R. It is a sum of the products
// d·scale·Σl·q, of which 16 lanes are added one after the other and then together, less 7.5 times the sum of
// d·scale·Σq. With n blocks no number goes through more than n + 8 roundings, so R is off by at most
// (n+8)·2⁻²⁴ · Σ_b |d|·scale·(15+7.5)·Σ|q|, up to terms of second order. In a block Σ|q|·scale ≤ √32·‖x̂_b‖, and since
// |l - 7.5| ≥ 1/2, ‖r_b‖ ≥ |d|·√32/2; so the last sum is at most 22.5·2·Σ‖r_b‖·‖x̂_b‖ ≤ 45·‖r‖·‖x̂‖. Hence
// B = ‖r‖·‖x̂‖·(1 + 46·(n+8)·2⁻²⁴), the 46 leaving room for the terms of second order.
type Head struct {
	w        Packed // all of it, for types and kernels without planes
	high     Packed // upper nibbles
	low      []byte // [rows]{[cols/32][16] nibbles as in Q4_0, [cols/32] halves d}
	residual []byte // [rows] float32 ‖r‖, rounded up
}

// highPlane is the arrangement of the upper nibbles of Q8_0: tiles as for Q4_0. No file has it.
const highPlane Type = 200

func lowBytes(cols int) int { return (cols/tileCols*18 + 63) / 64 * 64 }

// HeadSize returns the bytes that PackHead needs for m.
func (k Kernels) HeadSize(m Matrix) int {
	if !k.planes(m) {
		return k.PackedSize(m)
	}
	n := panels(m.Rows) * (m.Cols / tileCols)
	return n*(256+32) + m.Rows*(lowBytes(m.Cols)+4)
}

func (k Kernels) planes(m Matrix) bool { return k.native != nil && m.Type == Q8_0 }

// PackHead arranges m as an output layer in memory of HeadSize bytes, which it keeps. When ctx ends the work does too,
// and the result must not be used.
func (k Kernels) PackHead(ctx context.Context, m Matrix, memory []byte, pool *Pool) Head {
	if !k.planes(m) {
		return Head{w: k.Pack(ctx, m, memory, pool)}
	}
	h := k.ArrangedHead(m, memory)
	clear(memory)
	n := panels(m.Rows)
	quants, scales := len(h.high.quants)/n, len(h.high.scales)/n
	pool.Run(n, 16, Range(func(lo, hi int) {
		for p := lo; p < hi && ctx.Err() == nil; p++ {
			h.packPanel(h.high.quants[p*quants:][:quants], h.high.scales[p*scales:][:scales], p)
		}
	}))
	return h
}

// ArrangedHead is PackHead for memory that holds m in its arrangement already.
func (k Kernels) ArrangedHead(m Matrix, memory []byte) Head {
	if !k.planes(m) {
		return Head{w: k.Arranged(m, memory)}
	}
	h := Head{high: Packed{m: m, k: k, arranged: highPlane}}
	take := func(n int) []byte {
		part := memory[:n:n]
		memory = memory[n:]
		return part
	}
	n := panels(m.Rows) * (m.Cols / tileCols)
	h.high.quants, h.high.scales = take(n*256), take(n*32)
	h.low, h.residual = take(m.Rows*lowBytes(m.Cols)), take(m.Rows*4)
	return h
}

func (h *Head) packPanel(quants, scales []byte, panel int) {
	m, blocks := h.high.m, h.high.m.Cols/tileCols
	var upper [tileCols]uint8
	for r := range rowsOf(m, panel) {
		id := panel*panelRows + r
		row, low := m.Row(id), h.low[id*lowBytes(m.Cols):][:lowBytes(m.Cols)]
		squares := 0.0
		for b := range blocks {
			src := row[34*b:][:34]
			d, sum := float64(half(src)), 0
			for i, v := range src[2:] {
				v += 128
				upper[i] = v >> 4
				low[16*b+i%16] |= v & 15 << (i / 16 * 4)
				c := 2*int(v&15) - 15
				sum += c * c
			}
			nibbles(quants[256*b:], r, &upper)
			copy(scales[32*b+2*r:], src[:2])
			copy(low[16*blocks+2*b:], src[:2])
			squares += d * d * float64(sum) / 4
		}
		norm := math.Nextafter32(float32(math.Sqrt(squares)*(1+1e-12)), float32(math.Inf(1)))
		binary.LittleEndian.PutUint32(h.residual[4*id:], math.Float32bits(norm))
	}
}

// native returns the C kernels that compute the head, nil for the reference.
func (h *Head) native() *native {
	if h.low != nil {
		return h.high.k.native
	}
	return h.w.k.native
}

// Rows returns the number of tokens.
func (h *Head) Rows() int { return h.matrix().Rows }

func (h *Head) matrix() Matrix {
	if h.low != nil {
		return h.high.m
	}
	return h.w.m
}

// Row decodes the weights of a token into dst [Cols], as the file has them.
func (h *Head) Row(dst []float32, id int) {
	if h.low == nil {
		h.w.Row(dst, id)
		return
	}
	cols := h.high.m.Cols
	blocks := cols / tileCols
	tiles := h.high.quants[id/panelRows*blocks*256:]
	low := h.low[id*lowBytes(cols):][:18*blocks]
	r := id % panelRows
	for b := range blocks {
		d := half(low[16*blocks+2*b:])
		tile, l, x := tiles[256*b:][:256], low[16*b:][:16], dst[tileCols*b:][:tileCols]
		for i := range 16 {
			u := tile[64*(i/4)+4*r+i%4] // columns i and 16+i
			x[i] = d * float32(int(u&15<<4|l[i]&15)-128)
			x[16+i] = d * float32(int(u>>4<<4|l[i]>>4)-128)
		}
	}
}

// Candidate is a token with its logit.
type Candidate struct {
	ID    int32
	Logit float32
}

// Likelier orders candidates: the highest logit first, of equals the lowest id; NaN comes before all numbers, so that
// it is not overlooked.
func Likelier(a, b Candidate) int {
	an, bn := a.Logit != a.Logit, b.Logit != b.Logit
	switch {
	case an != bn && an:
		return -1
	case an != bn:
		return 1
	case a.Logit > b.Logit:
		return -1
	case a.Logit < b.Logit:
		return 1
	}
	return cmp.Compare(a.ID, b.ID)
}

// Set is a set of token ids.
type Set []uint64

// NewSet makes a set of the ids, all of them below n.
func NewSet(n int, ids ...int32) Set {
	s := make(Set, (n+63)/64)
	for _, id := range ids {
		s[id/64] |= 1 << (id % 64)
	}
	return s
}

// Has reports whether id is in the set.
func (s Set) Has(id int) bool { return id/64 < len(s) && s[id/64]>>(id%64)&1 != 0 }

// Asker asks a head, sharing the work over a pool. It keeps its working memory and has one user at a time.
type Asker struct {
	h    *Head
	mul  *Multiplier
	pool *Pool

	x       *Activations
	first   []float32 // [n][rows] first pass: E/16 where there are planes, else the logits
	row     int       // of x
	norm    float32   // ‖x̂‖, with the room that the bound needs
	k       int
	skip    Set
	stage   func(a *Asker, worker, lo, hi int)
	workers []asking
	Reread  int // rows that the last Top completed from the lower plane
}

// asking is what one worker has found.
type asking struct {
	best   []Candidate // not sorted; all that can be among the k likeliest of the tokens it has seen
	floor  float32     // tokens below it are not among the k likeliest of all
	ids    []int32
	logits []float32
	reread int
}

// NewAsker makes an asker for h.
func NewAsker(h *Head, pool *Pool) *Asker {
	return &Asker{h: h, mul: NewMultiplier(pool), pool: pool, workers: make([]asking, pool.Threads())}
}

// Ask makes the first pass over the weights for all rows of x, which must be quantized. Top and Logits then answer
// for one row of it, unless ctx has ended.
func (a *Asker) Ask(ctx context.Context, x *Activations) {
	a.x, a.mul.Stop = x, ctx
	n := x.n * a.h.Rows()
	if cap(a.first) < n {
		a.first = make([]float32, n)
	}
	a.first = a.first[:n]
	w := &a.h.w
	if a.h.low != nil {
		w = &a.h.high
	}
	a.mul.Mul(x, Product{w, a.first})
}

// askGrain is how many tokens a thread looks at at a time.
const askGrain = 4096

// Logits writes all logits for row i of what was asked to dst [Rows].
func (a *Asker) Logits(dst []float32, i int) {
	rows := a.h.Rows()
	first := a.first[i*rows:][:rows]
	if a.h.low == nil {
		copy(dst, first)
		return
	}
	a.row = i
	a.pool.Run(rows, askGrain, allLogits{a, dst})
}

type allLogits struct {
	a   *Asker
	dst []float32
}

// Do implements Task.
func (t allLogits) Do(worker, lo, hi int) {
	w := &t.a.workers[worker]
	w.ids = w.ids[:0]
	for id := lo; id < hi; id++ {
		w.ids = append(w.ids, int32(id))
	}
	copy(t.dst[lo:hi], t.a.complete(w))
}

// complete returns the logits of w.ids.
func (a *Asker) complete(w *asking) []float32 {
	rows := a.h.Rows()
	first := a.first[a.row*rows:][:rows]
	w.logits = w.logits[:0]
	for _, id := range w.ids {
		w.logits = append(w.logits, 16*first[id])
	}
	h := &a.h.high
	h.k.native.low(a.h.low, lowBytes(h.m.Cols), a.x, a.row, w.ids, w.logits)
	return w.logits
}

// Top appends to dst the k likeliest tokens of row i of what was asked, in the order of Likelier, without those in
// skip. The set and its logits are those that Logits gives, bit for bit.
func (a *Asker) Top(dst []Candidate, i, k int, skip Set) []Candidate {
	a.row, a.k, a.skip = i, k, skip
	a.Reread = 0
	if k <= 0 {
		return dst
	}
	if a.h.low == nil {
		return append(dst, a.run((*Asker).scan, float32(math.Inf(-1)))...)
	}
	a.k = 2 * k // more than k leaders make a better floor
	leaders := a.run((*Asker).scan, float32(math.Inf(-1)))
	a.k = k
	floor := a.floorOf(leaders)
	a.norm = a.bound()
	return append(dst, a.run((*Asker).reach, floor)...)
}

// run lets the workers look at all tokens and returns the k likeliest that they found.
func (a *Asker) run(stage func(a *Asker, worker, lo, hi int), floor float32) []Candidate {
	for i := range a.workers {
		w := &a.workers[i]
		w.best, w.floor, w.reread = w.best[:0], floor, 0
	}
	a.stage = stage
	a.pool.Run(a.h.Rows(), askGrain, a)
	all := a.workers[0].best
	for _, w := range a.workers[1:] {
		all = append(all, w.best...)
	}
	for _, w := range a.workers {
		a.Reread += w.reread
	}
	slices.SortFunc(all, Likelier)
	a.workers[0].best = all
	return all[:min(a.k, len(all))]
}

// Do implements Task.
func (a *Asker) Do(worker, lo, hi int) { a.stage(a, worker, lo, hi) }

// floorOf returns the k-th largest logit of some tokens, those that lead after the first pass: the k-th largest of all
// is at least that.
func (a *Asker) floorOf(leaders []Candidate) float32 {
	w := &a.workers[0]
	w.ids = w.ids[:0]
	for _, c := range leaders {
		w.ids = append(w.ids, c.ID)
	}
	logits := a.complete(w)
	if len(logits) < a.k {
		return float32(math.Inf(-1))
	}
	slices.Sort(logits) // not a number comes first
	if logits[0] != logits[0] {
		return float32(math.Inf(-1)) // which Likelier puts first: every row must be looked at
	}
	return logits[len(logits)-a.k]
}

// bound returns ‖x̂‖·(1 + 46·(n+8)·2⁻²⁴), rounded up.
func (a *Asker) bound() float32 {
	cols, blocks := a.x.cols, a.x.cols/tileCols
	q, scale := a.x.q[a.row*cols:][:cols], a.x.scale[a.row*blocks:][:blocks]
	squares := 0.0
	for b, s := range scale {
		sum := 0
		for _, v := range q[b*tileCols:][:tileCols] {
			sum += int(v) * int(v)
		}
		squares += float64(s) * float64(s) * float64(sum)
	}
	norm := math.Sqrt(squares) * (1 + 46*float64(blocks+8)*0x1p-24 + 1e-6)
	return math.Nextafter32(float32(norm), float32(math.Inf(1)))
}

// scan keeps the leaders of the first pass.
func (a *Asker) scan(worker, lo, hi int) {
	w := &a.workers[worker]
	first := a.first[a.row*a.h.Rows():][lo:hi]
	if n := a.h.native(); n != nil {
		w.ids = n.scan(first, w.floor, lo, w.ids)
		for _, id := range w.ids {
			w.offer(a, id, first[int(id)-lo])
		}
		return
	}
	for i, e := range first {
		w.offer(a, int32(lo+i), e)
	}
}

// reach completes the rows that could reach the floor and keeps the leaders among them.
func (a *Asker) reach(worker, lo, hi int) {
	w := &a.workers[worker]
	w.ids = a.h.native().reach(a.first[a.row*a.h.Rows():][lo:hi], a.h.residual[4*lo:4*hi], a.norm, w.floor, lo, w.ids)
	w.reread += len(w.ids)
	for i, l := range a.complete(w) {
		w.offer(a, w.ids[i], l)
	}
}

// offer keeps a candidate that is not known to be behind k others.
func (w *asking) offer(a *Asker, id int32, logit float32) {
	if !(logit < w.floor) && !a.skip.Has(int(id)) {
		w.push(Candidate{id, logit}, a.k)
	}
}

// push keeps a candidate. Once there are many more than k, all but the k likeliest go and the floor rises. What ties
// with the floor is kept, because tokens do not come in their order.
func (w *asking) push(c Candidate, k int) {
	w.best = append(w.best, c)
	if len(w.best) >= 2*k+64 {
		slices.SortFunc(w.best, Likelier)
		w.best = w.best[:k]
		if floor := w.best[k-1].Logit; floor > w.floor {
			w.floor = floor
		}
	}
}
