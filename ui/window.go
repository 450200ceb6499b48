// Package ui is the window: a rail of pages, what is dropped on it, and the sentences it says.
//
// A page owns its widgets and shows the state of package assistant or library. Work runs in goroutines that
// the window owns, started with [Window.work] and ended by its context; they reach widgets through
// [Window.do] only. Files are named after what they show; run.go alone makes the application, sched.go alone
// knows how its goroutine is reached, messages.go has every sentence about an error.
package ui

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"lamplight/assistant"
	"lamplight/assistant/tuning"
	"lamplight/engine"
	"lamplight/library"
	"lamplight/library/discover"
	"lamplight/privacy"
	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// Options are what the window works with.
type Options struct {
	Version       string
	Library       *library.Library
	Cache         string // folder for arranged weights; "": none
	Settings      assistant.Settings
	SettingsPath  string // where changed settings are kept; "": nowhere
	SettingsError error  // why the settings that were kept could not be read
	Seal          privacy.Report
	Vault         *vault.Vault // what the user writes; nil: it is not open. The window closes it.
	VaultDir      string       // its folder, also when it is not open; "": there is none
	Models        string       // folder of the library
	LogPath       string       // "": there is no log on the disk
	Log           *slog.Logger // never gets a user's words

	Open  func(passphrase []byte) (*vault.Vault, error) // opens the vault in VaultDir, or makes it; nil: nothing is kept
	Sleep func(ctx context.Context, lock func()) error  // calls lock before the computer sleeps; nil: nobody does
	Files []string                                      // to be opened at the start; absolute
	Show  <-chan []string                               // another instance was started with such files: the window comes forward

	preferences string // file of what Fyne keeps by itself; set by Run
	hides       bool   // the memory is closed to other programs; set by Run

	// What tests put in the place of clock and key file; nil: the usual.
	now     func() time.Time
	after   func(time.Duration, func()) (stop func() bool)
	inspect func() vault.Protection
	free    func() (int64, bool)                         // bytes of memory that can be had
	battery func() (on, known bool)                      // whether the computer runs on its battery
	tell    func(ctx context.Context, text string) error // has the desktop say something; set by Run; nil: nobody does

	elsewhere func() []discover.Place // where other applications may have models; set by Run; nil: nowhere
}

// page is one entry of the rail. Its state stays while others are shown.
type page interface {
	content() fyne.CanvasObject
	enter() // it is about to be shown
}

// The pages, in the order of the rail.
const (
	chatPage = iota
	writePage
	storyPage
	modelsPage
	tunePage
	privacyPage
	settingsPage
	pageCount
)

var pageNames = [pageCount]string{"chat", "write", "story", "models", "tune", "privacy", "settings"}

// Window is the program's one window.
type Window struct {
	Options
	win    fyne.Window
	sched  Scheduler
	runner *assistant.Runner

	ctx      context.Context // ends when the window closes
	cancel   context.CancelFunc
	closing  time.Duration // how long closing waits for work to end
	workers  sync.WaitGroup
	watchers sync.WaitGroup // of what lasts as long as the window
	changes  chan struct{}  // closed when the last change that was ordered is done

	shelf shelf
	looks atomic.Uint64 // how often the library was read

	chat      *chatView
	write     *writeView
	story     *storyView
	models    *modelsView
	tune      *tuneView
	privacy   *privacyView
	settings  *settingsView
	importer  *importer
	jobs      *background
	finder    *finder
	needs     *needs
	checks    map[string]bool // models that are read again, by their IDs
	unchecked map[string]bool // those that it was tried with, because their files have changed
	pages     [pageCount]page
	current   int
	started   bool // the window is on the screen

	keys    fyne.ShortcutHandler
	rail    [pageCount]*widgets.RailButton
	seal    *widgets.RailButton
	notices *notices
	notice  *widgets.Notice   // the newest
	undos   []*undoable       // what was deleted, the last at the end
	dialog  *openDialog       // the one that is open
	folder  string            // from which a file was taken last; empty: none was
	head    *fyne.Container   // import and notices, above the page
	body    *fyne.Container   // the current page
	frame   *fyne.Container   // head and body
	all     fyne.CanvasObject // rail and frame
	lock    *lockPage         // in the place of all that, nil once it was answered
	waiting []given           // while the lock page is there

	protection vault.Protection // of the vault, also while it is locked
	opening    bool             // the vault is being opened
	hidden     chan struct{}    // closed when no other program can read the memory
	locked     <-chan struct{}  // closed when the last lock is complete
	drafts     drafts           // that could not be stored when the window was locked
	draftFiles draftFiles       // what goes with those that are stored
	memory     memory
	awaited    waiting
	idle       idle
	latch      *widgets.RailButton // locks, or leads to the lock page
}

// newWindow fills win. Everything it starts ends with close.
func newWindow(win fyne.Window, sched Scheduler, o Options) *Window {
	w := &Window{Options: o, win: win, sched: sched, runner: assistant.NewRunner(o.Library, o.Cache, o.Settings)}
	w.runner.SetVersion(o.Version)
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.closing = 2 * time.Second
	if err := speak(w.Settings.Language); err != nil {
		w.Log.Error("a translation cannot be read", "error", err)
	}
	if w.free == nil {
		w.free = engine.FreeMemory
	}
	w.runner.SetFreeMemory(w.free)
	if w.battery == nil {
		w.battery = tuning.OnBattery
	}
	w.checks, w.unchecked = map[string]bool{}, map[string]bool{}
	w.finder, w.needs = &finder{w: w}, newNeeds(w)
	w.notices, w.notice = newNotices(), widgets.NewNotice()
	w.importer = newImporter(w)
	w.head, w.body = container.NewVBox(w.importer.panel, w.notices.root), container.NewStack()
	w.frame = bordered(w.head, nil, nil, nil, w.body)

	if w.now == nil {
		w.now, w.after = wallClock, onTimer
	}
	if w.inspect == nil {
		w.inspect = w.protectionNow
	}
	w.openAtStart()
	s, err := w.readShelf() // at once: the window should not begin with a welcome and then think again
	w.shelf = s
	w.jobs = newBackground(w)
	w.chat, w.write, w.story, w.models, w.tune, w.privacy, w.settings = newChatView(w), newWriteView(w), newStoryView(w), newModelsView(w), newTuneView(w), newPrivacyView(w), newSettingsView(w)
	w.pages = [pageCount]page{w.chat, w.write, w.story, w.models, w.tune, w.privacy, w.settings}

	win.SetPadded(false)
	w.all = widgets.NewTooltipLayer(container.NewStack(w.newPointerSense(), bordered(nil, nil, w.makeRail(), nil, w.frame)))
	if w.lock != nil {
		win.SetContent(widgets.NewTooltipLayer(w.lock.root))
	} else {
		win.SetContent(w.all)
	}
	win.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { w.dropped(uris) })
	w.addShortcuts()
	w.restoreFrame()
	if err != nil {
		w.Log.Error("the library cannot be read", "error", err)
		w.complain(explainChange(err), err)
	}
	if o.SettingsError != nil {
		w.complain(explainOldSettings(), o.SettingsError)
	}
	w.chat.takeDrafts()
	return w
}

func (w *Window) makeRail() fyne.CanvasObject {
	labels := [pageCount]string{lang.L("Chat"), lang.L("Write"), lang.L("Story"), lang.L("Models"), lang.L("Tune"), lang.L("Privacy"), lang.L("Settings")}
	var buttons []fyne.CanvasObject
	for i := range pageCount {
		w.rail[i] = widgets.NewRailButton(icon(pageNames[i]), labels[i], func() { w.show(i) })
		if i == modelsPage {
			buttons = append(buttons, w.jobs.panel.marked(w.rail[i]))
			continue
		}
		buttons = append(buttons, w.rail[i])
	}
	w.seal = widgets.NewRailButton(nil, "", func() { w.show(privacyPage) })
	w.sealChanged(w.Seal)
	w.latch = widgets.NewRailButton(nil, "", w.lockByHand)
	w.showLatch()
	pages := newScroller(container.NewVBox(buttons...)) // large letters in a low window leave no room for all
	for _, b := range w.rail {
		b.OnFocus(func() { pages.reveal(b) })
	}
	rail := container.NewBorder(nil, container.NewVBox(w.latch, w.seal), nil, nil, pages.Scroll)
	ground := widgets.NewGround(widgets.ColorNameRaised)
	return container.NewStack(ground, container.New(layout.NewCustomPaddedLayout(8, 8, 4, 4), rail))
}

// show brings a page to the front.
func (w *Window) show(index int) {
	if index != w.current {
		w.notices.pass()
		if _, rail := w.win.Canvas().Focused().(*widgets.RailButton); !rail { // no key goes to what is no longer seen
			w.win.Canvas().Unfocus()
		}
	}
	w.current = index
	w.dress()
	w.touched()
	for i, b := range w.rail {
		b.SetActive(i == index)
	}
	p := w.pages[index]
	w.body.Objects = []fyne.CanvasObject{p.content()}
	w.body.Refresh()
	p.enter()
	w.arrange()
	if w.started {
		w.rememberFrame()
	}
	w.Log.Info("page shown", "name", pageNames[index])
}

// arrange lays the window out anew after something above the page has come, gone or grown. It takes two
// rounds: texts wrap to their width, then know their height.
func (w *Window) arrange() {
	for range 2 {
		w.frame.Layout.Layout(w.frame.Objects, w.frame.Size())
		w.head.Layout.Layout(w.head.Objects, w.head.Size())
	}
}

// start is called when the window is on the screen.
func (w *Window) start() {
	w.started = true
	w.pages[w.current].enter()
	w.watchPlaces()
	w.watchShow()
	w.chat.watchTime()
	w.chat.watchMidnight()
	w.watchSleep()
	w.finder.watch()
	w.jobs.start()
	w.tune.load()
	w.touched()
	w.watchIdle()
	if w.lock != nil {
		w.lock.focus()
	}
	w.take(given{paths: w.Files, started: true})
}

// changeSettings puts settings into force and keeps them.
func (w *Window) changeSettings(s assistant.Settings) {
	old := w.Settings
	w.Settings = s
	w.runner.SetSettings(s)
	if s.Theme != old.Theme || s.TextScale != old.TextScale {
		w.dress()
		w.models.grid.made = nil // cards of another size
	}
	w.chat.settingsChanged(old)
	w.watchIdle()
	if w.SettingsPath == "" {
		return
	}
	w.inOrder(func() {
		if err := s.Save(w.SettingsPath); err != nil {
			w.do(func() {
				w.Log.Error("settings were not saved", "error", err)
				w.complain(explainSettings(), err)
			})
		}
	})
}

// close ends all work, frees the model and closes the vault. It waits, but not for ever.
func (w *Window) close() {
	if w.ctx.Err() == nil {
		w.rememberAll()
	}
	w.cancel()
	if w.idle.stop != nil {
		w.idle.stop()
	}
	ended := make(chan struct{})
	go func() {
		w.workers.Wait()
		w.watchers.Wait()
		close(ended)
	}()
	timeout, cancel := context.WithTimeout(context.Background(), w.closing)
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
	if w.Vault != nil {
		if err := w.Vault.Close(); err != nil {
			w.Log.Error("the vault was not closed", "error", err)
		}
	}
}
