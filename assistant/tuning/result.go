package tuning

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"lamplight/engine/adapter"
	"lamplight/engine/train"
	"lamplight/library"
)

// Discard ends the training and forgets it: its numbers, and how it went. The examples stay, for another one.
func (t *Tuner) Discard(ctx context.Context, s Store) error {
	t.interrupt(errCancelled)
	t.mu.Lock()
	if t.status.Phase == Idle {
		t.mu.Unlock()
		return ErrNone
	}
	err := t.clear()
	t.status, t.paused = Status{}, false
	t.mu.Unlock()
	err = errors.Join(err, forget(ctx, s, recordName))
	t.changed()
	return err
}

// Merge makes a new model of the library of the one that was trained and what was learnt, and forgets the training. It yields
// the new model.
func (t *Tuner) Merge(ctx context.Context, s Store, name string) (library.Model, error) {
	base, err := t.decide()
	if err != nil {
		return library.Model{}, err
	}
	a, err := adapter.Open(t.adapterPath())
	if err != nil {
		return library.Model{}, err
	}
	path := filepath.Join(t.o.Folder, "merged")
	if info, err := os.Stat(base.Path); err == nil && !info.IsDir() {
		path += ".gguf"
	}
	defer os.RemoveAll(path)
	if err := os.RemoveAll(path); err != nil {
		return library.Model{}, err
	}
	if err := train.Merge(ctx, base.Path, a, path); err != nil {
		return library.Model{}, err
	}
	var made library.Model
	for p, err := range t.o.Library.Import(ctx, path, library.ImportOptions{Name: name}) {
		if err != nil {
			return made, err
		}
		if p.Stage == library.Done {
			made = *p.Model
		}
	}
	if err := t.o.Library.MadeFrom(made.ID, path, base.ID); err != nil {
		return made, err
	}
	return made, t.Discard(ctx, s)
}

// decide returns the model that was trained, when there is something to decide about.
func (t *Tuner) decide() (library.Model, error) {
	st := t.Status()
	if st.Phase != Done {
		return library.Model{}, ErrNone
	}
	return t.o.Library.Get(st.Record.Model)
}

// Keep puts what was learnt into the library, as an adapter of the model that was trained, and forgets the training.
func (t *Tuner) Keep(ctx context.Context, s Store, name string) (library.Adapter, error) {
	base, err := t.decide()
	if err != nil {
		return library.Adapter{}, err
	}
	o := library.AdapterOptions{Name: name, Base: base.Card.Name, BaseSHA256: base.Digest(), Trained: true}
	kept, existed, err := t.o.Library.AddAdapter(ctx, t.adapterPath(), o)
	if err == nil && existed { // it may have been in the trash, or under another name
		err = t.o.Library.RenameAdapter(kept.ID, name)
	}
	if err != nil {
		return kept, err
	}
	return kept, t.Discard(ctx, s)
}
