package assistant

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"lamplight/engine"
	"lamplight/library"
)

// ErrNoModel is returned when there is no model to answer with.
var ErrNoModel = errors.New("no model is chosen")

// ErrMemory is returned, as a *MemoryError, when the active model needs more memory than is free; see [Runner.Insist].
var ErrMemory = errors.New("the model needs more memory than is free")

// MemoryError is ErrMemory with what was compared.
type MemoryError struct {
	ID         string // of the model
	Need, Free int64  // bytes
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("assistant: %s: %v: %d bytes of %d", e.ID, ErrMemory, e.Need, e.Free)
}

func (e *MemoryError) Unwrap() error { return ErrMemory }

// Runner owns the one model that is in memory. It loads the library's active model when somebody needs it,
// and loads anew when another was chosen or the settings that shape it have changed. Work with the model is
// done by one caller at a time; others wait, or give up when their context ends.
type Runner struct {
	cache   string
	lib     *library.Library
	version string        // of the program
	turn    chan struct{} // holds one value while nobody works

	free     func() (int64, bool) // engine.FreeMemory
	insisted sync.Map             // has the wishes that are followed though memory is short
	settings atomic.Pointer[Settings]
	loaded   *loaded // owned by whoever has the turn
	tok      atomic.Pointer[vocabulary]
	personas atomic.Pointer[[]Persona] // as they were listed last
	own      sync.Map                  // by a model's ID: the sample.Params of its files
	waiting  atomic.Int32              // how many callers wait for their turn
}

// loaded is a model in memory with the one session that all conversations share: its KV cache keeps what the
// next prompt has in common with the last one.
type loaded struct {
	id      string
	threads int
	model   *engine.Model
	card    library.Card
	reader  *reader
	session *engine.Session
	length  int // of the context that was asked for

	adapters map[string]*engine.Adapter // that were prepared, by the SHA-256 of their files
}

// wish is a model at a length of its context.
type wish struct {
	id     string
	length int
}

// vocabulary is what a draft is counted with, at any time, while somebody works with the model.
type vocabulary struct {
	*reader
	card    library.Card
	context int
	asked   string // the model that was asked for: "" for the active one, or one that it stands in for
}

// NewRunner makes a runner without a model in memory. cache is the folder for weights arranged for this processor, see
// engine.LoadOptions; "": none.
func NewRunner(lib *library.Library, cache string, s Settings) *Runner {
	r := &Runner{lib: lib, cache: cache, turn: make(chan struct{}, 1), free: engine.FreeMemory}
	r.turn <- struct{}{}
	r.settings.Store(&s)
	return r
}

// SetSettings changes the settings for the next answer.
func (r *Runner) SetSettings(s Settings) { r.settings.Store(&s) }

// Settings returns the settings in force.
func (r *Runner) Settings() Settings { return *r.settings.Load() }

// SetFreeMemory puts another function in the place of [engine.FreeMemory], before the first model is loaded.
func (r *Runner) SetFreeMemory(free func() (int64, bool)) { r.free = free }

// Insist makes the runner load a model at this length of the context, 0 for the usual one, however much memory is free.
func (r *Runner) Insist(id string, length int) { r.insisted.Store(wish{id, length}, true) }

// Load brings the active model into memory, if it is not there yet, and describes it.
func (r *Runner) Load(ctx context.Context) (engine.Info, error) { return r.bring(ctx, "") }

// LoadModel brings the model that the conversation is answered by into memory, if it is not there yet, and describes it.
func (c *Conversation) LoadModel(ctx context.Context) (engine.Info, error) {
	return c.runner.bring(ctx, c.chosen().model())
}

func (r *Runner) bring(ctx context.Context, id string) (engine.Info, error) {
	if err := r.acquire(ctx); err != nil {
		return engine.Info{}, err
	}
	defer r.release()
	if _, err := r.vanished(); err != nil {
		return engine.Info{}, err
	}
	l, err := r.loadFor(ctx, id)
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

// Forget waits for the work that is being done and drops what the model has read and written, the KV cache, and the
// personas.
func (r *Runner) Forget(ctx context.Context) error {
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	r.personas.Store(nil)
	if l := r.loaded; l != nil && l.session != nil {
		l.session.Close()
		l.session = nil
	}
	return nil
}

// Busy reports whether somebody works with the model at this moment. What can wait should.
func (r *Runner) Busy() bool { return len(r.turn) == 0 }

func (r *Runner) acquire(ctx context.Context) error {
	r.waiting.Add(1)
	defer r.waiting.Add(-1)
	select {
	case <-r.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Runner) release() { r.turn <- struct{}{} }

// load returns the active model under the settings in force. The caller has the turn.
func (r *Runner) load(ctx context.Context) (*loaded, error) { return r.loadFor(ctx, "") }

// loadFor returns the model that was chosen, or the active one. When the files of the one in memory have vanished and the
// model that the program brings along would stand in for it, that is said first, once: whoever has asked one model is not
// answered by another. The caller has the turn.
func (r *Runner) loadFor(ctx context.Context, id string) (*loaded, error) {
	m, _, err := r.pick(id)
	if err != nil {
		return nil, err
	}
	if m.BuiltIn() && id != m.ID {
		if gone, err := r.vanished(); gone != nil || err != nil {
			return nil, errors.Join(gone, err)
		}
	}
	l, err := r.loadModel(ctx, m.ID)
	if err == nil {
		r.tok.Store(&vocabulary{l.reader, l.card, l.session.ContextLength(), id})
	}
	return l, err
}

// vanished frees the model in memory when its files are gone, and returns the library's error of that as gone. The caller
// has the turn.
func (r *Runner) vanished() (gone, err error) {
	if r.loaded == nil {
		return nil, nil
	}
	m, gone := r.lib.Get(r.loaded.id)
	if !m.Gone {
		return nil, nil
	}
	return gone, r.unload()
}

// pick finds the model that answers when this one was chosen, "" for the active one. Without it, gone, the active one
// does.
func (r *Runner) pick(id string) (m library.Model, gone bool, err error) {
	if id != "" {
		if m, err := r.lib.Get(id); err == nil {
			return m, false, nil
		}
		gone = true
	}
	m, ok := r.lib.Active()
	if !ok {
		return m, gone, ErrNoModel
	}
	return m, gone, nil
}

// answers reports whether the model with this vocabulary is the one that answers when this one was chosen.
func (r *Runner) answers(v *vocabulary, id string) bool {
	if v.asked == id || id != "" && v.model == id {
		return true
	}
	m, _, err := r.pick(id)
	return err == nil && m.ID == v.model
}

// loadModel returns a model of the library, with an open session. The caller has the turn.
func (r *Runner) loadModel(ctx context.Context, id string) (*loaded, error) {
	m, err := r.lib.Get(id) // says why, when its files are gone
	if err != nil {
		return nil, err
	}
	s := r.Settings()
	if l := r.loaded; l != nil && (l.id != m.ID || l.threads != s.Threads) {
		if err := r.unload(); err != nil {
			return nil, err
		}
	}
	alone := r.loaded == nil
	if alone {
		if err := r.fits(m, s, engine.Memory.Total); err != nil {
			return nil, err
		}
		model, err := engine.Load(ctx, m.Path, engine.LoadOptions{Threads: s.Threads, Cache: r.cache, SHA256: m.Digest()})
		if err != nil {
			return nil, err
		}
		r.own.Store(m.ID, model.Sampling())
		r.loaded = &loaded{id: m.ID, threads: s.Threads, model: model, card: m.Card, reader: newReader(model.Tokenizer(), model.Chat(), m.ID)}
	}
	if !r.loaded.opened(s.ContextLength) {
		if !alone { // another length of the context
			if err := r.fits(m, s, ofSession); err != nil {
				return nil, err
			}
		}
		if err := r.loaded.open(s.ContextLength); err != nil {
			return nil, err
		}
	}
	return r.loaded, nil
}

// fits says with ErrMemory when a part of what the model needs is more than what is free.
func (r *Runner) fits(m library.Model, s Settings, part func(engine.Memory) int64) error {
	if _, ok := r.insisted.Load(wish{m.ID, s.ContextLength}); ok {
		return nil
	}
	all, err := engine.Need(m.Path, engine.LoadOptions{Threads: s.Threads}, engine.SessionOptions{ContextLength: s.ContextLength})
	if err != nil {
		return nil // loading says it better
	}
	need := part(all)
	free, known := r.free()
	if known && need > free {
		debug.FreeOSMemory() // what the last model has left behind
		free, known = r.free()
	}
	if known && need > free {
		return &MemoryError{ID: m.ID, Need: need, Free: free}
	}
	return nil
}

// ofSession is what of a model's memory goes with its session.
func ofSession(m engine.Memory) int64 { return m.Cache + m.Turns + m.Buffers }

// opened reports whether there is a session of this length, and closes one of another. A length above the model's own is
// cut to it.
func (l *loaded) opened(length int) bool {
	if l.session != nil && l.length != min(length, l.model.Info().ContextLength) {
		l.session.Close()
		l.session = nil
	}
	return l.session != nil
}

// open makes the session.
func (l *loaded) open(length int) error {
	length = min(length, l.model.Info().ContextLength)
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
