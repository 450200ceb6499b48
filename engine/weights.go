package engine

import (
	"context"
	"fmt"

	"lamplight/engine/source"
	"lamplight/kernels"
)

// weights are a model's tensors, as the forward pass names them. E is the hidden size, H and Hk the number
// of query and KV heads of D elements, F the width of the feed-forward network, V the vocabulary.
type weights struct {
	embed      kernels.Packed // [V][E]
	head       kernels.Packed // [V][E] output head; the embedding itself when the two are tied
	outputNorm []float32      // [E]
	layers     []layer
}

type layer struct {
	attnNorm, postAttnNorm []float32      // [E]
	qNorm, kNorm           []float32      // [D]
	q                      kernels.Packed // [H·D][E]
	k, v                   kernels.Packed // [Hk·D][E]
	o                      kernels.Packed // [E][H·D]
	ffnNorm, postFFNNorm   []float32      // [E]
	gate, up               kernels.Packed // [F][E]
	down                   kernels.Packed // [E][F]
}

// loader collects the first error, so that the list of tensors below stays a list.
type loader struct {
	src      *source.Source
	features kernels.Features
	err      error
}

func (l *loader) matrix(name string) kernels.Packed {
	if l.err != nil {
		return kernels.Packed{}
	}
	m, err := l.src.Matrix(name)
	if err != nil {
		l.err = err
		return kernels.Packed{}
	}
	return kernels.Pack(m, l.features)
}

func (l *loader) vector(name string) []float32 {
	if l.err != nil {
		return nil
	}
	v, err := l.src.Vector(name)
	l.err = err
	return v
}

func loadWeights(ctx context.Context, src *source.Source, f kernels.Features) (weights, error) {
	l := loader{src: src, features: f}
	w := weights{
		embed:      l.matrix("token_embd.weight"),
		outputNorm: l.vector("output_norm.weight"),
	}
	w.head = w.embed
	if src.Has("output.weight") {
		w.head = l.matrix("output.weight")
	}
	for i := range src.Config().Layers {
		if err := ctx.Err(); err != nil {
			return weights{}, err
		}
		b := func(name string) string { return fmt.Sprintf("blk.%d.%s.weight", i, name) }
		w.layers = append(w.layers, layer{
			attnNorm:     l.vector(b("attn_norm")),
			q:            l.matrix(b("attn_q")),
			k:            l.matrix(b("attn_k")),
			v:            l.matrix(b("attn_v")),
			qNorm:        l.vector(b("attn_q_norm")),
			kNorm:        l.vector(b("attn_k_norm")),
			o:            l.matrix(b("attn_output")),
			postAttnNorm: l.vector(b("post_attention_norm")),
			ffnNorm:      l.vector(b("ffn_norm")),
			gate:         l.matrix(b("ffn_gate")),
			up:           l.matrix(b("ffn_up")),
			down:         l.matrix(b("ffn_down")),
			postFFNNorm:  l.vector(b("post_ffw_norm")),
		})
	}
	return w, l.err
}
