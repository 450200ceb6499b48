package engine

import (
	"context"
	"errors"
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
}

// Session is one KV cache over a model, for one conversation. It has one user at a time: a second call
// while a generation runs fails with ErrBusy.
type Session struct {
	m       *Model
	context int
	ropes   [2]kernels.Rope // local, global
	cache   kvCache
	scratch *scratch
	ids     []tokenizer.ID // what the cache holds, position by position
	written int            // positions ever written, also by a batch that was cancelled: rings have lost what lies a round before
	mu      sync.Mutex     // held while a generation runs
	closed  bool
}

// NewSession makes an empty session. The context length must not be negative or above the model's own.
func (m *Model) NewSession(o SessionOptions) (*Session, error) {
	n := o.ContextLength
	if n == 0 {
		n = min(defaultContext, m.cfg.ContextLength)
	}
	if n < 0 || n > m.cfg.ContextLength {
		return nil, fmt.Errorf("engine: context of %d positions: the model was made for 1 to %d", n, m.cfg.ContextLength)
	}
	m.sessions.Add(1)
	return &Session{
		m: m, context: n,
		ropes: [2]kernels.Rope{
			kernels.NewRope(m.cfg.HeadDim, float64(m.cfg.RopeBaseLocal), 1),
			kernels.NewRope(m.cfg.HeadDim, float64(m.cfg.RopeBase), float64(m.cfg.RopeScale)),
		},
		cache:   newCache(m.cfg, n),
		scratch: newScratch(m, n),
	}, nil
}

// ContextLength returns the positions this session has room for.
func (s *Session) ContextLength() int { return s.context }

// Len returns the number of positions in the KV cache. It waits for a generation that is running.
func (s *Session) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

// Reset forgets the conversation. The memory is kept for the next one. It waits for a generation that is
// running.
func (s *Session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids, s.written = s.ids[:0], 0
}

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
	if !s.cache.keeps(s.written, n) {
		n, s.written = 0, 0 // rolled back further than the rings remember
	}
	s.ids = s.ids[:n]
	return n
}

// evaluate appends ids to the cache in batches. After each batch it calls done with the number of its
// positions, whose residual stream is in scratch until the next one; done may be nil. A model file that was
// cut short while it is mapped gives an error that wraps gguf.ErrTruncated.
func (s *Session) evaluate(ctx context.Context, ids []tokenizer.ID, done func(n int) error) error {
	err := container.Guard(func() error { return s.batches(ctx, ids, done) })
	if err != nil && !errors.Is(err, errStopped) && ctx.Err() == nil {
		return fmt.Errorf("engine: %s: %w", s.m.info.Name, err)
	}
	return err
}

func (s *Session) batches(ctx context.Context, ids []tokenizer.ID, done func(n int) error) error {
	for len(ids) > 0 {
		n := min(len(ids), maxBatch)
		s.written = max(s.written, len(s.ids)+n)
		if err := s.forward(ctx, ids[:n], len(s.ids)); err != nil {
			return err
		}
		s.ids = append(s.ids, ids[:n]...)
		ids = ids[n:]
		if done != nil {
			if err := done(n); err != nil {
				return err
			}
		}
	}
	return nil
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
		s.ids, s.written = s.ids[:0], 0
		row := make([]float32, s.m.cfg.Vocab)
		err := s.evaluate(ctx, ids, func(n int) error {
			for i := range n {
				if err := s.logits(ctx, row, i); err != nil {
					return err
				}
				if !yield(row, nil) {
					return errStopped
				}
			}
			return nil
		})
		if err != nil && err != errStopped {
			yield(nil, err)
		}
	}
}
