//go:build !cgo || !(amd64 || arm64)

package kernels

// native stands for the C kernels, of which this build has none.
type native struct{}

const evex = false

func findNative(string) *native { return nil }

func (n *native) mulScratch(cols, rows int) int { panic(n) }
func (n *native) mul(w *Packed, x *Activations, dst []float32, first, last int, scratch []byte) {
	panic(n)
}
func (n *native) quantize(x []float32, q []int8, scale, sum, halves []float32) { panic(n) }
func (n *native) low(rows []byte, rowBytes int, x *Activations, i int, ids []int32, dst []float32) {
	panic(n)
}
func (n *native) attendScratch(dim, rows, heads, keys int) int                    { panic(n) }
func (n *native) attend(c *Cache, q *Queries, exact bool, scratch []float32)      { panic(n) }
func (n *native) put(c *Cache, slot int, key, value []float32)                    { panic(n) }
func (n *native) norm(dst, x, gain []float32, eps float32)                        { panic(n) }
func (n *native) addNorm(dst, x, gain []float32, eps float32)                     { panic(n) }
func (n *native) gate(x *Activations, up []float32, from, to int)                 { panic(n) }
func (n *native) rotate(x, cos, sin []float32)                                    { panic(n) }
func (n *native) scan(x []float32, floor float32, first int, ids []int32) []int32 { panic(n) }
func (n *native) dots(t Type, rows []byte, x, dst []float32)                      { panic(n) }
func (n *native) reach(x []float32, residual, size []byte, b bound, floor float32, first int, ids []int32) []int32 {
	panic(n)
}
func (n *native) peaks(x []float32, group int, dst []int32) { panic(n) }
func (n *native) highest(x []float32) int                   { panic(n) }
func (n *native) gemmTile() (rows, cols int)                { panic(n) }
func (n *native) gemm(bf16 bool, c []float32, stride int, a, b []float32, rows, cols, depth int, add bool) {
	panic(n)
}
func (n *native) gemmPack(bf16 bool, dst []float32, width, depth int, across bool, x []float32, stride, rows, cols int) {
	panic(n)
}
func (n *native) gemmPeak(bf16 bool, rounds int) int                         { panic(n) }
func (n *native) decode(t Type, dst []float32, src []byte) bool              { panic(n) }
func (n *native) largest(x []float32) float32                                { panic(n) }
func (n *native) expSum(x []float32, top float32) float32                    { panic(n) }
func (n *native) geglu(dst, gate, up []float32)                              { panic(n) }
func (n *native) gegluGrad(gate, up, dy []float32)                           { panic(n) }
func (n *native) normGrad(dst, x, gain, dy []float32, eps float32, add bool) { panic(n) }
func (n *native) reduce(a []byte, half bool, rank int, x []float32, stride, cols, rows int, h []float32, apart int) {
	panic(n)
}
func (n *native) expand(b []byte, half bool, h []float32, apart, rank int, y []float32, stride, outputs, rows int) {
	panic(n)
}
func (n *native) adamw(s AdamW, p, g, m, v []float32) { panic(n) }
func (n *native) peak(rounds int) int                 { panic(n) }
func (n *native) read(b []byte)                       { panic(n) }
