package library

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"lamplight/kernels"
)

// Export writes a model as one GGUF file to path, which it replaces: a copy of a GGUF file, the parts of a split one
// joined, a Hugging Face folder converted without loss. The library keeps the model.
//
// The sequence yields progress and ends with stage Done or with one error. On an error, when ctx is cancelled and when
// the consumer leaves the loop, nothing is left behind and what was at path stays. Errors are those of Get, ErrOwnSource
// when path is a file of the model, ErrDamaged when its content is not what the card says, ErrNoSpace, and those of
// the file system.
func (l *Library) Export(ctx context.Context, id, path string) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		x := exporter{work: work{l: l, ctx: ctx, yield: yield, stage: Copying}, path: path}
		x.end("export "+id, func() (Progress, error) { return x.run(id) })
	}
}

// exporter is one export under way.
type exporter struct {
	work
	path string
}

func (x *exporter) run(id string) (Progress, error) {
	m, err := x.l.get(id)
	if err != nil {
		return Progress{}, err
	}
	folder := filepath.Join(x.l.dir, id)
	for i := range m.Card.Files {
		if sameFile(m.Card.at(folder, i), x.path) {
			return Progress{}, fmt.Errorf("%s: %w", x.path, ErrOwnSource)
		}
	}
	if free, ok := freeSpace(filepath.Dir(x.path)); ok && m.Card.Bytes > free {
		return Progress{}, fmt.Errorf("%w: %d bytes are needed, %d are free", ErrNoSpace, m.Card.Bytes, free)
	}
	if err := x.report(0, m.Card.Bytes); err != nil {
		return Progress{}, err
	}
	if len(m.Card.Files) == 1 {
		err = x.copy(&m)
	} else {
		err = x.join(&m)
	}
	return Progress{Done: m.Card.Bytes, Total: m.Card.Bytes, Model: &m}, err
}

// copy writes the only file of a model, and makes sure that it is the one on the card.
func (x *exporter) copy(m *Model) error {
	out, err := os.CreateTemp(filepath.Dir(x.path), ".gguf-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // which is no longer there once it is renamed
	defer out.Close()
	info, err := os.Stat(m.Path)
	if err != nil {
		return err
	}
	var done int64
	sum, err := x.read(&part{path: m.Path, info: info}, out, &done, info.Size())
	if err != nil {
		return err
	}
	if m.Card.SHA256 != "" && sum != m.Card.SHA256 {
		return fmt.Errorf("%w: %s has other content than when it was imported", ErrDamaged, m.Path)
	}
	for _, step := range []func() error{out.Sync, out.Close, x.ctx.Err, func() error { return os.Rename(out.Name(), x.path) }} {
		if err := step(); err != nil {
			return err
		}
	}
	syncDir(filepath.Dir(x.path))
	return nil
}

// join makes one file of several.
func (x *exporter) join(m *Model) error {
	original, err := ParseRecipe(Original)
	if err != nil {
		return err
	}
	pool := kernels.NewPool(1)
	defer pool.Close()
	for p, err := range Quantize(x.ctx, m.Path, x.path, original, pool) {
		if err != nil {
			return err
		}
		if err := x.report(p.Done, p.Total); err != nil {
			return err
		}
	}
	return nil
}
