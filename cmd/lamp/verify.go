package main

import (
	"context"
	"errors"
	"fmt"

	"lamplight/library"
)

// verified is what verify prints of a model.
type verified struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	Problem string `json:"problem,omitempty"` // why it cannot be used
}

func verify(c *call) error {
	all := c.Bool("all", false, "every model of the library")
	args, err := c.parseUpTo("NAME")
	if err != nil {
		return err
	}
	if *all && len(args) > 0 {
		return wrongUse("-all leaves no room for %q", args[0])
	}
	l, err := openLibrary()
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	if *all {
		return c.verifyAll(ctx, l)
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	m, err := findInLibrary(l, name)
	if err != nil && !errors.Is(err, library.ErrDamaged) {
		return err
	}
	if m, err = c.verifyOne(ctx, l, m); err != nil {
		return err
	}
	return c.printJSON(verified{m.ID, m.Card.Name, m.Path, m.Card.SHA256, ""}, "")
}

// verifyAll verifies every model, prints a line for each, and fails if one of them cannot be used.
func (c *call) verifyAll(ctx context.Context, l *library.Library) error {
	models, err := l.List()
	if err != nil {
		return err
	}
	unusable := 0
	for _, m := range models {
		m, err := c.verifyOne(ctx, l, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		line := verified{m.ID, m.Card.Name, m.Path, m.Card.SHA256, ""}
		if err != nil {
			line.Problem = message(err)
			unusable++
		}
		if err := c.printJSON(line, ""); err != nil {
			return err
		}
	}
	if unusable > 0 {
		return fmt.Errorf("%d of %d models cannot be used", unusable, len(models))
	}
	return nil
}

// verifyOne verifies m and returns it as it is then.
func (c *call) verifyOne(ctx context.Context, l *library.Library, m library.Model) (library.Model, error) {
	meter := newMeter(c.err)
	defer meter.clear()
	for p, err := range l.Verify(ctx, m.ID) {
		if err != nil {
			return m, err
		}
		meter.show(p.Done, p.Total, m.Card.Name)
		if p.Model != nil {
			m = *p.Model
		}
	}
	return m, nil
}
