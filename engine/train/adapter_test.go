package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// someAdapter has random factors, as if it had been trained.
func someAdapter(t testing.TB, base string, o LoRA) (*Adapter, *Trainer) {
	t.Helper()
	r := rand.New(rand.NewPCG(8, 8))
	tr := newTrainer(t, base, repeated(r, 2), nil, Options{LoRA: &o})
	for _, p := range tr.m.params {
		for i := range p.Value {
			p.Value[i] = kernels.F16ToF32(kernels.F32ToF16(float32(r.NormFloat64()) / 8))
		}
	}
	return tr.Adapter(), tr
}

func TestAdapterRoundTrip(t *testing.T) {
	base := fixture.GGUF(t, fixture.Options{})
	src := openSource(t, base)
	a, _ := someAdapter(t, base, LoRA{Rank: 4, Alpha: 8})
	dir := t.TempDir()
	peft, f32, f16 := filepath.Join(dir, "peft"), filepath.Join(dir, "a.gguf"), filepath.Join(dir, "b.gguf")
	for _, err := range []error{a.WriteFolder(peft), a.WriteGGUF(t.Context(), f32, kernels.F32), a.WriteGGUF(t.Context(), f16, kernels.F16)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{peft, f32, f16} {
		got, err := OpenAdapter(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Check(src); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a.Factors, got.Factors); diff != "" || got.Base != a.Base {
			t.Errorf("%s: of %q: %s", path, got.Base, diff)
		}
		// From one format to the other and back, nothing changes.
		if err := got.WriteFolder(peft); err != nil {
			t.Fatal(err)
		}
		if again, err := OpenAdapter(peft); err != nil || !cmp.Equal(again.Factors, a.Factors) {
			t.Errorf("%s as a folder is another adapter: %v", path, err)
		}
	}
}

// TestScales holds that ranks and scales of their own survive in both formats: PEFT has patterns for them, in GGUF B has
// the difference.
func TestScales(t *testing.T) {
	base := fixture.GGUF(t, fixture.Options{})
	a, _ := someAdapter(t, base, LoRA{Rank: 4, Alpha: 6, RSLoRA: true, Targets: []string{"attn_q", "ffn_down"}})
	a.Factors[1].Scale = 0.75
	f := &a.Factors[3]
	f.Rank, f.A, f.B = 2, f.A[:2*f.In], f.B[:2*f.Out]
	peft, file := filepath.Join(t.TempDir(), "peft"), filepath.Join(t.TempDir(), "a.gguf")
	for _, err := range []error{a.WriteFolder(peft), a.WriteGGUF(t.Context(), file, kernels.F32)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{peft, file} {
		got, err := OpenAdapter(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range got.Factors {
			x, y := make([]float32, f.In), make([]float32, f.In)
			f.add(1, x)
			a.Factors[i].add(1, y)
			for j := range x {
				if math.Abs(float64(x[j]-y[j])) > 1e-5 {
					t.Fatalf("%s: %s: row 1 is %v, want %v", path, f.Name, x[j], y[j])
				}
			}
		}
	}
}

// TestMerge holds that a merged model says what the model with the adapter says, in both containers.
func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	e := repeated(r, 3)
	for name, c := range map[string]struct {
		base  string
		bound float64
	}{
		"F32":          {fixture.GGUF(t, fixture.Options{}), 1e-5},
		"F16":          {fixture.GGUF(t, fixture.Options{Type: kernels.F16}), 2e-3},
		"BF16":         {fixture.GGUF(t, fixture.Options{Type: kernels.BF16}), 2e-2},
		"Q4_0":         {fixture.GGUF(t, fixture.Options{Type: kernels.Q4_0}), 2e-3},
		"Hugging Face": {fixture.Folder(t, fixture.Options{}), 2e-2},
	} {
		t.Run(name, func(t *testing.T) {
			_, tr := someAdapter(t, c.base, LoRA{Rank: 4, Alpha: 8})
			b := pack(e, 512)
			want, err := tr.s.evaluate(t.Context(), &b[0])
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "merged")
			if err := tr.WriteModel(t.Context(), c.base, out); err != nil {
				t.Fatal(err)
			}
			if got := lossOf(t, out, &b[0]); math.Abs(got-want) > c.bound*want {
				t.Errorf("the merged model's loss is %v, with the adapter it is %v", got, want)
			} else if plain := lossOf(t, c.base, &b[0]); math.Abs(plain-want) < 0.1 {
				t.Errorf("the adapter does nothing: %v and %v", plain, want)
			}
		})
	}
}

// lossOf computes the loss of a model as it is in its files.
func lossOf(t *testing.T, path string, b *batch) float64 {
	t.Helper()
	pool := kernels.NewPool(2)
	defer pool.Close()
	m, err := newModel(openSource(t, path), kernels.Available()[0], pool)
	if err != nil {
		t.Fatal(err)
	}
	loss, err := newState(m, len(b.input), 0).evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

// TestWriteModel holds that all weights are written, gains as the container has them.
func TestWriteModel(t *testing.T) {
	for name, base := range map[string]string{"GGUF": fixture.GGUF(t, fixture.Options{}), "Hugging Face": fixture.Folder(t, fixture.Options{})} {
		t.Run(name, func(t *testing.T) {
			tr := newTrainer(t, base, repeated(rand.New(rand.NewPCG(1, 4)), 4), nil, Options{Scratch: true})
			for _, p := range tr.m.params {
				for i := range p.Value {
					p.Value[i] += float32(i%7) / 64
				}
			}
			out := filepath.Join(t.TempDir(), "model")
			if err := tr.WriteModel(t.Context(), base, out); err != nil {
				t.Fatal(err)
			}
			src := openSource(t, out)
			for _, p := range tr.m.params {
				var got []float32
				if isGain(p.Name) {
					v, err := src.Vector(p.Name)
					if err != nil {
						t.Fatal(err)
					}
					got = v
				} else {
					m, err := src.Matrix(p.Name)
					if err != nil {
						t.Fatal(err)
					}
					got = make([]float32, len(p.Value))
					kernels.Decode(m.Type, got, m.Data)
				}
				for i, v := range p.Value {
					if math.Abs(float64(got[i]-v)) > 0.01*max(0.5, math.Abs(float64(v))) { // bfloat16
						t.Fatalf("%s: element %d is %v, want %v", p.Name, i, got[i], v)
					}
				}
			}
			if err := tr.WriteModel(t.Context(), base, base); !errors.Is(err, ErrExists) {
				t.Errorf("over the model itself: %v", err)
			}
		})
	}
}

// TestBadAdapters holds that what is wrong with a stranger's adapter is said.
func TestBadAdapters(t *testing.T) {
	base := fixture.GGUF(t, fixture.Options{})
	a, _ := someAdapter(t, base, LoRA{Rank: 2, Alpha: 2, Targets: []string{"attn_q"}})
	for name, c := range map[string]struct {
		config map[string]any
		tensor func(*safetensors.Tensor)
		want   error
	}{
		"DoRA":           {config: map[string]any{"use_dora": true}, want: errors.ErrUnsupported},
		"another kind":   {config: map[string]any{"peft_type": "IA3"}, want: errors.ErrUnsupported},
		"biases":         {config: map[string]any{"bias": "all"}, want: errors.ErrUnsupported},
		"whole tensors":  {config: map[string]any{"modules_to_save": []string{"lm_head"}}, want: errors.ErrUnsupported},
		"a bad pattern":  {config: map[string]any{"alpha_pattern": map[string]any{"(": 1}}, want: ErrAdapter},
		"no number":      {config: map[string]any{"lora_alpha": "x"}, want: ErrAdapter},
		"unknown tensor": {tensor: func(t *safetensors.Tensor) { t.Name = "base_model.model.lm_head.lora_A.weight" }, want: errors.ErrUnsupported},
		"another prefix": {tensor: func(t *safetensors.Tensor) { t.Name = "x" + t.Name }, want: errors.ErrUnsupported},
		"half a factor":  {tensor: func(t *safetensors.Tensor) { t.Name = strings.Replace(t.Name, "layers.0", "layers.99", 1) }, want: ErrAdapter},
		"of a vision part": {tensor: func(t *safetensors.Tensor) {
			t.Name = strings.Replace(t.Name, "model.layers", "vision_tower.vision_model.encoder.layers", 1)
		}, want: errors.ErrUnsupported},
		"ranks that differ": {tensor: func(t *safetensors.Tensor) { t.Shape, t.Data = []int{1, t.Shape[1]}, t.Data[:len(t.Data)/2] }, want: ErrAdapter},
		"not a number":      {tensor: func(t *safetensors.Tensor) { copy(t.Data, []byte{0, 0, 0xC0, 0x7F}) }, want: ErrAdapter},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := a.WriteFolder(dir); err != nil {
				t.Fatal(err)
			}
			spoil(t, dir, c.config, c.tensor)
			if _, err := OpenAdapter(dir); !errors.Is(err, c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("%v, want %v and the path", err, c.want)
			}
		})
	}
	other := *a
	other.Factors = append([]Factor(nil), a.Factors...)
	other.Factors[0].Out++
	if err := other.Check(openSource(t, base)); !errors.Is(err, ErrAdapter) {
		t.Errorf("of another shape: %v", err)
	}
	other.Factors[0] = a.Factors[0]
	other.Factors[0].Name = "blk.77.attn_q.weight"
	if err := other.Check(openSource(t, base)); !errors.Is(err, source.ErrMissingTensor) {
		t.Errorf("of another layer: %v", err)
	}
	if _, err := OpenAdapter(base); !errors.Is(err, ErrAdapter) {
		t.Errorf("a model: %v", err)
	}
}

// spoil changes the configuration and the first tensor of a PEFT folder.
func spoil(t *testing.T, dir string, config map[string]any, tensor func(*safetensors.Tensor)) {
	t.Helper()
	path := filepath.Join(dir, peftConfigFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for k, v := range config {
		all[k] = v
	}
	if data, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil || tensor == nil {
		return
	}
	f, err := safetensors.Open(filepath.Join(dir, peftModelFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tensors := f.Tensors()
	tensors[0].Data = bytes.Clone(tensors[0].Data)
	tensor(&tensors[0])
	var b bytes.Buffer
	if err := safetensors.Write(&b, tensors); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, peftModelFile), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func smallAdapter() *Adapter {
	a := &Adapter{Architecture: "gemma3", Base: "Tiny"}
	for _, name := range []string{"blk.0.attn_q.weight", "blk.11.ffn_down.weight"} {
		a.Factors = append(a.Factors, Factor{name, 2, 3, 4, []float32{1, 2, 3, 4, 5, 6}, []float32{1, 2, 3, 4, 5, 6, 7, 8}, 0.5})
	}
	return a
}

func FuzzPEFT(f *testing.F) {
	dir := f.TempDir()
	if err := smallAdapter().WriteFolder(dir); err != nil {
		f.Fatal(err)
	}
	config, err1 := os.ReadFile(filepath.Join(dir, peftConfigFile))
	weights, err2 := os.ReadFile(filepath.Join(dir, peftModelFile))
	if err := errors.Join(err1, err2); err != nil {
		f.Fatal(err)
	}
	f.Add(config, weights)
	f.Fuzz(func(t *testing.T, config, weights []byte) {
		w, err := safetensors.Parse("fuzz", weights)
		if err != nil {
			return
		}
		if a, err := parsePEFT(config, w); err == nil {
			checkFactors(t, a)
		}
	})
}

func FuzzGGUFAdapter(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a.gguf")
	if err := smallAdapter().WriteGGUF(context.Background(), path, kernels.F16); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse("fuzz", data)
		if err != nil {
			return
		}
		if a, err := parseGGUF(file); err == nil {
			checkFactors(t, a)
		}
	})
}

// checkFactors uses an adapter that was read without an error.
func checkFactors(t *testing.T, a *Adapter) {
	for _, f := range a.Factors {
		if len(f.A) != f.Rank*f.In || len(f.B) != f.Rank*f.Out {
			t.Fatalf("%s: %d and %d elements of rank %d, %d × %d", f.Name, len(f.A), len(f.B), f.Rank, f.Out, f.In)
		}
		f.add(f.Out-1, make([]float32, f.In))
	}
}
