package main

import (
	"iter"
	"os"

	"lamplight/library"
)

// imported is what import prints.
type imported struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Path      string `json:"path"`
	SHA256    string `json:"sha256"`
	Reference bool   `json:"reference"`
	Existed   bool   `json:"existed"` // it was in the library already
}

func importIntoLibrary(c *call) error {
	reference := c.Bool("reference", false, "use the model where it is, and write nothing but a card")
	name := c.String("name", "", "`NAME` of the model in the library (default its own)")
	args, err := c.parse("PATH")
	if err != nil {
		return err
	}
	if _, err := os.Stat(args[0]); err != nil { // before a library is made for it
		return err
	}
	l, err := library.Open(libraryFolder())
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	var steps iter.Seq2[library.Progress, error]
	if *reference {
		steps = l.Refer(ctx, args[0], library.ReferOptions{Name: *name})
	} else {
		steps = l.Import(ctx, args[0], library.ImportOptions{Name: *name})
	}
	meter := newMeter(c.err)
	for p, err := range steps {
		if err != nil {
			meter.clear()
			return err
		}
		meter.show(p.Done, p.Total, p.Stage.String())
		if m := p.Model; m != nil {
			meter.clear()
			return c.printJSON(imported{m.ID, m.Card.Name, m.Path, m.Card.SHA256, m.Card.Reference, p.Existed}, "")
		}
	}
	return nil
}
