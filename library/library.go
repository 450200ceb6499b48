// Package library keeps the user's models: a folder with one folder for each model.
//
//	<dir>/gemma-3-270m-it-q8_0/model.gguf     a hard link to the imported file where the file system allows it
//	<dir>/gemma-3-270m-it-q8_0/model.json     its Card
//	<dir>/gemma-3-270m-it-q8_0/licence.txt    the text of its licence, if there is more than a name
//	<dir>/+starter/model.gguf, model.json     what the program has brought along, see Bring
//	<dir>/qwen2.5-0.5b-f16/part-00001-of-00002.gguf …   a split GGUF keeps the names of its parts
//	<dir>/gemma-3-270m/config.json, model.safetensors … a Hugging Face folder keeps the names of its files
//	<dir>/.adapters/poems/adapter.gguf, adapter.json   an adapter and its AdapterCard
//	<dir>/active.json                         the selected model
//	<dir>/.trash/<slug>-<time>/               removed models, see Remove and Restore
//	<dir>/.incoming-*/                        imports under way
//	<dir>/.lock                               held while something is moved into place
//
// A model that is referred to stays where it is: its folder has a card alone, with the paths of files that are another
// application's or the user's. They are read, never written, and outlive the card.
//
// Import checks a model, hashes it, and prepares its folder in .incoming-*, locked for as long as the import
// lives; one rename publishes it. Reading takes no lock and sees complete models only. What a crash leaves
// behind is removed by the next Open. The same content, wherever it is imported from, is one model.
//
// Files in a model's folder may be hard links, which are the user's own files under another name: the
// library never writes to them and never changes their mode. In return it can lose them or see them
// change, so every Model says whether its files are still there and as they were; Verify reads them again.
package library

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Errors that a caller decides on. What is wrong with the content of a file is said by the errors of
// packages source and gguf, which pass through.
var (
	ErrNotFound      = errors.New("no such model in the library")
	ErrAmbiguous     = errors.New("several models have this name")
	ErrGone          = errors.New("the model's files are gone")
	ErrDamaged       = errors.New("the model is damaged")
	ErrName          = errors.New("a model needs a name")
	ErrNoModel       = errors.New("there is no model in this folder")
	ErrSeveralModels = errors.New("there are several models in this folder") // as *SeveralModelsError
	ErrChanged       = errors.New("the file changed while it was imported")
	ErrNoSpace       = errors.New("the disk is full")
	ErrPath          = errors.New("the path cannot be written on a card") // of a reference
	ErrOwnSource     = errors.New("the result would replace the model itself")
	ErrBuiltIn       = errors.New("the model is part of the program") // and is not removed
)

// Library is a folder of models. Its methods may be called from several goroutines, and several processes
// may have the same folder open.
type Library struct {
	dir  string
	link func(oldname, newname string) error // os.Link; tests put a file system without hard links here

	shapes sync.Map // source.Config of models, by path and digest
	own    atomic.Pointer[brought]
}

// Model is one model of the library, as it was when it was listed.
type Model struct {
	ID     string // name of its folder; never changes
	Path   string // what engine.Load takes: a GGUF file or a folder
	Card   Card
	Gone   bool  // its files, or some of them, are no longer on the disk
	Damage error // nil, or why it cannot be used although its files are there; wraps ErrDamaged

	// Changed: a file was written to since it was hashed, or somebody has touched it. The model can be loaded; whether
	// it is still the one on the card, Verify tells.
	Changed bool
}

// Err is nil for a model that can be loaded, else it wraps ErrGone or ErrDamaged.
func (m *Model) Err() error {
	if m.Gone {
		return fmt.Errorf("%s: %w", m.ID, ErrGone)
	}
	return m.Damage
}

// Digest identifies the content that is on the disk now, as far as that is known: the SHA-256 of the card, or "" after
// a change that was not verified.
func (m *Model) Digest() string {
	if m.Changed || m.Err() != nil {
		return ""
	}
	return m.Card.SHA256
}

// Open opens the library in dir, which it creates when necessary, and clears away what interrupted imports
// left there.
func Open(dir string) (*Library, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	l := &Library{dir: dir, link: os.Link}
	// Only housekeeping: where it fails, as on a read-only disk, the models can still be used.
	_ = l.locked(l.sweep)
	return l, nil
}

// List returns every model in order of name, those included that are gone or damaged.
func (l *Library) List() ([]Model, error) {
	models, err := l.models(l.look)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	if m, ok := l.ghost(); ok {
		models = append(models, m)
	}
	slices.SortFunc(models, func(a, b Model) int { return byName(a.Card.Name, a.ID, b.Card.Name, b.ID) })
	return models, nil
}

// byName is the order of what the library lists: by names in any case of letters, then by IDs.
func byName(a, aID, b, bID string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(aID, bID))
}

// Get returns one model. For a model that cannot be loaded the error wraps ErrGone or ErrDamaged and the
// Model is what is known of it. ErrNotFound: there is no such model.
func (l *Library) Get(id string) (Model, error) {
	m, err := l.get(id)
	if err != nil {
		return m, fmt.Errorf("library: %w", err)
	}
	return m, nil
}

func (l *Library) get(id string) (Model, error) {
	if !plainName(id) {
		return Model{}, fmt.Errorf("%q: %w", id, ErrNotFound)
	}
	m, err := l.look(id)
	if errors.Is(err, ErrNotFound) {
		if ghost, ok := l.ghost(); ok && ghost.ID == id {
			return ghost, ghost.Err()
		}
		return Model{}, err
	}
	if err != nil {
		return Model{}, err
	}
	return m, m.Err()
}

// Find returns the model with this ID, or else the only one with this name in any case. It fails as Get
// does, and with ErrAmbiguous, naming the IDs, when several models have the name.
func (l *Library) Find(name string) (Model, error) {
	if m, err := l.Get(name); !errors.Is(err, ErrNotFound) {
		return m, err
	}
	models, err := l.List()
	if err != nil {
		return Model{}, err
	}
	models = slices.DeleteFunc(models, func(m Model) bool { return !strings.EqualFold(m.Card.Name, name) })
	switch len(models) {
	case 0:
		return Model{}, fmt.Errorf("library: %q: %w", name, ErrNotFound)
	case 1:
		if err := models[0].Err(); err != nil {
			return models[0], fmt.Errorf("library: %w", err)
		}
		return models[0], nil
	}
	var ids []string
	for _, m := range models {
		ids = append(ids, m.ID)
	}
	return Model{}, fmt.Errorf("library: %q: %w: %s", name, ErrAmbiguous, strings.Join(ids, ", "))
}

func (l *Library) writeCard(folder string, c *Card) error {
	data, err := c.encode()
	if err != nil {
		return err
	}
	return l.writeFile(filepath.Join(folder, cardName), data)
}

// readers is how many models are looked at at a time: on a disk that was not read yet most of it is waiting.
const readers = 8

// models loads every model folder with load, which is look or, when the library is locked, lookLocked.
func (l *Library) models(load func(id string) (Model, error)) ([]Model, error) {
	entries, err := os.ReadDir(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if plainName(e.Name()) && e.IsDir() {
			ids = append(ids, e.Name())
		}
	}
	if l.own.Load() != nil && !slices.Contains(ids, BuiltInID) {
		ids = append(ids, BuiltInID) // looking at it brings it back
	}
	found := make([]Model, len(ids))
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(readers, len(ids)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(ids)); i = next.Add(1) - 1 {
				found[i], _ = load(ids[i]) // an error: no model in it, or removed a moment ago
			}
		})
	}
	all.Wait()
	return slices.DeleteFunc(found, func(m Model) bool { return m.ID == "" }), nil
}
