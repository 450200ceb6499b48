package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lamplight/engine"
	"lamplight/engine/adapter"
)

// strong is an adapter as the user names it: where its files are, and how strong it is to be.
type strong struct {
	path     string
	strength float32
}

// adapterFlag adds the flag -adapter, which may be given several times.
func (c *call) adapterFlag() *[]strong {
	list := &[]strong{}
	c.Func("adapter", "`FILE[:STRENGTH]`: an adapter, GGUF file or PEFT folder, that changes the model; 1 is as it was trained. Several add up", func(s string) error {
		a := strong{s, 1}
		if at := strings.LastIndexByte(s, ':'); at >= 0 {
			if x, err := strconv.ParseFloat(s[at+1:], 32); err == nil {
				a = strong{s[:at], float32(x)}
			}
		}
		if a.path == "" {
			return errors.New("the file is missing")
		}
		*list = append(*list, a)
		return nil
	})
	return list
}

// adapted reads adapters and prepares them for a model.
func adapted(m *engine.Model, list []strong) (applied []engine.Applied, err error) {
	for _, s := range list {
		a, err := adapter.Open(s.path)
		if err != nil {
			return nil, err
		}
		prepared, err := m.Adapt(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.path, err)
		}
		applied = append(applied, engine.Applied{Adapter: prepared, Strength: s.strength})
	}
	return applied, nil
}
