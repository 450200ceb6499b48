package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLowRank holds a change of low rank, for every choice of kernels, against sums in float64, for numbers that half
// precision holds and others, and that an element is the same whatever is computed with it.
func TestLowRank(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, k := range Available() {
		for _, c := range []struct{ rank, in, out int }{{1, 1, 1}, {2, 32, 7}, {8, 640, 256}, {16, 100, 33}, {5, 2048, 640}, {64, 96, 100}} {
			for _, half := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %v, half %v", k.Name, c, half), func(t *testing.T) {
					const rows, beside = 7, 3 // and some elements between them
					xs, ys, hs := c.in+beside, c.out+beside, c.rank+beside
					a, b, x, y := normals(r, c.rank*c.in, 1), normals(r, c.out*c.rank, 1), normals(r, rows*xs, 1), normals(r, rows*ys, 1)
					if half {
						for _, v := range [][]float32{a, b} {
							for i := range v {
								v[i] = F16ToF32(F32ToF16(v[i]))
							}
						}
					}
					l := k.NewLowRank(a, b, c.rank, c.in, c.out)
					if k.native != nil && (l.typ == F16) != half && c.in > 1 {
						t.Errorf("kept as %s", l.typ)
					}
					h, got := make([]float32, rows*hs), slices.Clone(y)
					l.Reduce(Rows{h, rows, hs}, Rows{x, rows, xs}, 0, c.rank)
					l.Expand(Rows{got, rows, ys}, Rows{h, rows, hs}, 0, l.Panels())
					parts, pieces := make([]float32, rows*hs), slices.Clone(y)
					for row := range rows {
						for i := range c.rank {
							l.Reduce(Rows{parts[row*hs:], 1, hs}, Rows{x[row*xs:], 1, xs}, i, i+1)
						}
						for i := range l.Panels() {
							l.Expand(Rows{pieces[row*ys:], 1, ys}, Rows{parts[row*hs:], 1, hs}, i, i+1)
						}
					}
					if !slices.Equal(got, pieces) {
						t.Fatal("by rows and in parts it is another result")
					}
					for row := range rows {
						x, y, got := x[row*xs:], y[row*ys:], got[row*ys:]
						for i := range c.out {
							want, size := float64(y[i]), math.Abs(float64(y[i]))
							for q := range c.rank {
								var sum, most float64
								for j := range c.in {
									sum += float64(a[q*c.in+j]) * float64(x[j])
									most += math.Abs(float64(a[q*c.in+j]) * float64(x[j]))
								}
								want += float64(b[i*c.rank+q]) * sum
								size += math.Abs(float64(b[i*c.rank+q])) * most
							}
							if math.Abs(float64(got[i])-want) > 1e-6*size {
								t.Fatalf("row %d, output %d is %v, want %v", row, i, got[i], want)
							}
						}
						if !slices.Equal(got[c.out:c.out+beside], y[c.out:c.out+beside]) {
							t.Fatal("it wrote beyond the outputs")
						}
					}
				})
			}
		}
	}
}
