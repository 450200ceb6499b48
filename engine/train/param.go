package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"lamplight/engine/adapter"
	"lamplight/engine/source"
	"lamplight/kernels"
)

// Param is a tensor that training changes: its values, the gradient of the loss, and the moments that the optimizer
// keeps.
type Param struct {
	Name       string // as GGUF names it, "blk.0.attn_q.weight", with ".lora_a" or ".lora_b" behind it for the factors of an adapter
	Rows, Cols int    // outputs and inputs; a gain is one row
	Value      []float32
	Grad       []float32

	m, v  []float32
	decay bool // weight decay pulls it to zero, which is wrong for gains
}

func newParam(name string, rows, cols int, decay bool) *Param {
	n := rows * cols
	return &Param{
		Name: name, Rows: rows, Cols: cols, decay: decay,
		Value: make([]float32, n), Grad: make([]float32, n), m: make([]float32, n), v: make([]float32, n),
	}
}

// linear is a layer y = W·x + s·B·(A·x), of which any part may be trained: W is the source's own while it is frozen, and
// decoded whenever it is used.
type linear struct {
	name    string // of W
	in, out int
	frozen  kernels.Matrix
	rounds  bool   // products with W round to bfloat16 while it is frozen, see loader.linear
	w       *Param // [out][in], nil while frozen

	a, b    *Param  // [r][in] and [out][r], nil without an adapter
	scale   float32 // s
	dropout float32 // the part of x that A does not see in training
	id      uint64  // tells the layers' dropouts apart
}

// weights is W as a factor on the right.
func (l *linear) weights() kernels.Operand { return l.part(0, l.out) }

// part is the rows [i, i+n) of W as a factor on the right.
func (l *linear) part(i, n int) kernels.Operand {
	if l.w != nil {
		return dense(l.w.Value[i*l.in:], n, l.in)
	}
	o := kernels.Weights(l.frozen.Part(i, n))
	if l.rounds {
		o = o.Rounded()
	}
	return o
}

// row sets x to row i of W as products see it.
func (l *linear) row(x []float32, i int) {
	if l.w != nil {
		copy(x, l.w.Value[i*l.in:][:l.in])
		return
	}
	kernels.Decode(l.frozen.Type, x, l.frozen.Row(i))
	if l.rounds {
		for j, v := range x {
			x[j] = kernels.BF16ToF32(kernels.F32ToBF16(v))
		}
	}
}

func (l *linear) rank() int { return l.a.Rows }

// gain is the factor of a norm. The param is nil while it is frozen.
type gain struct {
	g []float32
	p *Param
}

func dense(x []float32, rows, cols int) kernels.Operand { return kernels.Dense(x, rows, cols, cols) }

// LoRA says how an adapter is made (Hu et al., arXiv 2106.09685).
type LoRA struct {
	Rank    int
	Alpha   float32 // the factor before B·A is Alpha/Rank
	RSLoRA  bool    // Alpha/√Rank instead (arXiv 2312.03732)
	Dropout float32 // in [0, 1)
	// Targets are the linear layers that get one: "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up" and
	// "ffn_down"; nil: all of them.
	Targets []string
}

// Scale is the factor before B·A.
func (o LoRA) Scale() float32 { return adapter.Scale(o.Alpha, o.Rank, o.RSLoRA) }

// on reports whether linear layers of a kind get an adapter.
func (o LoRA) on(kind string) bool { return o.Targets == nil || slices.Contains(o.Targets, kind) }

func (o LoRA) check() error {
	switch {
	case o.Rank < 1 || o.Rank > adapter.MaxRank:
		return fmt.Errorf("rank %d should be 1 to %d: %w", o.Rank, adapter.MaxRank, ErrOptions)
	case !(o.Alpha > 0) || math.IsInf(float64(o.Alpha), 0):
		return fmt.Errorf("alpha %g should be above 0: %w", o.Alpha, ErrOptions)
	case !(o.Dropout >= 0 && o.Dropout < 1):
		return fmt.Errorf("dropout %g should be at least 0 and below 1: %w", o.Dropout, ErrOptions)
	}
	for _, name := range o.Targets {
		if !adapter.Target(name) {
			return fmt.Errorf("no linear layer is called %q: %w", name, ErrOptions)
		}
	}
	return nil
}

// attach gives l an adapter that changes nothing yet: A is uniform in ±1/√in and B is zero.
func (l *linear) attach(o LoRA, seed uint64) {
	l.a = newParam(l.name+".lora_a", o.Rank, l.in, true)
	l.b = newParam(l.name+".lora_b", l.out, o.Rank, true)
	l.scale, l.dropout = o.Scale(), o.Dropout
	r := rand.New(rand.NewPCG(seed, l.id))
	bound := 1 / math.Sqrt(float64(l.in))
	for i := range l.a.Value {
		l.a.Value[i] = float32((2*r.Float64() - 1) * bound)
	}
}

// unfreeze makes W a parameter with the values of the source, or with those that a training from scratch begins with:
// normally distributed, with a variance of 1/in, so that activations keep their size.
func (l *linear) unfreeze(scratch bool, seed uint64, pool *kernels.Pool) {
	l.w = newParam(l.name, l.out, l.in, true)
	pool.Share(l.out, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := l.w.Value[i*l.in:][:l.in]
			if !scratch {
				kernels.Decode(l.frozen.Type, row, l.frozen.Row(i))
				continue
			}
			r := rand.New(rand.NewPCG(seed^l.id<<32, uint64(i)))
			for j := range row {
				row[j] = float32(r.NormFloat64() / math.Sqrt(float64(l.in)))
			}
		}
	})
}

func (g *gain) unfreeze(name string, scratch bool) {
	g.p = newParam(name, 1, len(g.g), false)
	copy(g.p.Value, g.g)
	if scratch {
		for i := range g.p.Value {
			g.p.Value[i] = 1
		}
	}
	g.g = g.p.Value
}

// loader reads tensors and keeps the first error.
type loader struct {
	src *source.Source
	k   kernels.Kernels
	n   uint64
	err error
}

// linear reads a matrix. While it is frozen its products round both factors to bfloat16, if the processor multiplies those
// faster and the file has the weights with no more precision than that, in BF16 or quantized. Sums are float32.
func (l *loader) linear(name string) *linear {
	l.n++
	to := &linear{name: name, id: l.n}
	if l.err == nil {
		to.frozen, l.err = l.src.Matrix(name)
	}
	to.out, to.in = to.frozen.Rows, to.frozen.Cols
	to.rounds = l.k.MultipliesBF16() && to.frozen.Type != kernels.F32 && to.frozen.Type != kernels.F16
	return to
}

func (l *loader) gain(name string) *gain {
	to := &gain{}
	if l.err == nil {
		to.g, l.err = l.src.Vector(name)
	}
	return to
}
