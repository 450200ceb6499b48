package ui

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/storage"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/library"
)

// pause holds every import at its hashing until the test lets it go on.
type pause struct{ reached, resume chan struct{} }

func (u *session) pauseImport() pause {
	p := pause{make(chan struct{}), make(chan struct{})}
	u.importer.read = func(ctx context.Context, path string, o library.ImportOptions) iter.Seq2[library.Progress, error] {
		return func(yield func(library.Progress, error) bool) {
			held := false
			for progress, err := range u.Library.Import(ctx, path, o) {
				if !yield(progress, err) {
					return
				}
				if progress.Stage == library.Hashing && err == nil && !held {
					held = true
					p.reached <- struct{}{}
					<-p.resume
				}
			}
		}
	}
	return p
}

// imported waits until nothing is left to import.
func (u *session) imported() {
	u.t.Helper()
	u.until("the end of the imports", func() bool { return u.importer.stop == nil && len(u.importer.queue) == 0 })
	u.settle()
}

func TestImportAndChat(t *testing.T) {
	u := begin(t, setup{})
	u.mustSee("This is Lamplight", "No model yet")
	p := u.pauseImport()
	u.drop(fixture.GGUF(t, fixture.Options{Name: "Little Lamp"}))
	<-p.reached
	u.until("progress", func() bool { return u.sees("Checking tiny.gguf: 0 bytes of") })
	if !u.importer.panel.Visible() {
		t.Error("there is no progress bar")
	}
	close(p.resume)
	u.importer.read = u.Library.Import
	u.imported()
	if u.importer.panel.Visible() {
		t.Error("the progress bar stays")
	}
	u.mustSee("Little Lamp is in your library.", "Little Lamp is ready.")
	if m, ok := u.Library.Active(); !ok || m.Card.Name != "Little Lamp" {
		t.Error("the first model is not the active one")
	}
	u.show(modelsPage)
	u.mustSee("Little Lamp")
	u.drop(fixture.GGUF(t, fixture.Options{Name: "Another", Seed: 1}))
	u.imported()
	u.mustSee("Another is in your library.")
	if m, _ := u.Library.Active(); m.Card.Name != "Little Lamp" {
		t.Error("the second model took the place of the active one")
	}
	u.tap("Chat with it")
	u.settle()
	if m, _ := u.Library.Active(); m.Card.Name != "Another" || u.current != chatPage {
		t.Error("Chat with it does not lead to a chat with it")
	}
	u.mustSee("Another is ready.")
	u.mustNotSee("is in your library")
}

func TestImportFolder(t *testing.T) {
	u := begin(t, setup{})
	u.drop(fixture.Folder(t, fixture.Options{}))
	u.imported()
	u.mustSee("is in your library.")
}

func TestImportTwice(t *testing.T) {
	u := begin(t, setup{})
	path := fixture.GGUF(t, fixture.Options{})
	copied := filepath.Join(t.TempDir(), "another-name.gguf")
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(copied, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	u.drop(path)
	u.imported()
	u.drop(copied)
	u.imported()
	u.mustSee("Tiny was in your library already.", "Chat with it")
	if n := len(u.shelf.models); n != 1 {
		t.Errorf("the library has %d models", n)
	}
}

func TestImportCancel(t *testing.T) {
	u := begin(t, setup{})
	p := u.pauseImport()
	u.drop(fixture.GGUF(t, fixture.Options{}), fixture.GGUF(t, fixture.Options{Seed: 1}))
	<-p.reached
	u.until("the queue", func() bool { return u.sees("1 more to come") })
	u.tap("Cancel")
	p.resume <- struct{}{}
	u.imported()
	u.mustSee("Stopped. tiny.gguf was not added, and nothing is left behind.")
	if got := u.folder(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	u.mustSee("This is Lamplight")
	go func() { <-p.reached; p.resume <- struct{}{} }()
	u.drop(fixture.GGUF(t, fixture.Options{})) // it can be dropped again
	u.imported()
	u.mustSee("Tiny is in your library.")
}

// Several drops, of several files, wait for each other; a bad one does not hold up the rest, and what was
// said of it stays.
func TestImportQueue(t *testing.T) {
	u := begin(t, setup{})
	bad := filepath.Join(t.TempDir(), "letter.gguf")
	if err := os.WriteFile(bad, []byte("Dear Ana"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := u.pauseImport()
	u.drop(fixture.GGUF(t, fixture.Options{Name: "One"}), bad)
	u.drop(fixture.GGUF(t, fixture.Options{Name: "Two", Seed: 2}))
	<-p.reached
	u.until("the queue", func() bool { return u.sees("2 more to come") })
	p.resume <- struct{}{}
	u.until("the second model", func() bool {
		select {
		case <-p.reached:
			p.resume <- struct{}{}
			return true
		default:
			return false
		}
	})
	u.imported()
	u.mustSee("letter.gguf was not added. It is called a model", "Two is in your library.")
	if n := len(u.shelf.models); n != 2 {
		t.Errorf("the library has %d models", n)
	}
}

func TestDropOverADialog(t *testing.T) {
	u := begin(t, setup{})
	u.showDialog(subheading("a question"), container.NewVBox(), nil)
	u.drop(fixture.GGUF(t, fixture.Options{Name: "One"}))
	u.imported()
	if u.dialog == nil {
		t.Error("the drop closed what has nothing to do with it")
	}
	u.closeDialog()
	u.mustSee("One is in your library.")

	u.shortcut(fyne.KeyO)
	if u.dialog == nil {
		t.Fatal("there is no dialog")
	}
	u.drop(fixture.GGUF(t, fixture.Options{Name: "Two", Seed: 1}))
	if u.dialog != nil || u.win.Canvas().Overlays().Top() != nil {
		t.Error("the dialog still asks for what was dropped")
	}
	u.imported()
	u.mustSee("Two is in your library.")
}

func TestDropOfSomethingElse(t *testing.T) {
	u := begin(t, setup{})
	web, err := storage.ParseURI("https://example.org/model.gguf")
	if err != nil {
		t.Fatal(err)
	}
	u.parent.onDropped(fyne.NewPos(1, 1), []fyne.URI{web})
	u.parent.onDropped(fyne.NewPos(1, 1), nil)
	if u.importer.stop != nil {
		t.Error("an address is imported")
	}
}

// changed returns a model that was changed before it was written.
func changed(change func(*fixture.Model)) func(t *testing.T, dir string) string {
	return func(t *testing.T, dir string) string {
		m := fixture.New(fixture.Options{})
		change(m)
		path := filepath.Join(dir, "model.gguf")
		if err := m.WriteGGUF(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// edited returns a model of whose bytes something was changed afterwards.
func edited(edit func([]byte) []byte) func(t *testing.T, dir string) string {
	return func(t *testing.T, dir string) string {
		data, err := fixture.New(fixture.Options{}).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return written("model.gguf", edit(data))(t, dir)
	}
}

func written(name string, data []byte) func(t *testing.T, dir string) string {
	return func(t *testing.T, dir string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// badFiles has a real file for every complaint about one.
var badFiles = []struct {
	name string
	make func(t *testing.T, dir string) string // returns what is dropped
	err  error
	says string
}{
	{"vocabulary", changed(func(m *fixture.Model) { m.Tensors = nil }), source.ErrVocabularyOnly, "a vocabulary but no weights"},
	{"adapter", changed(func(m *fixture.Model) { m.Set("general.type", gguf.Scalar("adapter")) }), source.ErrAdapter, "an adapter"},
	{"projector", changed(func(m *fixture.Model) { m.Set("general.architecture", gguf.Scalar("clip")) }), source.ErrProjector, "see pictures"},
	{"architecture", changed(func(m *fixture.Model) { m.Set("general.architecture", gguf.Scalar("llama\x1b[31m")) }), source.ErrArchitecture, "this kind of model yet, “llama[31m”. It runs Gemma 3."},
	{"missing tensor", changed(func(m *fixture.Model) { m.Drop("blk.3.ffn_up.weight") }), source.ErrMissingTensor, "some of its weights are not in the file"},
	{"description", changed(func(m *fixture.Model) { m.Drop("gemma3.block_count") }), source.ErrInvalid, "does not describe itself"},
	{"shape", changed(func(m *fixture.Model) { m.Set("gemma3.feed_forward_length", gguf.Scalar(uint32(128))) }), source.ErrShape, "do not fit together"},
	{"part missing", func(t *testing.T, dir string) string {
		parts, err := fixture.New(fixture.Options{}).WriteSplit(dir, "model", 3)
		if err == nil {
			err = os.Remove(parts[1])
		}
		if err != nil {
			t.Fatal(err)
		}
		return parts[0]
	}, gguf.ErrMissingPart, "one of them is missing"},
	{"truncated", edited(func(b []byte) []byte { return b[:len(b)/2] }), gguf.ErrTruncated, "ends too early"},
	{"empty", written("model.gguf", nil), gguf.ErrTruncated, "ends too early"},
	{"web page", written("model.gguf", []byte("<!doctype html><title>404</title>")), gguf.ErrNotGGUF, "called a model but is something else"},
	{"old version", edited(func(b []byte) []byte { b[4] = 1; return b }), gguf.ErrUnsupported, "cannot read yet"},
	{"newer version", edited(func(b []byte) []byte { b[4] = 9; return b }), gguf.ErrNewer, "newer than this version"},
	{"corrupt", edited(func(b []byte) []byte {
		return bytes.Replace(b, []byte("general.name"), []byte("general.n\x00me"), 1)
	}), gguf.ErrCorrupt, "The file is damaged."},
	{"folder of something else", func(t *testing.T, dir string) string {
		written("config.json", []byte("{}"))(t, dir)
		written("notes.safetensors", []byte("{}"))(t, dir)
		return dir
	}, safetensors.ErrNoModel, "config.json or model.safetensors is missing"},
	{"something else", written("letter.dat", []byte("Dear Ana,")), source.ErrNotModel, "This is not a model."},
	{"several", func(t *testing.T, dir string) string {
		for _, name := range []string{"a.gguf", "b.gguf", "c.gguf", "d.gguf"} {
			written(name, nil)(t, dir)
		}
		return dir
	}, library.ErrSeveralModels, "several models in this folder: a.gguf, b.gguf, c.gguf, …. Drop"},
	{"empty folder", func(t *testing.T, dir string) string { return dir }, library.ErrNoModel, "no model in this folder. Lamplight takes"},
	{"gone", func(t *testing.T, dir string) string { return filepath.Join(dir, "model.gguf") }, fs.ErrNotExist, "no longer there"},
}

// met are the complaints that other tests bring about.
var met = []error{library.ErrNoSpace, library.ErrChanged, fs.ErrPermission}

func TestBadFiles(t *testing.T) {
	for _, c := range fileComplaints {
		found := false
		for _, b := range badFiles {
			found = found || b.err == c.err
		}
		for _, err := range met {
			found = found || err == c.err
		}
		if !found {
			t.Errorf("no file leads to the complaint %q", c.text)
		}
	}
	u := begin(t, setup{})
	for _, b := range badFiles {
		t.Run(b.name, func(t *testing.T) {
			path := b.make(t, t.TempDir())
			u.drop(path)
			u.imported()
			u.refused(path, b.says)
		})
	}
}

// refused fails unless the window says of the file at path that it was not added, and nothing was.
func (u *session) refused(path, says string) {
	u.t.Helper()
	said := u.notice.Text()
	if !strings.HasPrefix(said, filepath.Base(path)+" was not added. ") || !strings.Contains(said, says) {
		u.t.Errorf("the window says %q, want %q in it", said, says)
	}
	if strings.Contains(said, "library:") || strings.Contains(said, "source:") || strings.Contains(said, u.dir) {
		u.t.Errorf("the window speaks Go: %q", said)
	}
	if got := u.folder(); len(got) != 0 {
		u.t.Errorf("left behind: %v", got)
	}
}

func TestFileChangesDuringImport(t *testing.T) {
	u := begin(t, setup{})
	path := fixture.GGUF(t, fixture.Options{})
	p := u.pauseImport()
	u.drop(path)
	<-p.reached
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.Write(make([]byte, 100))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	p.resume <- struct{}{}
	u.imported()
	u.refused(path, "changed while it was read")
}
