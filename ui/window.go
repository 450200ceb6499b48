// Package ui is the window: a rail of pages, what is dropped on it, and the sentences it says.
//
// A page owns its widgets and shows the state of package assistant or library. Work runs in goroutines that
// the window owns, started with [Window.work] and ended by its context; they reach widgets through the
// window's Scheduler only. Files are named after what they show; run.go alone makes the application, sched.go
// alone knows how its goroutine is reached, messages.go has every sentence about an error.
package ui

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"lamplight/assistant"
	"lamplight/library"
	"lamplight/privacy"
	"lamplight/ui/widgets"
)

// Options are what the window works with.
type Options struct {
	Version      string
	Library      *library.Library
	Settings     assistant.Settings
	SettingsPath string // where changed settings are kept
	Seal         privacy.Report
	Log          *slog.Logger // never gets a user's words
}

// page is one entry of the rail. Its state stays while others are shown.
type page interface {
	content() fyne.CanvasObject
	enter() // it is about to be shown
}

// The pages, in the order of the rail.
const (
	chatPage = iota
	modelsPage
	settingsPage
	pageCount
)

var pageNames = [pageCount]string{"chat", "models", "settings"}

// Window is the program's one window.
type Window struct {
	Options
	win    fyne.Window
	sched  Scheduler
	runner *assistant.Runner

	ctx     context.Context // ends when the window closes
	cancel  context.CancelFunc
	workers sync.WaitGroup

	chat     *chatView
	models   *modelsView
	settings *settingsView
	importer *importer
	pages    [pageCount]page
	current  int
	started  bool // the window is on the screen

	rail   [pageCount]*widgets.RailButton
	seal   *widgets.RailButton
	notice *widgets.Notice
	body   *fyne.Container // the current page
}

// newWindow fills win. Everything it starts ends with close.
func newWindow(win fyne.Window, sched Scheduler, o Options) *Window {
	w := &Window{Options: o, win: win, sched: sched, runner: assistant.NewRunner(o.Library, o.Settings)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.notice = widgets.NewNotice()
	w.importer = newImporter(w)
	w.chat, w.models, w.settings = newChatView(w), newModelsView(w), newSettingsView(w)
	w.pages = [pageCount]page{w.chat, w.models, w.settings}
	w.body = container.NewStack()

	head := container.NewVBox(w.importer.panel, w.notice)
	main := container.NewBorder(head, nil, nil, nil, w.body)
	win.SetPadded(false)
	win.SetContent(widgets.NewTooltipLayer(container.NewBorder(nil, nil, w.makeRail(), nil, main)))
	win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.addShortcuts()
	w.show(chatPage)
	return w
}

func (w *Window) makeRail() fyne.CanvasObject {
	labels := [pageCount]string{lang.L("Chat"), lang.L("Models"), lang.L("Settings")}
	var buttons []fyne.CanvasObject
	for i := range pageCount {
		w.rail[i] = widgets.NewRailButton(icon(pageNames[i]), labels[i], func() { w.show(i) })
		buttons = append(buttons, w.rail[i])
	}
	w.seal = widgets.NewRailButton(nil, "", w.showSeal)
	w.sealChanged(w.Seal)
	pages := container.NewVBox(buttons...)
	rail := container.NewBorder(pages, w.seal, nil, nil)
	ground := widgets.NewGround(widgets.ColorNameRaised)
	return container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(8, 8, 4, 4), rail))
}

// show brings a page to the front.
func (w *Window) show(index int) {
	w.current = index
	for i, b := range w.rail {
		b.SetActive(i == index)
	}
	p := w.pages[index]
	p.enter()
	w.body.Objects = []fyne.CanvasObject{p.content()}
	w.body.Refresh()
	w.Log.Info("page shown", "name", pageNames[index])
}

// start is called when the window is on the screen.
func (w *Window) start() {
	w.started = true
	w.pages[w.current].enter()
	w.watchPlaces()
}

// work runs f in a goroutine of the window's. f must return soon after its context ends.
func (w *Window) work(f func(ctx context.Context)) {
	w.workers.Go(func() { f(w.ctx) })
}

// say shows a sentence with at most one thing to do.
func (w *Window) say(text, action string, f func()) {
	w.notice.Say(text, action, f)
	w.Log.Debug("notice", "text", text)
}

// complain shows the sentence for an error.
func (w *Window) complain(err error) {
	text, remedy := explain(err)
	action, f := w.remedy(remedy)
	w.say(text, action, f)
}

// remedy returns the button for what a message offers.
func (w *Window) remedy(r remedy) (label string, f func()) {
	switch r {
	case openModels:
		return lang.L("Models"), func() { w.show(modelsPage) }
	case startChat:
		return lang.L("New chat"), func() { w.show(chatPage); w.chat.startNew() }
	}
	return "", nil
}

func (w *Window) dropped(uris []fyne.URI) {
	for _, u := range uris {
		if u.Scheme() == "file" {
			w.importer.add(u.Path())
		}
	}
}

// modelsChanged tells every page that the library or the choice of its active model has changed.
func (w *Window) modelsChanged() {
	w.chat.modelsChanged()
	w.models.reload()
}

// changeSettings puts settings into force and keeps them.
func (w *Window) changeSettings(s assistant.Settings) {
	w.Settings = s
	w.runner.SetSettings(s)
	fyne.CurrentApp().Settings().SetTheme(look{s.Theme})
	w.chat.settingsChanged()
	path := w.SettingsPath
	if path == "" {
		return
	}
	if err := s.Save(path); err != nil {
		w.Log.Error("settings were not saved", "error", err)
		w.complain(err)
	}
}

// patience is how long closing waits for work to end.
const patience = 2 * time.Second

// close ends all work and frees the model. It waits, but not for ever.
func (w *Window) close() {
	w.cancel()
	ended := make(chan struct{})
	go func() {
		w.workers.Wait()
		close(ended)
	}()
	timeout, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case <-ended:
	case <-timeout.Done():
		w.Log.Warn("work did not end in time")
		return
	}
	if err := w.runner.Close(timeout); err != nil {
		w.Log.Warn("the model was not freed", "error", err)
	}
}
