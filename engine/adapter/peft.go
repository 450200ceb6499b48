package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lamplight/engine/internal/container"
	"lamplight/engine/safetensors"
	"lamplight/kernels"
)

// The folder of an adapter as Hugging Face's PEFT writes it.
const (
	peftConfigFile = "adapter_config.json"
	peftModelFile  = "adapter_model.safetensors"
	peftPrefix     = "base_model.model."
	maxPEFTConfig  = 1 << 20 // bytes
)

// peftConfig has the keys of adapter_config.json that matter here.
type peftConfig struct {
	PEFTType      string             `json:"peft_type"`
	TaskType      string             `json:"task_type,omitempty"`
	Base          string             `json:"base_model_name_or_path"`
	R             int                `json:"r"`
	Alpha         *float64           `json:"lora_alpha"`
	Dropout       float64            `json:"lora_dropout"`
	TargetModules any                `json:"target_modules"`
	Bias          string             `json:"bias"`
	RSLoRA        bool               `json:"use_rslora"`
	DoRA          bool               `json:"use_dora"`
	Transposed    bool               `json:"fan_in_fan_out"`
	RankPattern   map[string]int     `json:"rank_pattern"`
	AlphaPattern  map[string]float64 `json:"alpha_pattern"`
	ModulesToSave []string           `json:"modules_to_save"`
	InferenceMode bool               `json:"inference_mode"`
}

func parsePEFTConfig(data []byte) (c peftConfig, err error) {
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	refuse := func(what string) error { return fmt.Errorf("%s: %w", what, errors.ErrUnsupported) }
	switch {
	case c.PEFTType != "LORA":
		return c, refuse(fmt.Sprintf("an adapter of type %q", c.PEFTType))
	case c.Bias != "" && c.Bias != "none":
		return c, refuse("trained biases")
	case c.DoRA:
		return c, refuse("DoRA")
	case c.Transposed:
		return c, refuse("transposed weights")
	case len(c.ModulesToSave) > 0:
		return c, refuse("whole tensors in an adapter")
	}
	return c, nil
}

// alphaOf returns the alpha of a module: the first pattern that its name ends with counts, as PEFT has it.
func (c peftConfig) alphaOf(module string, patterns []alphaPattern) float64 {
	for _, p := range patterns {
		if p.matches.MatchString(module) {
			return p.alpha
		}
	}
	if c.Alpha == nil {
		return 8 // PEFT's default
	}
	return *c.Alpha
}

type alphaPattern struct {
	matches *regexp.Regexp
	alpha   float64
}

func (c peftConfig) alphaPatterns() (list []alphaPattern, err error) {
	for _, key := range slices.Sorted(maps.Keys(c.AlphaPattern)) {
		alpha := c.AlphaPattern[key]
		r, err := regexp.Compile(`^(.*\.)?(` + key + `)$`)
		if err != nil {
			return nil, fmt.Errorf("alpha_pattern %q: %w", key, ErrUnusable)
		}
		list = append(list, alphaPattern{r, alpha})
	}
	return list, nil
}

func readPEFT(dir string) (*Adapter, error) {
	f, err := os.Open(filepath.Join(dir, peftConfigFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPEFTConfig+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxPEFTConfig {
		return nil, fmt.Errorf("%s is larger than %d bytes: %w", f.Name(), maxPEFTConfig, ErrUnusable)
	}
	weights, err := safetensors.Open(filepath.Join(dir, peftModelFile))
	if err != nil {
		return nil, err
	}
	defer weights.Close()
	return parsePEFT(data, weights)
}

func parsePEFT(config []byte, weights *safetensors.File) (*Adapter, error) {
	c, err := parsePEFTConfig(config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", peftConfigFile, err)
	}
	patterns, err := c.alphaPatterns()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", peftConfigFile, err)
	}
	a := &Adapter{Base: c.Base}
	type pair struct{ a, b *safetensors.Tensor }
	pairs, order := map[string]*pair{}, []string{}
	for _, t := range weights.Tensors() {
		module, isA, ok := peftTensor(t.Name)
		if !ok {
			return nil, fmt.Errorf("tensor %q: %w", t.Name, errors.ErrUnsupported)
		}
		p := pairs[module]
		if p == nil {
			p = &pair{}
			pairs[module], order = p, append(order, module)
		}
		if isA {
			p.a = &t
		} else {
			p.b = &t
		}
	}
	seen := map[string]bool{}
	for _, module := range order {
		p := pairs[module]
		f := Factor{}
		var ok bool
		if f.Name, ok = TensorName(module); !ok || seen[f.Name] {
			return nil, fmt.Errorf("module %q: %w", module, errors.ErrUnsupported)
		}
		seen[f.Name] = true
		if p.a == nil || p.b == nil || len(p.a.Shape) != 2 || len(p.b.Shape) != 2 || p.a.Shape[0] != p.b.Shape[1] {
			return nil, fmt.Errorf("module %q: A and B do not fit together: %w", module, ErrUnusable)
		}
		f.Rank, f.In, f.Out = p.a.Shape[0], p.a.Shape[1], p.b.Shape[0]
		f.Scale = Scale(float32(c.alphaOf(module, patterns)), max(1, f.Rank), c.RSLoRA)
		if f.A, err = floats(*p.a); err == nil {
			f.B, err = floats(*p.b)
		}
		if err == nil {
			err = f.check()
		}
		if err != nil {
			return nil, err
		}
		a.Factors = append(a.Factors, f)
	}
	if len(a.Factors) == 0 {
		return nil, fmt.Errorf("%s holds nothing: %w", peftModelFile, ErrUnusable)
	}
	return a, nil
}

// peftTensor splits "base_model.model.PATH.lora_A.weight" into the path and which factor it is. The name that an adapter
// had when it was trained, "default", may stand before ".weight".
func peftTensor(name string) (module string, isA, ok bool) {
	rest, ok := strings.CutPrefix(name, peftPrefix)
	if !ok {
		return "", false, false
	}
	if rest, ok = strings.CutSuffix(rest, ".weight"); !ok {
		return "", false, false
	}
	rest = strings.TrimSuffix(rest, ".default")
	if module, ok = strings.CutSuffix(rest, ".lora_A"); ok {
		return module, true, true
	}
	module, ok = strings.CutSuffix(rest, ".lora_B")
	return module, false, ok
}

func floats(t safetensors.Tensor) ([]float32, error) {
	typ, ok := t.DType.Type()
	if !ok || typ != kernels.F32 && typ != kernels.F16 && typ != kernels.BF16 {
		return nil, fmt.Errorf("tensor %q has type %s: %w", t.Name, t.DType, errors.ErrUnsupported)
	}
	x := make([]float32, t.Elements())
	kernels.Decode(typ, x, t.Data)
	return x, nil
}

// WriteFolder writes a into the folder dir as PEFT does, with numbers in F32.
func (a *Adapter) WriteFolder(dir string) error {
	if len(a.Factors) == 0 {
		return fmt.Errorf("adapter: an empty adapter: %w", ErrUnusable)
	}
	first := a.Factors[0]
	alpha := float64(a.alpha(first))
	c := peftConfig{
		PEFTType: "LORA", TaskType: "CAUSAL_LM", Base: a.Base, R: first.Rank, Alpha: &alpha, Bias: "none", InferenceMode: true,
		RankPattern: map[string]int{}, AlphaPattern: map[string]float64{},
	}
	var tensors []safetensors.Tensor
	var targets []string
	have := map[string]bool{}
	for _, f := range a.Factors {
		module, ok := modulePath(f.Name)
		if !ok {
			return fmt.Errorf("adapter: %s: %w", f.Name, ErrUnusable)
		}
		if last := module[strings.LastIndexByte(module, '.')+1:]; !have[last] {
			have[last], targets = true, append(targets, last)
		}
		if f.Rank != first.Rank {
			c.RankPattern[regexp.QuoteMeta(module)] = f.Rank
		}
		if own := float64(a.alpha(f)); own != alpha {
			c.AlphaPattern[regexp.QuoteMeta(module)] = own
		}
		tensors = append(tensors,
			safetensors.Tensor{Name: peftPrefix + module + ".lora_A.weight", DType: "F32", Shape: []int{f.Rank, f.In}, Data: encoded(kernels.F32, f.A)},
			safetensors.Tensor{Name: peftPrefix + module + ".lora_B.weight", DType: "F32", Shape: []int{f.Out, f.Rank}, Data: encoded(kernels.F32, f.B)})
	}
	c.TargetModules = targets
	config, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = container.WriteFile(filepath.Join(dir, peftModelFile), func(out io.Writer) error { return safetensors.Write(out, tensors) })
	}
	if err == nil {
		err = container.WriteFile(filepath.Join(dir, peftConfigFile), func(out io.Writer) error {
			_, err := out.Write(append(config, '\n'))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("adapter: write: %w", err)
	}
	return nil
}
