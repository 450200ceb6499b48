// Package engine runs a language model: it loads the weights, keeps the KV cache of a conversation and
// generates the next token, and the next.
//
//	m, err := engine.Load(ctx, "gemma-3-270m-it-Q4_0.gguf", engine.LoadOptions{})
//	s, err := m.NewSession(engine.SessionOptions{})
//	for token, err := range s.Generate(ctx, prompt, engine.GenerateOptions{Sampling: m.Sampling()}) { … }
//
// A [Model] is immutable and shared; a [Session] is one KV cache and has one user at a time. The forward
// pass is in forward.go and reads from top to bottom as the papers do. Sub-packages know one thing each:
// source opens the files, chat lays out prompts, sample picks tokens.
//
// The engine promises that the logits of a position depend on the tokens up to it and on nothing else: not
// on how the prompt was cut into batches, not on what the cache held before, not on the number of threads.
// Same build, same kernels, same seed, same prompt: same text.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"lamplight/engine/chat"
	"lamplight/engine/sample"
	"lamplight/engine/source"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

var (
	// ErrContextFull ends a generation that has no position left in the context window, and refuses a
	// prompt that is longer than it.
	ErrContextFull = errors.New("the context window is full")
	// ErrBusy is returned when a session is used while a generation is running in it, and by Close of a
	// model whose sessions are open.
	ErrBusy = errors.New("in use")
)

// maxThreads bounds LoadOptions.Threads: beyond it, handing out rows costs more than they do.
const maxThreads = 256

// LoadOptions says how a model is run.
type LoadOptions struct {
	Threads int // 0: one per physical core
}

// Info describes a loaded model.
type Info struct {
	Name, Architecture, Quantization, License string
	Kernels                                   string // which kernels compute, "go" for the reference
	Parameters, Bytes                         int64
	ContextLength                             int // positions the model was trained for
	Vocabulary, Layers, Threads               int
}

// Model is a set of weights ready to run. It does not change after Load and is safe for concurrent use.
type Model struct {
	src      *source.Source
	cfg      source.Config
	info     Info
	w        weights
	tok      *tokenizer.SPM
	vocab    tokenizer.Vocab
	stop     []tokenizer.ID
	muted    []tokenizer.ID // never sampled
	pool     *kernels.Pool
	sessions atomic.Int32
}

// Load opens a GGUF file or a Hugging Face folder and prepares it to run. Errors of the files are those of
// package source. Loading stops when ctx is cancelled.
func Load(ctx context.Context, path string, o LoadOptions) (_ *Model, err error) {
	if o.Threads < 0 || o.Threads > maxThreads {
		return nil, fmt.Errorf("engine: %d threads: must be 0 to %d", o.Threads, maxThreads)
	}
	features, err := kernels.Detect()
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	src, err := source.Open(path)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer func() {
		if err != nil {
			src.Close()
		}
	}()
	if err := src.Check(); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}

	m := &Model{src: src, cfg: src.Config()}
	if m.vocab, err = src.Vocab(); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	if m.tok, err = tokenizer.NewSPM(m.vocab); err != nil {
		return nil, fmt.Errorf("engine: %s: %w", path, err)
	}
	if m.w, err = loadWeights(ctx, src, features); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	m.stop = src.StopTokens()
	m.muted = mutedTokens(m.tok, m.stop)

	if o.Threads == 0 {
		o.Threads = physicalCores()
	}
	m.pool = kernels.NewPool(o.Threads)
	facts := src.Facts()
	m.info = Info{
		Name: facts.Name, Architecture: facts.Architecture, Quantization: facts.Quantization, License: facts.License,
		Kernels: features.Name, Parameters: facts.Parameters, Bytes: facts.Bytes,
		ContextLength: m.cfg.ContextLength, Vocabulary: m.cfg.Vocab, Layers: m.cfg.Layers, Threads: o.Threads,
	}
	return m, nil
}

// mutedTokens lists what a model must never say: control tokens that do not end its turn, unknown pieces and
// the reserved ones, which files type in different ways. Small models do emit them, and they mean nothing.
func mutedTokens(t tokenizer.Tokenizer, stop []tokenizer.ID) []tokenizer.ID {
	var muted []tokenizer.ID
	for id := range tokenizer.ID(t.Size()) {
		if slices.Contains(stop, id) {
			continue
		}
		switch t.Kind(id) {
		case tokenizer.Control, tokenizer.Unused, tokenizer.Unknown:
			muted = append(muted, id)
		case tokenizer.UserDefined:
			if strings.HasPrefix(t.Text(id), "<unused") {
				muted = append(muted, id)
			}
		}
	}
	return muted
}

// Info describes the model.
func (m *Model) Info() Info { return m.info }

// Tokenizer returns the model's tokenizer.
func (m *Model) Tokenizer() tokenizer.Tokenizer { return m.tok }

// Chat returns the layout of the prompts the model was trained on.
func (m *Model) Chat() chat.Format { return chat.Detect(m.cfg.Architecture, m.src.Template()) }

// Sampling returns the settings the model's makers recommend.
func (m *Model) Sampling() sample.Params { return m.src.Sampling() }

// StopTokens returns the tokens that end an answer.
func (m *Model) StopTokens() []tokenizer.ID { return m.stop }

// BOS returns the token that begins every prompt, if the model wants one.
func (m *Model) BOS() (tokenizer.ID, bool) { return m.vocab.BOS, m.vocab.AddBOS && m.vocab.BOS >= 0 }

// Close unmaps the weights and ends the threads. It fails with ErrBusy while sessions are open.
func (m *Model) Close() error {
	if n := m.sessions.Load(); n > 0 {
		return fmt.Errorf("engine: close: %d sessions: %w", n, ErrBusy)
	}
	m.pool.Close()
	return m.src.Close()
}
