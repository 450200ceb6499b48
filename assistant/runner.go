package assistant

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"lamplight/engine"
	"lamplight/library"
	"lamplight/tokenizer"
)

// ErrNoModel is returned when there is no model to answer with.
var ErrNoModel = errors.New("no model is chosen")

// Runner owns the one model that is in memory. It loads the library's active model when somebody needs it,
// and loads anew when another was chosen or the settings that shape it have changed. Work with the model is
// done by one caller at a time; others wait, or give up when their context ends.
type Runner struct {
	cache string
	lib   *library.Library
	turn  chan struct{} // holds one value while nobody works

	settings atomic.Pointer[Settings]
	loaded   *loaded // owned by whoever has the turn
	tok      atomic.Pointer[vocabulary]
}

// loaded is a model in memory with the one session that all conversations share: its KV cache keeps what the
// next prompt has in common with the last one.
type loaded struct {
	id      string
	threads int
	model   *engine.Model
	session *engine.Session
	length  int // of the context that was asked for
}

// vocabulary outlives its model, so that a draft can be counted at any time.
type vocabulary struct {
	tokenizer.Tokenizer
	context int
}

// NewRunner makes a runner without a model in memory. cache is the folder for weights arranged for this processor, see
// engine.LoadOptions; "": none.
func NewRunner(lib *library.Library, cache string, s Settings) *Runner {
	r := &Runner{lib: lib, cache: cache, turn: make(chan struct{}, 1)}
	r.turn <- struct{}{}
	r.settings.Store(&s)
	return r
}

// SetSettings changes the settings for the next answer.
func (r *Runner) SetSettings(s Settings) { r.settings.Store(&s) }

// Settings returns the settings in force.
func (r *Runner) Settings() Settings { return *r.settings.Load() }

// Load brings the active model into memory, if it is not there yet, and describes it.
func (r *Runner) Load(ctx context.Context) (engine.Info, error) {
	if err := r.acquire(ctx); err != nil {
		return engine.Info{}, err
	}
	defer r.release()
	l, err := r.load(ctx)
	if err != nil {
		return engine.Info{}, err
	}
	return l.model.Info(), nil
}

// Close waits for the work that is being done and frees the model.
func (r *Runner) Close(ctx context.Context) error {
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	return r.unload()
}

// Forget waits for the work that is being done and drops what the model has read and written: the KV cache.
func (r *Runner) Forget(ctx context.Context) error {
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	if l := r.loaded; l != nil && l.session != nil {
		l.session.Close()
		l.session = nil
	}
	return nil
}

// Busy reports whether somebody works with the model at this moment. What can wait should.
func (r *Runner) Busy() bool { return len(r.turn) == 0 }

func (r *Runner) acquire(ctx context.Context) error {
	select {
	case <-r.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Runner) release() { r.turn <- struct{}{} }

// load returns the active model under the settings in force. The caller has the turn.
func (r *Runner) load(ctx context.Context) (*loaded, error) {
	m, ok := r.lib.Active()
	if !ok {
		return nil, ErrNoModel
	}
	m, err := r.lib.Get(m.ID) // says why, when its files are gone
	if err != nil {
		return nil, err
	}
	s := r.Settings()
	if l := r.loaded; l != nil && (l.id != m.ID || l.threads != s.Threads) {
		if err := r.unload(); err != nil {
			return nil, err
		}
	}
	if r.loaded == nil {
		model, err := engine.Load(ctx, m.Path, engine.LoadOptions{Threads: s.Threads, Cache: r.cache, SHA256: m.Digest()})
		if err != nil {
			return nil, err
		}
		r.loaded = &loaded{id: m.ID, threads: s.Threads, model: model}
	}
	if err := r.loaded.open(s.ContextLength); err != nil {
		return nil, err
	}
	r.tok.Store(&vocabulary{r.loaded.model.Tokenizer(), r.loaded.session.ContextLength()})
	return r.loaded, nil
}

// open makes the session, or another one when the context length has changed. A length above the model's own
// is cut to it.
func (l *loaded) open(length int) error {
	length = min(length, l.model.Info().ContextLength)
	if l.session != nil && l.length == length {
		return nil
	}
	if l.session != nil {
		l.session.Close()
		l.session = nil
	}
	session, err := l.model.NewSession(engine.SessionOptions{ContextLength: length})
	if err != nil {
		return err
	}
	l.session, l.length = session, length
	return nil
}

func (r *Runner) unload() error {
	l := r.loaded
	if l == nil {
		return nil
	}
	r.loaded = nil
	r.tok.Store(nil)
	if l.session != nil {
		l.session.Close()
	}
	if err := l.model.Close(); err != nil {
		return fmt.Errorf("assistant: %w", err)
	}
	return nil
}
