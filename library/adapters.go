package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lamplight/engine/adapter"
	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/kernels"
)

// AdapterOptions say what is known of an adapter beside its files.
type AdapterOptions struct {
	Name       string // of the card; "": that of the file
	Base       string // name of the model that it was trained for; "": what its files say
	BaseSHA256 string // digest of that model, if it is known
	Trained    bool   // it was trained here
}

// AddAdapter copies an adapter, a GGUF file or a folder as PEFT writes it, into the library. The same content is one
// adapter: existed says that it was there already, or in the trash. Errors that a caller can tell apart:
// adapter.ErrUnusable, errors.ErrUnsupported, those of package gguf, ErrNoSpace, fs.ErrPermission, fs.ErrNotExist.
func (l *Library) AddAdapter(ctx context.Context, path string, o AdapterOptions) (a Adapter, existed bool, err error) {
	if a, existed, err = l.addAdapter(ctx, path, o); err != nil {
		if isFull(err) {
			err = fmt.Errorf("%w: %w", ErrNoSpace, err)
		}
		err = fmt.Errorf("library: add the adapter %s: %w", path, err)
	}
	return a, existed, err
}

func (l *Library) addAdapter(ctx context.Context, path string, o AdapterOptions) (a Adapter, existed bool, err error) {
	read, err := adapter.Open(path)
	if err != nil {
		return a, false, err
	}
	c, err := describeAdapter(read)
	if err != nil {
		return a, false, err
	}
	if c.Name = cleanText(o.Name); c.Name == "" {
		c.Name = nameOfAdapter(path)
	}
	if o.Base != "" {
		c.Base = o.Base
	}
	c.BaseSHA256, c.Trained, c.Imported = o.BaseSHA256, o.Trained, time.Now().UTC().Truncate(time.Second)
	s, err := l.newStaging()
	if err != nil {
		return a, false, err
	}
	defer s.remove()
	data, err := adapterData(ctx, read, path, filepath.Join(s.dir, "converted"))
	if err != nil {
		return a, false, err
	}
	sum := sha256.Sum256(data)
	c.SHA256, c.Bytes = hex.EncodeToString(sum[:]), int64(len(data))
	c.clean()
	if err := c.check(); err != nil {
		return a, false, fmt.Errorf("%w: %w", adapter.ErrUnusable, err)
	}
	card, err := c.encode()
	if err == nil {
		err = createFile(filepath.Join(s.model, adapterFile), data)
	}
	if err == nil {
		err = createFile(filepath.Join(s.model, adapterCardName), card)
	}
	if err == nil {
		syncDir(s.model)
		err = ctx.Err()
	}
	if err != nil {
		return a, false, err
	}
	err = l.locked(func() error {
		if a, existed = l.adapterWith(c.SHA256); existed {
			return nil
		}
		dir := filepath.Join(l.dir, adaptersName)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		a = Adapter{ID: unique(slug(c.Name), l.adapterTaken), Card: c}
		a.Path = filepath.Join(dir, a.ID, adapterFile)
		if err := os.Rename(s.model, filepath.Join(dir, a.ID)); err != nil {
			return err
		}
		syncDir(dir)
		return nil
	})
	return a, existed, err
}

// nameOfAdapter makes a name of where an adapter was.
func nameOfAdapter(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	name := cleanText(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	if name == "" || name == "adapter" { // as training calls it
		name = cleanText(filepath.Base(filepath.Dir(path)))
	}
	if name == "" || name == "." || name == string(filepath.Separator) {
		name = "Adapter"
	}
	return name
}

// adapterData returns the adapter as the content of a GGUF file: as it is, or converted from a folder at a path of the
// library's own.
func adapterData(ctx context.Context, a *adapter.Adapter, path, converted string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		if err := a.WriteGGUF(ctx, converted, kernels.F32); err != nil {
			return nil, err
		}
		path = converted
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := gguf.Parse(path, data); err != nil { // what was read before may have been changed since
		return nil, err
	}
	return data, nil
}

// Adapters lists the adapters that are whole, by name.
func (l *Library) Adapters() ([]Adapter, error) {
	entries, err := os.ReadDir(filepath.Join(l.dir, adaptersName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("library: %w", err)
	}
	var list []Adapter
	for _, e := range entries {
		if !plainName(e.Name()) || !e.IsDir() {
			continue
		}
		if a, err := readAdapter(filepath.Join(l.dir, adaptersName, e.Name())); err == nil {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b Adapter) int { return byName(a.Card.Name, a.ID, b.Card.Name, b.ID) })
	return list, nil
}

// Adapter returns the adapter with this content. ErrNotFound: there is none, or its file is gone or damaged.
func (l *Library) Adapter(sha256 string) (Adapter, error) {
	list, err := l.Adapters()
	if err != nil {
		return Adapter{}, err
	}
	for _, a := range list {
		if a.Card.SHA256 == sha256 {
			return a, nil
		}
	}
	return Adapter{}, fmt.Errorf("library: adapter %.16s: %w", sha256, ErrNotFound)
}

// AdaptersFor lists the adapters that can be applied to a model, by name.
func (l *Library) AdaptersFor(m Model) ([]Adapter, error) {
	list, err := l.Adapters()
	if err != nil || len(list) == 0 {
		return nil, err
	}
	shape, err := l.shape(m)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	return slices.DeleteFunc(list, func(a Adapter) bool { return !a.Card.Fits(shape) }), nil
}

// shape returns the shape of a model, which takes reading its description once.
func (l *Library) shape(m Model) (source.Config, error) {
	if known, ok := l.shapes.Load(m.Path + m.Digest()); ok && m.Digest() != "" {
		return known.(source.Config), nil
	}
	src, err := source.Open(m.Path)
	if err != nil {
		return source.Config{}, err
	}
	defer src.Close()
	l.shapes.Store(m.Path+m.Digest(), src.Config())
	return src.Config(), nil
}

// adapterWith finds the adapter with this content, and takes it back from the trash if it is there. The library is locked.
func (l *Library) adapterWith(sha256 string) (Adapter, bool) {
	if a, err := l.Adapter(sha256); err == nil {
		return a, true
	}
	for _, t := range trashIn(l.adapterTrash()) {
		if a, err := readAdapter(t.folder); err == nil && a.Card.SHA256 == sha256 && l.takeAdapterBack(t) == nil {
			a, err = readAdapter(filepath.Join(l.dir, adaptersName, t.id))
			return a, err == nil
		}
	}
	return Adapter{}, false
}

func (l *Library) adapterTrash() string { return filepath.Join(l.dir, adaptersName, trashName) }

// adapterTaken reports whether an ID belongs to something, in the trash too.
func (l *Library) adapterTaken(id string) bool {
	if _, err := os.Lstat(filepath.Join(l.dir, adaptersName, id)); err == nil {
		return true
	}
	return slices.ContainsFunc(trashIn(l.adapterTrash()), func(t trashed) bool { return t.id == id })
}

func (l *Library) takeAdapterBack(t trashed) error {
	return os.Rename(t.folder, filepath.Join(l.dir, adaptersName, t.id))
}

// RenameAdapter changes the name on an adapter's card; its ID stays. ErrName: nothing is left of name once control
// characters and surrounding spaces are gone.
func (l *Library) RenameAdapter(id, name string) error {
	name = cleanText(name)
	err := l.onAdapter(id, func(folder string) error {
		if name == "" {
			return ErrName
		}
		a, err := readAdapter(folder)
		if err != nil {
			return err
		}
		a.Card.Name = name
		data, err := a.Card.encode()
		if err != nil {
			return err
		}
		return l.writeFile(filepath.Join(folder, adapterCardName), data)
	})
	if err != nil {
		return fmt.Errorf("library: rename the adapter %s: %w", id, err)
	}
	return nil
}

// RemoveAdapter moves an adapter to the trash, from where RestoreAdapter brings it back.
func (l *Library) RemoveAdapter(id string) error {
	err := l.onAdapter(id, func(folder string) error {
		trash := l.adapterTrash()
		if err := os.MkdirAll(trash, 0o700); err != nil {
			return err
		}
		return os.Rename(folder, filepath.Join(trash, id+"-"+time.Now().UTC().Format(trashStamp)))
	})
	if err != nil {
		return fmt.Errorf("library: remove the adapter %s: %w", id, err)
	}
	return nil
}

// RestoreAdapter brings the adapter with this ID back from the trash. ErrNotFound: it is not there.
func (l *Library) RestoreAdapter(id string) error {
	err := l.locked(func() error {
		for _, t := range trashIn(l.adapterTrash()) {
			if t.id == id {
				return l.takeAdapterBack(t)
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return fmt.Errorf("library: restore the adapter %s: %w", id, err)
	}
	return nil
}

// onAdapter calls f with the folder of an adapter, under the lock.
func (l *Library) onAdapter(id string, f func(folder string) error) error {
	if !plainName(id) {
		return ErrNotFound
	}
	return l.locked(func() error {
		folder := filepath.Join(l.dir, adaptersName, id)
		if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
			return ErrNotFound
		}
		return f(folder)
	})
}

// maxUses bounds the adapters that are used at a time.
const maxUses = 16

// SetAdapters notes on a model's card which adapters it is used with where nothing else is chosen.
func (l *Library) SetAdapters(id string, uses []adapter.Use) error {
	return written(l.edit(id, func(c *Card) { c.Adapters = slices.Clone(uses) }))
}

// CleanUses returns what of a list, which anybody may have edited, can be used: each adapter once.
func CleanUses(uses []adapter.Use) (clean []adapter.Use) {
	for _, u := range uses {
		u.Name = cleanText(u.Name)
		same := func(v adapter.Use) bool { return v.SHA256 == u.SHA256 }
		if u.Valid() && isDigest(u.SHA256) && len(clean) < maxUses && !slices.ContainsFunc(clean, same) {
			clean = append(clean, u)
		}
	}
	return clean
}
