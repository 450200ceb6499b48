package library

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"lamplight/engine/adapter"
)

const (
	cardName = "model.json"
	maxCard  = 32 << 20 // bytes: 65,535 parts, the most a split GGUF can have, with names of ordinary length
	maxPath  = 32 << 10 // bytes: the longest path of any system
)

// Card is what the library knows about a model without opening it: the file model.json in its folder, which
// docs/FORMATS.md explains field by field. Texts are one line of at most 200 characters, whatever the model's own
// file says, where nothing else is said.
type Card struct {
	Name          string    `json:"name"`           // the user's; at first the model's own, else its file's
	Architecture  string    `json:"architecture"`   // "gemma3"
	Parameters    int64     `json:"parameters"`     // number of weights
	Quantization  string    `json:"quantization"`   // "Q4_0", "BF16", "mixed"
	Bytes         int64     `json:"bytes"`          // of all files
	ContextLength int       `json:"context_length"` // tokens
	Vocabulary    int       `json:"vocabulary"`     // tokens
	Tuning        Tuning    `json:"tuning,omitempty"`
	License       string    `json:"license,omitempty"` // its name; the text: Library.Licence
	Origin        string    `json:"origin,omitempty"`  // where the model's own file says that it comes from
	SHA256        string    `json:"sha256"`            // see digest; empty while a rebuilt card waits for it
	Imported      time.Time `json:"imported"`
	Linked        bool      `json:"linked"`              // the files are hard links: the source shares their disk space
	Reference     bool      `json:"reference,omitempty"` // the files are somebody else's, where they are
	App           string    `json:"app,omitempty"`       // whose: "ollama"
	Source        string    `json:"source"`              // the path it was imported from
	Files         []File    `json:"files"`               // in order of name
	Verified      time.Time `json:"verified,omitzero"`   // when Verify last found everything as it was
	Damage        string    `json:"damage,omitempty"`    // what Verify found wrong, until it finds it right

	Notes    string    `json:"notes,omitempty"` // several lines, at most 4,000 characters
	Tags     []string  `json:"tags,omitempty"`  // at most 16 of 40 characters
	LastUsed time.Time `json:"last_used,omitzero"`
	Speed    *Speed    `json:"speed,omitempty"`
	Receipt  *Receipt  `json:"receipt,omitempty"`
	Extras   *Extras   `json:"extras,omitempty"`

	Adapters []adapter.Use `json:"adapters,omitempty"` // it is used with, where nothing else is chosen; at most 16

	unknown map[string]json.RawMessage // fields of a later version, which stay when the card is written
}

// File is one file of a model.
type File struct {
	Name     string    `json:"name"` // in the model's folder; of a reference the absolute path
	Bytes    int64     `json:"bytes"`
	SHA256   string    `json:"sha256"`
	Modified time.Time `json:"modified,omitzero"` // of the file when it was hashed; zero: not known
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
	c.unknown = unknownFields(data)
	c.clean()
	if err := c.check(); err != nil {
		return Card{}, fmt.Errorf("%s: %w", cardName, err)
	}
	return c, nil
}

func (c *Card) clean() {
	for _, text := range []*string{&c.Name, &c.Architecture, &c.Quantization, &c.License, &c.Origin, &c.App, &c.Damage} {
		*text = cleanText(*text)
	}
	c.Source = strings.ToValidUTF8(c.Source, "\uFFFD")
	c.Tuning = c.Tuning.clean()
	c.Notes = cleanLines(c.Notes, maxNotes)
	c.Tags = cleanTags(c.Tags)
	c.Extras = c.Extras.clean()
	c.Adapters = CleanUses(c.Adapters)
	if c.Speed != nil {
		if c.Speed.Kernels = cleanText(c.Speed.Kernels); c.Speed.check() != nil {
			c.Speed = nil
		}
	}
	if c.Receipt != nil {
		if c.Receipt.clean(); c.Receipt.check() != nil {
			c.Receipt = nil
		}
	}
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
		case !c.mayName(f.Name):
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

// mayName reports whether a file of the card may have this name: one in the model's folder, or the absolute path of a
// reference, whose files lie in one folder.
func (c *Card) mayName(name string) bool {
	if c.Reference {
		return absolute(name) && filepath.Dir(name) == filepath.Dir(c.Files[0].Name)
	}
	return plainName(name) && !strings.EqualFold(name, cardName) && !strings.EqualFold(name, licenceName)
}

// absolute reports whether path is absolute, in its shortest form, and can be kept in a card.
func absolute(path string) bool {
	return len(path) <= maxPath && filepath.IsAbs(path) && filepath.Clean(path) == path &&
		utf8.ValidString(path) && !strings.ContainsRune(path, 0)
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
	if err != nil {
		return nil, err
	}
	return append(withUnknown(data, c.unknown), '\n'), nil
}

// path is what the engine opens: the GGUF file, the first part of a split one, or the Hugging Face folder.
func (c *Card) path(folder string) string {
	for i, f := range c.Files {
		if isGGUF(f.Name) || len(c.Files) == 1 {
			return c.at(folder, i)
		}
	}
	if c.Reference {
		return filepath.Dir(c.Files[0].Name)
	}
	return folder
}

// at is where the i-th file is of the model in folder.
func (c *Card) at(folder string, i int) string {
	if c.Reference {
		return c.Files[i].Name
	}
	return filepath.Join(folder, c.Files[i].Name)
}

// look looks at the files of the model in folder: all there, and of the size they had. It does not read them; changed
// says that they may have other content than when they were hashed.
func (c *Card) look(folder string) (changed bool, err error) {
	for i, f := range c.Files {
		path := c.at(folder, i)
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
			return false, fmt.Errorf("%w: %s", ErrGone, path)
		case err != nil:
			return false, fmt.Errorf("%w: %w", ErrDamaged, err)
		case !info.Mode().IsRegular():
			return false, fmt.Errorf("%w: %s is not a file", ErrDamaged, path)
		case info.Size() != f.Bytes:
			return false, fmt.Errorf("%w: %s has %d bytes, %d when it was imported", ErrDamaged, path, info.Size(), f.Bytes)
		}
		changed = changed || !f.Modified.IsZero() && !f.Modified.Equal(modified(info))
	}
	return changed, nil
}

// date fills in the times of the files in folder that are not known: cards of earlier versions had none, and their
// files count as what was imported.
func (c *Card) date(folder string) {
	if c.SHA256 == "" || c.Damage != "" {
		return
	}
	if _, err := c.look(folder); err != nil {
		return
	}
	for i := range c.Files {
		if f := &c.Files[i]; f.Modified.IsZero() {
			if info, err := os.Stat(c.at(folder, i)); err == nil {
				f.Modified = modified(info)
			}
		}
	}
}

// modified is the time of a file's last change, zero if it is one that JSON cannot hold.
func modified(info os.FileInfo) time.Time {
	t := info.ModTime().UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
