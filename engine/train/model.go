package train

import (
	"context"
	"fmt"
	"math"
	"strings"

	"lamplight/engine/source"
	"lamplight/kernels"
)

// model is a Gemma 3 with what is trained of it. Its buffers have the shapes of the forward pass: T positions, E hidden,
// H and Hk query and KV heads of D elements, F feed-forward, V vocabulary.
type model struct {
	cfg  source.Config
	k    kernels.Kernels
	pool *kernels.Pool
	gemm *kernels.GEMM

	embed      *linear // [V][E]
	head       *linear // [V][E], the embedding itself when it is tied
	outputNorm *gain   // [E]
	layers     []layer
	ropes      [2]kernels.Rope // local, global

	params []*Param
	muon   muon
	seed   uint64 // of dropout
}

// layer has the weights of one layer, under the names that source.go gives them.
type layer struct {
	attnNorm, postAttnNorm *gain   // [E]
	qNorm, kNorm           *gain   // [D]
	q, k, v                *linear // [H·D][E], [Hk·D][E] twice
	o                      *linear // [E][H·D]
	ffnNorm, postFFNNorm   *gain   // [E]
	gate, up               *linear // [F][E]
	down                   *linear // [E][F]
}

func (l *layer) linears() []*linear { return []*linear{l.q, l.k, l.v, l.o, l.gate, l.up, l.down} }

func (l *layer) gains() []*gain {
	return []*gain{l.attnNorm, l.postAttnNorm, l.qNorm, l.kNorm, l.ffnNorm, l.postFFNNorm}
}

const (
	embeddingName  = "token_embd.weight"
	outputName     = "output.weight"
	outputNormName = "output_norm.weight"
)

// gainNames are the norms of a layer in the order of gains.
var gainNames = []string{"attn_norm", "post_attention_norm", "attn_q_norm", "attn_k_norm", "ffn_norm", "post_ffw_norm"}

func tensorName(layer int, name string) string { return fmt.Sprintf("blk.%d.%s.weight", layer, name) }

// newModel reads the weights of src, all of them frozen.
func newModel(src *source.Source, k kernels.Kernels, pool *kernels.Pool) (*model, error) {
	if err := src.Check(); err != nil {
		return nil, err
	}
	c := src.Config()
	m := &model{cfg: c, k: k, pool: pool, gemm: kernels.NewGEMM(k, pool), layers: make([]layer, c.Layers)}
	m.ropes = [2]kernels.Rope{
		kernels.NewRope(c.HeadDim, float64(c.RopeBaseLocal), 1),
		kernels.NewRope(c.HeadDim, float64(c.RopeBase), float64(c.RopeScale)),
	}
	l := loader{src: src, k: k}
	m.embed = l.linear(embeddingName)
	if m.head = m.embed; src.Has(outputName) {
		m.head = l.linear(outputName)
	}
	m.outputNorm = l.gain(outputNormName)
	for i := range m.layers {
		name := func(s string) string { return tensorName(i, s) }
		m.layers[i] = layer{
			attnNorm: l.gain(name("attn_norm")), postAttnNorm: l.gain(name("post_attention_norm")),
			q: l.linear(name("attn_q")), k: l.linear(name("attn_k")), v: l.linear(name("attn_v")), o: l.linear(name("attn_output")),
			qNorm: l.gain(name("attn_q_norm")), kNorm: l.gain(name("attn_k_norm")),
			ffnNorm: l.gain(name("ffn_norm")), postFFNNorm: l.gain(name("post_ffw_norm")),
			gate: l.linear(name("ffn_gate")), up: l.linear(name("ffn_up")), down: l.linear(name("ffn_down")),
		}
	}
	return m, l.err
}

// attach gives linear layers an adapter, which is all that is trained then.
func (m *model) attach(o LoRA, seed uint64) {
	for i := range m.layers {
		for _, l := range m.layers[i].linears() {
			if !o.on(kindOf(l.name)) {
				continue
			}
			l.attach(o, seed)
			m.params = append(m.params, l.a, l.b)
		}
	}
}

// kindOf returns "attn_q" for "blk.3.attn_q.weight".
func kindOf(name string) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(name, "blk."), ".")
	return strings.TrimSuffix(rest, ".weight")
}

// unfreeze makes all weights parameters. It stops between layers when ctx ends.
func (m *model) unfreeze(ctx context.Context, scratch bool, seed uint64) error {
	matrix := func(l *linear) {
		l.unfreeze(scratch, seed, m.pool)
		m.params = append(m.params, l.w)
	}
	vector := func(g *gain, name string) {
		g.unfreeze(name, scratch)
		m.params = append(m.params, g.p)
	}
	matrix(m.embed)
	if m.head != m.embed {
		matrix(m.head)
	}
	vector(m.outputNorm, outputNormName)
	for i := range m.layers {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, l := range m.layers[i].linears() {
			matrix(l)
		}
		for j, g := range m.layers[i].gains() {
			vector(g, tensorName(i, gainNames[j]))
			if scratch && strings.HasPrefix(gainNames[j], "post_") {
				for k := range g.g { // what the layers add together is as large as the embedding, not many times as large
					g.g[k] = float32(1 / math.Sqrt(float64(2*len(m.layers))))
				}
			}
		}
	}
	return ctx.Err()
}

// clearGrads sets all gradients to zero.
func (m *model) clearGrads() {
	for _, p := range m.params {
		m.pool.Share(len(p.Grad), func(lo, hi int) { clear(p.Grad[lo:hi]) })
	}
}
