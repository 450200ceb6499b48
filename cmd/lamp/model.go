package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"

	"lamplight/engine/chat"
	"lamplight/engine/source"
	"lamplight/kernels"
	"lamplight/library"
	"lamplight/tokenizer"
)

func (c *call) modelFlag() *string {
	return c.String("m", "", "`MODEL`: a GGUF file, a Hugging Face folder or a name in the library")
}

// cacheFlag is the type of the KV cache.
func (c *call) cacheFlag() *kernels.Type {
	t := kernels.F16
	c.Func("kv", "`TYPE` of the KV cache: f16, or q8_0 for about half the memory (default f16)", func(s string) (err error) {
		if t, err = kernels.ParseType(s); err != nil || t != kernels.F16 && t != kernels.Q8_0 {
			return errors.New("it must be f16 or q8_0")
		}
		return nil
	})
	return &t
}

var (
	errNoModel = errors.New("no model is given, and none is active in the library")
	errUnknown = errors.New("neither a file nor the name of a model in the library")
)

// packedFolder is where weights arranged for this processor are kept; the window uses the same.
func packedFolder() string { return filepath.Join(xdg.CacheHome, "lamplight", "packed") }

// findModel returns the path that the user means by a MODEL; "" is the library's active model.
func findModel(name string) (path string, err error) {
	if name != "" {
		_, err := os.Stat(name)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || strings.ContainsRune(name, filepath.Separator) || filepath.Ext(name) == ".gguf" {
			return "", err
		}
	}
	dir := filepath.Join(xdg.DataHome, "lamplight", "models")
	if _, err := os.Stat(dir); err != nil { // library.Open would create it
		if name == "" {
			return "", errNoModel
		}
		return "", fmt.Errorf("%q is %w", name, errUnknown)
	}
	l, err := library.Open(dir)
	if err != nil {
		return "", err
	}
	if name == "" {
		m, ok := l.Active()
		if !ok {
			return "", errNoModel
		}
		return m.Path, m.Err()
	}
	m, err := l.Find(name)
	if errors.Is(err, library.ErrNotFound) {
		return "", fmt.Errorf("%q is %w", name, errUnknown)
	}
	return m.Path, err
}

// vocabulary is the part of a model that turns text into ids and back. It needs no weights.
type vocabulary struct {
	tok    *tokenizer.SPM
	format chat.Format
}

func openVocabulary(model string) (*vocabulary, error) {
	path, err := findModel(model)
	if err != nil {
		return nil, err
	}
	src, err := source.Open(path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	v, err := src.Vocab()
	if err != nil {
		return nil, err
	}
	tok, err := tokenizer.NewSPM(v)
	if err != nil {
		return nil, about(path, err)
	}
	return &vocabulary{tok, chat.Detect(src.Config().Architecture, src.Template())}, nil
}
