package library

import (
	"bytes"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/gguf"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/kernels"
)

func TestRecipeTypes(t *testing.T) {
	const layers = 18
	tests := []struct {
		recipe, tensor string
		cols           int
		tied           bool
		want           kernels.Type
	}{
		// Gemma 3 270M: the embedding is the head and has rows of 640, which are no whole super-blocks.
		{"q4_0", "token_embd.weight", 640, true, kernels.Q8_0},
		{"q4_0", "blk.0.attn_v.weight", 640, true, kernels.Q4_0},
		{"q4_0", "blk.0.ffn_down.weight", 2048, true, kernels.Q4_0},
		{"q4_k_m", "token_embd.weight", 640, true, kernels.Q8_0},
		{"q4_k_m", "blk.3.attn_q.weight", 640, true, kernels.Q5_0},
		{"q4_k_m", "blk.3.attn_output.weight", 1024, true, kernels.Q4_K},
		{"q4_k_m", "blk.1.attn_v.weight", 640, true, kernels.Q8_0},
		{"q4_k_m", "blk.2.attn_v.weight", 640, true, kernels.Q5_1},
		{"q4_k_m", "blk.1.ffn_down.weight", 2048, true, kernels.Q6_K},
		{"q4_k_m", "blk.2.ffn_down.weight", 2048, true, kernels.Q4_K},
		{"q5_k_m", "blk.3.attn_q.weight", 640, true, kernels.Q5_1},
		{"q5_k_m", "blk.2.attn_v.weight", 640, true, kernels.Q8_0},
		{"q5_k_m", "blk.2.ffn_down.weight", 2048, true, kernels.Q5_K},
		{"q6_k", "blk.2.ffn_down.weight", 2048, true, kernels.Q6_K},
		{"q6_k", "blk.2.ffn_up.weight", 640, true, kernels.Q8_0},
		// A model with a head of its own, and with a key and value head for every two query heads.
		{"q4_k_m", "blk.2.attn_v.weight", 2048, false, kernels.Q4_K},
		{"q5_k_m", "blk.2.attn_v.weight", 2048, false, kernels.Q5_K},
		{"q4_0", "token_embd.weight", 2048, false, kernels.Q4_0},
		{"q4_0", "output.weight", 2048, false, kernels.Q6_K},
		{"q4_k_m", "token_embd.weight", 2048, false, kernels.Q4_K},
		{"q4_k_m", "output.weight", 2048, false, kernels.Q6_K},
		{"q8_0", "output.weight", 2048, false, kernels.Q8_0},
		{"f16", "blk.0.attn_q.weight", 2048, false, kernels.F16},
		// Rows that fill no block at all, and names that only look like a layer's.
		{"q4_0", "blk.0.attn_q.weight", 48, true, kernels.F16},
		{"q4_k_m", "blk.x.attn_v.weight", 2048, true, kernels.Q4_K},
	}
	for _, test := range tests {
		r, err := ParseRecipe(strings.ToUpper(test.recipe))
		if err != nil {
			t.Fatal(err)
		}
		in := gguf.Tensor{Name: test.tensor, Shape: []int{test.cols, 4}, Type: kernels.F16}
		if got := r.typeOf(in, outline{layers, test.tied, shared(test.cols)}); got != test.want {
			t.Errorf("%s of %s with rows of %d: %v, want %v", test.recipe, test.tensor, test.cols, got, test.want)
		}
	}
	for name, in := range map[string]gguf.Tensor{
		"norms are kept whole":          {Name: "blk.0.attn_norm.weight", Shape: []int{256}, Type: kernels.BF16},
		"a norm of several rows too":    {Name: "altup_norm.weight", Shape: []int{256, 4}, Type: kernels.F32},
		"vectors of any name are whole": {Name: "rope_freqs.weight", Shape: []int{256}, Type: kernels.F32},
	} {
		for _, r := range Recipes() {
			if got := r.typeOf(in, outline{layers, true, 1}); got != kernels.F32 {
				t.Errorf("%s: %s makes %v of it", name, r.Name, got)
			}
		}
	}
	for _, in := range []gguf.Tensor{
		{Name: "positions", Shape: []int{256, 4}, Type: kernels.I32},
		{Name: "patches", Shape: []int{256, 4, 4}, Type: kernels.F16},
	} {
		if got := Recipes()[2].typeOf(in, outline{layers, true, 1}); got != in.Type {
			t.Errorf("%s: %v became %v", in.Name, in.Type, got)
		}
	}
	if _, err := ParseRecipe("q3_k_m"); err == nil || !strings.Contains(err.Error(), "q4_k_m") {
		t.Errorf("the error for an unknown recipe is %v, and should list those there are", err)
	}
}

// shared is 4 for Gemma 3 270M, which has rows of 640.
func shared(cols int) int {
	if cols == 640 {
		return 4
	}
	return 2
}

func TestMoreBits(t *testing.T) {
	for layers, want := range map[int][]int{
		16: {0, 1, 4, 7, 10, 13, 14, 15},
		18: {0, 1, 4, 7, 10, 13, 15, 16, 17},
		26: {0, 1, 2, 5, 8, 11, 14, 17, 20, 22, 23, 24, 25},
	} {
		var got []int
		for i := range layers {
			if moreBits(i, layers) {
				got = append(got, i)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d layers (-want +got):\n%s", layers, diff)
		}
	}
}

// The golden files were quantized by a llama.cpp from model-f16.gguf. Types without a search are the same to
// the byte. The scales of K types are found by searching, in which implementations differ (those files were
// searched longer), so there the error of the weights is compared.
func TestQuantizeGolden(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	original := openGGUF(t, filepath.Join(dir, "model-f16.gguf"))
	for _, name := range []string{"Q8_0", "Q4_0", "Q6_K", "Q5_K_M", "Q4_K_M"} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.gguf")
			mustQuantize(t, filepath.Join(dir, "model-f16.gguf"), out, name)
			got, want := openGGUF(t, out), openGGUF(t, filepath.Join(dir, "model-"+name+".gguf"))
			if len(got.Tensors()) != len(want.Tensors()) {
				t.Fatalf("%d tensors, want %d", len(got.Tensors()), len(want.Tensors()))
			}
			equal := map[kernels.Type]int{} // tensors that are the same to the byte
			for i, g := range got.Tensors() {
				w := want.Tensors()[i]
				x, _ := original.Tensor(g.Name)
				switch {
				case g.Name != w.Name || !cmp.Equal(g.Shape, w.Shape):
					t.Errorf("tensor %d is %s %v, want %s %v", i, g.Name, g.Shape, w.Name, w.Shape)
				case g.Type != w.Type:
					t.Errorf("%s is %v, want %v", g.Name, g.Type, w.Type)
				case g.Type.BlockSize() < 256:
					if !bytes.Equal(g.Data, w.Data) {
						t.Errorf("%s %v differs", g.Name, g.Type)
					}
					equal[g.Type]++
				default:
					if mine, theirs := distance(x, g), distance(x, w); mine > 1.02*theirs {
						t.Errorf("%s %v: error %.6f, want %.6f", g.Name, g.Type, mine, theirs)
					}
				}
			}
			if base, err := kernels.ParseType(name); err == nil && base.BlockSize() < 256 && equal[base] < 50 {
				t.Errorf("only %d tensors of type %v were compared", equal[base], base)
			}
			for _, key := range want.Keys() {
				g, _ := got.Get(key)
				if w, _ := want.Get(key); !g.Equal(w) {
					t.Errorf("%s is %v, want %v", key, g, w)
				}
			}
			sameTensors(t, dir, name, got)
		})
	}
}

// sameTensors converts a folder, which must give the same tensors as the GGUF file of the same weights did.
func sameTensors(t *testing.T, folder, recipe string, want *gguf.File) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "folder.gguf")
	mustQuantize(t, folder, out, recipe)
	got := openGGUF(t, out)
	if len(got.Tensors()) != len(want.Tensors()) {
		t.Errorf("%d tensors from the folder, want %d", len(got.Tensors()), len(want.Tensors()))
	}
	for _, g := range got.Tensors() {
		if w, ok := want.Tensor(g.Name); !ok || g.Type != w.Type || !cmp.Equal(g.Shape, w.Shape) || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("%s from the folder is %v %v and differs", g.Name, g.Type, g.Shape)
		}
	}
}

// Nor has every type a recipe: these are encoded tensor by tensor.
func TestEncodeGolden(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	original := openGGUF(t, filepath.Join(dir, "model-f16.gguf"))
	for _, typ := range []kernels.Type{kernels.Q4_1, kernels.Q5_0, kernels.Q5_1} {
		compared := 0
		for _, want := range openGGUF(t, filepath.Join(dir, "model-"+typ.String()+".gguf")).Tensors() {
			if want.Type != typ {
				continue
			}
			source, _ := original.Tensor(want.Name)
			x, got := make([]float32, source.Elements()), make([]byte, len(want.Data))
			kernels.Decode(source.Type, x, source.Data)
			if err := kernels.Encode(typ, got, x); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.Data) {
				t.Errorf("%s %v differs", want.Name, typ)
			}
			compared++
		}
		if compared < 50 {
			t.Errorf("%v: only %d tensors were compared", typ, compared)
		}
	}
}

// distance is the RMS difference of the weights.
func distance(a, b gguf.Tensor) float64 {
	x, y := make([]float32, a.Elements()), make([]float32, b.Elements())
	kernels.Decode(a.Type, x, a.Data)
	kernels.Decode(b.Type, y, b.Data)
	var sum float64
	for i := range x {
		d := float64(x[i] - y[i])
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(x)))
}
