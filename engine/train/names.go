package train

import (
	"slices"
	"strings"

	"lamplight/engine/adapter"
)

// gainHFNames and modelHFNames are the tensors beside the linear layers, with their names in Hugging Face files.
var (
	gainHFNames = map[string]string{
		"input_layernorm": "attn_norm", "post_attention_layernorm": "post_attention_norm",
		"self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
		"pre_feedforward_layernorm": "ffn_norm", "post_feedforward_layernorm": "post_ffw_norm",
	}
	modelHFNames = map[string]string{"embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output"}
)

// ggufTensor translates the path of a module in Hugging Face files to the name of its tensor in GGUF.
func ggufTensor(path string) (string, bool) {
	if name, ok := adapter.TensorName(path); ok {
		return name, true
	}
	if layer, module, ok := adapter.SplitPath(path); ok {
		name, known := gainHFNames[module]
		return tensorName(layer, name), known
	}
	for hf, name := range modelHFNames {
		if prefix, ok := strings.CutSuffix(path, hf); ok && slices.Contains(adapter.Prefixes, prefix) {
			return name + ".weight", true
		}
	}
	return "", false
}

// isGain reports whether a tensor, by its name in GGUF, is the gain of a norm.
func isGain(name string) bool { return strings.HasSuffix(name, "_norm.weight") }
