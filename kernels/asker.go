package kernels

import (
	"cmp"
	"context"
	"math"
	"slices"
)

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

	x      *Activations
	first  []float32 // [n][rows] first pass: E/8 where there are planes, else the logits
	groups int       // of rows; each has group rows, the last one perhaps fewer
	group  int
	peaks  []int32 // [n][groups] the largest of first in every group, as integers of the same order

	// What the workers do.
	stage   func(a *Asker, worker, lo, hi int)
	row     int // of x
	k       int
	skip    Set
	norm    float32   // ‖x̂‖, with the room that the bound needs
	all     []float32 // [rows] where all logits go
	workers []asking
	keys    []uint64 // of leaders

	Reread int // rows that the last Top completed from the lower plane
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
	a := &Asker{h: h, mul: NewMultiplier(pool), pool: pool, workers: make([]asking, pool.Threads())}
	// Some thousand groups of whole panels: so few that they are quickly sorted, so many that the likeliest tokens are
	// mostly in groups of their own.
	a.group = panelRows * ((panels(h.Rows()) + mostGroups - 1) / mostGroups)
	a.groups = (h.Rows() + a.group - 1) / a.group
	return a
}

// mostGroups is how many groups an asker makes of the rows at most.
const mostGroups = 1024

// askGrain is how many tokens a thread looks at at a time.
const askGrain = 4096

// run lets the workers do a stage for the indices [0, n).
func (a *Asker) run(n, grain int, stage func(a *Asker, worker, lo, hi int)) {
	a.stage = stage
	a.pool.Run(n, grain, a)
}

// Do implements Task.
func (a *Asker) Do(worker, lo, hi int) { a.stage(a, worker, lo, hi) }

// Ask makes the first pass over the weights for all rows of x, which must be quantized. Top and Logits then answer
// for one row of it, unless ctx has ended.
func (a *Asker) Ask(ctx context.Context, x *Activations) {
	a.x, a.mul.Stop = x, ctx
	a.first = resized(a.first, x.n*a.h.Rows())
	a.peaks = resized(a.peaks, x.n*a.groups)
	w := &a.h.w
	if a.h.low != nil {
		w = &a.h.high
	}
	a.mul.prepare(x, Product{w, a.first})
	grain := 2 * a.group / panelRows // whole groups, and kernels take two panels at once
	a.stage = (*Asker).multiply
	a.pool.Stream(a.mul.units, max(grain, a.mul.grain()/grain*grain), a)
}

func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// multiply computes the panels [lo, hi), which are whole groups, and the peaks of these.
func (a *Asker) multiply(worker, lo, hi int) {
	a.mul.Do(worker, lo, hi)
	n := a.h.native()
	if n == nil {
		return
	}
	from, to := lo*panelRows, min(hi*panelRows, a.h.Rows())
	for i := range a.x.n {
		first, peaks := a.first[i*a.h.Rows():], a.peaks[i*a.groups:]
		n.peaks(first[from:to], a.group, peaks[from/a.group:])
	}
}

// Logits writes all logits for row i of what was asked to dst [Rows].
func (a *Asker) Logits(dst []float32, i int) {
	rows := a.h.Rows()
	if a.h.low == nil {
		copy(dst, a.first[i*rows:][:rows])
		return
	}
	a.row, a.all = i, dst
	a.run(rows, askGrain, (*Asker).completeAll)
	a.all = nil
}

func (a *Asker) completeAll(worker, lo, hi int) {
	w := &a.workers[worker]
	w.ids = w.ids[:0]
	for id := lo; id < hi; id++ {
		w.ids = append(w.ids, int32(id))
	}
	copy(a.all[lo:hi], a.complete(w))
}

// complete returns the logits of w.ids.
func (a *Asker) complete(w *asking) []float32 {
	first := a.first[a.row*a.h.Rows():][:a.h.Rows()]
	w.logits = w.logits[:0]
	if a.h.low == nil {
		for _, id := range w.ids {
			w.logits = append(w.logits, first[id])
		}
		return w.logits
	}
	for _, id := range w.ids {
		w.logits = append(w.logits, 8*first[id])
	}
	h := &a.h.high
	h.k.native.low(a.h.low, lowBytes(h.m.Cols), a.x, a.row, w.ids, w.logits)
	return w.logits
}

// Top appends to dst the k likeliest tokens of row i of what was asked, in the order of Likelier, without those in
// skip. The set and its logits are those that Logits gives, bit for bit.
func (a *Asker) Top(dst []Candidate, i, k int, skip Set) []Candidate {
	a.row, a.k, a.skip, a.Reread = i, k, skip, 0
	if k <= 0 {
		return dst
	}
	floor := a.floor()
	for i := range a.workers {
		w := &a.workers[i]
		w.best, w.floor, w.reread = w.best[:0], floor, 0
	}
	if a.h.low == nil {
		a.run(a.h.Rows(), askGrain, (*Asker).scan)
	} else {
		a.norm = a.bound()
		a.run(a.h.Rows(), askGrain, (*Asker).reach)
	}
	all := a.workers[0].best
	for _, w := range a.workers[1:] {
		all = append(all, w.best...)
	}
	for _, w := range a.workers {
		a.Reread += w.reread
	}
	slices.SortFunc(all, Likelier)
	a.workers[0].best = all
	return append(dst, all[:min(k, len(all))]...)
}

// floor returns a number that the k-th largest logit is not below: the k-th largest logit of some tokens, those that
// lead their groups after the first pass. It is -∞ when there are not enough groups.
func (a *Asker) floor() float32 {
	none := float32(math.Inf(-1))
	if a.h.native() == nil || 4*a.k > a.groups {
		return none
	}
	w := &a.workers[0]
	a.leaders(w, 2*a.k)
	logits := a.complete(w)
	if len(logits) < a.k {
		return none
	}
	slices.Sort(logits) // not a number comes first
	if logits[0] != logits[0] {
		return none // which Likelier puts first: every row must be looked at
	}
	return logits[len(logits)-a.k]
}

// leaders sets w.ids to one token each of the n groups with the highest peaks: the one at the peak, or another one if
// that is to be skipped. A group all of which is to be skipped has none.
func (a *Asker) leaders(w *asking, n int) {
	a.keys = a.keys[:0]
	for g, peak := range a.peaks[a.row*a.groups:][:a.groups] {
		a.keys = append(a.keys, uint64(^(uint32(peak)^1<<31))<<32|uint64(g)) // the highest first
	}
	slices.Sort(a.keys)
	w.ids = w.ids[:0]
	for _, key := range a.keys[:n] {
		lo := int(uint32(key)) * a.group
		hi := min(lo+a.group, a.h.Rows())
		first := a.first[a.row*a.h.Rows():][lo:hi]
		best := a.h.native().highest(first)
		for a.skip.Has(lo + best) { // rarely more than once
			if best++; best == len(first) {
				break
			}
		}
		if best < len(first) {
			w.ids = append(w.ids, int32(lo+best))
		}
	}
}

// bound returns ‖x̂‖·(1 + 22·(n+8)·2⁻²⁴), rounded up.
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
	norm := math.Sqrt(squares) * (1 + 22*float64(blocks+8)*0x1p-24 + 1e-6)
	return math.Nextafter32(float32(norm), float32(math.Inf(1)))
}

// scan keeps the likeliest of tokens whose logits are known.
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

// reach completes the rows that could reach the floor and keeps the likeliest among them.
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
