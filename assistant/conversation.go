// Package assistant is what the user does, without pixels: conversations with a model, and the settings they
// are held under.
//
//	runner := assistant.NewRunner(lib, cache, settings)
//	c := assistant.NewConversation(runner, store)
//	for piece, err := range c.Ask(ctx, "Why does the tide come twice?") { … }
//
// A conversation stores what was said before anything is computed with it, fits itself into the model's context
// window, and hands out the answer as it is written, which is stored every second. Questions can be edited and answers
// written again; what was there before becomes another version and stays. Nothing here touches the window or the network.
package assistant

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"lamplight/assistant/attach"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/privacy/vault"
	"lamplight/tokenizer"
)

var (
	// ErrTooLong is returned for a message that does not fit into the context window even alone.
	ErrTooLong = errors.New("the message is longer than the model's context")
	// ErrAnswering is returned when a conversation is asked while it is answering.
	ErrAnswering = errors.New("an answer is being written")
)

// State says how a turn ended.
type State uint8

// The states of a turn.
const (
	Complete State = iota
	Writing        // the answer is being written
	Stopped        // by the user: the answer may break off in the middle
	Full           // the context window was full before the answer ended
	Failed         // by an error
	Looped         // it repeated itself, twice, and was cut off
	CutOff         // the program ended while it was written
)

// Turn is one message of a conversation.
type Turn struct {
	Role  chat.Role
	Text  string
	State State
	Files []attach.File // of a question: what was attached to it

	// Dropped is set when the turn has left the model's view because the conversation outgrew the context.
	Dropped bool

	Pinned bool // it stays in the model's view when others leave

	// It is version Version of Versions, counted from 1, that stand in this place.
	Version, Versions int

	Receipt *Receipt // of an answer: how it came about; nil when that is not known

	ids   []tokenizer.ID // of an answer, as it was generated
	model string         // whose tokens ids are

	asked   bool  // a question that somebody has asked, and not one that is missing
	was     State // of an answer that goes on: what it was before,
	kept    int   // and how many bytes it had
	id      int64 // in the store, 0 while it is not there
	changed bool  // since it was stored
}

// Stage says what is being done for an answer.
type Stage uint8

// The stages of an answer.
const (
	Loading Stage = iota // the model comes into memory
	Reading              // the prompt goes into the KV cache
	Answering
	Done
)

// Piece is a step of an answer.
type Piece struct {
	Stage Stage
	Text  string // with Answering: what was added
	Back  int    // with Answering: bytes that are taken from the end of the answer before Text is added
	// With Reading: tokens of the prompt that are in the cache, and all of them.
	Read, Prompt int
	Stats        Stats // with Done, also when the answer was stopped or failed
}

// Stats are what an answer cost.
type Stats struct {
	Prompt, Answer             int // tokens
	ReadSeconds, AnswerSeconds float64
	ContextUsed, ContextLength int // tokens

	Model   string // ID of the one that answered
	Kernels string // what it computed with, such as "avx512", on so many threads
	Threads int

	CPUSeconds     float64 // of all threads of the program
	Joules         float64
	JoulesMeasured bool // Joules is what a counter of the processor says, not an estimate
}

// TokensPerSecond is the speed at which the answer was written, 0 when there is none.
func (s Stats) TokensPerSecond() float64 {
	if s.AnswerSeconds <= 0 {
		return 0
	}
	return float64(s.Answer) / s.AnswerSeconds
}

// Conversation is a sequence of turns: one way through a tree of versions, of which none is ever overwritten. It lives
// in a store, or in memory. Its methods may be called from any goroutine; one question is answered at a time.
type Conversation struct {
	runner *Runner
	store  keeper // a Store, or *memory

	arranging sync.Mutex // held while the row is read, changed and stored

	mu        sync.Mutex          // never held during a call of the store
	id        int64               // in the store, 0 while it is not there
	row       vault.Conversation  // see rowOf
	fresh     *vault.Conversation // the row before the last question, if with that the conversation came into the store
	decided   bool                // the lifetime was set before the conversation was in the store
	changedAt time.Time           // when something was said last
	leaf      int64               // of the store's, as it was when the conversation was listed
	unread    bool                // what was said is in the store only
	turns     []Turn              // a question, its answer, a question …
	counter   counter             // of tokens
	system    string              // the system prompt that a model has seen last
	before    *shown              // what was shown before the last answer was begun, if that has made another version
	unsaved   []Turn              // answers that are shown no more and were not stored when they had changed
	answering bool                // or what is shown is changing
}

// shown is what a conversation shows.
type shown struct {
	turns  []Turn
	answer bool // what has taken its place is another answer, and not another question
}

// NewConversation starts an empty conversation. It is in the store from its first question on; without a
// store, nil, it lives in memory only.
func NewConversation(r *Runner, s Store) *Conversation {
	if s == nil {
		return &Conversation{runner: r, store: newMemory()}
	}
	return &Conversation{runner: r, store: s}
}

// Turns returns a copy of what was said.
func (c *Conversation) Turns() []Turn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.turns)
}

// Ask adds the user's words, with files if there are any, and yields the answer as it is written. The words are in
// the conversation when it returns and in the store before anything is computed, and what was written of the answer
// stays in both when ctx is cancelled or the model fails. The last piece has stage Done; an error follows it, ctx.Err() after a
// cancellation, [ErrStore] when the answer is in memory only. The sequence must be ranged over, once: until
// then the conversation is answering.
func (c *Conversation) Ask(ctx context.Context, text string, files ...attach.File) iter.Seq2[Piece, error] {
	return c.answered(ctx, func() error {
		c.ask(Turn{Text: text, Files: slices.Clone(files)})
		return nil
	})
}

// ask adds a question, and an answer that is to be written. The caller has the lock.
func (c *Conversation) ask(q Turn) {
	q.Role, q.asked = chat.User, true
	q.Version = max(q.Version, 1)
	q.Versions = max(q.Versions, 1)
	c.turns = append(c.turns, q, Turn{Role: chat.Assistant, State: Writing, Pinned: q.Pinned, Version: 1, Versions: 1})
}

// answered lets begin put the answer that is to be written at the end of the turns, and yields it as Ask does.
func (c *Conversation) answered(ctx context.Context, begin func() error) iter.Seq2[Piece, error] {
	begun := c.begin(begin)
	return func(yield func(Piece, error) bool) {
		if begun != nil {
			yield(Piece{Stage: Done}, begun)
			return
		}
		a := &answer{c: c, yield: yield, stats: Stats{}}
		err := c.end(ctx, a.run(ctx))
		if a.left {
			return
		}
		if yield(Piece{Stage: Done, Stats: a.stats}, nil) && err != nil {
			yield(Piece{}, err)
		}
	}
}

// begin makes c the caller's alone, if f returns no error, which has the lock.
func (c *Conversation) begin(f func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.answering:
		return ErrAnswering
	case c.unread:
		return ErrUnread
	}
	before := c.before
	c.before = nil
	if err := f(); err != nil {
		c.before = before
		return err
	}
	c.answering, c.fresh = true, nil
	return nil
}

// end notes how the answer ended and stores it, also after a cancellation. It returns the error of the store
// if there is one, and else err.
func (c *Conversation) end(ctx context.Context, err error) error {
	ctx = context.WithoutCancel(ctx)
	c.mu.Lock()
	last := &c.turns[len(c.turns)-1]
	last.State, last.changed = stateOf(err), true
	if err != nil && last.kept > 0 && len(last.Text) <= last.kept { // it did not go on
		last.State = last.was
	}
	c.mu.Unlock()
	if unsaved := cmp.Or(c.dropEmpty(ctx), c.save(ctx)); unsaved != nil {
		err = unsaved
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answering = false
	return err
}

func stateOf(err error) State {
	switch {
	case err == nil:
		return Complete
	case errors.Is(err, context.Canceled):
		return Stopped
	case errors.Is(err, engine.ErrContextFull):
		return Full
	case errors.Is(err, ErrLoop):
		return Looped
	}
	return Failed
}

// Withdraw takes the last question back if it got no word of an answer and none is being written, and
// returns it. The store still has it until remove is called, which may take a while. What the question was another
// version of is shown again.
func (c *Conversation) Withdraw() (question string, remove func(context.Context) error, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.turns) - 1
	if c.answering || last < 1 || c.turns[last].Text != "" || c.turns[last].Versions > 1 || c.before == nil && c.turns[last-1].Versions > 1 {
		return "", nil, false
	}
	asked, id, leaf := c.turns[last-1], c.id, int64(0)
	c.turns = c.turns[:last-1]
	if c.before != nil {
		c.turns, leaf = c.before.turns, lastStored(c.before.turns)
		c.before = nil
	}
	fresh := c.fresh != nil
	if fresh { // the next question begins another one
		c.id, c.row, c.fresh = 0, *c.fresh, nil
	}
	return asked.Text, func(ctx context.Context) error {
		switch {
		case fresh:
			return unstored(c.store.Purge(ctx, ref(id)))
		case asked.id == 0:
			return nil
		}
		err := c.store.RemoveMessage(ctx, asked.id)
		if err == nil && leaf != 0 {
			err = c.store.Choose(ctx, id, leaf)
		}
		return unstored(err)
	}, true
}

// answer is one run of Ask.
type answer struct {
	c     *Conversation
	yield func(Piece, error) bool
	left  bool           // the consumer has broken off
	given []tokenizer.ID // tokens of the answer that were there before
	stats Stats
}

// errLeft ends the work for a consumer that has broken off. It counts as a cancellation.
var errLeft = context.Canceled

func (a *answer) send(p Piece) error {
	if !a.yield(p, nil) {
		a.left = true
		return errLeft
	}
	return nil
}

func (a *answer) run(ctx context.Context) error {
	storing := context.WithoutCancel(ctx) // who stops an answer wants to keep it
	if err := a.c.keep(storing); err != nil {
		return err
	}
	if err := a.send(Piece{Stage: Loading}); err != nil {
		return err
	}
	r := a.c.runner
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	set := a.c.chosen()
	l, err := r.loadFor(ctx, cmp.Or(a.c.writtenBy(), set.model()))
	if err != nil {
		return err
	}
	if err := a.spell(l); err != nil {
		return err
	}
	var half int
	if a.given, half = a.c.given(l); half > 0 {
		if err := a.send(Piece{Stage: Answering, Back: half}); err != nil {
			return err
		}
	}
	prompt, err := a.c.prompt(l)
	if err != nil {
		return err
	}
	stop, err := a.c.keepAnswer(storing)
	if err != nil {
		return err
	}
	defer stop()
	a.count(l, prompt)
	defer func() { a.stats.ContextUsed = l.session.Len() }()
	return a.generate(ctx, l, prompt, engine.GenerateOptions{Sampling: set.params(l)})
}
