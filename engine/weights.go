package engine

import (
	"fmt"

	"lamplight/engine/source"
	"lamplight/kernels"
)

// weights are a model's tensors, as the forward pass names them. E is the hidden size, H and Hk the number
// of query and KV heads of D elements, F the width of the feed-forward network, V the vocabulary.
type weights struct {
	embed      kernels.Packed // [V][E], for models whose head has other weights
	head       kernels.Head   // [V][E]
	tied       bool           // the head is the embedding too
	outputNorm []float32      // [E]
	layers     []layer
}

type layer struct {
	attnNorm, postAttnNorm []float32      // [E]
	qNorm, kNorm           []float32      // [D]; that of the queries with the scale of attention
	q                      kernels.Packed // [H·D][E]
	k, v                   kernels.Packed // [Hk·D][E]
	o                      kernels.Packed // [E][H·D]
	ffnNorm, postFFNNorm   []float32      // [E]
	gate, up               kernels.Packed // [F][E]
	down                   kernels.Packed // [E][F]
}

// embedding writes the embedding [E] of a token to dst. Where the head has it, it is read there: that is in memory
// anyway, and every page of a file that is touched counts.
func (w *weights) embedding(dst []float32, id int) {
	if w.tied {
		w.head.Row(dst, id)
	} else {
		w.embed.Row(dst, id)
	}
}

// matrix returns a matrix of the layer.
func (l *layer) matrix(t target) *kernels.Packed {
	return [targets]*kernels.Packed{&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down}[t]
}

// matrices calls f with every matrix of the layers.
func (w *weights) matrices(f func(p *kernels.Packed)) {
	for i := range w.layers {
		for t := range targets {
			f(w.layers[i].matrix(t))
		}
	}
}

func (w *weights) layerParameters() (n int64) {
	w.matrices(func(p *kernels.Packed) { n += int64(p.Rows()) * int64(p.Cols()) })
	return n
}

// exact reports whether the layers have weights that are not quantized. Attention is then as precise as they are.
func (w *weights) exact() (found bool) {
	w.matrices(func(p *kernels.Packed) { found = found || p.Type().BlockSize() == 1 })
	return found
}

// loader collects the first error, so that the list of tensors below stays a list.
type loader struct {
	src   *source.Source
	parts []arranged
	err   error
}

// find looks a matrix up.
func (l *loader) find(name string) (m kernels.Matrix) {
	if l.err == nil {
		m, l.err = l.src.Matrix(name)
	}
	return m
}

// matrix lists the tensor for arranging into to.
func (l *loader) matrix(to *kernels.Packed, name string) {
	l.parts = append(l.parts, arranged{m: l.find(name), to: to})
}

func (l *loader) vector(to *[]float32, name string) {
	if l.err == nil {
		*to, l.err = l.src.Vector(name)
	}
}

// loadWeights reads what is small and lists what is to be arranged. The embedding is only looked up, so it stays as
// the file has it.
func loadWeights(src *source.Source) (*weights, []arranged, error) {
	l := loader{src: src}
	w := &weights{layers: make([]layer, src.Config().Layers)}
	w.embed = kernels.Reference().Arranged(l.find("token_embd.weight"), nil)
	for i := range w.layers {
		b := func(name string) string { return fmt.Sprintf("blk.%d.%s.weight", i, name) }
		to := &w.layers[i]
		l.vector(&to.attnNorm, b("attn_norm"))
		l.matrix(&to.q, b("attn_q"))
		l.matrix(&to.k, b("attn_k"))
		l.matrix(&to.v, b("attn_v"))
		l.vector(&to.qNorm, b("attn_q_norm"))
		for j := range to.qNorm {
			to.qNorm[j] *= src.Config().QueryScale
		}
		l.vector(&to.kNorm, b("attn_k_norm"))
		l.matrix(&to.o, b("attn_output"))
		l.vector(&to.postAttnNorm, b("post_attention_norm"))
		l.vector(&to.ffnNorm, b("ffn_norm"))
		l.matrix(&to.gate, b("ffn_gate"))
		l.matrix(&to.up, b("ffn_up"))
		l.matrix(&to.down, b("ffn_down"))
		l.vector(&to.postFFNNorm, b("post_ffw_norm"))
	}
	l.vector(&w.outputNorm, "output_norm.weight")
	head := "token_embd.weight"
	if w.tied = !src.Has("output.weight"); !w.tied {
		head = "output.weight"
	}
	l.parts = append(l.parts, arranged{m: l.find(head), head: &w.head})
	return w, l.parts, l.err
}
