package assistant

import (
	"context"

	"lamplight/engine"
)

// Borrow lends the active model to f, which may open sessions of its own and must close them. Nobody else works with the
// model meanwhile; wanted reports whether somebody waits for it, so that long work can make room and borrow again.
// Errors are those of [Runner.Load], and that of f.
func (r *Runner) Borrow(ctx context.Context, f func(m *engine.Model, wanted func() bool) error) error {
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	l, err := r.load(ctx)
	if err != nil {
		return err
	}
	return f(l.model, func() bool { return r.waiting.Load() > 0 })
}
