package library

import (
	"fmt"
	"strconv"
	"strings"

	"lamplight/engine/gguf"
	"lamplight/kernels"
)

// Recipe says which type each tensor of a quantized model gets. The recipes are llama.cpp's, without an
// importance matrix, so that a file made here has the name, the types and the size that people know.
type Recipe struct {
	Name string // "q4_k_m"

	fileType uint32       // value of general.file_type
	base     kernels.Type // matrices
	head     kernels.Type // the output head, which in a model without one of its own is the token embedding
	more     kernels.Type // attn_v and ffn_down of the layers that matter most, see moreBits
	keep     bool         // matrices stay as they are, and fileType is not used
}

// Original is the recipe that changes the container and no matrix: a folder becomes a GGUF file.
const Original = "original"

var recipes = []Recipe{
	{Name: Original, keep: true},
	{"f16", 1, kernels.F16, kernels.F16, kernels.F16, false},
	{"q8_0", 7, kernels.Q8_0, kernels.Q8_0, kernels.Q8_0, false},
	{"q6_k", 18, kernels.Q6_K, kernels.Q6_K, kernels.Q6_K, false},
	{"q5_k_m", 17, kernels.Q5_K, kernels.Q6_K, kernels.Q6_K, false},
	{"q4_k_m", 15, kernels.Q4_K, kernels.Q6_K, kernels.Q6_K, false},
	{"q4_0", 2, kernels.Q4_0, kernels.Q6_K, kernels.Q4_0, false},
}

// Recipes returns the recipes from the largest files to the smallest, Original first.
func Recipes() []Recipe { return append([]Recipe(nil), recipes...) }

// ParseRecipe finds a recipe by its name in any case, such as "Q4_K_M".
func ParseRecipe(name string) (Recipe, error) {
	var names []string
	for _, r := range recipes {
		if strings.EqualFold(r.Name, name) {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Recipe{}, fmt.Errorf("library: %q is no way to quantize: it is one of %s", name, strings.Join(names, ", "))
}

// outline is what a recipe looks at beside a tensor.
type outline struct {
	layers int
	tied   bool // the token embedding is the output head too
	shared int  // query heads that share a key and value head
}

func outlineOf(tensors []gguf.Tensor) outline {
	o := outline{tied: true, shared: 1}
	rows := map[string]int{}
	for _, t := range tensors {
		layer, _ := layerOf(t.Name)
		o.layers = max(o.layers, layer+1)
		o.tied = o.tied && t.Name != "output.weight"
		if len(t.Shape) == 2 {
			rows[t.Name] = t.Shape[1]
		}
	}
	if k := rows["blk.0.attn_k.weight"]; k > 0 {
		o.shared = rows["blk.0.attn_q.weight"] / k
	}
	return o
}

// typeOf returns the type that tensor t of a model gets.
func (r Recipe) typeOf(t gguf.Tensor, o outline) kernels.Type {
	layer, part := layerOf(t.Name)
	switch {
	case !t.Type.Computes(), r.keep && len(t.Shape) != 1:
		return t.Type
	case len(t.Shape) == 1 || strings.HasSuffix(t.Name, "_norm.weight"):
		return kernels.F32 // small, and what runs models wants nothing else
	case len(t.Shape) > 2:
		return t.Type
	case t.Name == "output.weight", t.Name == "token_embd.weight" && o.tied:
		return fitting(r.head, t.Shape[0])
	case (part == "attn_v.weight" || part == "ffn_down.weight") && moreBits(layer, o.layers):
		return fitting(r.more, t.Shape[0])
	case part == "attn_v.weight" && o.shared >= 4 && r.base == kernels.Q4_K: // small, and much hangs on it
		return fitting(kernels.Q5_K, t.Shape[0])
	case part == "attn_v.weight" && o.shared >= 4 && r.base == kernels.Q5_K:
		return fitting(kernels.Q6_K, t.Shape[0])
	}
	return fitting(r.base, t.Shape[0])
}

// moreBits picks the first and last eighth of the layers and every third one between them.
func moreBits(i, layers int) bool {
	return i < layers/8 || i >= 7*layers/8 || (i-layers/8)%3 == 2
}

// fitting returns t, or the type that takes its place where rows of cols elements are no whole blocks.
func fitting(t kernels.Type, cols int) kernels.Type {
	if cols%t.BlockSize() != 0 {
		switch t {
		case kernels.Q4_K:
			t = kernels.Q5_0
		case kernels.Q5_K:
			t = kernels.Q5_1
		case kernels.Q6_K:
			t = kernels.Q8_0
		}
	}
	if cols%t.BlockSize() != 0 {
		return kernels.F16
	}
	return t
}

// fileTypeOf returns the value of general.file_type for a model whose tensors have these types. One that keeps its
// types is named after the type that most of its weights have; false: there is no name for that.
func (r Recipe) fileTypeOf(tensors []gguf.Tensor) (uint32, bool) {
	if !r.keep {
		return r.fileType, true
	}
	weights := map[kernels.Type]int64{}
	for _, t := range tensors {
		weights[t.Type] += t.Elements()
	}
	most := kernels.F32
	for _, t := range []kernels.Type{kernels.F16, kernels.BF16} {
		if weights[t] > weights[most] {
			most = t
		}
	}
	for t := range weights {
		if t.BlockSize() > 1 {
			return 0, false // a recipe of somebody else's, and what the file says of it stays
		}
	}
	return map[kernels.Type]uint32{kernels.F32: 0, kernels.F16: 1, kernels.BF16: 32}[most], true
}

// layerOf splits "blk.3.attn_v.weight" into 3 and "attn_v.weight"; the layer is -1 for other names.
func layerOf(tensor string) (layer int, part string) {
	rest, ok := strings.CutPrefix(tensor, "blk.")
	number, part, found := strings.Cut(rest, ".")
	layer, err := strconv.Atoi(number)
	if !ok || !found || err != nil || layer < 0 {
		return -1, ""
	}
	return layer, part
}
