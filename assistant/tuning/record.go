package tuning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lamplight/privacy/vault"
)

// Store keeps a lesson and its training: what a [vault.Vault] can do, as far as it is needed here.
type Store interface {
	SetItem(ctx context.Context, kind vault.ItemKind, name string, value any) (vault.Item, error)
	Items(context.Context, vault.ItemKind) ([]vault.Item, error)
	Purge(context.Context, ...vault.Ref) error
}

// What is kept of kind vault.Tuning.
const (
	lessonName = "examples"
	recordName = "training"
)

// Record is what is kept of a training beside its examples and its numbers.
type Record struct {
	Model    string // its ID in the library
	Name     string // of the model
	SHA256   string // of the model
	Settings Settings
	Began    time.Time
	Done     bool // it waits for the decision
	Steps    int  // of the training, once they are known
	Curve    []Point
	Samples  []Sample
	Before   Score
	After    Score
}

// Point is a place of the curve: the loss after a step.
type Point struct {
	Step int
	Loss float64
	Held bool // of the examples that are held back; else of those that were learnt in the step
}

// Sample is a question that was held back, with the model's answers.
type Sample struct {
	Asked, Expected string
	Before, After   string
}

// Score is how many questions that were held back were answered exactly as expected.
type Score struct {
	Right, Of int
}

// SaveLesson keeps what is to be learnt; nothing of an empty lesson.
func SaveLesson(ctx context.Context, s Store, l Lesson) error {
	if len(l.Sources) == 0 {
		return forget(ctx, s, lessonName)
	}
	return save(ctx, s, lessonName, l)
}

func save(ctx context.Context, s Store, name string, value any) error {
	if s == nil {
		return nil
	}
	if _, err := s.SetItem(ctx, vault.Tuning, name, value); err != nil {
		return fmt.Errorf("tuning: %w", err)
	}
	return nil
}

// load reads what is kept. ok is false where there is nothing, or nothing that can be read.
func load(ctx context.Context, s Store) (l Lesson, r *Record, err error) {
	if s == nil {
		return l, nil, nil
	}
	items, err := s.Items(ctx, vault.Tuning)
	if err != nil {
		return l, nil, fmt.Errorf("tuning: %w", err)
	}
	for _, i := range items {
		switch i.Name {
		case lessonName:
			if json.Unmarshal(i.Value, &l) != nil {
				l = Lesson{}
			}
		case recordName:
			if r = new(Record); json.Unmarshal(i.Value, r) != nil {
				r = nil
			}
		}
	}
	if len(l.Sources) == 0 {
		r = nil
	}
	return l, r, nil
}

// forget deletes for good what is kept under these names.
func forget(ctx context.Context, s Store, names ...string) error {
	if s == nil {
		return nil
	}
	items, err := s.Items(ctx, vault.Tuning)
	for _, i := range items {
		for _, name := range names {
			if i.Name == name {
				err = errors.Join(err, s.Purge(ctx, vault.Ref{Kind: vault.KindItem, ID: i.ID}))
			}
		}
	}
	if err != nil {
		return fmt.Errorf("tuning: %w", err)
	}
	return nil
}
