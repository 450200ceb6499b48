package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Stage is a step of an import, a reference, a verification or an export.
type Stage uint8

// The stages in their order. A source that can be hard-linked, or is already in the library, has no Copying.
const (
	Checking Stage = iota // finding the model, reading its structure
	Hashing
	Copying
	Done
)

func (s Stage) String() string {
	return [...]string{"checking", "hashing", "copying", "done"}[min(s, Done)]
}

// Progress is one step of an import, a reference, a verification or an export.
type Progress struct {
	Stage   Stage
	Done    int64  // bytes of this stage
	Total   int64  // bytes of this stage; 0 while Checking
	Model   *Model // with stage Done: the model as it is in the library
	Existed bool   // with stage Done of an import: this content was in the library, or in its trash, already
}

// work is something long that is under way and yields its progress: an import, a verification, an export.
type work struct {
	l     *Library
	ctx   context.Context
	yield func(Progress, error) bool
	stage Stage
}

// errLeft ends the work of a consumer who has left the loop and must not be called again.
var errLeft = errors.New("the consumer left")

// end does the work and ends the sequence with the stage Done, or with an error that says what was being done.
func (w *work) end(what string, do func() (Progress, error)) {
	p, err := do()
	switch {
	case err == nil:
		p.Stage = Done
		w.yield(p, nil)
	case errors.Is(err, errLeft):
	case isFull(err) && !errors.Is(err, ErrNoSpace):
		w.yield(Progress{Stage: w.stage}, fmt.Errorf("library: %s: %w: %w", what, ErrNoSpace, err))
	default:
		w.yield(Progress{Stage: w.stage}, fmt.Errorf("library: %s: %w", what, err))
	}
}

// report yields progress of the current stage; its error ends the work.
func (w *work) report(done, total int64) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if !w.yield(Progress{Stage: w.stage, Done: done, Total: total}, nil) {
		return errLeft
	}
	return w.ctx.Err()
}

// read writes a part to out with progress, and returns its SHA-256.
func (w *work) read(p *part, out io.Writer, done *int64, total int64) (string, error) {
	f, err := os.Open(p.path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	// Not one byte more than expected: a file that is still being written would never end.
	sum, err := pour(out, io.LimitReader(f, p.info.Size()), func(n int) error {
		*done += int64(n)
		return w.report(*done, total)
	})
	if err != nil {
		return "", err
	}
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	return sum, p.same(info)
}

// hashParts reads all parts and completes them with their digests.
func (w *work) hashParts(parts []part) error {
	w.stage = Hashing
	var total, done int64
	for _, p := range parts {
		total += p.info.Size()
	}
	if err := w.report(0, total); err != nil {
		return err
	}
	for i := range parts {
		p := &parts[i]
		sum, err := w.read(p, io.Discard, &done, total)
		if err != nil {
			return fmt.Errorf("hash %s: %w", p.path, err)
		}
		p.sum = sum
	}
	return nil
}
