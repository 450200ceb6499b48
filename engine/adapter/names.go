package adapter

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// targets are the linear layers that can be changed, with their names in Hugging Face files.
var targets = map[string]string{
	"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
	"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}

// Target reports whether a linear layer of that name, such as "attn_q", can be changed.
func Target(name string) bool { return targets[name] != "" }

// Prefixes are what paths of modules begin with in text models, and in multimodal ones of older and of newer releases.
var Prefixes = []string{"", "model.", "language_model.model.", "model.language_model.", "language_model."}

var layerPattern = regexp.MustCompile(`^(.*?)layers\.(\d{1,5})\.(.+)$`)

// SplitPath splits the path of a module of a layer in Hugging Face files, "model.layers.3.self_attn.q_proj", into the
// layer and what follows it.
func SplitPath(path string) (layer int, module string, ok bool) {
	m := layerPattern.FindStringSubmatch(path)
	if m == nil || !slices.Contains(Prefixes, m[1]) {
		return 0, "", false
	}
	layer, err := strconv.Atoi(m[2])
	return layer, m[3], err == nil
}

// TensorName translates "model.layers.3.self_attn.q_proj" to "blk.3.attn_q.weight". It knows the linear layers only.
func TensorName(path string) (string, bool) {
	layer, module, ok := SplitPath(path)
	if !ok {
		return "", false
	}
	for name, hf := range targets {
		if hf == module {
			return fmt.Sprintf("blk.%d.%s.weight", layer, name), true
		}
	}
	return "", false
}

// SplitName splits "blk.3.attn_q.weight" into the layer and "attn_q".
func SplitName(name string) (layer int, target string, ok bool) {
	rest, ok1 := strings.CutPrefix(name, "blk.")
	rest, ok2 := strings.CutSuffix(rest, ".weight")
	number, target, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(number, 10, 16)
	return int(n), target, ok1 && ok2 && err == nil && Target(target)
}

// modulePath translates "blk.3.attn_q.weight" to "model.layers.3.self_attn.q_proj".
func modulePath(name string) (string, bool) {
	layer, target, ok := SplitName(name)
	return fmt.Sprintf("model.layers.%d.%s", layer, targets[target]), ok
}
