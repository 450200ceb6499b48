package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

func randomMatrix(t testing.TB, typ Type, rows, cols int) Packed {
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
	return Pack(m, Features{})
}

// TestMul holds every type's product against float64, and that neither the number of activation rows nor
// the number of threads changes a bit of it.
func TestMul(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	const rows, cols, batch = 37, 512, 5
	for _, typ := range quantTypes {
		p := randomMatrix(t, typ, rows, cols)
		x := make([]float32, batch*cols)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		want := make([]float32, batch*rows)
		w := make([]float32, cols)
		for i := range batch {
			for row := range rows {
				p.Row(w, row)
				var exact, size float64
				for j, v := range w {
					product := float64(v) * float64(x[i*cols+j])
					exact += product
					size += math.Abs(product)
				}
				got := Dot(typ, p.m.Row(row), x[i*cols:][:cols])
				// cols/8+3 roundings of at most half a unit in the last place each
				if bound := size * (cols/8 + 3) * 0x1p-24; math.Abs(float64(got)-exact) > bound {
					t.Fatalf("%s: row %d: got %v, want %v ± %v", typ, row, got, exact, bound)
				}
				want[i*rows+row] = got
			}
		}
		for _, threads := range []int{1, 2, 3, 64} {
			pool := NewPool(threads)
			for _, n := range []int{1, 2, batch} {
				got := make([]float32, n*rows)
				p.Mul(got, x, n, pool)
				for i := range got {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("%s: %d threads, %d activation rows: element %d is %v, want %v", typ, threads, n, i, got[i], want[i])
					}
				}
				clear(got)
				const lo, hi = 5, 30
				p.MulRows(got, x, n, lo, hi, pool)
				for i, v := range got {
					if r := i % rows; r >= lo && r < hi && v != want[i] || (r < lo || r >= hi) && v != 0 {
						t.Fatalf("%s: %d threads, %d activation rows: element %d of rows %d to %d is %v", typ, threads, n, i, lo, hi, v)
					}
				}
			}
			pool.Close()
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
			p.Run(n, func(lo, hi int) {
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
				p.Run(10, func(lo, hi int) { sum.Add(int64(hi - lo)) })
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
			p.Run(8, func(lo, hi int) {
				if lo <= index && index < hi {
					panic(index)
				}
			})
		}()
	}
	p.Run(8, func(lo, hi int) {}) // still works
}

func TestDetect(t *testing.T) {
	t.Setenv("LAMPLIGHT_KERNELS", "")
	if f, err := Detect(); err != nil || f.Name != "go" {
		t.Errorf("got %v, %v", f, err)
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
	pool := NewPool(2)
	defer pool.Close()
	for _, n := range []int{1, 64} {
		for _, typ := range quantTypes {
			b.Run(fmt.Sprintf("%s/n=%d", typ, n), func(b *testing.B) {
				p := randomMatrix(b, typ, 4096, 1024)
				x, dst := make([]float32, n*1024), make([]float32, n*4096)
				b.SetBytes(int64(len(p.m.Data)))
				for b.Loop() {
					p.Mul(dst, x, n, pool)
				}
				b.ReportMetric(float64(n)*4096*1024*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	}
}

func BenchmarkPool(b *testing.B) {
	pool := NewPool(2)
	defer pool.Close()
	for b.Loop() {
		pool.Run(2, func(lo, hi int) {})
	}
}
