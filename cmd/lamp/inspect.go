package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/engine/source"
)

// description is what inspect prints.
type description struct {
	Facts    *facts         `json:"facts,omitempty"`
	Config   *config        `json:"config,omitempty"`
	Problem  string         `json:"problem,omitempty"` // why lamp cannot run the model
	Metadata map[string]any `json:"metadata"`
	Tensors  []tensor       `json:"tensors"`
}

// facts are source.Facts as JSON names them.
type facts struct {
	Name         string   `json:"name"`
	Architecture string   `json:"architecture"`
	Quantization string   `json:"quantization"`
	License      string   `json:"license"`
	Origin       string   `json:"origin"`
	Parameters   int64    `json:"parameters"`
	WeightBytes  int64    `json:"weight_bytes"`
	Bytes        int64    `json:"bytes"`
	Files        []string `json:"files"`
}

// config is source.Config as JSON names it.
type config struct {
	Architecture   string  `json:"architecture"`
	Layers         int     `json:"layers"`
	Hidden         int     `json:"hidden"`
	Heads          int     `json:"heads"`
	KVHeads        int     `json:"kv_heads"`
	HeadDim        int     `json:"head_dim"`
	FeedForward    int     `json:"feed_forward"`
	Vocab          int     `json:"vocab"`
	ContextLength  int     `json:"context_length"`
	Window         int     `json:"window"`
	Global         []bool  `json:"global"`
	RMSEpsilon     float32 `json:"rms_epsilon"`
	RopeBase       float32 `json:"rope_base"`
	RopeBaseLocal  float32 `json:"rope_base_local"`
	RopeScale      float32 `json:"rope_scale"`
	QueryScale     float32 `json:"query_scale"`
	EmbeddingScale float32 `json:"embedding_scale"`
	FinalSoftcap   float32 `json:"final_softcap"`
}

// tensor is a tensor as the file describes it: a GGUF file gives the innermost dimension first, a
// safetensors file last.
type tensor struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Shape []int  `json:"shape"`
}

func inspect(c *call) error {
	args, err := c.parse("MODEL")
	if err != nil {
		return err
	}
	path, err := findModel(args[0])
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var d description
	if info.IsDir() {
		err = d.addFolder(path)
	} else {
		err = d.addGGUF(path)
	}
	if err != nil {
		return about(path, err)
	}
	if err := d.addModel(path); err != nil {
		d.Problem = message(err)
	}
	return c.printJSON(d, "  ")
}

// addModel adds what the engine makes of the files. A model that it cannot run is worth looking at too.
func (d *description) addModel(path string) error {
	src, err := source.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	f, n := facts(src.Facts()), config(src.Config())
	d.Facts, d.Config = &f, &n
	if err := src.Check(); err != nil {
		return err
	}
	_, err = src.Vocab()
	return err
}

func (d *description) addGGUF(path string) error {
	f, err := gguf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d.Metadata = map[string]any{}
	for _, key := range f.Keys() {
		v, _ := f.Get(key)
		d.Metadata[key] = shorten(v.Any())
	}
	d.Tensors = []tensor{}
	for _, t := range f.Tensors() {
		d.Tensors = append(d.Tensors, tensor{t.Name, t.Type.String(), t.Shape})
	}
	return nil
}

func (d *description) addFolder(path string) error {
	folder, err := safetensors.OpenFolder(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	d.Metadata = map[string]any{}
	for _, name := range []string{safetensors.ConfigFile, safetensors.GenerationConfigFile} {
		text, err := folder.Read(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !json.Valid(text) {
			return fmt.Errorf("%s: %w", filepath.Join(path, name), safetensors.ErrCorrupt)
		}
		d.Metadata[name] = json.RawMessage(text)
	}
	d.Tensors = []tensor{}
	for _, name := range folder.Paths() {
		if filepath.Ext(name) != ".safetensors" {
			continue
		}
		f, err := safetensors.Open(name)
		if err != nil {
			return err
		}
		for _, t := range f.Tensors() {
			d.Tensors = append(d.Tensors, tensor{t.Name, string(t.DType), t.Shape})
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// shownElements is the number of elements that inspect shows of an array.
const shownElements = 8

// shorten cuts long arrays: a vocabulary has hundreds of thousands of entries.
func shorten(v any) any {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice {
		return finite(v)
	}
	first := make([]any, min(r.Len(), shownElements))
	for i := range first {
		first[i] = finite(r.Index(i).Interface())
	}
	if r.Len() == len(first) {
		return first
	}
	return struct {
		Elements int   `json:"elements"`
		First    []any `json:"first"`
	}{r.Len(), first}
}

// finite returns numbers that JSON does not have as text.
func finite(v any) any {
	r := reflect.ValueOf(v)
	if r.CanFloat() && (math.IsNaN(r.Float()) || math.IsInf(r.Float(), 0)) {
		return fmt.Sprint(v)
	}
	return v
}
