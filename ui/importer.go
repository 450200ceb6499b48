package ui

import (
	"context"
	"errors"
	"path/filepath"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/library"
	"lamplight/ui/widgets"
)

// importer brings dropped models into the library, one after the other, and shows how far it is.
type importer struct {
	w      *Window
	panel  *fyne.Container
	title  words
	bar    *widget.ProgressBar
	cancel *widgets.ChipButton

	// On the interface's goroutine.
	queue   []string
	stop    context.CancelFunc // of the import that runs, nil while none does
	working string             // base name of what is imported

	mu       sync.Mutex // guards what the worker tells
	progress library.Progress
	update   coalescer
}

func newImporter(w *Window) *importer {
	im := &importer{w: w, title: paragraph(""), bar: widget.NewProgressBar()}
	im.cancel = widgets.NewChipButton(nil, lang.L("Cancel"), func() {
		if im.stop != nil {
			im.stop()
		}
	})
	row := container.NewBorder(nil, nil, nil, container.NewCenter(im.cancel), container.NewVBox(im.title, im.bar))
	im.panel = container.New(layout.NewCustomPaddedLayout(8, 0, 12, 12), widgets.NewCard(row))
	im.panel.Hide()
	im.update = coalescer{sched: w.sched, f: im.refresh}
	return im
}

// add queues the file or folder at path.
func (im *importer) add(path string) {
	im.queue = append(im.queue, path)
	if im.stop == nil {
		im.next()
	}
}

// next starts the import that is first in the queue.
func (im *importer) next() {
	if len(im.queue) == 0 || im.w.ctx.Err() != nil {
		im.panel.Hide()
		return
	}
	path := im.queue[0]
	im.queue = im.queue[1:]
	im.working = filepath.Base(path)
	im.mu.Lock()
	im.progress = library.Progress{}
	im.mu.Unlock()

	ctx, cancel := context.WithCancel(im.w.ctx)
	im.stop = cancel
	im.panel.Show()
	im.refresh()
	im.w.work(func(context.Context) {
		defer cancel()
		m, existed, err := im.run(ctx, path)
		im.w.sched.Do(func() { im.ended(m, existed, err) })
	})
}

// run imports; it is the worker.
func (im *importer) run(ctx context.Context, path string) (m *library.Model, existed bool, err error) {
	for p, err := range im.w.Library.Import(ctx, path, library.ImportOptions{}) {
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
	return m, existed, nil
}

func (im *importer) refresh() {
	im.mu.Lock()
	p := im.progress
	im.mu.Unlock()
	text := "Looking at {{.Name}}"
	switch p.Stage {
	case library.Hashing:
		text = "Checking {{.Name}}: {{.Done}} of {{.Total}}"
	case library.Copying:
		text = "Copying {{.Name}}: {{.Done}} of {{.Total}}"
	}
	im.title.set(lang.L(text, map[string]any{"Name": im.working, "Done": byteSize(p.Done), "Total": byteSize(p.Total)}))
	fraction := 0.0
	if p.Total > 0 {
		fraction = float64(p.Done) / float64(p.Total)
	}
	im.bar.SetValue(fraction)
}

// ended shows what came of an import and goes on with the next.
func (im *importer) ended(m *library.Model, existed bool, err error) {
	im.stop = nil
	switch {
	case err == nil:
		im.w.Log.Info("import done", "id", m.ID, "existed", existed)
		im.imported(*m, existed)
	case errors.Is(err, context.Canceled):
		im.w.Log.Info("import cancelled")
		im.w.say(lang.L("Stopped. {{.Name}} was not added, and nothing is left behind.", map[string]any{"Name": im.working}), "", nil)
	default:
		im.w.Log.Warn("import failed", "error", err)
		text, _ := explain(err)
		im.w.say(lang.L("{{.Name}} was not added. {{.Why}}", map[string]any{"Name": im.working, "Why": text}), "", nil)
	}
	im.next()
}

func (im *importer) imported(m library.Model, existed bool) {
	if _, ok := im.w.Library.Active(); !ok {
		if err := im.w.Library.SetActive(m.ID); err != nil {
			im.w.complain(err)
		}
	}
	im.w.modelsChanged()
	text := lang.L("{{.Name}} is in your library.", map[string]any{"Name": m.Card.Name})
	if existed {
		text = lang.L("{{.Name}} was in your library already.", map[string]any{"Name": m.Card.Name})
	}
	im.w.say(text, lang.L("Chat with it"), func() { im.w.chatWith(m.ID) })
}
