package source

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lamplight/kernels"
)

// tensor is a tensor of either container.
type tensor struct {
	shape    []int // innermost first
	typ      kernels.Type
	known    bool   // typ says how the data is stored
	typeName string // as the file calls it
	data     []byte
	unit     float32 // added to a norm's weights to get the gain: 1 where the file stores gain − 1
}

func (t tensor) elements() int64 {
	n := int64(1)
	for _, d := range t.shape {
		n *= int64(d)
	}
	return n
}

// need is a tensor that the architecture has: its name in GGUF (without prefix and ".weight"), the one in
// Hugging Face files, and its shape, innermost first. E, V, Q = heads·D, K = KV heads·D, F as usual.
type need struct {
	name, hf string
	shape    func(Config) []int
}

var (
	vectorE  = func(c Config) []int { return []int{c.Hidden} }
	vectorD  = func(c Config) []int { return []int{c.HeadDim} }
	matrixEV = func(c Config) []int { return []int{c.Hidden, c.Vocab} }
	matrixEQ = func(c Config) []int { return []int{c.Hidden, c.Heads * c.HeadDim} }
	matrixEK = func(c Config) []int { return []int{c.Hidden, c.KVHeads * c.HeadDim} }
	matrixQE = func(c Config) []int { return []int{c.Heads * c.HeadDim, c.Hidden} }
	matrixEF = func(c Config) []int { return []int{c.Hidden, c.FeedForward} }
	matrixFE = func(c Config) []int { return []int{c.FeedForward, c.Hidden} }
)

const (
	embedding = "token_embd.weight"
	output    = "output.weight" // absent when the embedding is the output head too
)

var modelTensors = []need{
	{"token_embd", "embed_tokens", matrixEV},
	{"output_norm", "norm", vectorE},
	{"output", "lm_head", matrixEV},
}

var layerTensors = []need{
	{"attn_norm", "input_layernorm", vectorE},
	{"attn_q", "self_attn.q_proj", matrixEQ},
	{"attn_k", "self_attn.k_proj", matrixEK},
	{"attn_v", "self_attn.v_proj", matrixEK},
	{"attn_q_norm", "self_attn.q_norm", vectorD},
	{"attn_k_norm", "self_attn.k_norm", vectorD},
	{"attn_output", "self_attn.o_proj", matrixQE},
	{"post_attention_norm", "post_attention_layernorm", vectorE},
	{"ffn_norm", "pre_feedforward_layernorm", vectorE},
	{"ffn_gate", "mlp.gate_proj", matrixEF},
	{"ffn_up", "mlp.up_proj", matrixEF},
	{"ffn_down", "mlp.down_proj", matrixFE},
	{"post_ffw_norm", "post_feedforward_layernorm", vectorE},
}

// hfName translates a GGUF name to the one in Hugging Face files, without the prefix that varies.
func hfName(name string) (string, bool) {
	base, ok := strings.CutSuffix(name, ".weight")
	if !ok {
		return "", false
	}
	table, prefix := modelTensors, ""
	if rest, ok := strings.CutPrefix(base, "blk."); ok {
		layer, tail, _ := strings.Cut(rest, ".")
		if _, err := strconv.ParseUint(layer, 10, 16); err != nil {
			return "", false
		}
		table, prefix, base = layerTensors, "layers."+layer+".", tail
	}
	i := slices.IndexFunc(table, func(n need) bool { return n.name == base })
	if i < 0 {
		return "", false
	}
	return prefix + table[i].hf + ".weight", true
}

// eachTensor calls f with the GGUF name and the shape of every tensor that a model of this configuration
// has. The output head is among them only if tied is false.
func (c Config) eachTensor(tied bool, f func(name string, shape []int) error) error {
	for _, n := range modelTensors {
		if name := n.name + ".weight"; name != output || !tied {
			if err := f(name, n.shape(c)); err != nil {
				return err
			}
		}
	}
	for i := range c.Layers {
		for _, n := range layerTensors {
			if err := f(fmt.Sprintf("blk.%d.%s.weight", i, n.name), n.shape(c)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Has reports whether the model has a tensor of that GGUF name. The output head, "output.weight", counts as
// absent when the model uses the embedding in its place.
func (s *Source) Has(name string) bool {
	_, ok := s.files.tensor(name)
	return ok
}

// Tensors returns the GGUF names of the tensors that the architecture uses, the ones outside of the layers first.
// Whether the model has them is for Check to say.
func (s *Source) Tensors() []string {
	var names []string
	_ = s.config.eachTensor(!s.Has(output), func(name string, _ []int) error {
		names = append(names, name)
		return nil
	})
	return names
}

// Check makes sure that every tensor the architecture needs is there, in the right shape and of a type that
// can be computed. The error names the tensor and wraps ErrVocabularyOnly, ErrMissingTensor, ErrShape or
// ErrUnsupported.
func (s *Source) Check() error {
	if s.config.Layers == 0 {
		return fmt.Errorf("source: %s: %w", s.path, ErrVocabularyOnly)
	}
	return s.config.eachTensor(!s.Has(output), func(name string, shape []int) error {
		t, err := s.tensor(name)
		if err == nil && !slices.Equal(t.shape, shape) {
			err = s.wrap(name, fmt.Errorf("shape %v where %v is needed: %w", t.shape, shape, ErrShape))
		}
		return err
	})
}

// tensor returns a tensor of a type that can be computed.
func (s *Source) tensor(name string) (tensor, error) {
	t, ok := s.files.tensor(name)
	switch {
	case !ok:
		return t, s.wrap(name, ErrMissingTensor)
	case !t.known || !t.typ.Computes():
		return t, s.wrap(name, fmt.Errorf("type %s: %w", t.typeName, ErrUnsupported))
	}
	return t, nil
}

func (s *Source) wrap(name string, err error) error {
	return fmt.Errorf("source: %s: tensor %q: %w", s.path, name, err)
}

// Matrix returns the weights called name in GGUF, such as "blk.3.attn_q.weight", in the type of the file
// and without a copy: rows of outputs, columns of inputs.
func (s *Source) Matrix(name string) (kernels.Matrix, error) {
	t, err := s.tensor(name)
	if err != nil {
		return kernels.Matrix{}, err
	}
	if len(t.shape) != 2 {
		return kernels.Matrix{}, s.wrap(name, fmt.Errorf("%d dimensions where 2 are needed: %w", len(t.shape), ErrShape))
	}
	m, err := kernels.NewMatrix(t.typ, t.shape[1], t.shape[0], t.data)
	if err != nil {
		return kernels.Matrix{}, s.wrap(name, err)
	}
	return m, nil
}

// Vector returns the gain of the norm called name in GGUF, such as "blk.3.attn_norm.weight": the factor
// itself, whatever the file stores. The values are finite.
func (s *Source) Vector(name string) ([]float32, error) {
	t, err := s.tensor(name)
	if err != nil {
		return nil, err
	}
	if len(t.shape) != 1 {
		return nil, s.wrap(name, fmt.Errorf("%d dimensions where 1 is needed: %w", len(t.shape), ErrShape))
	}
	v := make([]float32, t.shape[0])
	kernels.Decode(t.typ, v, t.data)
	for i := range v {
		if v[i] += t.unit; math.IsNaN(float64(v[i])) || math.IsInf(float64(v[i]), 0) {
			return nil, s.wrap(name, fmt.Errorf("element %d is %g: %w", i, v[i], ErrInvalid))
		}
	}
	return v, nil
}
