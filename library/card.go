package library

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	cardName = "model.json"
	maxCard  = 32 << 20 // bytes: 65,535 parts, the most a split GGUF can have, with names of ordinary length
)

// Card is what the library knows about a model without opening it: the file model.json in its folder.
// Texts are one line of at most 200 characters, whatever the model's own file says.
type Card struct {
	Name          string    `json:"name"`           // the user's; at first the model's own, else its file's
	Architecture  string    `json:"architecture"`   // "gemma3"
	Parameters    int64     `json:"parameters"`     // number of weights
	Quantization  string    `json:"quantization"`   // "Q4_0", "BF16", "mixed"
	Bytes         int64     `json:"bytes"`          // of all files
	ContextLength int       `json:"context_length"` // tokens
	Vocabulary    int       `json:"vocabulary"`     // tokens
	License       string    `json:"license,omitempty"`
	Origin        string    `json:"origin,omitempty"` // where the model's own file says that it comes from
	SHA256        string    `json:"sha256"`           // see digest; empty while a rebuilt card waits for it
	Imported      time.Time `json:"imported"`
	Linked        bool      `json:"linked"` // the files are hard links: the source shares their disk space
	Source        string    `json:"source"` // the path it was imported from
	Files         []File    `json:"files"`  // in order of name
}

// File is one file of a model.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// readCard reads the card in folder. A card that cannot be used is an error that is not fs.ErrNotExist.
func readCard(folder string) (Card, error) {
	path := filepath.Join(folder, cardName)
	if info, err := os.Stat(path); err != nil {
		return Card{}, err
	} else if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return Card{}, fmt.Errorf("%s is not a file", cardName)
	}
	f, err := os.Open(path)
	if err != nil {
		return Card{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxCard+1))
	if err != nil {
		return Card{}, err
	}
	return parseCard(data)
}

// parseCard reads a card that anybody may have edited: texts are cleaned, and what the library relies on
// (file names, sizes, digests) is checked.
func parseCard(data []byte) (Card, error) {
	if len(data) > maxCard {
		return Card{}, fmt.Errorf("%s is longer than %d bytes", cardName, maxCard)
	}
	var c Card
	if err := json.Unmarshal(data, &c); err != nil {
		return Card{}, fmt.Errorf("%s: %w", cardName, err)
	}
	c.clean()
	if err := c.check(); err != nil {
		return Card{}, fmt.Errorf("%s: %w", cardName, err)
	}
	return c, nil
}

func (c *Card) clean() {
	for _, text := range []*string{&c.Name, &c.Architecture, &c.Quantization, &c.License, &c.Origin} {
		*text = cleanText(*text)
	}
	c.Source = strings.ToValidUTF8(c.Source, "\uFFFD")
	slices.SortFunc(c.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
}

func (c *Card) check() error {
	switch {
	case c.Name == "":
		return errors.New("the name is empty")
	case c.Parameters < 0 || c.ContextLength < 0 || c.Vocabulary < 0:
		return errors.New("a count is negative")
	case !isDigest(c.SHA256):
		return fmt.Errorf("sha256 %.80q is not a digest", c.SHA256)
	case len(c.Files) == 0:
		return errors.New("no files are listed")
	}
	var sum int64
	for i, f := range c.Files {
		switch {
		case !plainName(f.Name) || strings.EqualFold(f.Name, cardName):
			return fmt.Errorf("file name %.80q is not allowed", f.Name)
		case i > 0 && f.Name == c.Files[i-1].Name:
			return fmt.Errorf("file %q is listed twice", f.Name)
		case f.Bytes < 0 || f.Bytes > math.MaxInt64-sum:
			return fmt.Errorf("file %q: size %d is out of range", f.Name, f.Bytes)
		case !isDigest(f.SHA256):
			return fmt.Errorf("file %q: sha256 %.80q is not a digest", f.Name, f.SHA256)
		}
		sum += f.Bytes
	}
	if sum != c.Bytes {
		return fmt.Errorf("the files have %d bytes, the card says %d", sum, c.Bytes)
	}
	return nil
}

// isDigest accepts a SHA-256 in lower-case hexadecimal, or none.
func isDigest(s string) bool {
	if s == "" {
		return true
	}
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == 64 && s == strings.ToLower(s)
}

// encode is the content of model.json.
func (c *Card) encode() ([]byte, error) {
	data, err := json.MarshalIndent(c, "", "  ")
	return append(data, '\n'), err
}

// path is what the engine opens: the GGUF file, the first part of a split one, or the Hugging Face folder.
func (c *Card) path(folder string) string {
	for _, f := range c.Files {
		if isGGUF(f.Name) {
			return filepath.Join(folder, f.Name)
		}
	}
	return folder
}

// verify looks at the files in folder: all there, and of the size they had. It does not read them.
func (c *Card) verify(folder string) error {
	for _, f := range c.Files {
		info, err := os.Stat(filepath.Join(folder, f.Name))
		switch {
		case os.IsNotExist(err):
			return fmt.Errorf("%w: %s", ErrGone, filepath.Join(folder, f.Name))
		case err != nil:
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%w: %s is not a file", ErrDamaged, filepath.Join(folder, f.Name))
		case info.Size() != f.Bytes:
			return fmt.Errorf("%w: %s has %d bytes, %d when it was imported",
				ErrDamaged, filepath.Join(folder, f.Name), info.Size(), f.Bytes)
		}
	}
	return nil
}
