package engine

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"sync"

	"lamplight/engine/internal/container"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// defaultContext is the context window of a session that does not ask for one: enough for a long
// conversation, little enough that the cache stays small.
const defaultContext = 4096

// SessionOptions sizes a session.
type SessionOptions struct {
	ContextLength int // positions, 0: the model's own up to 4,096
	// CacheType is how the KV cache keeps keys and values: kernels.F16, which 0 stands for too, or kernels.Q8_0, int8 with
	// a scale for every 32 elements of a head, which needs 17/32 of the memory and loses a little precision.
	CacheType kernels.Type
	Adapters  []Applied // see [Session.Adapt]
}

// Session is one KV cache over a model, for one conversation. It has one user at a time: a second call
// while a generation runs fails with ErrBusy.
type Session struct {
	m       *Model
	context int
	applied []Applied // adapters, which logits depend on as on the weights
	cache   kvCache
	ids     []tokenizer.ID // what the cache holds, position by position
	oldest  int            // position from which on the rings hold what was written, also by a pass that was cancelled
	marks   []mark         // ends of turns, ascending
	mu      sync.Mutex     // held while a generation runs
	closed  bool
}

// NewSession makes an empty session. The context length must not be negative or above the model's own. A KV cache in
// Q8_0 is refused for a model whose heads are not whole blocks of 32 elements: it does not become another type silently.
func (m *Model) NewSession(o SessionOptions) (*Session, error) {
	n := o.ContextLength
	if n == 0 {
		n = min(defaultContext, m.cfg.ContextLength)
	}
	if n < 0 || n > m.cfg.ContextLength {
		return nil, fmt.Errorf("engine: context of %d positions: the model was made for 1 to %d", n, m.cfg.ContextLength)
	}
	t := cmp.Or(o.CacheType, kernels.F16)
	if err := kernels.CheckCache(t, m.cfg.HeadDim); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	applied, err := m.applied(o.Adapters)
	if err != nil {
		return nil, err
	}
	m.sessions.Add(1)
	return &Session{
		m: m, context: n, applied: applied,
		cache: newCache(m.cfg, t, n),
		ids:   make([]tokenizer.ID, 0, n),
	}, nil
}

// ContextLength returns the positions this session has room for.
func (s *Session) ContextLength() int { return s.context }

// CacheType returns how keys and values are kept: kernels.F16 or kernels.Q8_0.
func (s *Session) CacheType() kernels.Type { return s.cache.kind() }

// Len returns the number of positions in the KV cache.
func (s *Session) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

// Reset forgets the conversation. The memory is kept for the next one.
func (s *Session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
}

func (s *Session) forget() { s.ids, s.oldest, s.marks = s.ids[:0], 0, s.marks[:0] }

// Close releases the session. It waits for a generation that is running.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.m.sessions.Add(-1)
	}
	return nil
}

// acquire makes the caller the session's user; release must follow.
func (s *Session) acquire() error {
	if !s.mu.TryLock() {
		return fmt.Errorf("engine: session: %w", ErrBusy)
	}
	if s.closed {
		s.mu.Unlock()
		return fmt.Errorf("engine: session: closed")
	}
	return nil
}

func (s *Session) release() { s.mu.Unlock() }

// check refuses ids that the model cannot read.
func (s *Session) check(ids []tokenizer.ID) error {
	if len(ids) == 0 {
		return fmt.Errorf("engine: the prompt is empty")
	}
	if len(ids) > s.context {
		return fmt.Errorf("engine: prompt of %d tokens, context of %d: %w", len(ids), s.context, ErrContextFull)
	}
	for i, id := range ids {
		if id < 0 || int(id) >= s.m.cfg.Vocab {
			return fmt.Errorf("engine: token %d of the prompt: id %d is not in the vocabulary of %d", i, id, s.m.cfg.Vocab)
		}
	}
	return nil
}

// keepPrefix forgets what the cache holds beyond the longest common prefix with prompt and returns how many
// positions stay. At least one token of the prompt is left to compute, because its logits are wanted.
func (s *Session) keepPrefix(prompt []tokenizer.ID) int {
	n := 0
	for n < min(len(s.ids), len(prompt)-1) && s.ids[n] == prompt[n] {
		n++
	}
	n = s.rollBack(n)
	s.ids = s.ids[:n]
	return n
}

// Logits evaluates ids from an empty cache and yields the logits [V] of every position in turn. The row is
// valid until the next iteration.
func (s *Session) Logits(ctx context.Context, ids []tokenizer.ID) iter.Seq2[[]float32, error] {
	return func(yield func([]float32, error) bool) {
		if err := s.acquire(); err != nil {
			yield(nil, err)
			return
		}
		defer s.release()
		if err := s.check(ids); err != nil {
			yield(nil, err)
			return
		}
		s.forget()
		var rows []float32
		for len(ids) > 0 {
			n := min(len(ids), maxAsked)
			var err error
			if rows, err = s.allLogits(ctx, rows[:0], ids[:n]); err != nil {
				yield(nil, err)
				return
			}
			for v := s.m.cfg.Vocab; len(rows) > 0; rows = rows[v:] {
				if !yield(rows[:v:v], nil) {
					return
				}
			}
			ids = ids[n:]
		}
	}
}

// allLogits evaluates at most maxAsked ids and appends the logits of each to dst.
func (s *Session) allLogits(ctx context.Context, dst []float32, ids []tokenizer.ID) ([]float32, error) {
	m := s.m
	m.mu.Lock()
	defer m.mu.Unlock()
	err := container.Guard(func() error {
		if err := m.forward(ctx, []span{{s: s, ids: ids, position: len(s.ids)}}); err != nil {
			return err
		}
		rows := make([]int, len(ids))
		for i := range rows {
			rows[i] = i
		}
		return m.pass.ask(0, rows...)
	})
	if err != nil {
		return nil, m.failed(ctx, err)
	}
	for i := range ids {
		dst = append(dst, make([]float32, m.cfg.Vocab)...)
		m.pass.logits(dst[len(dst)-m.cfg.Vocab:], i)
	}
	return dst, ctx.Err()
}
