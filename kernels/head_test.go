package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// headOf makes a Q8_0 head of the rows.
func headOf(t testing.TB, rows [][]float32) Matrix {
	t.Helper()
	return headOfType(t, Q8_0, rows)
}

func headOfType(t testing.TB, typ Type, rows [][]float32) Matrix {
	t.Helper()
	cols := len(rows[0])
	var data []byte
	for _, r := range rows {
		b := make([]byte, typ.RowBytes(cols))
		if err := Encode(typ, b, r); err != nil {
			t.Fatal(err)
		}
		data = append(data, b...)
	}
	m, err := NewMatrix(typ, len(rows), cols, data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A headCase is a head and what it is asked, made to be easy or hard for the bound.
type headCase struct {
	name string
	make func(r *rand.Rand, rows, cols int) (w [][]float32, x []float32)
}

var headCases = []headCase{
	{"normal", func(r *rand.Rand, rows, cols int) ([][]float32, []float32) {
		return matrixOf(r, rows, cols), normals(r, cols, 1)
	}},
	{"peaked", func(r *rand.Rand, rows, cols int) ([][]float32, []float32) { // one row is the question
		w, x := matrixOf(r, rows, cols), normals(r, cols, 1)
		w[rows/3] = slices.Clone(x)
		return w, x
	}},
	{"outliers", func(r *rand.Rand, rows, cols int) ([][]float32, []float32) {
		w, x := matrixOf(r, rows, cols), normals(r, cols, 1)
		for range cols / 20 {
			x[r.IntN(cols)] *= 100
		}
		for i := range w {
			w[i][r.IntN(cols)] *= 50
		}
		return w, x
	}},
	{"equal rows", func(r *rand.Rand, rows, cols int) ([][]float32, []float32) {
		row := normals(r, cols, 1)
		w := make([][]float32, rows)
		for i := range w {
			w[i] = row
		}
		return w, normals(r, cols, 1)
	}},
	{"all in the lower plane", func(r *rand.Rand, rows, cols int) ([][]float32, []float32) {
		// The upper bits of all rows are the same; what tells the rows apart is below them, along the question.
		x := make([]float32, cols)
		for i := range x {
			x[i] = float32(r.IntN(2)*2 - 1)
		}
		w := make([][]float32, rows)
		for i := range w {
			w[i] = make([]float32, cols)
			sign := float32(r.NormFloat64())
			for j := range w[i] {
				w[i][j] = (8 + max(-7, min(7, 7*sign*x[j]))) / 127
			}
			for b := 0; b < cols; b += 32 {
				w[i][b] = 1
			}
		}
		return w, x
	}},
	{"zero question", func(r *rand.Rand, rows, cols int) ([][]float32, []float32) {
		return matrixOf(r, rows, cols), make([]float32, cols)
	}},
	{"zero weights", func(r *rand.Rand, rows, cols int) ([][]float32, []float32) {
		w := make([][]float32, rows)
		for i := range w {
			w[i] = make([]float32, cols)
		}
		return w, normals(r, cols, 1)
	}},
	{"not a number", func(r *rand.Rand, rows, cols int) ([][]float32, []float32) {
		w := matrixOf(r, rows, cols)
		w[rows/2][3] = float32(math.Inf(1))
		return w, normals(r, cols, 1)
	}},
}

func matrixOf(r *rand.Rand, rows, cols int) [][]float32 {
	w := make([][]float32, rows)
	for i := range w {
		w[i] = normals(r, cols, 1)
	}
	return w
}

// same compares logits by their bits, NaN included.
func same(a, b Candidate) bool {
	return a.ID == b.ID && math.Float32bits(a.Logit) == math.Float32bits(b.Logit)
}

// TestHead holds that the likeliest tokens are those of a full pass, with the same logits, whatever the weights.
func TestHead(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 1
	}
	for _, k := range Available() {
		for _, c := range headCases {
			for _, typ := range []Type{Q8_0, F16, BF16, F32} {
				t.Run(fmt.Sprintf("%s/%s/%v", k.Name, c.name, typ), func(t *testing.T) {
					for seed := range seeds {
						r := rand.New(rand.NewPCG(seed, 7))
						rows, cols := 200+r.IntN(3000), 32*(1+r.IntN(12))
						w, x := c.make(r, rows, cols)
						testHead(t, k, headOfType(t, typ, w), x, 1+int(seed%3))
					}
				})
			}
		}
	}
}

func testHead(t *testing.T, k Kernels, m Matrix, question []float32, threads int) {
	pool := NewPool(threads)
	defer pool.Close()
	h := k.PackHead(t.Context(), m, make([]byte, k.HeadSize(m)), pool)
	x := NewActivations(2, m.Cols)
	copy(x.Row(0), question)
	for i, v := range question {
		x.Row(1)[len(question)-1-i] = v
	}
	x.Quantize(k, 0, 2)
	a := NewAsker(&h, pool)
	logits := make([]float32, m.Rows)
	skip := NewSet(m.Rows, 0, int32(m.Rows-1), int32(m.Rows/3))
	for _, s := range []Set{nil, skip} {
		a.Ask(t.Context(), x, 16, s)
		for row := range 2 {
			a.Logits(logits, row)
			var all []Candidate
			for id, l := range logits {
				if !s.Has(id) {
					all = append(all, Candidate{int32(id), l})
				}
			}
			slices.SortFunc(all, Likelier)
			for _, n := range []int{1, 2, 16, len(all), len(all) + 5, 3} {
				got := a.Top(nil, row, n)
				if !slices.EqualFunc(got, all[:min(n, len(all))], same) {
					t.Fatalf("%d × %d, row %d, top %d: another set or other logits than those of a full pass", m.Rows, m.Cols, row, n)
				}
			}
		}
	}
	a.Ask(t.Context(), x, 0, nil)
	if top := a.Top(nil, 0, 0); len(top) != 0 {
		t.Errorf("top 0: %v", top)
	}
	got, want := make([]float32, m.Cols), make([]float32, m.Cols)
	for id := 0; id < m.Rows; id += 37 {
		h.Row(got, id)
		Decode(m.Type, want, m.Row(id))
		if !slices.EqualFunc(got, want, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
			t.Fatalf("row %d is not what the file has", id)
		}
	}
	checkLogits(t, m, x.as(k, m.Type, 1), logits)
}

// checkLogits holds the logits of a full pass against float64. Of Q8_0 both planes of a weight near zero can be large,
// so the sums that are added have the size of the largest weight.
func checkLogits(t *testing.T, m Matrix, x []float32, logits []float32) {
	t.Helper()
	w, roundings := make([]float32, m.Cols), 32
	if m.Type != Q8_0 {
		roundings = 4
	}
	for id := range m.Rows {
		Decode(m.Type, w, m.Row(id))
		var exact, size float64
		for j, v := range w {
			largest := float64(v)
			if m.Type == Q8_0 {
				largest = 128 * float64(half(m.Row(id)[j/32*34:]))
			}
			exact += float64(v) * float64(x[j])
			size += math.Abs(largest * float64(x[j]))
		}
		if got := float64(logits[id]); math.Abs(got-exact) > size*float64(m.Cols/roundings+8)*0x1p-24 || math.IsNaN(exact) != math.IsNaN(got) {
			t.Fatalf("logit %d is %v, want %v", id, got, exact)
		}
	}
}

// TestHeadRereads holds that the second pass is worth its name for what it is made for: of normal weights some
// hundredths are read again, of a peaked distribution almost nothing.
func TestHeadRereads(t *testing.T) {
	k := Available()[0]
	if k.native == nil {
		t.Skip("these kernels read every row in full")
	}
	pool := NewPool(2)
	defer pool.Close()
	r := rand.New(rand.NewPCG(3, 4))
	const rows, cols = 15_000, 640
	w, x := matrixOf(r, rows, cols), NewActivations(1, cols)
	copy(x.X, normals(r, cols, 1))
	w[5] = slices.Clone(x.X)
	m := headOf(t, w)
	h := k.PackHead(t.Context(), m, make([]byte, k.HeadSize(m)), pool)
	x.Quantize(k, 0, 1)
	a := NewAsker(&h, pool)
	for _, c := range []struct {
		k    int
		most float64
	}{{16, 0.04}, {1, 0.0005}} {
		a.Ask(t.Context(), x, c.k, nil)
		share := float64(a.Reread) / rows
		t.Logf("top %d: %.4f of the rows are read again", c.k, share)
		if share > c.most {
			t.Errorf("top %d: %.4f of the rows are read again, want at most %v", c.k, share, c.most)
		}
	}
}

func FuzzHead(f *testing.F) {
	f.Add(uint64(1), uint16(300), uint8(2), float32(1), uint8(5), uint8(0))
	f.Add(uint64(2), uint16(40), uint8(1), float32(1e30), uint8(64), uint8(1))
	f.Add(uint64(3), uint16(1990), uint8(3), float32(1e-30), uint8(3), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, rows uint16, blocks uint8, size float32, top, kind uint8) {
		typ := []Type{Q8_0, F16, BF16, F32}[kind%4]
		r := rand.New(rand.NewPCG(seed, 0))
		n, cols := 1+int(rows)%2000, 32*(1+int(blocks)%8)
		data := make([]byte, n*typ.RowBytes(cols))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		m, err := NewMatrix(typ, n, cols, data)
		if err != nil {
			t.Fatal(err)
		}
		k := Available()[0]
		pool := NewPool(2)
		defer pool.Close()
		h := k.PackHead(t.Context(), m, make([]byte, k.HeadSize(m)), pool)
		x := NewActivations(1, cols)
		for i := range x.X {
			x.X[i] = size * float32(r.NormFloat64())
		}
		x.Quantize(k, 0, 1)
		a := NewAsker(&h, pool)
		a.Ask(t.Context(), x, 1+int(top), nil)
		logits := make([]float32, n)
		a.Logits(logits, 0)
		var all []Candidate
		for id, l := range logits {
			all = append(all, Candidate{int32(id), l})
		}
		slices.SortFunc(all, Likelier)
		want := all[:min(1+int(top), n)]
		if got := a.Top(nil, 0, 1+int(top)); !slices.EqualFunc(got, want, func(a, b Candidate) bool {
			return a.ID == b.ID && (a.Logit == b.Logit || a.Logit != a.Logit && b.Logit != b.Logit)
		}) {
			t.Errorf("another set or other logits than those of a full pass")
		}
	})
}

func BenchmarkHead(b *testing.B) {
	const rows, cols = 262_144, 640
	r := rand.New(rand.NewPCG(1, 2))
	row, data := make([]byte, Q8_0.RowBytes(cols)), []byte{}
	for range rows {
		Encode(Q8_0, row, normals(r, cols, 1))
		data = append(data, row...)
	}
	m, err := NewMatrix(Q8_0, rows, cols, data)
	if err != nil {
		b.Fatal(err)
	}
	pool := NewPool(2)
	defer pool.Close()
	for _, k := range Available() {
		h := k.PackHead(b.Context(), m, make([]byte, k.HeadSize(m)), pool)
		for _, n := range []int{1, 2, 4, 8, 16} {
			b.Run(fmt.Sprintf("%s/%d", k.Name, n), func(b *testing.B) {
				x, a := NewActivations(n, cols), NewAsker(&h, pool)
				copy(x.X, normals(r, n*cols, 1))
				x.Quantize(k, 0, n)
				b.ReportAllocs()
				for b.Loop() {
					a.Ask(b.Context(), x, 64, nil)
				}
				b.ReportMetric(float64(a.Reread)/rows, "reread")
			})
		}
	}
}
