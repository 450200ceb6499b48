package library

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lamplight/engine/adapter"
	"lamplight/engine/source"
)

// Adapter is what was learnt beside models, in a folder of its own:
//
//	<dir>/.adapters/poems/adapter.gguf, adapter.json
//
// It is small, so the library keeps a copy, as GGUF whatever it was.
type Adapter struct {
	ID   string // name of its folder; never changes
	Path string // of the GGUF file
	Card AdapterCard
}

// AdapterCard is what the library knows of an adapter without opening it: the file adapter.json, which docs/FORMATS.md
// explains. Texts are one line of at most 200 characters.
type AdapterCard struct {
	Name         string `json:"name"`         // the user's; at first that of its file
	Architecture string `json:"architecture"` // of the models that it is for, "gemma3"; "": not known
	Base         string `json:"base,omitempty"`
	BaseSHA256   string `json:"base_sha256,omitempty"` // of the model that it was trained for, if that is known
	Trained      bool   `json:"trained,omitempty"`     // here

	Layers   int               `json:"layers"`   // that a model must have
	Matrices map[string][2]int `json:"matrices"` // inputs and outputs of what it changes: "attn_q": [640, 1024]

	Rank       int       `json:"rank"` // the highest
	Parameters int64     `json:"parameters"`
	Bytes      int64     `json:"bytes"`
	SHA256     string    `json:"sha256"` // of the GGUF file
	Imported   time.Time `json:"imported"`
}

const (
	adaptersName    = ".adapters"
	adapterFile     = "adapter.gguf"
	adapterCardName = "adapter.json"
	maxAdapterCard  = 1 << 20 // bytes
	maxLayers       = 1 << 16
)

// describeAdapter makes the card of an adapter. Layers that a model would need in different shapes belong to no model.
func describeAdapter(a *adapter.Adapter) (AdapterCard, error) {
	c := AdapterCard{Architecture: a.Architecture, Base: a.Base, Matrices: map[string][2]int{}}
	for _, f := range a.Factors {
		layer, target, ok := adapter.SplitName(f.Name)
		shape := [2]int{f.In, f.Out}
		if known, there := c.Matrices[target]; !ok || there && known != shape {
			return c, fmt.Errorf("%s: %d × %d weights, %v in another layer: %w", f.Name, f.Out, f.In, known, adapter.ErrUnusable)
		}
		c.Matrices[target] = shape
		c.Layers, c.Rank = max(c.Layers, layer+1), max(c.Rank, f.Rank)
		c.Parameters += int64(len(f.A)) + int64(len(f.B))
	}
	return c, nil
}

// Fits reports whether the adapter can be applied to a model of this shape.
func (c *AdapterCard) Fits(m source.Config) bool {
	if c.Architecture != "" && c.Architecture != m.Architecture || c.Layers > m.Layers {
		return false
	}
	queries, keys := m.Heads*m.HeadDim, m.KVHeads*m.HeadDim
	shapes := map[string][2]int{
		"attn_q": {m.Hidden, queries}, "attn_k": {m.Hidden, keys}, "attn_v": {m.Hidden, keys}, "attn_output": {queries, m.Hidden},
		"ffn_gate": {m.Hidden, m.FeedForward}, "ffn_up": {m.Hidden, m.FeedForward}, "ffn_down": {m.FeedForward, m.Hidden},
	}
	for name, shape := range c.Matrices {
		if shapes[name] != shape {
			return false
		}
	}
	return true
}

func (c *AdapterCard) clean() {
	c.Name, c.Architecture, c.Base = cleanText(c.Name), cleanText(c.Architecture), cleanText(c.Base)
}

func (c *AdapterCard) check() error {
	switch {
	case c.Name == "":
		return errors.New("the name is empty")
	case !isDigest(c.SHA256) || c.SHA256 == "" || !isDigest(c.BaseSHA256):
		return errors.New("a sha256 is no digest")
	case c.Layers < 1 || c.Layers > maxLayers || c.Rank < 1 || c.Rank > adapter.MaxRank || c.Parameters < 0 || c.Bytes < 0 || len(c.Matrices) == 0:
		return errors.New("a count is out of range")
	}
	return nil
}

func (c *AdapterCard) encode() ([]byte, error) {
	data, err := json.MarshalIndent(c, "", "  ")
	return append(data, '\n'), err
}

// readAdapter reads the card of the adapter in folder, which anybody may have edited, and looks for its file.
func readAdapter(folder string) (a Adapter, err error) {
	a.ID, a.Path = filepath.Base(folder), filepath.Join(folder, adapterFile)
	path := filepath.Join(folder, adapterCardName)
	if info, err := os.Stat(path); err != nil {
		return a, err
	} else if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return a, fmt.Errorf("%s is not a file", adapterCardName)
	}
	f, err := os.Open(path)
	if err != nil {
		return a, err
	}
	defer f.Close()
	if err := json.NewDecoder(io.LimitReader(f, maxAdapterCard)).Decode(&a.Card); err != nil {
		return a, fmt.Errorf("%s: %w", adapterCardName, err)
	}
	a.Card.clean()
	if err := a.Card.check(); err != nil {
		return a, fmt.Errorf("%s: %w", adapterCardName, err)
	}
	info, err := os.Stat(a.Path)
	switch {
	case err != nil:
		return a, err
	case !info.Mode().IsRegular() || info.Size() != a.Card.Bytes:
		return a, fmt.Errorf("%s: %w", a.Path, ErrDamaged)
	}
	return a, nil
}
