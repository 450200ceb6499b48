package measure

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"lamplight/engine"
	"lamplight/tokenizer"
)

// What can be wrong with a text or a pair of models, for errors.Is.
var (
	// ErrShort: the text is too short to be measured on.
	ErrShort = errors.New("the text is too short")
	// ErrVocabulary: two models read the same text as different tokens, so their predictions cannot be compared.
	ErrVocabulary = errors.New("the models have different vocabularies")
	// ErrNotFinite: a model computes no numbers.
	ErrNotFinite = errors.New("a prediction is not a number")
)

// TextOptions says how a text is read. A text is read as llama.cpp's perplexity tool reads it, so that numbers can
// be held against its numbers: it becomes tokens once, as plain text in which control tokens are text; they are cut
// into chunks of equal length, of which an incomplete last one is left out; each chunk is read on its own from an
// empty cache, with its first token replaced by BOS where the model wants one; and the tokens of its second half
// count, which have at least half a chunk before them. A text shorter than a chunk is one chunk.
type TextOptions struct {
	Threads int // 0: one for each physical core
	Chunk   int // tokens, 0: 512; less where a model's context is shorter

	// Step is called after each position, of how many, and at the latest between two passes over the weights; its
	// error ends the measurement. It may take its time. nil: nobody wants to know.
	Step func(done, total int) error
}

const defaultChunk = 512

// minimum of tokens of a text: so many that both halves of a chunk say something.
const minText = 16

// Score is how well a model predicts a text.
type Score struct {
	Name            string  `json:"name"`
	Quantization    string  `json:"quantization"`
	Bytes           int64   `json:"bytes"`            // of all files
	BitsPerWeight   float64 `json:"bits_per_weight"`  // of the weights alone, without vocabulary and other metadata
	Perplexity      float64 `json:"perplexity"`       // e to the mean surprise at the next token
	PerplexityError float64 `json:"perplexity_error"` // standard error of it
}

// Perplexity is the Score of one model, with how it was found.
type Perplexity struct {
	Score
	Tokens  int    `json:"tokens"` // that counted
	Chunk   int    `json:"chunk"`  // tokens
	Chunks  int    `json:"chunks"`
	Kernels string `json:"kernels"`
	Threads int    `json:"threads"`
}

// reader is a model that reads the chunks of a text.
type reader struct {
	model      *engine.Model
	session    *engine.Session
	ids        []tokenizer.ID
	n          int     // positions that counted
	sum, sumSq float64 // of the surprise, nats
}

func openReader(ctx context.Context, path, text string, o TextOptions) (_ *reader, err error) {
	r := &reader{}
	if r.model, err = engine.Load(ctx, path, engine.LoadOptions{Threads: o.Threads}); err != nil {
		return nil, err
	}
	r.ids = r.model.Tokenizer().Encode(text)
	if bos, ok := r.model.BOS(); ok {
		r.ids = append([]tokenizer.ID{bos}, r.ids...)
	}
	return r, nil
}

func (r *reader) close() {
	if r.session != nil {
		r.session.Close()
	}
	r.model.Close()
}

// chunks says how the tokens of the readers are cut.
func chunks(o TextOptions, readers ...*reader) (size, count int, err error) {
	if o.Chunk < 0 || o.Chunk > 0 && o.Chunk < minText {
		return 0, 0, fmt.Errorf("measure: chunks of %d tokens: must be at least %d", o.Chunk, minText)
	}
	if size = o.Chunk; size == 0 {
		size = defaultChunk
	}
	for _, r := range readers {
		size = min(size, len(r.ids), r.model.Info().ContextLength)
	}
	if size < minText {
		return 0, 0, fmt.Errorf("measure: %d tokens: %w", len(readers[0].ids), ErrShort)
	}
	for _, r := range readers {
		if r.session, err = r.model.NewSession(engine.SessionOptions{ContextLength: size}); err != nil {
			return 0, 0, err
		}
	}
	return size, len(readers[0].ids) / size, nil
}

// rows reads a chunk and yields the logits of every position.
func (r *reader) rows(ctx context.Context, start, size int) iter.Seq2[[]float32, error] {
	ids := slices.Clone(r.ids[start : start+size])
	if bos, ok := r.model.BOS(); ok {
		ids[0] = bos
	}
	return r.session.Logits(ctx, ids)
}

// add counts the prediction of a token; z is the logSumExp of the row.
func (r *reader) add(row []float32, token tokenizer.ID, z float64) error {
	surprise := z - float64(row[token])
	if math.IsNaN(surprise) || math.IsInf(surprise, 0) {
		return fmt.Errorf("measure: %s: %w", r.model.Info().Name, ErrNotFinite)
	}
	r.n++
	r.sum += surprise
	r.sumSq += surprise * surprise
	return nil
}

func (r *reader) score() Score {
	info := r.model.Info()
	mean := r.sum / float64(r.n)
	variance := max(0, r.sumSq/float64(r.n)-mean*mean) / float64(max(1, r.n-1)) // of the mean
	s := Score{Name: info.Name, Quantization: info.Quantization, Bytes: info.Bytes, Perplexity: math.Exp(mean)}
	s.PerplexityError = s.Perplexity * math.Sqrt(variance)
	if info.Parameters > 0 {
		s.BitsPerWeight = 8 * float64(info.WeightBytes) / float64(info.Parameters)
	}
	return s
}

// ReadText measures how well the model at path predicts a text.
func ReadText(ctx context.Context, path, text string, o TextOptions) (Perplexity, error) {
	r, err := openReader(ctx, path, text, o)
	if err != nil {
		return Perplexity{}, err
	}
	defer r.close()
	return r.read(ctx, o)
}

// read scores all chunks.
func (r *reader) read(ctx context.Context, o TextOptions) (Perplexity, error) {
	size, count, err := chunks(o, r)
	if err != nil {
		return Perplexity{}, err
	}
	for c := range count {
		i := 0
		for row, err := range r.rows(ctx, c*size, size) {
			if err != nil {
				return Perplexity{}, err
			}
			if counts(i, size) {
				if err := r.add(row, r.ids[c*size+i+1], logSumExp(row)); err != nil {
					return Perplexity{}, err
				}
			}
			i++
			if err := o.step(c*size+i, count*size); err != nil {
				return Perplexity{}, err
			}
		}
	}
	info := r.model.Info()
	return Perplexity{Score: r.score(), Tokens: r.n, Chunk: size, Chunks: count, Kernels: info.Kernels, Threads: info.Threads}, nil
}

// counts reports whether the prediction at position i of a chunk counts: the next token is in its second half.
func counts(i, size int) bool { return i >= size/2 && i+1 < size }

func (o TextOptions) step(done, total int) error {
	if o.Step == nil {
		return nil
	}
	return o.Step(done, total)
}
