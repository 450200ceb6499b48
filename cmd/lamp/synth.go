package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"

	"lamplight/engine/gguf"
	"lamplight/kernels"
)

// shape has the sizes of a Gemma 3 text model. Every sixth layer attends to everything, the others to a
// window.
type shape struct {
	name                          string
	layers, hidden, heads         int
	kvHeads, headDim, feedForward int
	window, context               int
}

var shapes = []shape{
	{"gemma3-270m", 18, 640, 4, 1, 256, 2048, 512, 32768},
	{"gemma3-1b", 26, 1152, 4, 1, 256, 6912, 512, 32768},
	{"tiny", 7, 64, 2, 1, 32, 256, 16, 512},
	{"starter", 4, 256, 4, 2, 64, 512, 1024, 1024}, // what 90 minutes suffice for: more layers would learn from fewer texts; all see all of the context
}

// precision has the types of the published files.
type precision struct {
	name              string
	fileType          uint32 // value of general.file_type
	matrix, embedding kernels.Type
}

var precisions = []precision{
	{"f16", 1, kernels.F16, kernels.F16},
	{"q8_0", 7, kernels.Q8_0, kernels.Q8_0},
	{"q4_0", 2, kernels.Q4_0, kernels.Q8_0},
}

func synth(c *call) error {
	shapeName := c.String("shape", "", "`SHAPE` of the model: gemma3-270m, gemma3-1b, starter, or tiny for tests")
	name := c.String("name", "", "`NAME` of the model (default the shape, with random weights)")
	vocab := c.String("vocab", "", "GGUF `FILE` whose vocabulary the model gets; it may hold nothing else")
	typeName := c.String("type", "q4_0", "`TYPE` of the weights: f16, q8_0, or q4_0 with the embedding in q8_0")
	seed := c.Uint64("seed", 1, "the same seed makes the same file")
	out := c.String("o", "", "`FILE` to write")
	if _, err := c.parse(); err != nil {
		return err
	}
	s, ok := find(shapes, func(s shape) bool { return strings.EqualFold(s.name, *shapeName) })
	if !ok {
		return wrongUse("-shape is %q: it is gemma3-270m, gemma3-1b, starter or tiny", *shapeName)
	}
	p, ok := find(precisions, func(p precision) bool { return strings.EqualFold(p.name, *typeName) })
	switch {
	case !ok:
		return wrongUse("-type is %q: it is f16, q8_0 or q4_0", *typeName)
	case *vocab == "":
		return wrongUse("-vocab is missing")
	case *out == "":
		return wrongUse("-o is missing")
	}
	v, err := gguf.Open(*vocab)
	if err != nil {
		return about(*vocab, err)
	}
	defer v.Close()
	tokens, err := v.Strings("tokenizer.ggml.tokens")
	if err != nil {
		return about(*vocab, err)
	}

	ctx, stop := interruptible()
	defer stop()
	pool := kernels.NewPool(runtime.GOMAXPROCS(0))
	defer pool.Close()
	g := generator{w: gguf.NewWriter(), seed: *seed, pool: pool, meter: newMeter(c.err)}
	g.metadata(s, p, v, cmp.Or(*name, s.name+" with random weights"))
	g.tensors(s, p, len(tokens))
	err = g.w.WriteFile(ctx, *out)
	g.meter.clear()
	if err != nil {
		return about(*out, err)
	}
	return c.reportFile(*out)
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	for _, v := range list {
		if is(v) {
			return v, true
		}
	}
	var none T
	return none, false
}

// generator makes a model with random weights.
type generator struct {
	w       *gguf.Writer
	seed    uint64
	pool    *kernels.Pool
	meter   *meter
	n       uint64 // tensors announced
	done    int64  // weights written
	weights int64  // of all tensors announced
}

// metadata sets what llama.cpp asks for in a Gemma 3 file and copies the vocabulary, the chat template included, and how
// the model is to be sampled.
func (g *generator) metadata(s shape, p precision, vocab *gguf.File, name string) {
	text := func(key, v string) { g.w.Set(key, gguf.Scalar(v)) }
	number := func(key string, v int) { g.w.Set(key, gguf.Scalar(uint32(v))) }
	text("general.architecture", "gemma3")
	text("general.type", "model")
	text("general.name", name)
	g.w.Set("general.file_type", gguf.Scalar(p.fileType))
	number("gemma3.context_length", s.context)
	number("gemma3.embedding_length", s.hidden)
	number("gemma3.block_count", s.layers)
	number("gemma3.feed_forward_length", s.feedForward)
	number("gemma3.attention.head_count", s.heads)
	number("gemma3.attention.head_count_kv", s.kvHeads)
	number("gemma3.attention.key_length", s.headDim)
	number("gemma3.attention.value_length", s.headDim)
	g.w.Set("gemma3.attention.layer_norm_rms_epsilon", gguf.Scalar(float32(1e-6)))
	g.w.Set("gemma3.rope.freq_base", gguf.Scalar(float32(1e6)))
	number("gemma3.attention.sliding_window", s.window)
	for _, key := range vocab.Keys() {
		if strings.HasPrefix(key, "tokenizer.") || strings.HasPrefix(key, "general.sampling.") {
			v, _ := vocab.Get(key)
			g.w.Set(key, v)
		}
	}
	if p.name != "f16" {
		number("general.quantization_version", 2)
	}
}

// tensors announces the weights. The output head is the token embedding.
func (g *generator) tensors(s shape, p precision, vocab int) {
	q, kv := s.heads*s.headDim, s.kvHeads*s.headDim
	g.matrix("token_embd.weight", p.embedding, s.hidden, vocab)
	for i := range s.layers {
		b := func(name string) string { return fmt.Sprintf("blk.%d.%s.weight", i, name) }
		g.gain(b("attn_norm"), s.hidden)
		g.matrix(b("attn_q"), p.matrix, s.hidden, q)
		g.matrix(b("attn_k"), p.matrix, s.hidden, kv)
		g.matrix(b("attn_v"), p.matrix, s.hidden, kv)
		g.gain(b("attn_q_norm"), s.headDim)
		g.gain(b("attn_k_norm"), s.headDim)
		g.matrix(b("attn_output"), p.matrix, q, s.hidden)
		g.gain(b("post_attention_norm"), s.hidden)
		g.gain(b("ffn_norm"), s.hidden)
		g.matrix(b("ffn_gate"), p.matrix, s.hidden, s.feedForward)
		g.matrix(b("ffn_up"), p.matrix, s.hidden, s.feedForward)
		g.matrix(b("ffn_down"), p.matrix, s.feedForward, s.hidden)
		g.gain(b("post_ffw_norm"), s.hidden)
	}
	g.gain("output_norm.weight", s.hidden)
}

// matrix announces rows of cols weights that are normally distributed with a variance of 1/cols, as in a
// trained network, so that activations keep their size from layer to layer.
func (g *generator) matrix(name string, t kernels.Type, cols, rows int) {
	g.add(name, []int{cols, rows}, t, 0, 1/math.Sqrt(float64(cols)))
}

// gain announces the n gains of an RMSNorm, all near 1.
func (g *generator) gain(name string, n int) { g.add(name, []int{n}, kernels.F32, 1, 0.1) }

// add announces a tensor of normally distributed weights.
func (g *generator) add(name string, shape []int, t kernels.Type, mean, deviation float64) {
	tensor := g.n
	cols, rows := shape[0], 1
	if len(shape) == 2 {
		rows = shape[1]
	}
	g.n++
	g.weights += int64(rows) * int64(cols)
	g.w.Add(name, shape, t, func(out io.Writer) error {
		const chunk = 1 << 21 // weights made at a time
		step := min(rows, max(1, chunk/cols))
		size := t.RowBytes(cols)
		buffer := make([]byte, step*size)
		for first := 0; first < rows; first += step {
			n := min(step, rows-first)
			g.pool.Share(n, func(lo, hi int) {
				x := make([]float32, cols)
				for i := lo; i < hi; i++ {
					// A generator for each row: the file does not depend on the number of threads.
					random := rand.New(rand.NewPCG(g.seed, tensor<<32|uint64(first+i)))
					for j := range x {
						x[j] = float32(mean + deviation*random.NormFloat64())
					}
					if err := kernels.Encode(t, buffer[i*size:(i+1)*size], x); err != nil {
						panic(err) // the types above all have an encoder, and the shapes are whole blocks
					}
				}
			})
			if _, err := out.Write(buffer[:n*size]); err != nil {
				return err
			}
			g.done += int64(n) * int64(cols)
			g.meter.show(g.done, g.weights, name)
		}
		return nil
	})
}
