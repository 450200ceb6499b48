package source_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// fixtureConfig is what the fixture says of itself in every container.
func fixtureConfig() source.Config {
	return source.Config{
		Architecture: "gemma3",
		Layers:       fixture.Layers, Hidden: fixture.Hidden, Heads: fixture.Heads, KVHeads: fixture.KVHeads,
		HeadDim: fixture.HeadDim, FeedForward: fixture.FeedForward, Vocab: 478, ContextLength: 2048,
		Window: fixture.Window, Global: []bool{false, false, false, false, false, true, false},
		RMSEpsilon: 1e-6, RopeBase: 1e6, RopeBaseLocal: 1e4, RopeScale: 1,
		QueryScale: float32(1 / math.Sqrt(fixture.HeadDim)), EmbeddingScale: 8,
	}
}

type fields = map[string]any

// TestFolderConfig holds the ways in which a config.json says the same, or something else.
func TestFolderConfig(t *testing.T) {
	local, global := fields{"rope_theta": 5000, "rope_type": "default"}, fields{"rope_theta": 2e6, "rope_type": "linear", "factor": 8}
	period3 := []bool{false, false, true, false, false, true, false}
	for name, tt := range map[string]struct {
		set  fields // nil removes
		want func(c *source.Config)
		err  error
	}{
		"as it is": {},
		"defaults": {set: fields{"num_attention_heads": nil, "num_key_value_heads": nil, "head_dim": nil, "sliding_window_pattern": nil, "max_position_embeddings": nil,
			"rms_norm_eps": nil, "rope_theta": nil, "rope_local_base_freq": nil, "query_pre_attn_scalar": nil, "sliding_window": nil},
			want: func(c *source.Config) {
				c.Heads, c.KVHeads, c.HeadDim, c.ContextLength, c.Window, c.QueryScale = 8, 4, 256, 131_072, 4096, 0.0625
			}},
		"vocab_size is less than the rows": {set: fields{"vocab_size": 100}},
		"a period":                         {set: fields{"sliding_window_pattern": 3}, want: func(c *source.Config) { c.Global = period3 }},
		"a period of old":                  {set: fields{"sliding_window_pattern": nil, "_sliding_window_pattern": 3}, want: func(c *source.Config) { c.Global = period3 }},
		"layer types": {set: fields{"layer_types": []string{"full_attention", "sliding_attention", "sliding_attention", "full_attention", "full_attention", "sliding_attention", "sliding_attention"}},
			want: func(c *source.Config) { c.Global = []bool{true, false, false, true, true, false, false} }},
		"linear scaling":        {set: fields{"rope_scaling": fields{"factor": 8.0, "rope_type": "linear"}}, want: func(c *source.Config) { c.RopeScale = 8 }},
		"linear scaling of old": {set: fields{"rope_scaling": fields{"factor": 2.0, "type": "linear"}}, want: func(c *source.Config) { c.RopeScale = 2 }},
		"rope parameters for each kind": {set: fields{"rope_theta": nil, "rope_parameters": fields{"full_attention": global, "sliding_attention": local}},
			want: func(c *source.Config) { c.RopeBase, c.RopeBaseLocal, c.RopeScale = 2e6, 5000, 8 }},
		"rope parameters for all": {set: fields{"rope_parameters": global}, want: func(c *source.Config) { c.RopeBase, c.RopeScale = 2e6, 8 }},
		"another query scale":     {set: fields{"query_pre_attn_scalar": 64}, want: func(c *source.Config) { c.QueryScale = 0.125 }},
		"a soft cap":              {set: fields{"final_logit_softcapping": 30}, want: func(c *source.Config) { c.FinalSoftcap = 30 }},
		"null is absent":          {set: fields{"final_logit_softcapping": "null", "rope_scaling": "null", "quantization_config": "null"}},
		"multimodal":              {set: fields{"architectures": []string{"Gemma3ForConditionalGeneration"}}},
		"no list of names":        {set: fields{"architectures": nil}},

		"another architecture":     {set: fields{"architectures": []string{"LlamaForCausalLM"}}, err: source.ErrArchitecture},
		"no name at all":           {set: fields{"architectures": nil, "model_type": nil}, err: source.ErrArchitecture},
		"weights by another means": {set: fields{"quantization_config": fields{"quant_method": "awq"}}, err: source.ErrUnsupported},
		"another activation":       {set: fields{"hidden_activation": "silu"}, err: source.ErrUnsupported},
		"biases":                   {set: fields{"attention_bias": true}, err: source.ErrUnsupported},
		"capped attention":         {set: fields{"attn_logit_softcapping": 50}, err: source.ErrUnsupported},
		"both directions":          {set: fields{"use_bidirectional_attention": true}, err: source.ErrUnsupported},
		"another scaling":          {set: fields{"rope_scaling": fields{"factor": 8, "rope_type": "yarn"}}, err: source.ErrUnsupported},
		"scaling in the window":    {set: fields{"rope_parameters": fields{"full_attention": local, "sliding_attention": global}}, err: source.ErrUnsupported},
		"another kind of layer":    {set: fields{"layer_types": []string{"chunked_attention"}}, err: source.ErrUnsupported},
		"too few kinds":            {set: fields{"layer_types": []string{"full_attention"}}, err: source.ErrInvalid},
		"a period of 0":            {set: fields{"sliding_window_pattern": 0}, err: source.ErrInvalid},
		"no layers":                {set: fields{"num_hidden_layers": 0}, err: source.ErrInvalid},
		"layers without number":    {set: fields{"num_hidden_layers": nil}, err: source.ErrInvalid},
		"a million layers":         {set: fields{"num_hidden_layers": 1_000_000}, err: source.ErrInvalid},
		"a negative size":          {set: fields{"hidden_size": -64}, err: source.ErrInvalid},
		"a size as text":           {set: fields{"hidden_size": "64"}, err: source.ErrInvalid},
		"half a layer":             {set: fields{"num_hidden_layers": 7.5}, err: source.ErrInvalid},
		"an odd head":              {set: fields{"head_dim": 33}, err: source.ErrInvalid},
		"heads that do not share":  {set: fields{"num_key_value_heads": 3}, err: source.ErrInvalid},
		"an epsilon of 0":          {set: fields{"rms_norm_eps": 0}, err: source.ErrInvalid},
		"a negative cap":           {set: fields{"final_logit_softcapping": -1}, err: source.ErrInvalid},
		"a base of 0":              {set: fields{"rope_theta": 0}, err: source.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			dir := fixture.Folder(t, fixture.Options{})
			edit(t, dir, func(c map[string]any) { change(c, tt.set) })
			compareConfig(t, dir, tt.want, tt.err)
			// In newer files the language model's part stands in an object of its own.
			edit(t, dir, func(c map[string]any) {
				inner := fields{}
				for key, v := range c {
					if key != "architectures" && key != "model_type" && key != "quantization_config" {
						inner[key] = v
						delete(c, key)
					}
				}
				c["text_config"] = inner
			})
			compareConfig(t, dir, tt.want, tt.err)
		})
	}
}

func change(c map[string]any, set fields) {
	for key, v := range set {
		switch v {
		case nil:
			delete(c, key)
		case "null":
			c[key] = nil
		default:
			c[key] = v
		}
	}
}

func compareConfig(t *testing.T, path string, change func(c *source.Config), wantErr error) {
	t.Helper()
	s, err := source.Open(path)
	if !errors.Is(err, wantErr) {
		t.Fatalf("error %v, want %v", err, wantErr)
	}
	if err != nil {
		if !strings.Contains(err.Error(), path) {
			t.Errorf("%q does not name %s", err, path)
		}
		return
	}
	defer s.Close()
	want := fixtureConfig()
	if change != nil {
		change(&want)
	}
	if diff := cmp.Diff(want, s.Config()); diff != "" {
		t.Error(diff)
	}
}

// TestGGUFConfig holds the same for the metadata of a GGUF file.
func TestGGUFConfig(t *testing.T) {
	period3 := []bool{false, false, true, false, false, true, false}
	all := slices.Repeat([]bool{true}, fixture.Layers)
	set := func(key string, v gguf.Value) func(m *fixture.Model) {
		return func(m *fixture.Model) { m.Set("gemma3."+key, v) }
	}
	drop := func(keys ...string) func(m *fixture.Model) {
		return func(m *fixture.Model) {
			for _, key := range keys {
				m.Drop("gemma3." + key)
			}
		}
	}
	for name, tt := range map[string]struct {
		change func(m *fixture.Model)
		want   func(c *source.Config)
		err    error
	}{
		"as it is":          {},
		"no window":         {drop("attention.sliding_window"), func(c *source.Config) { c.Window, c.Global = 2048, all }, nil},
		"a period":          {set("attention.sliding_window_pattern", gguf.Scalar(uint32(3))), func(c *source.Config) { c.Global = period3 }, nil},
		"a list of windows": {set("attention.sliding_window_pattern", gguf.List([]bool{true, true, false, true, true, false, true})), func(c *source.Config) { c.Global = period3 }, nil},
		"linear scaling": {func(m *fixture.Model) {
			m.Set("gemma3.rope.scaling.type", gguf.Scalar("linear"))
			m.Set("gemma3.rope.scaling.factor", gguf.Scalar(float32(8)))
		}, func(c *source.Config) { c.RopeScale = 8 }, nil},
		"scaling without a type":  {set("rope.scaling.factor", gguf.Scalar(float32(8))), func(c *source.Config) { c.RopeScale = 8 }, nil},
		"scaling of none":         {set("rope.scaling.type", gguf.Scalar("none")), nil, nil},
		"local base":              {set("rope.freq_base_swa", gguf.Scalar(float32(5000))), func(c *source.Config) { c.RopeBaseLocal = 5000 }, nil},
		"Ollama's local base":     {set("rope.local.freq_base", gguf.Scalar(float32(5000))), func(c *source.Config) { c.RopeBaseLocal = 5000 }, nil},
		"its other local base":    {set("rope.freq_base_local", gguf.Scalar(float32(5000))), func(c *source.Config) { c.RopeBaseLocal = 5000 }, nil},
		"no base":                 {drop("rope.freq_base"), func(c *source.Config) { c.RopeBase = 1e4 }, nil},
		"a soft cap":              {set("final_logit_softcapping", gguf.Scalar(float32(30))), func(c *source.Config) { c.FinalSoftcap = 30 }, nil},
		"a number for each layer": {set("attention.head_count_kv", gguf.List(slices.Repeat([]uint32{fixture.KVHeads}, fixture.Layers))), nil, nil},
		"no KV heads":             {drop("attention.head_count_kv"), func(c *source.Config) { c.KVHeads = fixture.Heads }, nil},
		"no head dimension":       {drop("attention.key_length", "attention.value_length"), func(c *source.Config) { c.HeadDim, c.QueryScale = 16, 0.25 }, nil},
		"the shape of 27B": {set("block_count", gguf.Scalar(uint32(62))), func(c *source.Config) {
			c.Layers, c.QueryScale, c.Global = 62, 0.25, nil
			for i := range 62 {
				c.Global = append(c.Global, i%6 == 5)
			}
		}, nil},

		"layers that differ":     {set("attention.head_count_kv", gguf.List([]uint32{2, 1, 2, 2, 2, 2, 2})), nil, source.ErrUnsupported},
		"an empty list":          {set("attention.head_count_kv", gguf.List([]uint32{})), nil, source.ErrInvalid},
		"other values than keys": {set("attention.value_length", gguf.Scalar(uint32(64))), nil, source.ErrUnsupported},
		"half a rotation":        {set("rope.dimension_count", gguf.Scalar(uint32(16))), nil, source.ErrUnsupported},
		"another scaling":        {set("rope.scaling.type", gguf.Scalar("yarn")), nil, source.ErrUnsupported},
		"a factor of 0":          {set("rope.scaling.factor", gguf.Scalar(float32(0))), nil, source.ErrInvalid},
		"a period of 0":          {set("attention.sliding_window_pattern", gguf.Scalar(uint32(0))), nil, source.ErrInvalid},
		"too few windows":        {set("attention.sliding_window_pattern", gguf.List([]bool{true})), nil, source.ErrInvalid},
		"no layers":              {set("block_count", gguf.Scalar(uint32(0))), nil, source.ErrInvalid},
		"a number too large":     {set("block_count", gguf.Scalar(uint64(1<<40))), nil, source.ErrInvalid},
		"layers without number":  {drop("block_count"), nil, source.ErrInvalid},
		"no epsilon":             {drop("attention.layer_norm_rms_epsilon"), nil, source.ErrInvalid},
		"an epsilon of NaN":      {set("attention.layer_norm_rms_epsilon", gguf.Scalar(float32(math.NaN()))), nil, source.ErrInvalid},
		"a window of 0":          {set("attention.sliding_window", gguf.Scalar(uint32(0))), nil, source.ErrInvalid},
		"no architecture":        {func(m *fixture.Model) { m.Drop("general.architecture") }, nil, source.ErrInvalid},
		"another architecture":   {func(m *fixture.Model) { m.Set("general.architecture", gguf.Scalar("qwen9")) }, nil, source.ErrArchitecture},
	} {
		t.Run(name, func(t *testing.T) {
			m := fixture.New(fixture.Options{})
			if tt.change != nil {
				tt.change(m)
			}
			compareConfig(t, save(t, m), tt.want, tt.err)
		})
	}
}

// TestBadVocabulary holds that a vocabulary which does not fit the model is refused.
func TestBadVocabulary(t *testing.T) {
	set := func(key string, v gguf.Value) func(m *fixture.Model) {
		return func(m *fixture.Model) { m.Set("tokenizer.ggml."+key, v) }
	}
	for name, tt := range map[string]struct {
		change func(m *fixture.Model)
		want   error
	}{
		"another tokenizer": {set("model", gguf.Scalar("gpt2")), source.ErrUnsupported},
		"none":              {func(m *fixture.Model) { m.Drop("tokenizer.ggml.model") }, source.ErrInvalid},
		"no tokens":         {func(m *fixture.Model) { m.Drop("tokenizer.ggml.tokens") }, source.ErrInvalid},
		"few scores":        {set("scores", gguf.List([]float32{1})), source.ErrInvalid},
		"type 9":            {set("token_type", gguf.List(slices.Repeat([]int32{9}, 478))), source.ErrInvalid},
		"BOS outside":       {set("bos_token_id", gguf.Scalar(uint32(478))), source.ErrInvalid},
		"BOS far outside":   {set("bos_token_id", gguf.Scalar(uint32(math.MaxUint32))), source.ErrInvalid},
		"fewer rows": {func(m *fixture.Model) {
			e := &m.Tensors[0]
			e.Shape = []int{fixture.Hidden, 400}
			e.Data = e.Data[:len(e.Data)/478*400]
		}, source.ErrInvalid},
	} {
		m := fixture.New(fixture.Options{})
		tt.change(m)
		s := open(t, save(t, m))
		if _, err := s.Vocab(); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), "vocabulary") {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if ids := s.StopTokens(); len(ids) != 0 {
			t.Errorf("%s: stop tokens %v", name, ids)
		}
	}
}

// TestMoreRowsThanTokens gives the rows of the embedding that nothing stands for a filler.
func TestMoreRowsThanTokens(t *testing.T) {
	m := fixture.New(fixture.Options{})
	e := &m.Tensors[0]
	e.Shape = []int{fixture.Hidden, 480}
	e.Data = append(slices.Clone(e.Data), make([]byte, 2*kernels.F32.RowBytes(fixture.Hidden))...)
	v, err := open(t, save(t, m)).Vocab()
	if err != nil || len(v.Tokens) != 480 || v.Tokens[479] != "[PAD1]" || v.Kinds[478] != tokenizer.Unused {
		t.Errorf("%d tokens, the last %q, %v", len(v.Tokens), v.Tokens[len(v.Tokens)-1], err)
	}
}

// TestTokenizerFiles holds that a folder has the same vocabulary from either of its files, that tokens can be added
// beside them, and what is said when both are missing.
func TestTokenizerFiles(t *testing.T) {
	m := fixture.New(fixture.Options{})
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := m.WriteFolder(dir); err != nil {
		t.Fatal(err)
	}
	want, err := open(t, dir).Vocab()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, safetensors.TokenizerModelFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Vocab(); !errors.Is(err, safetensors.ErrMissingPart) {
		t.Errorf("without either file: %v", err)
	}
	put(t, dir, safetensors.TokenizerFile, string(m.TokenizerJSON()))
	got, err := open(t, dir).Vocab()
	if err != nil {
		t.Fatal(err)
	}
	want.Scores, got.Scores = nil, nil // they only order
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	put(t, dir, safetensors.TokenizerConfigFile, `{"add_bos_token": false, "added_tokens_decoder": {
		"6": {"content": "\n", "special": true}, "300": {"content": "another", "special": true}, "999": {"content": "far", "special": true}}}`)
	if got, err = open(t, dir).Vocab(); err != nil || got.AddBOS || got.Kinds[6] != tokenizer.Control || got.Kinds[300] != tokenizer.Normal {
		t.Errorf("add BOS %t, kinds %d and %d, %v", got.AddBOS, got.Kinds[6], got.Kinds[300], err)
	}
	put(t, dir, safetensors.TokenizerConfigFile, `[]`)
	if _, err = open(t, dir).Vocab(); !errors.Is(err, source.ErrInvalid) {
		t.Errorf("a tokenizer_config.json that is a list: %v", err)
	}
}
