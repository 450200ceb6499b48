package ui

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/engine/source"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// errand is something that reads a whole model: it takes its time, has progress and can be cancelled.
type errand struct {
	path string // of what is read
	name string // of the model, for the window; "": the base name of path
	read func(context.Context) iter.Seq2[library.Progress, error]
	done func(m *library.Model, existed bool, err error) // says what came of it
	sure bool                                            // it stays in the queue when an import before it is cancelled
}

// importer brings dropped models into the library, one after the other, and shows how far it is. Whatever else reads
// whole models waits in the same queue.
type importer struct {
	w      *Window
	read   func(context.Context, string, library.ImportOptions) iter.Seq2[library.Progress, error] // Library.Import
	panel  *fyne.Container
	title  *words
	bar    *widget.ProgressBar
	cancel *widgets.ChipButton

	// On the interface's goroutine.
	queue   []errand
	stop    context.CancelFunc // of the errand that runs, nil while none does
	working string             // name of what is read

	mu       sync.Mutex // guards what the worker tells
	progress library.Progress
	update   coalescer
}

func newImporter(w *Window) *importer {
	im := &importer{w: w, read: w.Library.Import, title: oneLined(paragraph("")), bar: widget.NewProgressBar()}
	im.cancel = widgets.NewChipButton(nil, lang.L("Cancel"), im.stopAll)
	im.bar.TextFormatter = func() string { return "" } // the title says it in bytes
	bar := container.New(layout.NewCustomPaddedLayout(0, gap, gap, gap), container.New(barHeight(6), im.bar))
	row := container.NewBorder(nil, nil, nil, container.NewCenter(im.cancel), container.NewVBox(im.title, bar))
	im.panel = container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), widgets.NewCard(row))
	im.panel.Hide()
	im.update = coalescer{do: w.do, f: im.refresh}
	return im
}

// barHeight gives one object a height and no least width.
type barHeight float32

// MinSize implements fyne.Layout.
func (h barHeight) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, float32(h)) }

// Layout implements fyne.Layout.
func (h barHeight) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }

// add queues files and folders.
func (im *importer) add(paths ...string) {
	var list []errand
	for _, path := range paths {
		list = append(list, errand{
			path: path,
			read: func(ctx context.Context) iter.Seq2[library.Progress, error] {
				return im.read(ctx, path, library.ImportOptions{})
			},
			done: func(m *library.Model, existed bool, err error) { im.ended(path, m, existed, err) },
		})
	}
	im.run(list...)
}

// run queues errands.
func (im *importer) run(list ...errand) {
	im.queue = append(im.queue, list...)
	if im.stop == nil {
		im.next()
	} else {
		im.refresh()
	}
}

// stopAll ends the import that runs and forgets those that wait.
func (im *importer) stopAll() {
	if im.stop != nil {
		im.stop()
	}
}

// next starts the errand that is first in the queue.
func (im *importer) next() {
	if len(im.queue) == 0 {
		im.panel.Hide()
		im.w.arrange()
		return
	}
	e := im.queue[0]
	im.queue = im.queue[1:]
	im.working = oneLine(cmp.Or(e.name, filepath.Base(e.path)), 60)
	im.mu.Lock()
	im.progress = library.Progress{}
	im.mu.Unlock()

	ctx, cancel := context.WithCancel(im.w.ctx)
	im.stop = cancel
	if im.panel.Visible() { // else it shows itself with the first progress: what is quick makes no jump
		im.refresh()
	}
	im.w.work(func(context.Context) {
		defer cancel()
		m, existed, err := im.follow(e.read(ctx))
		s, shelfErr := im.w.readShelf()
		im.w.do(func() {
			im.w.showShelf(s, shelfErr)
			im.stop = nil
			e.done(m, existed, err)
			im.next()
		})
	})
}

// follow reads the model; it is the worker. The first model of a library becomes the active one.
func (im *importer) follow(steps iter.Seq2[library.Progress, error]) (m *library.Model, existed bool, err error) {
	for p, err := range steps {
		if err != nil {
			return nil, false, err
		}
		im.mu.Lock()
		im.progress = p
		im.mu.Unlock()
		im.update.touch()
		if p.Model != nil {
			m, existed = p.Model, p.Existed
		}
	}
	if m == nil {
		return nil, false, errors.New("import ended without a model")
	}
	if err := im.w.Library.SelectFirst(m.ID); err != nil {
		im.w.Log.Warn("the first model was not chosen", "error", err)
	}
	return m, existed, nil
}

func (im *importer) refresh() {
	im.mu.Lock()
	p := im.progress
	im.mu.Unlock()
	data := map[string]any{"Name": im.working, "Done": byteSize(p.Done), "Total": byteSize(p.Total)}
	text := lang.L("Looking at {{.Name}}", data)
	switch p.Stage {
	case library.Hashing:
		text = lang.L("Checking {{.Name}}: {{.Done}} of {{.Total}}", data)
	case library.Copying:
		text = lang.L("Copying {{.Name}}: {{.Done}} of {{.Total}}", data)
	}
	if n := len(im.queue); n > 0 {
		text += " · " + lang.N("{{.N}} more to come", n, map[string]any{"N": n})
	}
	im.title.set(text)
	if im.stop != nil && !im.panel.Visible() {
		im.panel.Show()
		im.w.arrange()
	}
	fraction := 0.0
	if p.Total > 0 {
		fraction = float64(p.Done) / float64(p.Total)
	}
	im.bar.SetValue(fraction)
}

// ended shows what came of an import.
func (im *importer) ended(path string, m *library.Model, existed bool, err error) {
	switch {
	case err == nil:
		im.w.Log.Info("import done", "id", m.ID, "existed", existed)
		im.imported(*m, existed)
	case errors.Is(err, source.ErrAdapter):
		im.w.takeAdapter(path)
	case errors.Is(err, context.Canceled):
		im.w.Log.Info("import cancelled")
		im.w.mention(lang.L("Stopped. {{.Name}} was not added, and nothing is left behind.", map[string]any{"Name": im.working}), "", nil)
		im.queue = slices.DeleteFunc(im.queue, func(e errand) bool { return !e.sure })
	default:
		im.w.Log.Warn("import failed", "error", err)
		why := explainFile(path, err)
		action, f := im.w.remedy(why.remedy, err)
		im.w.say(lang.L("{{.Name}} was not added. {{.Why}}", map[string]any{"Name": im.working, "Why": why.text}), action, f)
	}
}

func (im *importer) imported(m library.Model, existed bool) {
	name := map[string]any{"Name": m.Card.Name}
	text := lang.L("{{.Name}} is in your library.", name)
	if existed {
		text = lang.L("{{.Name}} was in your library already.", name)
	}
	im.w.mention(text, lang.L("Chat with it"), func() { im.w.chatWith(m.ID) })
}
