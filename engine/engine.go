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
// The engine promises that the logits of a position depend on the tokens up to it, and on the adapters of the session,
// and on nothing else: not on how the prompt was cut into batches, not on what the cache held before, not on the number of threads.
// Same build, same kernels, same seed, same prompt: same text.
package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"lamplight/engine/chat"
	"lamplight/engine/internal/container"
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
	// Cache is a folder for weights arranged for this processor, so that the next Load only reads them; "": they are
	// arranged in memory each time. Its files may be deleted when no model is loaded.
	Cache string
	// SHA256 of the model's content, hexadecimal, by which the cache knows it; "": it is computed when it is not known.
	SHA256 string
}

// Info describes a loaded model.
type Info struct {
	Name, Architecture, Quantization, License string
	Kernels                                   string // which kernels compute, "go" for the reference
	Parameters, Bytes                         int64
	WeightBytes                               int64 // of Bytes: without vocabulary and other metadata
	LayerParameters                           int64 // of the matrices of the layers: multiply-adds for a token of a prompt, attention aside
	ContextLength                             int   // positions the model was trained for
	Vocabulary, Layers, Threads               int
}

// Model is a set of weights ready to run. It does not change after Load and is safe for concurrent use.
type Model struct {
	src      *source.Source
	cfg      source.Config
	info     Info
	w        *weights
	packed   *container.Memory // what the arranged weights lie in; nil if the kernels take them as they are
	tok      *tokenizer.SPM
	bos      tokenizer.ID // that begins every prompt; -1: none
	stop     []tokenizer.ID
	muted    kernels.Set // never sampled
	k        kernels.Kernels
	exact    bool            // attention in float32: the weights are as precise
	ropes    [2]kernels.Rope // local, global
	pool     *kernels.Pool
	sessions atomic.Int32

	mu   sync.Mutex // guards pass: one pass over the weights at a time
	pass *pass
}

// Load opens a GGUF file or a Hugging Face folder and prepares it to run. Errors of the files are those of
// package source. Loading stops when ctx is cancelled.
func Load(ctx context.Context, path string, o LoadOptions) (_ *Model, err error) {
	if o.Threads < 0 || o.Threads > maxThreads {
		return nil, fmt.Errorf("engine: %d threads: must be 0 to %d", o.Threads, maxThreads)
	}
	k, err := kernels.Detect()
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

	m := &Model{src: src, cfg: src.Config(), k: k}
	if err := m.readVocab(path); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	m.muted = mutedTokens(m.tok, m.stop, m.cfg.Vocab)
	m.ropes = [2]kernels.Rope{
		kernels.NewRope(m.cfg.HeadDim, float64(m.cfg.RopeBaseLocal), 1),
		kernels.NewRope(m.cfg.HeadDim, float64(m.cfg.RopeBase), float64(m.cfg.RopeScale)),
	}
	if o.Threads == 0 {
		o.Threads = physicalCores()
	}
	m.pool = kernels.NewPool(o.Threads)
	defer func() {
		if err != nil {
			m.pool.Close()
		}
	}()
	debug.FreeOSMemory() // what reading the vocabulary has left behind must not add to the weights
	if err := m.arrange(ctx, o); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	m.exact = m.w.exact()
	m.pass = newPass(m)
	facts := src.Facts()
	m.info = Info{
		Name: facts.Name, Architecture: facts.Architecture, Quantization: facts.Quantization, License: facts.License,
		Kernels: k.Name, Parameters: facts.Parameters, Bytes: facts.Bytes, WeightBytes: facts.WeightBytes,
		LayerParameters: m.w.layerParameters(),
		ContextLength:   m.cfg.ContextLength, Vocabulary: m.cfg.Vocab, Layers: m.cfg.Layers, Threads: o.Threads,
	}
	return m, nil
}

// readVocab makes the tokenizer. A vocabulary of 262,144 pieces takes as much memory as a batch, so it is kept once.
func (m *Model) readVocab(path string) error {
	v, err := m.src.Vocab()
	if err != nil {
		return err
	}
	if m.tok, err = tokenizer.NewSPM(v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if m.bos = -1; v.AddBOS {
		m.bos = v.BOS
	}
	m.stop = m.src.StopTokens()
	m.src.DropVocab()
	return nil
}

// arrange brings the weights into the order that the kernels want.
func (m *Model) arrange(ctx context.Context, o LoadOptions) (err error) {
	p := packing{ctx: ctx, src: m.src, k: m.k, pool: m.pool, key: o.SHA256}
	if m.w, p.parts, err = loadWeights(m.src); err != nil {
		return err
	}
	if o.Cache != "" && m.k.Name != "go" && len(p.key) != 2*sha256.Size {
		if p.key, err = contentKey(o.Cache, m.src.Facts().Files); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.packed, err = p.load(o.Cache)
	return err
}

// mutedTokens is what a model must never say: control tokens that do not end its turn, unknown pieces and the
// reserved ones, which files type in different ways, and rows of the head beyond the vocabulary. Small models do
// emit them, and they mean nothing.
func mutedTokens(t tokenizer.Tokenizer, stop []tokenizer.ID, rows int) kernels.Set {
	var muted []int32
	for id := range tokenizer.ID(rows) {
		if slices.Contains(stop, id) {
			continue
		}
		switch t.Kind(id) { // Unknown beyond the vocabulary
		case tokenizer.Control, tokenizer.Unused, tokenizer.Unknown:
			muted = append(muted, int32(id))
		case tokenizer.UserDefined:
			if strings.HasPrefix(t.Text(id), "<unused") {
				muted = append(muted, int32(id))
			}
		}
	}
	return kernels.NewSet(rows, muted...)
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
func (m *Model) BOS() (tokenizer.ID, bool) { return m.bos, m.bos >= 0 }

// Close unmaps the weights and ends the threads. It fails with ErrBusy while sessions are open.
func (m *Model) Close() error {
	if n := m.sessions.Load(); n > 0 {
		return fmt.Errorf("engine: close: %d sessions: %w", n, ErrBusy)
	}
	m.pool.Close()
	var err error
	if m.packed != nil {
		err = m.packed.Close()
	}
	return errors.Join(err, m.src.Close())
}
