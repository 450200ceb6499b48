package train

import (
	"math"

	"lamplight/engine/source"
	"lamplight/kernels"
)

// reference is Gemma 3 once more: in float64, one position after the other, as the formulas are written, without anything
// that the package under test has but the masks of dropout. Differences of its loss are what gradients are held against.
type reference struct {
	cfg  source.Config
	m    *model
	s    *state               // for masks of dropout
	with map[string][]float64 // parameters by name
}

func newReference(m *model, s *state) *reference {
	r := &reference{cfg: m.cfg, m: m, s: s, with: map[string][]float64{}}
	for _, p := range m.params {
		r.with[p.Name] = wide(p.Value)
	}
	return r
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// weights returns the matrix of l, trained or not.
func (r *reference) weights(l *linear) []float64 {
	if w, ok := r.with[l.name]; ok {
		return w
	}
	w := make([]float32, l.out*l.in)
	kernels.Decode(l.frozen.Type, w, l.frozen.Data)
	r.with[l.name] = wide(w)
	return r.with[l.name]
}

func (r *reference) gain(g *gain) []float64 {
	if g.p != nil {
		return r.with[g.p.Name]
	}
	return wide(g.g)
}

func times(w []float64, x []float64) []float64 {
	y := make([]float64, len(w)/len(x))
	for i := range y {
		for j, v := range x {
			y[i] += w[i*len(x)+j] * v
		}
	}
	return y
}

func (r *reference) linear(l *linear, x []float64, t int) []float64 {
	y := times(r.weights(l), x)
	if l.a == nil {
		return y
	}
	seen := append([]float64(nil), x...)
	if l.dropout > 0 {
		mask := make([]float32, len(x))
		for i := range mask {
			mask[i] = 1
		}
		r.s.dropRow(l, mask, t)
		for i := range seen {
			seen[i] *= float64(mask[i])
		}
	}
	for i, v := range times(r.with[l.b.Name], times(r.with[l.a.Name], seen)) {
		y[i] += float64(l.scale) * v
	}
	return y
}

func (r *reference) norm(g *gain, x []float64) []float64 {
	gains, y, sum := r.gain(g), make([]float64, len(x)), 0.0
	for _, v := range x {
		sum += v * v
	}
	for i, v := range x {
		y[i] = v / math.Sqrt(sum/float64(len(x))+float64(r.cfg.RMSEpsilon)) * gains[i]
	}
	return y
}

func (r *reference) rotated(x []float64, layer, position int) []float64 {
	base, scale := float64(r.cfg.RopeBaseLocal), 1.0
	if r.cfg.Global[layer] {
		base, scale = float64(r.cfg.RopeBase), float64(r.cfg.RopeScale)
	}
	half, y := len(x)/2, make([]float64, len(x))
	for i := range half {
		sin, cos := math.Sincos(float64(position) * math.Pow(base, -2*float64(i)/float64(len(x))) / scale)
		y[i], y[i+half] = x[i]*cos-x[i+half]*sin, x[i+half]*cos+x[i]*sin
	}
	return y
}

// loss returns the sum of the cross entropies of the batch, computing one example at a time.
func (r *reference) loss(b *batch) (total float64) {
	for first := 0; first < len(b.input); {
		end := first
		for end < len(b.input) && b.start[end] == first {
			end++
		}
		total += r.example(b, first, end)
		first = end
	}
	return total
}

func (r *reference) example(b *batch, first, end int) (total float64) {
	c := r.cfg
	var x [][]float64
	for t := first; t < end; t++ {
		row := append([]float64(nil), r.weights(r.m.embed)[int(b.input[t])*c.Hidden:][:c.Hidden]...)
		for i := range row {
			row[i] *= float64(c.EmbeddingScale)
		}
		x = append(x, row)
	}
	for i := range r.m.layers {
		r.layer(i, x, first)
	}
	for t, row := range x {
		target := b.target[first+t]
		if target < 0 {
			continue
		}
		z := times(r.weights(r.m.head), r.norm(r.m.outputNorm, row))
		sum := 0.0
		for j := range z {
			if limit := float64(c.FinalSoftcap); limit > 0 {
				z[j] = limit * math.Tanh(z[j]/limit)
			}
			sum += math.Exp(z[j])
		}
		total += math.Log(sum) - z[target]
	}
	return total
}

func (r *reference) layer(i int, x [][]float64, first int) {
	c, l := r.cfg, &r.m.layers[i]
	d, g := c.HeadDim, c.Heads/c.KVHeads
	var q, k, v [][]float64
	for t, row := range x {
		h := r.norm(l.attnNorm, row)
		qs, ks := r.linear(l.q, h, first+t), r.linear(l.k, h, first+t)
		for j := range c.Heads {
			copy(qs[j*d:], r.rotated(r.norm(l.qNorm, qs[j*d:][:d]), i, t))
		}
		for j := range c.KVHeads {
			copy(ks[j*d:], r.rotated(r.norm(l.kNorm, ks[j*d:][:d]), i, t))
		}
		q, k, v = append(q, qs), append(k, ks), append(v, r.linear(l.v, h, first+t))
	}
	for t := range x {
		out := make([]float64, c.Heads*d)
		for j := range c.Heads {
			kv, sum := j/g*d, 0.0
			for at := 0; at <= t; at++ {
				if !c.Global[i] && t-at >= c.Window {
					continue
				}
				score := 0.0
				for n := range d {
					score += q[t][j*d+n] * k[at][kv+n]
				}
				p := math.Exp(score * float64(c.QueryScale))
				sum += p
				for n := range d {
					out[j*d+n] += p * v[at][kv+n]
				}
			}
			for n := range d {
				out[j*d+n] /= sum
			}
		}
		for n, y := range r.norm(l.postAttnNorm, r.linear(l.o, out, first+t)) {
			x[t][n] += y
		}
	}
	for t, row := range x {
		h := r.norm(l.ffnNorm, row)
		f, up := r.linear(l.gate, h, first+t), r.linear(l.up, h, first+t)
		for n, z := range f {
			f[n] = z / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(z+0.044715*z*z*z))) * up[n]
		}
		for n, y := range r.norm(l.postFFNNorm, r.linear(l.down, f, first+t)) {
			x[t][n] += y
		}
	}
}
