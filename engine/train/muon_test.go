package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"lamplight/kernels"
)

// TestOrthogonalize holds that no direction of the shorter side is changed much in length: all singular values are near 1.
func TestOrthogonalize(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, size := range [][2]int{{24, 40}, {40, 24}, {32, 32}, {1, 9}, {9, 2}} {
		rows, cols := size[0], size[1]
		x := make([]float32, rows*cols)
		for i := range x {
			x[i] = float32(r.NormFloat64()) * float32(1+i%cols) // of unlike columns
		}
		for _, k := range kernels.Available() {
			m := tiny(t, k, kernels.F32, 3)
			y := append([]float32(nil), x...)
			m.orthogonalize(y, rows, cols)
			for range 20 {
				n, at := min(rows, cols), func(short, long int) float64 {
					if rows > cols {
						return float64(y[long*cols+short])
					}
					return float64(y[short*cols+long])
				}
				v, length, out := make([]float64, n), 0.0, 0.0
				for i := range v {
					v[i] = r.NormFloat64()
					length += v[i] * v[i]
				}
				for j := range max(rows, cols) {
					sum := 0.0
					for i := range n {
						sum += v[i] * at(i, j)
					}
					out += sum * sum
				}
				if ratio := math.Sqrt(out / length); ratio < 0.6 || ratio > 1.3 {
					t.Errorf("%s: %d × %d: a direction became %g times as long", k.Name, rows, cols, ratio)
				}
			}
		}
	}
}
