package library

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lamplight/engine/source"
)

// Stage is a step of an import.
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

// Progress is one step of an import.
type Progress struct {
	Stage   Stage
	Done    int64  // bytes of this stage
	Total   int64  // bytes of this stage; 0 while Checking
	Model   *Model // with stage Done: the model as it is in the library
	Existed bool   // with stage Done: this content was in the library, or in its trash, already
}

// ImportOptions changes what an import does.
type ImportOptions struct {
	Name string // of the card; empty: the model's own name, else its file's
}

// Import puts the model at path into the library: a GGUF file, any part of a split one, a Hugging Face
// folder, or a folder with exactly one of these somewhere inside. The model is opened and checked, hashed,
// and then hard-linked, or copied where that is not possible.
//
// The sequence yields progress, at least once for each stage, and ends with stage Done or with one error.
// Cancelling ctx ends it with ctx.Err(); leaving the loop before Done cancels it too. Unless it reached
// Done, nothing of the import is left in the library's folder.
//
// Errors that a caller can tell apart: ErrNoModel, ErrSeveralModels, ErrNoSpace, ErrChanged, the errors of
// packages source and gguf for a file that is no model or no complete one, fs.ErrPermission, fs.ErrNotExist.
func (l *Library) Import(ctx context.Context, path string, o ImportOptions) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		im := importer{l: l, ctx: ctx, yield: yield, options: o}
		err := im.run(path)
		switch {
		case err == nil:
			total := im.card.Bytes
			yield(Progress{Stage: Done, Done: total, Total: total, Model: &im.model, Existed: im.existed}, nil)
		case errors.Is(err, errLeft):
		case isFull(err) && !errors.Is(err, ErrNoSpace):
			yield(Progress{Stage: im.stage}, fmt.Errorf("library: import %s: %w: %w", path, ErrNoSpace, err))
		default:
			yield(Progress{Stage: im.stage}, fmt.Errorf("library: import %s: %w", path, err))
		}
	}
}

// errLeft ends an import whose consumer has left the loop and must not be called again.
var errLeft = errors.New("the consumer left")

// importer is one import under way.
type importer struct {
	l       *Library
	ctx     context.Context
	yield   func(Progress, error) bool
	options ImportOptions
	stage   Stage

	card    Card
	parts   []part
	model   Model // the result
	existed bool
}

func (im *importer) run(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := im.check(path); err != nil {
		return err
	}
	if err := im.hash(); err != nil {
		return err
	}
	if err := im.l.digestUnknown(im.ctx, im.card.Bytes); err != nil {
		return err
	}
	err = im.l.locked(im.adopt)
	if err != nil || im.existed {
		return err
	}
	s, err := im.l.newStaging()
	if err != nil {
		return err
	}
	defer s.remove()
	if err := im.store(s.model); err != nil {
		return err
	}
	return im.l.locked(func() error {
		err := im.adopt() // the same content may have arrived in the meantime
		if err != nil || im.existed {
			return err
		}
		return im.publish(s)
	})
}

// report yields progress of the current stage; its error ends the import.
func (im *importer) report(done, total int64) error {
	if err := im.ctx.Err(); err != nil {
		return err
	}
	if !im.yield(Progress{Stage: im.stage, Done: done, Total: total}, nil) {
		return errLeft
	}
	return im.ctx.Err()
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
	if len(im.parts) == 1 { // a folder has a config.json besides its weights
		im.parts[0].name = "model.gguf"
	}
	im.card = describe(src, im.parts)
	im.card.Source = strings.ToValidUTF8(path, "\uFFFD")
	for _, name := range []string{im.options.Name, im.card.Name, nameFromPath(path)} {
		if im.card.Name = cleanText(name); im.card.Name != "" {
			break
		}
	}
	if im.card.Name == "" {
		im.card.Name = "Model"
	}
	return im.card.check()
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
	same := func(m *Model) bool { return m.Card.SHA256 == im.card.SHA256 && m.Err() == nil }
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

// publish moves the staged model into its place. The library is locked. A model with the same content
// whose files are gone or damaged is made whole: it keeps its place and the user's name for it.
func (im *importer) publish(s *staging) error {
	models, err := im.l.models(im.l.lookLocked)
	if err != nil {
		return err
	}
	same := func(m Model) bool { return m.Card.SHA256 == im.card.SHA256 }
	var id string
	if i := slices.IndexFunc(models, same); i >= 0 {
		id = models[i].ID
		im.card.Name = models[i].Card.Name
	} else {
		id = unique(im.slug(), im.taken)
	}
	im.card.Imported = time.Now().UTC().Truncate(time.Second)
	data, err := im.card.encode()
	if err != nil {
		return err
	}
	if err := createFile(filepath.Join(s.model, cardName), data); err != nil {
		return err
	}
	syncDir(s.model)

	folder := filepath.Join(im.l.dir, id)
	if err := os.Rename(folder, s.replaced); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.Rename(s.model, folder); err != nil {
		_ = os.Rename(s.replaced, folder)
		return err
	}
	syncDir(im.l.dir)
	im.model = Model{ID: id, Path: im.card.path(folder), Card: im.card}
	return nil
}

// slug is made of the name and, because people keep several of one model, the quantization.
func (im *importer) slug() string {
	s := slug(im.card.Name)
	if q := slug(im.card.Quantization); im.card.Quantization != "" && !strings.Contains(s, q) {
		s = slug(im.card.Name + "-" + im.card.Quantization)
	}
	return s
}

// taken reports whether an ID belongs to something: a folder, a model in the trash, or the selected model
// that is gone, unless this is that model.
func (im *importer) taken(id string) bool {
	if _, err := os.Lstat(filepath.Join(im.l.dir, id)); err == nil {
		return true
	}
	s, ok := im.l.selection()
	return im.l.inTrash(id) || ok && s.ID == id && s.SHA256 != im.card.SHA256
}
