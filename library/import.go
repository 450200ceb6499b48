package library

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"lamplight/engine/source"
)

// ImportOptions changes what an import does.
type ImportOptions struct {
	Name   string  // of the card; empty: the model's own name, else its file's
	App    string  // whose model it was: "ollama"; empty: nobody's
	Extras *Extras // what that application keeps beside it
}

// Import puts the model at path into the library: a GGUF file, any part of a split one, a Hugging Face
// folder, or a folder with exactly one of these somewhere inside. The model is opened and checked, hashed,
// and then hard-linked, or copied where that is not possible. A reference with this content becomes a model of the
// library's own and keeps what the user wrote on its card.
//
// The sequence yields progress, at least once for each stage, and ends with stage Done or with one error.
// Cancelling ctx ends it with ctx.Err(); leaving the loop before Done cancels it too. Unless it reached
// Done, nothing of the import is left in the library's folder.
//
// Errors that a caller can tell apart: ErrNoModel, ErrSeveralModels, ErrNoSpace, ErrChanged, the errors of
// packages source and gguf for a file that is no model or no complete one, fs.ErrPermission, fs.ErrNotExist.
func (l *Library) Import(ctx context.Context, path string, o ImportOptions) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		im := importer{work: work{l: l, ctx: ctx, yield: yield}, name: o.Name, app: o.App, extras: o.Extras}
		im.end("import "+path, func() (Progress, error) { return im.run(path) })
	}
}

// importer is one import under way, or a reference that is being made.
type importer struct {
	work
	name   string // asked for
	refer  bool
	app    string
	extras *Extras

	card    Card
	licence string
	parts   []part
	model   Model // the result
	existed bool
}

func (im *importer) run(path string) (Progress, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Progress{}, err
	}
	if err := im.check(path); err != nil {
		return Progress{}, err
	}
	if err := im.hash(); err != nil {
		return Progress{}, err
	}
	if err := im.l.digestUnknown(im.ctx, im.card.Bytes); err != nil {
		return Progress{}, err
	}
	err = im.l.locked(im.adopt)
	if err == nil && !im.existed {
		err = im.add()
	}
	total := im.card.Bytes
	return Progress{Done: total, Total: total, Model: &im.model, Existed: im.existed}, err
}

// add makes the model's folder and moves it into its place.
func (im *importer) add() error {
	s, err := im.l.newStaging()
	if err != nil {
		return err
	}
	defer s.remove()
	if !im.refer {
		if err := im.store(s.model); err != nil {
			return err
		}
	}
	return im.l.locked(func() error {
		err := im.adopt() // the same content may have arrived in the meantime
		if err != nil || im.existed {
			return err
		}
		return im.publish(s)
	})
}

// check finds the model that path means, makes sure that the engine can run it and describes it.
func (im *importer) check(path string) error {
	im.stage = Checking
	if err := im.report(0, 0); err != nil {
		return err
	}
	path, err := locate(im.ctx, path)
	if err != nil {
		return err
	}
	src, err := source.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := src.Check(); err != nil {
		return err
	}
	if _, err := src.Vocab(); err != nil {
		return err
	}
	if im.parts, err = partsOf(src); err != nil {
		return err
	}
	if err := im.nameParts(); err != nil {
		return err
	}
	im.card = describe(src, im.parts)
	im.card.Reference, im.card.App, im.card.Extras = im.refer, im.app, im.extras
	im.licence = licenceOf(src, im.extras)
	im.card.Source = strings.ToValidUTF8(path, "\uFFFD")
	for _, name := range []string{im.name, im.card.Name, nameFromPath(path)} {
		if im.card.Name = cleanText(name); im.card.Name != "" {
			break
		}
	}
	if im.card.Name == "" {
		im.card.Name = "Model"
	}
	im.card.clean()
	return im.card.check()
}

// nameParts gives the files the names that they have on the card.
func (im *importer) nameParts() error {
	for i := range im.parts {
		p := &im.parts[i]
		switch {
		case im.refer && !absolute(p.path):
			return fmt.Errorf("%q: %w", p.path, ErrPath)
		case im.refer:
			p.name = p.path
		case len(im.parts) == 1: // a folder has a config.json besides its weights
			p.name = "model.gguf"
		}
	}
	return nil
}

// nameFromPath makes a name of a model's file; folders have one already.
func nameFromPath(path string) string {
	base := filepath.Base(path)
	if m := splitName.FindStringSubmatch(base); m != nil {
		return m[1]
	}
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// adopt looks for the content that was hashed in the library and in the trash. The library is locked.
func (im *importer) adopt() error {
	models, err := im.l.models(im.l.lookLocked)
	if err != nil {
		return err
	}
	same := func(m *Model) bool {
		return m.Digest() == im.card.SHA256 && (im.refer || !m.Card.Reference)
	}
	for _, m := range models {
		if same(&m) {
			im.model, im.existed = m, true
			return nil
		}
	}
	for _, t := range im.l.trash() {
		m, _, err := load(t.folder, t.id)
		if err != nil || !same(&m) {
			continue
		}
		if err := im.l.takeBack(t); err != nil {
			return err
		}
		im.existed = true
		im.model, err = im.l.lookLocked(t.id)
		return err
	}
	return nil
}
