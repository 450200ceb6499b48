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
	stage func(a *Asker, worker, lo, hi int)
	k     int
	skip  Set
	n     int       // rows of x that are looked through
	from  int       // the first of them
	all   []float32 // [rows] where all logits go

	bounds  []bound   // [n]
	floors  []float32 // [n] what the k-th largest logit is not below
	found   []asking  // [n][threads]
	workers []looking

	Reread int // rows of the head that were completed for the last answer
}

// bound is what the norms of a row of the head are multiplied with: the logit is at most E + residual·norm + size·gap.
type bound struct {
	norm float32 // ‖x̂‖, with the room that the bound needs
	gap  float32 // of a sketch
}

// asking is what one worker has found for one row.
type asking struct {
	best   []Candidate // not sorted; all that can be among the k likeliest of the tokens it has seen
	floor  float32     // tokens below it are not among the k likeliest of all
	reread int
}

// looking is the working memory of a worker.
type looking struct {
	ids    []int32
	logits []float32
	keys   []uint64 // of leaders
	rows   []byte   // of a head of floats
}

// NewAsker makes an asker for h.
func NewAsker(h *Head, pool *Pool) *Asker {
	a := &Asker{h: h, mul: NewMultiplier(pool), pool: pool, workers: make([]looking, pool.Threads())}
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

// Ask makes the first pass over the weights for all rows of x, which must be quantized, and finds the k likeliest tokens
// of each that are not in skip, none for k = 0. Top and Logits then answer for one row of x, unless ctx has ended.
func (a *Asker) Ask(ctx context.Context, x *Activations, k int, skip Set) {
	a.x, a.mul.Stop = x, ctx
	a.first = resized(a.first, x.n*a.h.Rows())
	a.peaks = resized(a.peaks, x.n*a.groups)
	w := &a.h.w
	if a.h.planes() {
		w = &a.h.high
	}
	a.mul.prepare(x, Product{w, a.first})
	grain := 2 * a.group / panelRows // whole groups, and kernels take two panels at once
	a.stage = (*Asker).multiply
	a.pool.Stream(a.mul.units, max(grain, a.mul.grain()/grain*grain), a)
	a.skip = skip
	if a.k = 0; k > 0 && ctx.Err() == nil {
		a.find(0, x.n, k)
	}
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
		n.peaks(a.firstOf(i)[from:to], a.group, a.peaks[i*a.groups+from/a.group:])
	}
}

// firstOf returns what the first pass has found for row i.
func (a *Asker) firstOf(i int) []float32 { return a.first[i*a.h.Rows():][:a.h.Rows()] }

// Logits writes all logits for row i of what was asked to dst [Rows].
func (a *Asker) Logits(dst []float32, i int) {
	if !a.h.planes() {
		copy(dst, a.firstOf(i))
		return
	}
	a.from, a.all = i, dst
	a.run(a.h.Rows(), askGrain, (*Asker).completeAll)
	a.all = nil
}

func (a *Asker) completeAll(worker, lo, hi int) {
	w := &a.workers[worker]
	w.ids = w.ids[:0]
	for id := lo; id < hi; id++ {
		w.ids = append(w.ids, int32(id))
	}
	copy(a.all[lo:hi], a.complete(w, a.from))
}

// complete returns the logits of w.ids for row i.
func (a *Asker) complete(w *looking, i int) []float32 {
	first := a.firstOf(i)
	w.logits = w.logits[:0]
	n, h := a.h.native(), a.h
	switch {
	case !h.planes():
		for _, id := range w.ids {
			w.logits = append(w.logits, first[id])
		}
	case h.size != nil: // a sketch
		w.logits = slices.Grow(w.logits, len(w.ids))[:len(w.ids)]
		w.dots(n, h.high.m, a.x.Row(i))
	default:
		for _, id := range w.ids {
			w.logits = append(w.logits, 8*first[id])
		}
		n.low(h.low, lowBytes(h.high.m.Cols), a.x, i, w.ids, w.logits)
	}
	return w.logits
}

// Top appends to dst the k likeliest tokens of row i of what was asked, in the order of Likelier. The set and its
// logits are those that Logits gives, bit for bit. It is quick for a k up to the one that Ask was given.
func (a *Asker) Top(dst []Candidate, i, k int) []Candidate {
	if k <= 0 {
		return dst
	}
	if k > a.k {
		a.find(i, i+1, k)
		a.k = 0 // of the other rows nothing is known any more
		i = 0
	}
	best := a.found[i*len(a.workers)].best
	return append(dst, best[:min(k, len(best))]...)
}

// find finds the k likeliest tokens of the rows [from, to) of x: in a.found[(i-from)·threads].best, sorted.
func (a *Asker) find(from, to, k int) {
	a.from, a.n, a.k, a.Reread = from, to-from, k, 0
	threads := len(a.workers)
	a.bounds, a.floors = resized(a.bounds, a.n), resized(a.floors, a.n)
	for len(a.found) < a.n*threads {
		a.found = append(a.found, asking{})
	}
	a.run(a.n, 1, (*Asker).begin)
	if a.n < 2*threads { // all threads look through each row
		a.run(a.n*a.h.Rows(), askGrain, (*Asker).look)
	} else {
		a.run(a.n*a.h.Rows(), a.h.Rows(), (*Asker).look)
	}
	a.run(a.n, 1, (*Asker).finish)
	for i := range a.n * threads {
		a.Reread += a.found[i].reread
	}
}

// begin finds the floors of the rows [lo, hi) of those that are looked through.
func (a *Asker) begin(worker, lo, hi int) {
	threads := len(a.workers)
	for i := lo; i < hi; i++ {
		a.floors[i] = a.floor(&a.workers[worker], a.from+i)
		if a.h.planes() {
			a.bounds[i] = a.bound(a.from + i)
		}
		for j := range threads {
			f := &a.found[i*threads+j]
			f.best, f.floor, f.reread = f.best[:0], a.floors[i], 0
		}
	}
}

// floor returns a number that the k-th largest logit of row i is not below: the k-th largest logit of some tokens, those
// that lead their groups after the first pass. It is -∞ when there are not enough groups.
func (a *Asker) floor(w *looking, i int) float32 {
	none := float32(math.Inf(-1))
	if a.h.native() == nil || 4*a.k > a.groups {
		return none
	}
	a.leaders(w, i, 2*a.k)
	logits := a.complete(w, i)
	if len(logits) < a.k {
		return none
	}
	slices.Sort(logits) // not a number comes first
	if logits[0] != logits[0] {
		return none // which Likelier puts first: every row must be looked at
	}
	return logits[len(logits)-a.k]
}

// leaders sets w.ids to one token each of the n groups with the highest peaks: the one at the peak, or one behind it if
// that is to be skipped. A group that has no such has none.
func (a *Asker) leaders(w *looking, i, n int) {
	w.keys = w.keys[:0]
	for g, peak := range a.peaks[i*a.groups:][:a.groups] {
		w.keys = append(w.keys, uint64(^(uint32(peak)^1<<31))<<32|uint64(g)) // the highest first
	}
	slices.Sort(w.keys)
	w.ids = w.ids[:0]
	for _, key := range w.keys[:n] {
		lo := int(uint32(key)) * a.group
		first := a.firstOf(i)[lo:min(lo+a.group, a.h.Rows())]
		best := a.h.native().highest(first)
		for best < len(first) && a.skip.Has(lo+best) {
			best++
		}
		if best < len(first) {
			w.ids = append(w.ids, int32(lo+best))
		}
	}
}

// bound returns ‖x̂‖·(1 + 22·(n+8)·2⁻²⁴) of row i, rounded up, and its gap.
func (a *Asker) bound(i int) bound {
	cols, blocks := a.x.cols, a.x.cols/tileCols
	q, scale := a.x.q[i*cols:][:cols], a.x.scale[i*blocks:][:blocks]
	squares := 0.0
	for b, s := range scale {
		sum := 0
		for _, v := range q[b*tileCols:][:tileCols] {
			sum += int(v) * int(v)
		}
		squares += float64(s) * float64(s) * float64(sum)
	}
	norm := math.Sqrt(squares)
	room := norm * (1 + 22*float64(blocks+8)*0x1p-24 + 1e-6)
	of := bound{norm: math.Nextafter32(float32(room), float32(math.Inf(1)))}
	if a.h.size != nil {
		of.gap = a.gap(i, norm)
	}
	return of
}

// look keeps the likeliest of the tokens [lo, hi), where those of the rows of x lie one behind the other.
func (a *Asker) look(worker, lo, hi int) {
	rows := a.h.Rows()
	for lo < hi {
		i := lo / rows
		from, to := lo-i*rows, min(hi-i*rows, rows)
		a.lookAt(&a.workers[worker], &a.found[i*len(a.workers)+worker], i, from, to)
		lo = i*rows + to
	}
}

// lookAt keeps the likeliest of the tokens [lo, hi) for the i-th row that is looked through, of which it completes those
// that could reach the floor.
func (a *Asker) lookAt(w *looking, f *asking, i, lo, hi int) {
	first, n := a.firstOf(a.from + i)[lo:hi], a.h.native()
	switch {
	case n == nil:
		w.ids = w.ids[:0]
		for j, l := range first {
			if !(l < f.floor) {
				w.ids = append(w.ids, int32(lo+j))
			}
		}
	case !a.h.planes():
		w.ids = n.scan(first, f.floor, lo, w.ids)
	default:
		size := a.h.residual
		if a.h.size != nil {
			size = a.h.size
		}
		w.ids = n.reach(first, a.h.residual[4*lo:4*hi], size[4*lo:4*hi], a.bounds[i], f.floor, lo, w.ids)
		f.reread += len(w.ids)
	}
	for j, l := range a.complete(w, a.from+i) {
		if !(l < f.floor) && !a.skip.Has(int(w.ids[j])) {
			f.push(Candidate{w.ids[j], l}, a.k)
		}
	}
}

// push keeps a candidate. Once there are many more than k, all but the k likeliest go and the floor rises. What ties
// with the floor is kept, because tokens do not come in their order.
func (f *asking) push(c Candidate, k int) {
	f.best = append(f.best, c)
	if len(f.best) >= 2*k+64 {
		slices.SortFunc(f.best, Likelier)
		f.best = f.best[:k]
		if floor := f.best[k-1].Logit; floor > f.floor {
			f.floor = floor
		}
	}
}

// finish brings what the workers have found for the rows [lo, hi) together.
func (a *Asker) finish(_, lo, hi int) {
	threads := len(a.workers)
	for i := lo; i < hi; i++ {
		all := &a.found[i*threads].best
		for _, f := range a.found[i*threads:][1:threads] {
			*all = append(*all, f.best...)
		}
		slices.SortFunc(*all, Likelier)
		*all = (*all)[:min(a.k, len(*all))]
	}
}
