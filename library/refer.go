package library

import (
	"context"
	"iter"
)

// ReferOptions say what is known of a model that is referred to.
type ReferOptions struct {
	Name   string  // of the card; empty: the model's own name, else its file's
	App    string  // whose model it is: "ollama"; empty: nobody's
	Extras *Extras // what that application keeps beside it
}

// Refer makes a card for a model that stays where it is. It is found, checked and hashed as Import does, and nothing is
// written but the card: not to the model's files, not beside them, no link to them. Remove forgets the card. While
// the files are away the model is gone; it is back when they are.
//
// The sequence is that of Import without Copying. Content that is in the library already stays one model. Where a
// card refers to the same files and these have other content now, it becomes the card of that. ErrPath: the path of
// a file is no text, so that it cannot be kept.
func (l *Library) Refer(ctx context.Context, path string, o ReferOptions) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		im := importer{work: work{l: l, ctx: ctx, yield: yield}, refer: true, name: o.Name, app: o.App, extras: o.Extras}
		im.end("refer to "+path, func() (Progress, error) { return im.run(path) })
	}
}
