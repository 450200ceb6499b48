package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

func randomMatrix(t testing.TB, typ Type, rows, cols int) Matrix {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(typ), uint64(rows)))
	data := make([]byte, rows*typ.RowBytes(cols))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	x := make([]float32, cols)
	for i := range rows {
		for j := range x {
			x[j] = float32(r.NormFloat64())
		}
		if typ.Encodes() {
			Encode(typ, data[i*typ.RowBytes(cols):][:typ.RowBytes(cols)], x)
		}
	}
	if !typ.Encodes() { // random bits, with scales that are finite
		for at := 0; at < len(data); at += typ.BlockBytes() {
			block := data[at:][:typ.BlockBytes()]
			putHalf(block[len(block)-2:], 0.01)
			putHalf(block[len(block)-4:], 0.01)
		}
	}
	m, err := NewMatrix(typ, rows, cols, data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// activations makes n rows of random activations, rounded for k. Some channels are much larger than others, as in
// a real model.
func activations(k Kernels, n, cols int) *Activations {
	r := rand.New(rand.NewPCG(9, uint64(cols)))
	a := NewActivations(n, cols)
	for i := range a.X {
		a.X[i] = float32(r.NormFloat64())
		if i%97 == 0 {
			a.X[i] *= 20
		}
	}
	a.Quantize(k, 0, n)
	return a
}

// as returns what a kernel multiplies a matrix of this type with: the activations, or what they were rounded to.
func (a *Activations) as(k Kernels, typ Type, i int) []float32 {
	x := slices.Clone(a.Row(i))
	arrangement, ok := arrangements[typ]
	if k.native == nil || !ok || arrangement.fromColumns {
		return x
	}
	for j := range x {
		x[j] = a.scale[(i*a.cols+j)/tileCols] * float32(a.q[i*a.cols+j])
	}
	return x
}

// TestMul holds every type's product against float64 for every choice of kernels, and that neither the number of
// activation rows nor the number of threads changes a bit of it.
func TestMul(t *testing.T) {
	const rows, batch = 101, 29
	columns := []int{96, 256, 768}
	if testing.Short() {
		columns = []int{96, 256}
	}
	for _, k := range Available() {
		for _, typ := range quantTypes {
			for _, cols := range columns {
				if cols%typ.BlockSize() != 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%d", k.Name, typ, cols), func(t *testing.T) { testMul(t, k, randomMatrix(t, typ, rows, cols), batch) })
			}
		}
	}
}

func testMul(t *testing.T, k Kernels, m Matrix, batch int) {
	pool := NewPool(2)
	defer pool.Close()
	p := k.Pack(t.Context(), m, make([]byte, k.PackedSize(m)), pool)
	x := activations(k, batch, m.Cols)
	all := make([]float32, batch*m.Rows)
	NewMultiplier(pool).Mul(x, Product{&p, all})
	w := make([]float32, m.Cols)
	for i := range batch {
		v := x.as(k, m.Type, i)
		for row := range m.Rows {
			p.Row(w, row)
			var exact, size float64
			for j := range w {
				product := float64(w[j]) * float64(v[j])
				exact += product
				size += math.Abs(product)
			}
			// Every product goes through at most cols+3 roundings of half a unit in the last place, or, where it is of
			// integers, through those of its block's sum, whose unsigned form is up to 16 times as large.
			bound := size * float64(m.Cols+3) * 0x1p-24
			if got := all[i*m.Rows+row]; math.Abs(float64(got)-exact) > bound {
				t.Fatalf("row %d of activations %d: got %v, want %v ± %v", row, i, got, exact, bound)
			}
		}
	}
	for _, threads := range []int{1, 3} {
		pool := NewPool(threads)
		mul := NewMultiplier(pool)
		for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 12, 17} {
			got := make([]float32, n*m.Rows)
			x.Use(n)
			mul.Mul(x, Product{&p, got})
			for i := range got {
				if math.Float32bits(got[i]) != math.Float32bits(all[i]) {
					t.Fatalf("%d threads, %d activation rows: element %d is %v, want %v", threads, n, i, got[i], all[i])
				}
			}
		}
		x.Use(batch)
		pool.Close()
	}
}

// TestMulExtremes multiplies weights whose bits are all alike with activations that are all as large as can be: the
// sums that come nearest to what the registers hold.
func TestMulExtremes(t *testing.T) {
	const rows, cols, batch = 16, 256, 7
	pool := NewPool(1)
	defer pool.Close()
	for _, k := range Available() {
		x := NewActivations(batch, cols)
		for i := range x.X {
			x.X[i] = 1
			if row := i / cols; row%2 == 1 || row == 2 && i%cols < 3*tileCols {
				x.X[i] = -1
			}
		}
		x.Quantize(k, 0, batch)
		for _, typ := range []Type{Q4_0, Q5_0, Q8_0, Q4_K, Q6_K} {
			for _, bits := range []byte{0, 0x0F, 0x7F, 0x80, 0xFF} {
				m := uniformMatrix(t, typ, rows, cols, bits)
				p := k.Pack(t.Context(), m, make([]byte, k.PackedSize(m)), pool)
				got, w := make([]float32, batch*rows), make([]float32, cols)
				NewMultiplier(pool).Mul(x, Product{&p, got})
				p.Row(w, 0)
				for i := range batch {
					v, exact, size := x.as(k, typ, i), 0.0, 0.0
					for j := range w {
						exact += float64(w[j]) * float64(v[j])
						size += max(math.Abs(float64(w[j])), 128) // for the unsigned form of a quant
					}
					for row := range rows {
						if g := got[i*rows+row]; math.Abs(float64(g)-exact) > size*float64(cols/tileCols+3)*0x1p-24 {
							t.Fatalf("%s, %s of %#x, row %d of activations %d: got %v, want %v", k.Name, typ, bits, row, i, g, exact)
						}
					}
				}
			}
		}
	}
}

// uniformMatrix makes a matrix whose scales are 1 and whose other bytes are bits.
func uniformMatrix(t *testing.T, typ Type, rows, cols int, bits byte) Matrix {
	data := slices.Repeat([]byte{bits}, rows*typ.RowBytes(cols))
	for at := 0; at < len(data); at += typ.BlockBytes() {
		block := data[at:][:typ.BlockBytes()]
		switch typ {
		case Q6_K:
			putHalf(block[208:], 1)
		case Q4_K:
			putHalf(block[2:], 1)
			fallthrough
		default:
			putHalf(block, 1)
		}
	}
	m, err := NewMatrix(typ, rows, cols, data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMulSeveral computes three matrices at once, of different types and with rows that make no whole panels.
func TestMulSeveral(t *testing.T) {
	pool := NewPool(3)
	defer pool.Close()
	for _, k := range Available() {
		x := activations(k, 5, 512)
		var products []Product
		for i, typ := range []Type{Q4_0, Q6_K, Q5_1} {
			m := randomMatrix(t, typ, 40+i, 512)
			w := k.Pack(t.Context(), m, make([]byte, k.PackedSize(m)), pool)
			products = append(products, Product{&w, make([]float32, 5*m.Rows)})
		}
		mul := NewMultiplier(pool)
		mul.Mul(x, products...)
		for i, p := range products {
			alone := make([]float32, len(p.Dst))
			mul.Mul(x, Product{p.W, alone})
			if !slices.Equal(alone, p.Dst) {
				t.Errorf("%s: product %d is another one beside others", k.Name, i)
			}
		}
	}
}

func TestNewMatrix(t *testing.T) {
	for name, f := range map[string]func() (Matrix, error){
		"no kernel":     func() (Matrix, error) { return NewMatrix(I32, 1, 4, make([]byte, 16)) },
		"unknown":       func() (Matrix, error) { return NewMatrix(Type(99), 1, 4, make([]byte, 16)) },
		"half a block":  func() (Matrix, error) { return NewMatrix(Q4_0, 1, 48, make([]byte, 27)) },
		"too short":     func() (Matrix, error) { return NewMatrix(Q4_0, 2, 32, make([]byte, 35)) },
		"too long":      func() (Matrix, error) { return NewMatrix(Q4_0, 2, 32, make([]byte, 37)) },
		"no rows":       func() (Matrix, error) { return NewMatrix(Q4_0, 0, 32, nil) },
		"negative cols": func() (Matrix, error) { return NewMatrix(F32, 1, -4, nil) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPool(t *testing.T) {
	for _, threads := range []int{-1, 1, 2, 5} {
		p := NewPool(threads)
		for _, n := range []int{0, 1, 2, 4, 1000} {
			seen := make([]atomic.Int32, n)
			p.Share(n, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					seen[i].Add(1)
				}
			})
			for i := range seen {
				if c := seen[i].Load(); c != 1 {
					t.Fatalf("%d threads: index %d of %d was visited %d times", threads, i, n, c)
				}
			}
		}
		p.Close()
	}
}

func TestPoolFromSeveralGoroutines(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	var sum atomic.Int64
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 50 {
				p.Share(10, func(lo, hi int) { sum.Add(int64(hi - lo)) })
			}
		})
	}
	callers.Wait()
	if sum.Load() != 8*50*10 {
		t.Errorf("covered %d of %d", sum.Load(), 8*50*10)
	}
}

func TestPoolPanic(t *testing.T) {
	p := NewPool(4)
	defer p.Close()
	for index := range 8 {
		func() {
			defer func() {
				if r := recover(); r != index {
					t.Errorf("index %d: recovered %v", index, r)
				}
			}()
			p.Share(8, func(lo, hi int) {
				if lo <= index && index < hi {
					panic(index)
				}
			})
		}()
	}
	p.Share(8, func(lo, hi int) {}) // still works
}

func TestDetect(t *testing.T) {
	t.Setenv("LAMPLIGHT_KERNELS", "")
	if k, err := Detect(); err != nil || k.Name != Available()[0].Name {
		t.Errorf("got %v, %v", k, err)
	}
	t.Setenv("LAMPLIGHT_KERNELS", "go")
	if k, err := Detect(); err != nil || k.Name != "go" {
		t.Errorf("got %v, %v", k, err)
	}
	t.Setenv("LAMPLIGHT_KERNELS", "abacus")
	if _, err := Detect(); err == nil {
		t.Error("kernels that do not exist were accepted")
	}
}

func TestElementwise(t *testing.T) {
	for x, want := range map[float32]float64{1: 0.841192, -1: -0.158808, 0.5: 0.345714, 3: 2.996363, 0: 0} {
		if got := GELU(x); math.Abs(float64(got)-want) > 1e-6 {
			t.Errorf("GELU(%v) = %v, want %v", x, got, want)
		}
	}
	x := []float32{3, 4}
	RMSNorm(x, x, []float32{1, 2}, 0) // √(25/2)
	if math.Abs(float64(x[0])-0.848528) > 1e-6 || math.Abs(float64(x[1])-2.262742) > 1e-6 {
		t.Errorf("RMSNorm: %v", x)
	}
	s := []float32{1000, 1000 + float32(math.Ln2), float32(math.Inf(-1))}
	Softmax(s)
	if math.Abs(float64(s[0])-1.0/3) > 1e-4 || math.Abs(float64(s[1])-2.0/3) > 1e-4 || s[2] != 0 {
		t.Errorf("Softmax: %v", s)
	}
}

func BenchmarkMul(b *testing.B) {
	pool := NewPool(1)
	defer pool.Close()
	for _, k := range Available() {
		for _, n := range []int{1, 4, 256} {
			for _, typ := range []Type{Q4_0, Q5_0, Q8_0, Q4_K, Q6_K, F16, BF16, F32} {
				b.Run(fmt.Sprintf("%s/%s/n=%d", k.Name, typ, n), func(b *testing.B) {
					m := randomMatrix(b, typ, 1024, 1024)
					p := k.Pack(b.Context(), m, make([]byte, k.PackedSize(m)), pool)
					x, dst, mul := activations(k, n, m.Cols), make([]float32, n*m.Rows), NewMultiplier(pool)
					b.SetBytes(int64(len(m.Data)))
					for b.Loop() {
						mul.Mul(x, Product{&p, dst})
					}
					b.ReportMetric(float64(n*m.Rows*m.Cols)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}

func BenchmarkPool(b *testing.B) {
	pool := NewPool(2)
	defer pool.Close()
	for b.Loop() {
		pool.Share(2, func(lo, hi int) {})
	}
}
