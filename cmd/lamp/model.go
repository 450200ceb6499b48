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
	errNoModel    = errors.New("no model is given, and none is active in the library")
	errNoExamples = errors.New("there is no example to learn from")
	errUnknown    = errors.New("neither a file nor the name of a model in the library")

	errNoLibrary = errors.New("there is no library yet")
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
	l, err := openLibrary()
	switch {
	case errors.Is(err, errNoLibrary) && name == "":
		return "", errNoModel
	case errors.Is(err, errNoLibrary):
		return "", fmt.Errorf("%q is %w", name, errUnknown)
	case err != nil:
		return "", err
	}
	m, err := findInLibrary(l, name)
	if errors.Is(err, library.ErrNotFound) {
		return "", fmt.Errorf("%q is %w", name, errUnknown)
	}
	return m.Path, err
}

// libraryFolder is where the window keeps its models.
func libraryFolder() string { return filepath.Join(xdg.DataHome, "lamplight", "models") }

// openLibrary opens the library if there is one, and makes none.
func openLibrary() (*library.Library, error) {
	if _, err := os.Stat(libraryFolder()); err != nil {
		return nil, errNoLibrary
	}
	return library.Open(libraryFolder())
}

// findInLibrary returns the model with this name or ID, or the active one for "".
func findInLibrary(l *library.Library, name string) (library.Model, error) {
	if name != "" {
		return l.Find(name)
	}
	m, ok := l.Active()
	if !ok {
		return m, errNoModel
	}
	return m, m.Err()
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
