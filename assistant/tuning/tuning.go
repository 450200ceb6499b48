// Package tuning teaches a model by examples, in the background, on the computer's own processor.
//
//	lesson := tuning.Lesson{Sources: []tuning.Source{source}}       // of files, or of accepted edits
//	p, err := tuning.Prepare(base, lesson, tuning.Settings{})       // what is learnt, what is wrong, what it takes
//	err = tuner.Begin(ctx, tuning.Plan{Base: …, Lesson: lesson, Settings: p.Settings})
//	err = tuner.Run(ctx)                                            // until it is done, ended, or the program is
//	err = tuner.Keep(…)                                             // or Discard
//
// The examples are the user's words: they are in the vault, or in memory where there is none. What is in the folder
// of a [Tuner] is numbers: the state of the training, and what it has come to. It is removed with the decision.
package tuning

import (
	"context"
	"errors"
	"fmt"

	"lamplight/engine/chat"
	"lamplight/engine/source"
	"lamplight/engine/train/data"
	"lamplight/library"
	"lamplight/tokenizer"
)

// Errors that a caller decides on.
var (
	// ErrNoExamples: there is nothing to learn from.
	ErrNoExamples = errors.New("there is no example to learn from")
	// ErrRunning: a training is under way, or waits for the user's decision.
	ErrRunning = errors.New("there is a training already")
	// ErrNone: there is no training to decide about.
	ErrNone = errors.New("there is no training")
	// ErrMany: more text than can be kept.
	ErrMany = errors.New("the examples are more than can be kept")
)

// MaxText is how many bytes of text a lesson may have.
const MaxText = 32 << 20

// Source is a number of examples and where they come from.
type Source struct {
	Name     string // of the file; "" for the edits that the user has accepted
	Rows     []data.Row
	Problems []data.Problem // rows of the file that could not be read
}

// Lesson is everything that is to be learnt.
type Lesson struct {
	Sources []Source
}

// Rows counts the rows of all sources.
func (l Lesson) Rows() (n int) {
	for _, s := range l.Sources {
		n += len(s.Rows)
	}
	return n
}

// With adds a source. [ErrMany]: it would be too much.
func (l Lesson) With(s Source) (Lesson, error) {
	all := Lesson{append(append([]Source(nil), l.Sources...), s)}
	bytes := 0
	for _, s := range all.Sources {
		for _, r := range s.Rows {
			bytes += len(r.Text)
			for _, m := range r.Messages {
				bytes += len(m.Text)
			}
		}
	}
	if bytes > MaxText {
		return l, fmt.Errorf("tuning: %d bytes of %d: %w", bytes, MaxText, ErrMany)
	}
	return all, nil
}

// Base is a model that can learn: its vocabulary and its shape, without its weights.
type Base struct {
	ID, Name string
	Path     string
	SHA256   string
	Context  int // tokens

	hidden int
	tok    *tokenizer.SPM
	format chat.Format
}

// OpenBase reads what there is to know of a model before it learns. Errors are those of package source, and those of
// Model.Err.
func OpenBase(m library.Model) (*Base, error) {
	if err := m.Err(); err != nil {
		return nil, fmt.Errorf("tuning: %w", err)
	}
	src, err := source.Open(m.Path)
	if err != nil {
		return nil, fmt.Errorf("tuning: %w", err)
	}
	defer src.Close()
	v, err := src.Vocab()
	if err != nil {
		return nil, fmt.Errorf("tuning: %w", err)
	}
	tok, err := tokenizer.NewSPM(v)
	if err != nil {
		return nil, fmt.Errorf("tuning: %w", err)
	}
	c := src.Config()
	return &Base{ID: m.ID, Name: m.Card.Name, Path: m.Path, SHA256: m.Digest(), Context: c.ContextLength, hidden: c.Hidden,
		tok: tok, format: chat.Detect(c.Architecture, src.Template())}, nil
}

// Free is engine.FreeMemory, or what a test has in its place.
type Free func() (bytes int64, known bool)

// Lend hands out a model of the library for as long as f works with it, see assistant.Runner.BorrowModel.
type Lend func(ctx context.Context, id string, f Borrower) error
