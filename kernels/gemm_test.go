package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A gemmCase is a product of m × k and k × n, of which each factor may be stored the other way round, with rows that are
// pad longer than they need to be.
type gemmCase struct {
	m, n, k, pad int
	at, bt, add  bool
	weights      Type // of b, if not F32
	rounds       bool // b says Rounded
}

func (c gemmCase) String() string {
	return fmt.Sprintf("m=%d n=%d k=%d pad=%d at=%t bt=%t add=%t rounds=%t %s", c.m, c.n, c.k, c.pad, c.at, c.bt, c.add, c.rounds, c.weights)
}

// dense makes rows × cols random floats between guards; what lies between rows is not a number, and must not be used.
func dense(r *rand.Rand, rows, cols, pad int) (guarded, Operand) {
	stride := cols + pad
	x := normals(r, max(rows*stride-pad, 0), 1)
	for i := range x {
		if i%stride >= cols {
			x[i] = nan
		}
	}
	g := guardedOf(x, r.IntN(4))
	return g, Dense(g.x, rows, cols, stride)
}

// factor makes a random m × n operand, stored transposed if t, and its elements in order.
func factor(tb testing.TB, r *rand.Rand, m, n, pad int, t bool, typ Type) (Operand, []float32) {
	rows, cols := m, n
	if t {
		rows, cols = n, m
	}
	var o Operand
	stored := make([]float32, 0, m*n)
	if typ != F32 {
		w := randomMatrix(tb, typ, rows, cols)
		o = Weights(w)
		stored = stored[:m*n]
		for i := range rows {
			Decode(typ, stored[i*cols:][:cols], w.Row(i))
		}
	} else {
		var g guarded
		g, o = dense(r, rows, cols, pad)
		for i := range rows {
			stored = append(stored, g.x[i*(cols+pad):][:cols]...)
		}
	}
	if !t {
		return o, stored
	}
	x := make([]float32, m*n)
	for i := range m {
		for j := range n {
			x[i*n+j] = stored[j*m+i]
		}
	}
	return o.T(), x
}

// check computes the case by every g, holds the first against float64 and the others against it.
func (c gemmCase) check(t *testing.T, gs []*GEMM) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(c.m*1000003+c.n*1009+c.k), 7))
	a, x := factor(t, r, c.m, c.k, c.pad, c.at, F32)
	b, y := factor(t, r, c.k, c.n, c.pad, c.bt, c.weights)
	if c.rounds {
		b = b.Rounded()
		if gs[0].k.MultipliesBF16() {
			roundAll(x)
			roundAll(y)
		}
	}
	before := normals(r, max(c.m*(c.n+c.pad)-c.pad, 0), 1)
	var first []float32
	for _, g := range gs {
		dst := guardedOf(before, 1)
		out := Dense(dst.x, c.m, c.n, c.n+c.pad)
		if c.add {
			g.Add(out, a, b)
		} else {
			g.Mul(out, a, b)
		}
		dst.check(t, 1)
		if first != nil {
			for i, v := range dst.x {
				if math.Float32bits(v) != math.Float32bits(first[i]) {
					t.Fatalf("%s, %v: %d threads make element %d %v, 1 thread makes it %v", g.k.Name, c, g.pool.Threads(), i, v, first[i])
				}
			}
			continue
		}
		first = slices.Clone(dst.x)
		for i := range c.m {
			for j := range c.n + c.pad {
				at := i*(c.n+c.pad) + j
				if at >= len(first) {
					break
				}
				if j >= c.n {
					if first[at] != before[at] {
						t.Fatalf("%s, %v: element %d behind row %d was written", g.k.Name, c, j-c.n, i)
					}
					continue
				}
				var want, size float64
				for p := range c.k {
					product := float64(x[i*c.k+p]) * float64(y[p*c.n+j])
					want += product
					size += math.Abs(product)
				}
				if c.add {
					want += float64(before[at])
					size += math.Abs(float64(before[at]))
				}
				if bound := size * float64(c.k+1) * 0x1p-24; !(math.Abs(float64(first[at])-want) <= bound) {
					t.Fatalf("%s, %v: element %d of row %d is %v, want %v ± %v", g.k.Name, c, j, i, first[at], want, bound)
				}
			}
		}
	}
}

func roundAll(x []float32) {
	for i, v := range x {
		x[i] = BF16ToF32(F32ToBF16(v))
	}
}

// TestGEMM holds products of all shapes against float64, and that the number of threads does not change a bit of them.
func TestGEMM(t *testing.T) {
	for _, k := range Available() {
		t.Run(k.Name, func(t *testing.T) {
			var gs []*GEMM
			for threads := 1; threads <= 3; threads++ {
				pool := NewPool(threads)
				defer pool.Close()
				gs = append(gs, NewGEMM(k, pool))
			}
			for _, s := range [][3]int{ // m, n, k
				{0, 5, 3}, {5, 0, 3}, {5, 3, 0}, {1, 1, 1}, {1, 33, 700}, {130, 1, 70}, {14, 32, 256}, {15, 33, 257}, {29, 65, 258},
				{100, 8, 300}, {8, 300, 100}, {300, 100, 8}, {64, 4, 512}, {4, 200, 64}, {3, 2, 9001},
			} {
				for bits := range 16 {
					gemmCase{m: s[0], n: s[1], k: s[2], pad: 5 * (bits % 3), at: bits&1 > 0, bt: bits&2 > 0, add: bits&4 > 0, rounds: bits&8 > 0}.check(t, gs)
				}
			}
			r := rand.New(rand.NewPCG(3, 4))
			random := 200
			if testing.Short() {
				random = 12
			}
			for range random {
				gemmCase{m: r.IntN(80), n: r.IntN(120), k: r.IntN(600), pad: r.IntN(9), at: r.IntN(2) > 0, bt: r.IntN(2) > 0, add: r.IntN(2) > 0, rounds: r.IntN(2) > 0}.check(t, gs)
			}
			for _, typ := range append(quantTypes, F16, BF16) {
				for _, bt := range []bool{false, true} {
					gemmCase{m: 2, n: 256, k: 512, bt: bt, weights: typ}.check(t, gs)
					gemmCase{m: 3, n: 512, k: 256, bt: bt, add: true, weights: typ, rounds: true}.check(t, gs)
					gemmCase{m: 40, n: 512, k: 512, bt: bt, weights: typ, rounds: true}.check(t, gs)
				}
			}
		})
	}
}

// TestGEMMBlocks multiplies matrices that are packed in several blocks, in every direction. Their elements are small
// integers, so that all sums are exact.
func TestGEMMBlocks(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	integers := func(rows, cols int) []float32 {
		x := make([]float32, rows*cols)
		for i := range x {
			x[i] = float32(i*7%11 - 5)
		}
		return x
	}
	for _, k := range Available() {
		g := NewGEMM(k, pool)
		for _, s := range [][3]int{{1100, 3, gemmDepth + 100}, {3, 1100, gemmDepth + 100}, {600, 530, gemmDepth}} {
			m, n, depth := s[0], s[1], s[2]
			if k.native == nil && m*n > 10000 {
				continue // minutes, for code that does the same with C kernels
			}
			a, b, c := integers(m, depth), integers(depth, n), make([]float32, m*n)
			g.Mul(Dense(c, m, n, n), Dense(a, m, depth, depth), Dense(b, depth, n, n))
			for i := 0; i < m; i += 7 {
				for j := 0; j < n; j += 1 + n/50 {
					want := 0
					for p := range depth {
						want += int(a[i*depth+p]) * int(b[p*n+j])
					}
					if c[i*n+j] != float32(want) {
						t.Fatalf("%s, %d × %d of %d: element %d of row %d is %v, want %d", k.Name, m, n, depth, j, i, c[i*n+j], want)
					}
				}
			}
		}
	}
}

// TestGEMMSame holds that all kernels in C agree in every bit unless they round, and that an element depends on its row of A
// and its column of B only, not on those beside them.
func TestGEMMSame(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	const m, n, depth = 37, 75, 1301
	r := rand.New(rand.NewPCG(1, 1))
	x, y := normals(r, m*depth, 1), normals(r, n*depth, 1)
	product := func(k Kernels, rounds bool, rows, cols int) []float32 {
		b, c := Dense(y, cols, depth, depth).T(), make([]float32, rows*n)
		if rounds {
			b = b.Rounded()
		}
		NewGEMM(k, pool).Mul(Dense(c, rows, cols, n), Dense(x, rows, depth, depth), b)
		return c
	}
	var first []float32
	for _, k := range Available() {
		for _, rounds := range []bool{false, true} {
			all := product(k, rounds, m, n)
			if first == nil && k.native != nil {
				first = all
			}
			if same := slices.Equal(all, first); k.native != nil && same == (rounds && k.MultipliesBF16()) {
				t.Errorf("%s, rounded %t: the product is the same: %t", k.Name, rounds, same)
			}
			for _, size := range [][2]int{{m, 7}, {m, 32}, {3, n}, {30, n}, {1, 1}} {
				rows, cols := size[0], size[1]
				c := product(k, rounds, rows, cols)
				for i := range rows {
					if !slices.Equal(c[i*n:][:cols], all[i*n:][:cols]) {
						t.Fatalf("%s, rounded %t: row %d is another one in a product of %d × %d", k.Name, rounds, i, rows, cols)
					}
				}
			}
		}
	}
}

func TestGEMMAllocates(t *testing.T) {
	pool := NewPool(2)
	defer pool.Close()
	for _, k := range Available() {
		g := NewGEMM(k, pool)
		x, w, y := make([]float32, 40*256), Weights(randomMatrix(t, Q8_0, 64, 256)), make([]float32, 40*64)
		a, h := Dense(make([]float32, 8*256), 8, 256, 256), Dense(make([]float32, 40*8), 40, 8, 8)
		if n := testing.AllocsPerRun(10, func() {
			g.Mul(Dense(y, 40, 64, 64), Dense(x, 40, 256, 256), w.T())
			g.Mul(h, Dense(x, 40, 256, 256), a.T())
			g.Add(a, h.T(), Dense(x, 40, 256, 256))
		}); n > 0 {
			t.Errorf("%s: %v allocations", k.Name, n)
		}
	}
}

func TestGEMMSizes(t *testing.T) {
	pool := NewPool(1)
	defer pool.Close()
	g := NewGEMM(Reference(), pool)
	x := make([]float32, 12)
	for name, f := range map[string]func(){
		"terms":      func() { g.Mul(Dense(x, 2, 3, 3), Dense(x, 2, 2, 2), Dense(x, 4, 3, 3)) },
		"rows":       func() { g.Mul(Dense(x, 3, 3, 3), Dense(x, 2, 2, 2), Dense(x, 2, 3, 3)) },
		"columns":    func() { g.Add(Dense(x, 2, 2, 2), Dense(x, 2, 2, 2), Dense(x, 2, 3, 3)) },
		"transposed": func() { g.Mul(Dense(x, 3, 2, 2).T(), Dense(x, 2, 2, 2), Dense(x, 2, 3, 3)) },
		"left":       func() { g.Mul(Dense(x, 1, 1, 1), Weights(Matrix{F32, 1, 1, make([]byte, 4)}), Dense(x, 1, 1, 1)) },
		"into":       func() { g.Mul(Weights(Matrix{F32, 1, 1, make([]byte, 4)}), Dense(x, 1, 1, 1), Dense(x, 1, 1, 1)) },
		"short":      func() { Dense(x, 3, 4, 5) },
		"narrow":     func() { Dense(x, 2, 4, 3) },
		"negative":   func() { Dense(x, -1, 4, 4) },
		"overflow":   func() { Dense(x, math.MaxInt/2, 4, 8) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
	Dense(x, 3, 2, 5) // the last row has no padding
	Dense(nil, 0, 4, 4)
}

// BenchmarkGEMM prints GFLOP/s (two a multiply-add) and what part that is of the peak of all threads, measured before
// and after.
func BenchmarkGEMM(b *testing.B) {
	const tokens, out, in = 512, 2048, 640
	pool := NewPool(2)
	defer pool.Close()
	r := rand.New(rand.NewPCG(1, 2))
	x, dy, w := normals(r, tokens*in, 1), normals(r, tokens*out, 1), normals(r, out*in, 1)
	y, dx, dw := make([]float32, tokens*out), make([]float32, tokens*in), make([]float32, out*in)
	X, DY, W := Dense(x, tokens, in, in), Dense(dy, tokens, out, out), Dense(w, out, in, in)
	Y, DX, DW := Dense(y, tokens, out, out), Dense(dx, tokens, in, in), Dense(dw, out, in, in)
	for _, k := range Available() {
		if k.native == nil {
			continue
		}
		g := NewGEMM(k, pool)
		try := func(name string, bf16 bool, flops int, f func()) {
			b.Run(k.Name+"/"+name, func(b *testing.B) {
				peak, start := k.floatPeak(pool, bf16), time.Now()
				for b.Loop() {
					f()
				}
				rate := float64(flops) * float64(b.N) / time.Since(start).Seconds()
				peak = max(peak, k.floatPeak(pool, bf16))
				b.ReportMetric(rate/1e9, "GFLOP/s")
				b.ReportMetric(rate/2/peak, "of-peak")
			})
		}
		run := func(name string, flops int, f func()) { try(name, false, flops, f) }
		const large = 2 * tokens * out * in
		run("Y=X·Wᵀ", large, func() { g.Mul(Y, X, W.T()) })
		run("dX=dY·W", large, func() { g.Mul(DX, DY, W) })
		if k.MultipliesBF16() {
			try("rounded/Y=X·Wᵀ", true, large, func() { g.Mul(Y, X, W.T().Rounded()) })
			try("rounded/dX=dY·W", true, large, func() { g.Mul(DX, DY, W.Rounded()) })
		}
		run("dW+=dYᵀ·X", large, func() { g.Add(DW, DY.T(), X) })
		for _, rank := range []int{4, 8, 32} {
			h := Dense(make([]float32, tokens*rank), tokens, rank, rank)
			a, d := Dense(normals(r, rank*in, 1), rank, in, in), Dense(normals(r, out*rank, 1), out, rank, rank)
			run(fmt.Sprintf("rank=%d/H=X·Aᵀ", rank), 2*tokens*in*rank, func() { g.Mul(h, X, a.T()) })
			run(fmt.Sprintf("rank=%d/Y+=H·Bᵀ", rank), 2*tokens*out*rank, func() { g.Add(Y, h, d.T()) })
			run(fmt.Sprintf("rank=%d/dH=dY·B", rank), 2*tokens*out*rank, func() { g.Mul(h, DY, d) })
			run(fmt.Sprintf("rank=%d/dB+=dYᵀ·H", rank), 2*tokens*out*rank, func() { g.Add(d, DY.T(), h) })
			run(fmt.Sprintf("rank=%d/dA+=dHᵀ·X", rank), 2*tokens*in*rank, func() { g.Add(a, h.T(), X) })
		}
		for _, typ := range []Type{BF16, Q8_0, Q4_0} {
			q := Weights(randomMatrix(b, typ, out, in))
			run(fmt.Sprintf("%s/Y=X·Wᵀ", typ), large, func() { g.Mul(Y, X, q.T()) })
			run(fmt.Sprintf("%s/dX=dY·W", typ), large, func() { g.Mul(DX, DY, q) })
			if k.MultipliesBF16() {
				try(fmt.Sprintf("%s/rounded/Y=X·Wᵀ", typ), true, large, func() { g.Mul(Y, X, q.T().Rounded()) })
				try(fmt.Sprintf("%s/rounded/dX=dY·W", typ), true, large, func() { g.Mul(DX, DY, q.Rounded()) })
			}
		}
	}
}
