package assistant

import (
	"context"

	"lamplight/engine"
)

// Borrow lends the active model to f, which may open sessions of its own and must close them. Nobody else works with the
// model meanwhile; wanted reports whether somebody waits for it, so that long work can make room and borrow again.
// Errors are those of [Runner.Load], and that of f.
func (r *Runner) Borrow(ctx context.Context, f func(m *engine.Model, wanted func() bool) error) error {
	return r.BorrowModel(ctx, "", f)
}

// BorrowModel is Borrow for a model of the library, "" for the active one.
func (r *Runner) BorrowModel(ctx context.Context, id string, f func(m *engine.Model, wanted func() bool) error) error {
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	load := r.load
	if id != "" {
		load = func(ctx context.Context) (*loaded, error) { return r.loadModel(ctx, id) }
	}
	l, err := load(ctx)
	if err != nil {
		return err
	}
	return f(l.model, func() bool { return r.waiting.Load() > 0 })
}
