package train

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// gainHFNames and modelHFNames are the tensors beside the linear layers, with their names in Hugging Face files.
var (
	gainHFNames = map[string]string{
		"attn_norm": "input_layernorm", "post_attention_norm": "post_attention_layernorm",
		"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
		"ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
	}
	modelHFNames = map[string]string{"token_embd": "embed_tokens", "output_norm": "norm", "output": "lm_head"}
)

// hfPrefixes are what names begin with in text models, and in multimodal ones of older and of newer releases.
var hfPrefixes = []string{"", "model.", "language_model.model.", "model.language_model.", "language_model."}

var layerPattern = regexp.MustCompile(`^(.*?)layers\.(\d{1,5})\.(.+)$`)

// ggufModule translates the path of a module in Hugging Face files, "model.layers.3.self_attn.q_proj", to
// "blk.3.attn_q.weight". norms asks for gains as well.
func ggufModule(path string, norms bool) (string, bool) {
	if m := layerPattern.FindStringSubmatch(path); m != nil {
		layer, err := strconv.Atoi(m[2])
		if err != nil || !slices.Contains(hfPrefixes, m[1]) {
			return "", false
		}
		for name, hf := range linearNames {
			if hf == m[3] {
				return tensorName(layer, name), true
			}
		}
		for name, hf := range gainHFNames {
			if hf == m[3] && norms {
				return tensorName(layer, name), true
			}
		}
		return "", false
	}
	for name, hf := range modelHFNames {
		if prefix, ok := strings.CutSuffix(path, hf); ok && norms && slices.Contains(hfPrefixes, prefix) {
			return name + ".weight", true
		}
	}
	return "", false
}

// isGain reports whether a tensor, by its name in GGUF, is the gain of a norm.
func isGain(name string) bool { return strings.HasSuffix(name, "_norm.weight") }

// peftModule translates "blk.3.attn_q.weight" to "model.layers.3.self_attn.q_proj".
func peftModule(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, "blk.")
	layer, _, _ := strings.Cut(rest, ".")
	hf, known := linearNames[kindOf(name)]
	if _, err := strconv.ParseUint(layer, 10, 16); !ok || !known || err != nil {
		return "", false
	}
	return "model.layers." + layer + "." + hf, true
}
