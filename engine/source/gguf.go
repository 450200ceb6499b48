package source

import (
	"errors"
	"fmt"
	"math"

	"lamplight/engine/gguf"
)

// ggufFiles is a model in a GGUF file.
type ggufFiles struct{ *gguf.File }

func openGGUF(path string) (files, error) {
	f, err := gguf.Open(path)
	if errors.Is(err, gguf.ErrNotGGUF) {
		return nil, fmt.Errorf("%w: %w", ErrNotModel, err)
	}
	if err != nil {
		return nil, err
	}
	if err := checkKind(f); err != nil {
		f.Close()
		return nil, err
	}
	return ggufFiles{f}, nil
}

// checkKind makes sure that f is a language model of a known architecture.
func checkKind(f *gguf.File) error {
	kind, _ := f.String("general.type")
	name, err := f.String("general.architecture")
	switch {
	case kind == "adapter":
		return ErrAdapter
	case kind == "mmproj", name == "clip":
		return ErrProjector
	case errors.Is(err, gguf.ErrNoKey):
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	case err != nil:
		return err
	case name != gemma3:
		return &ArchitectureError{Name: name}
	}
	return nil
}

func (f ggufFiles) tensor(name string) (tensor, bool) {
	t, ok := f.Tensor(name)
	return tensor{shape: t.Shape, typ: t.Type, known: true, typeName: t.Type.String(), data: t.Data}, ok
}

func (f ggufFiles) template() string {
	text, _ := f.String("tokenizer.chat_template")
	return text
}

func (f ggufFiles) intact() error { return f.Intact() }
func (f ggufFiles) release()      { f.Release() }
func (f ggufFiles) dropVocab()    { f.Drop(tokensKey, scoresKey, typesKey, mergesKey) }
func (f ggufFiles) close() error  { return f.Close() }

// layersOf27B tells the 27B model, whose queries are scaled by √(E/heads) instead of √D. The file does not
// say so; llama.cpp goes by the number of layers as well.
const layersOf27B = 62

func (f ggufFiles) config() (Config, error) {
	m := metadata{file: f.File}
	c := Config{Architecture: gemma3, Vocab: f.rows()}
	if len(f.Tensors()) == 0 {
		c.ContextLength = m.whole("context_length", 0)
		return c, m.err
	}
	c.Layers = m.whole("block_count", required)
	c.ContextLength = m.whole("context_length", required)
	c.Hidden = m.whole("embedding_length", required)
	c.FeedForward = m.whole("feed_forward_length", required)
	c.Heads = m.whole("attention.head_count", required)
	c.KVHeads = m.whole("attention.head_count_kv", c.Heads)
	c.HeadDim = m.whole("attention.key_length", c.Hidden/max(1, c.Heads))
	m.equal("attention.value_length", c.HeadDim)
	m.equal("rope.dimension_count", c.HeadDim)

	c.RMSEpsilon = m.number(math.NaN(), "attention.layer_norm_rms_epsilon")
	c.RopeBase = m.number(10_000, "rope.freq_base")
	c.RopeBaseLocal = m.number(10_000, "rope.freq_base_swa", "rope.local.freq_base", "rope.freq_base_local")
	c.RopeScale = m.ropeScale()
	c.FinalSoftcap = m.number(0, "final_logit_softcapping")
	c.Window, c.Global = m.attention(c.Layers, c.ContextLength)
	if m.err != nil {
		return c, m.err
	}
	queryPreAttention := float64(c.HeadDim)
	if c.Layers == layersOf27B && c.Heads > 0 {
		queryPreAttention = float64(c.Hidden) / float64(c.Heads)
	}
	c.derive(queryPreAttention)
	return c, c.check()
}

// rows is the number of rows of the embedding, or of tokens in a file without weights.
func (f ggufFiles) rows() int {
	if t, ok := f.Tensor(embedding); ok && len(t.Shape) == 2 {
		return t.Shape[1]
	}
	if v, ok := f.Get(tokensKey); ok {
		return v.Len()
	}
	return 0
}

// required is the default of a key that must be there.
const required = -1

// metadata reads the keys of the architecture and keeps the first error.
type metadata struct {
	file *gguf.File
	err  error
}

// find returns the key under the architecture's prefix if the file has it.
func (m *metadata) find(name string) (string, bool) {
	key := gemma3 + "." + name
	_, ok := m.file.Get(key)
	return key, ok
}

func (m *metadata) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// whole reads a whole number from 0 to 2³¹−1. Some keys may have one number for each layer; they must agree.
func (m *metadata) whole(name string, fallback int) int {
	key, ok := m.find(name)
	if !ok {
		if fallback == required {
			m.fail(fmt.Errorf("key %q is missing: %w", key, ErrInvalid))
		}
		return fallback
	}
	v, _ := m.file.Get(key)
	list := []int64{0}
	var err error
	if v.Type() == gguf.Array {
		list, err = m.file.Ints(key)
	} else {
		list[0], err = m.file.Int(key)
	}
	if err != nil {
		m.fail(err)
		return 0
	}
	if len(list) == 0 || list[0] < 0 || list[0] > math.MaxInt32 {
		m.fail(fmt.Errorf("key %q is %v: %w", key, v, ErrInvalid))
		return 0
	}
	for _, n := range list {
		if n != list[0] {
			m.fail(fmt.Errorf("key %q differs between layers: %w", key, ErrUnsupported))
			return 0
		}
	}
	return int(list[0])
}

// equal makes sure that a number, if the file has it, is the one that is implemented.
func (m *metadata) equal(name string, want int) {
	if n := m.whole(name, want); n != want {
		m.fail(fmt.Errorf("key %q is %d where the head dimension is %d: %w", gemma3+"."+name, n, want, ErrUnsupported))
	}
}

// number reads the first of the keys that the file has. A fallback of NaN means that one must be there.
func (m *metadata) number(fallback float64, names ...string) float32 {
	for _, name := range names {
		if key, ok := m.find(name); ok {
			x, err := m.file.Float(key)
			if err != nil {
				m.fail(err)
			}
			return float32(x)
		}
	}
	if math.IsNaN(fallback) {
		m.fail(fmt.Errorf("key %q is missing: %w", gemma3+"."+names[0], ErrInvalid))
	}
	return float32(fallback)
}

// ropeScale reads the factor by which positions are divided in global layers.
func (m *metadata) ropeScale() float32 {
	kind := "linear" // what a factor without a type means
	if key, ok := m.find("rope.scaling.type"); ok {
		var err error
		if kind, err = m.file.String(key); err != nil {
			m.fail(err)
		}
	}
	switch kind {
	case "none", "":
		return 1
	case "linear":
		return m.number(1, "rope.scaling.factor", "rope.scale_linear")
	}
	m.fail(fmt.Errorf("RoPE scaling %q: %w", kind, ErrUnsupported))
	return 1
}

// attention reads which layers see only a window, and how wide it is. Without a window all see everything.
func (m *metadata) attention(layers, context int) (window int, global []bool) {
	if m.err != nil || layers > maxLayers {
		return 0, nil // check refuses it
	}
	if _, ok := m.find("attention.sliding_window"); !ok {
		return context, periodic(layers, 1)
	}
	window = m.whole("attention.sliding_window", required)
	key, ok := m.find("attention.sliding_window_pattern")
	if v, _ := m.file.Get(key); !ok || v.Type() != gguf.Array {
		period := m.whole("attention.sliding_window_pattern", defaultPeriod)
		if period < 1 {
			m.fail(fmt.Errorf("key %q is %d: %w", key, period, ErrInvalid))
			return 0, nil
		}
		return window, periodic(layers, period)
	}
	local, err := m.file.Bools(key)
	if err != nil {
		m.fail(err)
	}
	for _, l := range local {
		global = append(global, !l)
	}
	return window, global
}
