package library

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"lamplight/engine/source"
)

// Verify reads a model again: its structure, and the SHA-256 of every file. What is no longer as it was marks the model
// as damaged, on its card, until Verify finds it right or it is imported again; a damaged model cannot be loaded. A
// model that was only touched counts as unchanged from then on, and one whose card had to be rebuilt gets its digest.
//
// The sequence is that of Import without Copying. It ends with ErrDamaged for a model that has changed; with ErrGone or
// ErrNotFound; with ErrChanged for one that is being written to; with the errors of packages source and gguf for one
// that is what it was and cannot be used by this version; and with those of the file system. Only the first leaves a mark.
func (l *Library) Verify(ctx context.Context, id string) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		v := verifier{work{l: l, ctx: ctx, yield: yield}}
		v.end("verify "+id, func() (Progress, error) { return v.run(id) })
	}
}

// verifier is one verification under way.
type verifier struct{ work }

func (v *verifier) run(id string) (Progress, error) {
	m, err := v.l.get(id)
	if err != nil && (!errors.Is(err, ErrDamaged) || len(m.Card.Files) == 0) {
		return Progress{}, err
	}
	folder := filepath.Join(v.l.dir, id)
	found, err := v.examine(&m, folder)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return Progress{}, err
	}
	if e := v.l.locked(func() error { return v.note(folder, &m.Card, found, err) }); e != nil {
		return Progress{}, errors.Join(err, e)
	}
	if err != nil {
		return Progress{}, err
	}
	m, err = v.l.get(id)
	return Progress{Done: m.Card.Bytes, Total: m.Card.Bytes, Model: &m}, err
}

// examine reads the model's files and returns them as they are. The error wraps ErrDamaged where they are not what the
// card says.
func (v *verifier) examine(m *Model, folder string) ([]part, error) {
	v.stage = Checking
	if err := v.report(0, 0); err != nil {
		return nil, err
	}
	if _, err := m.Card.look(folder); err != nil {
		return nil, err
	}
	structure := check(m.Path)
	if isSystem(structure) {
		return nil, structure
	}
	parts := make([]part, len(m.Card.Files))
	for i, f := range m.Card.Files {
		path := m.Card.at(folder, i)
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		parts[i] = part{path: path, name: f.Name, info: info}
	}
	if err := v.hashParts(parts); err != nil {
		return nil, err
	}
	for i, f := range m.Card.Files {
		if f.SHA256 != "" && f.SHA256 != parts[i].sum {
			return nil, errors.Join(fmt.Errorf("%w: %s has other content than when it was imported", ErrDamaged, parts[i].path), structure)
		}
	}
	return parts, structure
}

// isSystem reports whether an error is the system's: it could not read, which says nothing about what it would have read.
func isSystem(err error) bool {
	var number syscall.Errno
	return errors.As(err, &number)
}

// check looks at the structure of a model, as an import does.
func check(path string) error {
	src, err := source.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := src.Check(); err != nil {
		return err
	}
	_, err = src.Vocab()
	return err
}

// note writes on the card what was found of the files that old lists: their parts, or why they are damaged. The library is
// locked.
func (v *verifier) note(folder string, old *Card, found []part, damage error) error {
	c, err := readCard(folder)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(c.Files, old.Files, func(a, b File) bool { return a.Name == b.Name && a.SHA256 == b.SHA256 }) {
		return ErrChanged // it was imported again in the meantime
	}
	if c.Damage = ""; damage != nil {
		c.Damage = cleanText(damage.Error())
		return v.l.writeCard(folder, &c)
	}
	for i, p := range found {
		c.Files[i].SHA256, c.Files[i].Modified = p.sum, modified(p.info)
	}
	c.SHA256 = digest(c.Files)
	c.Verified = time.Now().UTC().Truncate(time.Second)
	return v.l.writeCard(folder, &c)
}
