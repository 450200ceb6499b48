package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"lamplight/engine/safetensors"
)

// folderFiles is a model in a Hugging Face folder.
type folderFiles struct {
	*safetensors.Folder
	top        object // config.json
	text       object // the part about the language model: top itself or an object in it
	generation object // generation_config.json, empty if absent
	prefix     string // of the names of tensors
	tied       bool   // the embedding is the output head too
}

// adapterConfig is in folders that hold a LoRA instead of a model.
const adapterConfig = "adapter_config.json"

func openFolder(dir string) (files, error) {
	folder, err := safetensors.OpenFolder(dir)
	if errors.Is(err, safetensors.ErrNoModel) {
		if _, statErr := os.Stat(filepath.Join(dir, adapterConfig)); statErr == nil {
			return nil, ErrAdapter
		}
		return nil, fmt.Errorf("%w: %w", ErrNotModel, err)
	}
	if err != nil {
		return nil, err
	}
	f := &folderFiles{Folder: folder}
	if err := f.readConfig(); err != nil {
		folder.Close()
		return nil, err
	}
	return f, nil
}

// prefixes are what comes before the names in tensors.go: in text models, in multimodal ones of older and of
// newer releases, and in none.
var prefixes = []string{"model.", "language_model.model.", "model.language_model.", ""}

func (f *folderFiles) readConfig() (err error) {
	if f.top, err = f.readObject(safetensors.ConfigFile); err != nil {
		return err
	}
	f.generation, err = f.readObject(safetensors.GenerationConfigFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := checkArchitecture(f.top); err != nil {
		return err
	}
	f.text = f.top
	if f.top.has("text_config") {
		f.text = f.top.object("text_config")
	}
	f.tied = f.top.truth("tie_word_embeddings", f.text.truth("tie_word_embeddings", true))
	for _, prefix := range prefixes {
		if _, ok := f.Tensor(prefix + "embed_tokens.weight"); ok {
			f.prefix = prefix
			break
		}
	}
	return *f.top.err
}

func (f *folderFiles) readObject(name string) (object, error) {
	b, err := f.Read(name)
	if err != nil {
		return object{err: new(error)}, err
	}
	o, err := parseObject(b)
	if err != nil {
		return o, fmt.Errorf("%s: %w", filepath.Join(f.Dir(), name), err)
	}
	return o, nil
}

// checkArchitecture makes sure that config.json describes a known language model.
func checkArchitecture(config object) error {
	var names []string
	config.read("architectures", &names)
	name := config.text("model_type", "")
	if len(names) > 0 {
		name = names[0]
	}
	if *config.err != nil {
		return *config.err
	}
	if !slices.Contains([]string{"Gemma3ForCausalLM", "Gemma3ForConditionalGeneration", "gemma3_text", gemma3}, name) {
		return &ArchitectureError{Name: name}
	}
	if config.has("quantization_config") {
		method := config.object("quantization_config").text("quant_method", "unknown")
		return fmt.Errorf("weights quantized with %q: %w", method, ErrUnsupported)
	}
	return nil
}

func (f *folderFiles) tensor(name string) (tensor, bool) {
	hf, ok := hfName(name)
	if !ok {
		return tensor{}, false
	}
	var t safetensors.Tensor
	if name == output {
		t, ok = f.head(hf)
	} else {
		t, ok = f.Tensor(f.prefix + hf)
	}
	if !ok {
		return tensor{}, false
	}
	shape := slices.Clone(t.Shape)
	slices.Reverse(shape)
	typ, known := t.DType.Type()
	// Gemma's RMSNorm multiplies by 1 + w; these files store w.
	return tensor{shape: shape, typ: typ, known: known, typeName: string(t.DType), data: t.Data, unit: 1}, true
}

// head returns the output head if the model does not use the embedding in its place.
func (f *folderFiles) head(name string) (safetensors.Tensor, bool) {
	if f.tied {
		return safetensors.Tensor{}, false
	}
	for _, prefix := range []string{"", "language_model.", "model."} {
		if t, ok := f.Tensor(prefix + name); ok {
			return t, true
		}
	}
	return safetensors.Tensor{}, false
}

func (f *folderFiles) template() string { return f.Template() }
func (f *folderFiles) intact() error    { return f.Intact() }
func (f *folderFiles) release()         { f.Release() }
func (f *folderFiles) dropVocab()       {} // it is read from its file each time
func (f *folderFiles) close() error     { return f.Close() }

func (f *folderFiles) config() (Config, error) {
	t := f.text
	c := Config{
		Layers:        t.whole("num_hidden_layers", required),
		Hidden:        t.whole("hidden_size", required),
		FeedForward:   t.whole("intermediate_size", required),
		Heads:         t.whole("num_attention_heads", 8), // these defaults are those of Gemma3TextConfig
		KVHeads:       t.whole("num_key_value_heads", 4),
		HeadDim:       t.whole("head_dim", 256),
		Vocab:         t.whole("vocab_size", 262_208),
		ContextLength: t.whole("max_position_embeddings", 131_072),
		Window:        t.whole("sliding_window", 4096),
		RMSEpsilon:    float32(t.number("rms_norm_eps", 1e-6)),
		FinalSoftcap:  float32(t.number("final_logit_softcapping", 0)),
	}
	if e, ok := f.Tensor(f.prefix + "embed_tokens.weight"); ok && len(e.Shape) == 2 {
		c.Vocab = e.Shape[0]
	}
	f.readRope(&c)
	f.readLayerKinds(&c)
	queryPreAttention := t.number("query_pre_attn_scalar", 256)
	f.refuseUnsupported()
	if err := *t.err; err != nil {
		return c, fmt.Errorf("%s: %w", safetensors.ConfigFile, err)
	}
	c.derive(queryPreAttention)
	if err := c.check(); err != nil {
		return c, fmt.Errorf("%s: %w", safetensors.ConfigFile, err)
	}
	if !f.tied {
		if _, ok := f.head("lm_head.weight"); !ok {
			return c, fmt.Errorf("tensor %q: %w", output, ErrMissingTensor)
		}
	}
	return c, nil
}

// readRope reads the rotary embeddings: rope_parameters with one object for each kind of layer in newer
// files, rope_theta, rope_local_base_freq and rope_scaling in older ones.
func (f *folderFiles) readRope(c *Config) {
	t := f.text
	base, local, scaling := t.number("rope_theta", 1_000_000), t.number("rope_local_base_freq", 10_000), t.object("rope_scaling")
	if p := t.object("rope_parameters"); p.has("full_attention") || p.has("sliding_attention") {
		scaling = p.object("full_attention")
		base = scaling.number("rope_theta", base)
		windowed := p.object("sliding_attention")
		local = windowed.number("rope_theta", local)
		if ropeFactor(windowed) != 1 {
			t.fail(fmt.Errorf("RoPE scaling in sliding-window layers: %w", ErrUnsupported))
		}
	} else if t.has("rope_parameters") {
		scaling = p
		base = p.number("rope_theta", base)
	}
	c.RopeBase, c.RopeBaseLocal, c.RopeScale = float32(base), float32(local), float32(ropeFactor(scaling))
}

// ropeFactor returns the factor of a linear scaling, 1 for none.
func ropeFactor(scaling object) float64 {
	kind := scaling.text("rope_type", scaling.text("type", "default"))
	if scaling.number("partial_rotary_factor", 1) != 1 {
		kind = "partial"
	}
	switch kind {
	case "default":
		return 1
	case "linear":
		return scaling.number("factor", 1)
	}
	scaling.fail(fmt.Errorf("RoPE scaling %q: %w", kind, ErrUnsupported))
	return 1
}

// readLayerKinds reads which layers are global: a list, or a period.
func (f *folderFiles) readLayerKinds(c *Config) {
	t := f.text
	if t.has("layer_types") {
		var kinds []string
		t.read("layer_types", &kinds)
		for _, kind := range kinds {
			if kind != "full_attention" && kind != "sliding_attention" {
				t.fail(fmt.Errorf("layer type %q: %w", kind, ErrUnsupported))
			}
			c.Global = append(c.Global, kind == "full_attention")
		}
		return
	}
	period := t.whole("sliding_window_pattern", t.whole("_sliding_window_pattern", defaultPeriod))
	if period < 1 || c.Layers < 0 || c.Layers > maxLayers {
		t.fail(fmt.Errorf("%d layers, every %dth of them global: %w", c.Layers, period, ErrInvalid))
		return
	}
	c.Global = periodic(c.Layers, period)
}

// refuseUnsupported fails for settings that no Gemma 3 has and that would change what is computed.
func (f *folderFiles) refuseUnsupported() {
	t := f.text
	for _, s := range []struct {
		name string
		is   bool
	}{
		{"hidden_activation", t.text("hidden_activation", "gelu_pytorch_tanh") != "gelu_pytorch_tanh"},
		{"attention_bias", t.truth("attention_bias", false)},
		{"attn_logit_softcapping", t.number("attn_logit_softcapping", 0) != 0},
		{"use_bidirectional_attention", t.truth("use_bidirectional_attention", false)},
	} {
		if s.is {
			t.fail(fmt.Errorf("field %q is %s: %w", s.name, t.fields[s.name], ErrUnsupported))
		}
	}
}
