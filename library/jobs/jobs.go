// Package jobs does what takes minutes behind the user's back: converting and quantizing models, measuring what that
// cost, verifying and exporting them.
//
//	q, err := jobs.Open(dir, lib, jobs.Options{Busy: runner.Busy, Changed: redraw})
//	go q.Run(ctx)
//	id, err := q.Add(jobs.Spec{Kind: jobs.Quantize, Model: "gemma-3-270m", Recipe: "q4_0"})
//	for _, j := range q.List() { … j.State, j.Done, j.Total … }
//
// Jobs are data: jobs.json in dir is all that is kept of them, written atomically whenever one is added, changes its
// state or ends. They run one at a time, in the order in which they were added.
//
// A job that was interrupted, because the program was closed or killed, begins anew at the next Run: the same input
// gives the same output, it is minutes at most, and a half-written file is never trusted. Until it is complete a
// result has no place in the library, only in the folder work beside jobs.json, which Open empties.
//
// A job gives way: between two chunks, some ten times a second, it waits while it is paused, and while the model that
// answers the user is busy. Threads of low priority would not do in a Go program: goroutines share the processors
// that the runtime has, so a thread that the system holds back holds a processor that the answer needs.
package jobs

import (
	"time"

	"lamplight/library"
)

// Kind is what a job does.
type Kind string

// The kinds of jobs.
const (
	Convert  Kind = "convert"  // a model in a folder becomes a model in one GGUF file, with its own types or a recipe's
	Quantize Kind = "quantize" // a model becomes a smaller one; a Receipt for it follows
	Verify   Kind = "verify"   // a model's files are read again
	Receipt  Kind = "receipt"  // a model is compared with the one that it was made from
	Export   Kind = "export"   // a model is written as one GGUF file, outside of the library
)

// Spec says what is to be done. Models are named by their IDs in the library.
type Spec struct {
	Kind   Kind   `json:"kind"`
	Model  string `json:"model"`
	Recipe string `json:"recipe,omitempty"` // Convert, Quantize: name of a library.Recipe
	Name   string `json:"name,omitempty"`   // Convert, Quantize: of the new model; empty: the old one's with the recipe's
	Base   string `json:"base,omitempty"`   // Receipt: what Model was made from
	Text   string `json:"text,omitempty"`   // Receipt, Quantize: path of the text to compare on; empty: the one that comes along
	Path   string `json:"path,omitempty"`   // Export: the file to write, an absolute path
}

// State is how far a job is.
type State string

// The states of a job. A job that is cancelled is gone.
const (
	Waiting State = "waiting"
	Running State = "running"
	Paused  State = "paused" // it keeps its turn if it had begun: nothing else runs until it is resumed or cancelled
	Done    State = "done"
	Failed  State = "failed"
)

// Job is one job, as it was when it was listed.
type Job struct {
	ID int64 `json:"id"`
	Spec
	State   State     `json:"state"`
	Added   time.Time `json:"added"`
	Ended   time.Time `json:"ended,omitzero"`
	Result  string    `json:"result,omitempty"` // Convert, Quantize when done: ID of the new model
	Failure *Failure  `json:"failure,omitempty"`

	// How far a running job is; not kept.
	Step       string `json:"-"` // what it is doing: the name of a tensor, "hashing", "comparing"
	Steps      int64  `json:"-"` // of StepsTotal
	StepsTotal int64  `json:"-"` // bytes or positions; 0: not known yet
}

// ended reports whether nothing more happens to the job by itself.
func (j *Job) ended() bool { return j.State == Done || j.State == Failed }

// Options are what a queue needs to know of the rest of the program.
type Options struct {
	Threads int         // of a conversion; 0: all processors
	Busy    func() bool // reports whether an answer is being written, for which jobs wait; nil: never
	Changed func()      // is called after every change, from any goroutine, and must return at once; nil: nobody wants to know
}

// check returns an error for a Spec that cannot be done.
func (s *Spec) check() error {
	switch s.Kind {
	case Convert, Quantize:
		if _, err := library.ParseRecipe(s.Recipe); err != nil {
			return err
		}
	case Receipt:
		if s.Base == "" {
			return specError("a receipt needs the model that this one was made from")
		}
	case Export:
		if !absolute(s.Path) {
			return specError("an export needs an absolute path")
		}
	case Verify:
	default:
		return specError("there is no such kind of job")
	}
	switch {
	case s.Model == "":
		return specError("the model is missing")
	case s.Text != "" && !absolute(s.Text):
		return specError("the text needs an absolute path")
	}
	for _, text := range []string{s.Model, s.Recipe, s.Name, s.Base, s.Text, s.Path} {
		if len(text) > maxField {
			return specError("a field is too long")
		}
	}
	return nil
}

// specError is a Spec that cannot be done, a mistake of the program's.
type specError string

func (e specError) Error() string { return string(e) }
