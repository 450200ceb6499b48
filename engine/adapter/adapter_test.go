package adapter_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/adapter"
	"lamplight/engine/safetensors"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

func open(t testing.TB, path string) *source.Source {
	t.Helper()
	src, err := source.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

func TestAdapterRoundTrip(t *testing.T) {
	base := fixture.GGUF(t, fixture.Options{})
	src := open(t, base)
	a := fixture.Adapter(t, base, fixture.AdapterOptions{Rank: 4, Size: 0.125})
	dir := t.TempDir()
	peft, f32, f16 := filepath.Join(dir, "peft"), filepath.Join(dir, "a.gguf"), filepath.Join(dir, "b.gguf")
	for _, err := range []error{a.WriteFolder(peft), a.WriteGGUF(t.Context(), f32, kernels.F32), a.WriteGGUF(t.Context(), f16, kernels.F16)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{peft, f32, f16} {
		got, err := adapter.Open(path)
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
		if again, err := adapter.Open(peft); err != nil || !cmp.Equal(again.Factors, a.Factors) {
			t.Errorf("%s as a folder is another adapter: %v", path, err)
		}
	}
}

// TestScales holds that ranks and scales of their own survive in both formats: PEFT has patterns for them, in GGUF B has
// the difference.
func TestScales(t *testing.T) {
	base := fixture.GGUF(t, fixture.Options{})
	a := fixture.Adapter(t, base, fixture.AdapterOptions{Rank: 4, Size: 0.125, Targets: []string{"attn_q", "ffn_down"}})
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
		got, err := adapter.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range got.Factors {
			x, y := make([]float32, f.In), make([]float32, f.In)
			f.Add(1, x)
			a.Factors[i].Add(1, y)
			for j := range x {
				if math.Abs(float64(x[j]-y[j])) > 1e-5 {
					t.Fatalf("%s: %s: row 1 is %v, want %v", path, f.Name, x[j], y[j])
				}
			}
		}
	}
}

// TestBadAdapters holds that what is wrong with a stranger's adapter is said.
func TestBadAdapters(t *testing.T) {
	base := fixture.GGUF(t, fixture.Options{})
	a := fixture.Adapter(t, base, fixture.AdapterOptions{Rank: 2, Size: 0.125, Targets: []string{"attn_q"}})
	for name, c := range map[string]struct {
		config map[string]any
		tensor func(*safetensors.Tensor)
		want   error
	}{
		"DoRA":           {config: map[string]any{"use_dora": true}, want: errors.ErrUnsupported},
		"another kind":   {config: map[string]any{"peft_type": "IA3"}, want: errors.ErrUnsupported},
		"biases":         {config: map[string]any{"bias": "all"}, want: errors.ErrUnsupported},
		"whole tensors":  {config: map[string]any{"modules_to_save": []string{"lm_head"}}, want: errors.ErrUnsupported},
		"a bad pattern":  {config: map[string]any{"alpha_pattern": map[string]any{"(": 1}}, want: adapter.ErrUnusable},
		"no number":      {config: map[string]any{"lora_alpha": "x"}, want: adapter.ErrUnusable},
		"unknown tensor": {tensor: func(t *safetensors.Tensor) { t.Name = "base_model.model.lm_head.lora_A.weight" }, want: errors.ErrUnsupported},
		"another prefix": {tensor: func(t *safetensors.Tensor) { t.Name = "x" + t.Name }, want: errors.ErrUnsupported},
		"half a factor":  {tensor: func(t *safetensors.Tensor) { t.Name = strings.Replace(t.Name, "layers.0", "layers.99", 1) }, want: adapter.ErrUnusable},
		"of a vision part": {tensor: func(t *safetensors.Tensor) {
			t.Name = strings.Replace(t.Name, "model.layers", "vision_tower.vision_model.encoder.layers", 1)
		}, want: errors.ErrUnsupported},
		"ranks that differ": {tensor: func(t *safetensors.Tensor) { t.Shape, t.Data = []int{1, t.Shape[1]}, t.Data[:len(t.Data)/2] }, want: adapter.ErrUnusable},
		"not a number":      {tensor: func(t *safetensors.Tensor) { copy(t.Data, []byte{0, 0, 0xC0, 0x7F}) }, want: adapter.ErrUnusable},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := a.WriteFolder(dir); err != nil {
				t.Fatal(err)
			}
			spoil(t, dir, c.config, c.tensor)
			if _, err := adapter.Open(dir); !errors.Is(err, c.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("%v, want %v and the path", err, c.want)
			}
		})
	}
	other := *a
	other.Factors = append([]adapter.Factor(nil), a.Factors...)
	other.Factors[0].Out++
	if err := other.Check(open(t, base)); !errors.Is(err, adapter.ErrUnusable) {
		t.Errorf("of another shape: %v", err)
	}
	other.Factors[0] = a.Factors[0]
	other.Factors[0].Name = "blk.77.attn_q.weight"
	if err := other.Check(open(t, base)); !errors.Is(err, source.ErrMissingTensor) {
		t.Errorf("of another layer: %v", err)
	}
	if _, err := adapter.Open(base); !errors.Is(err, adapter.ErrUnusable) {
		t.Errorf("a model: %v", err)
	}
}

// spoil changes the configuration and the first tensor of a PEFT folder.
func spoil(t *testing.T, dir string, config map[string]any, tensor func(*safetensors.Tensor)) {
	t.Helper()
	path := filepath.Join(dir, "adapter_config.json")
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
	f, err := safetensors.Open(filepath.Join(dir, "adapter_model.safetensors"))
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
	if err := os.WriteFile(filepath.Join(dir, "adapter_model.safetensors"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
