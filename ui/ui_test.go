package ui

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/library"
	"lamplight/privacy"
	"lamplight/ui/widgets"
)

// limit bounds every wait. It is generous: a slow machine makes a test slow, not red.
const limit = time.Minute

// queue is a Scheduler that the test drains: everything that touches a widget runs on the test's goroutine.
type queue struct {
	mu    sync.Mutex
	funcs []func()
	more  chan struct{} // holds one value after a Do
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

func (q *queue) Do(f func()) {
	q.mu.Lock()
	q.funcs = append(q.funcs, f)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// drain runs what was queued, and reports whether there was anything.
func (q *queue) drain() bool {
	q.mu.Lock()
	funcs := q.funcs
	q.funcs = nil
	q.mu.Unlock()
	for _, f := range funcs {
		f()
	}
	return len(funcs) > 0
}

// logBuffer is a log that workers write while the test reads.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// parentWindow is the test driver's window, which forgets what should happen when something is dropped on it
// and which shortcuts its canvas has.
type parentWindow struct {
	fyne.Window
	onDropped func(fyne.Position, []fyne.URI)
	keys      fyne.ShortcutHandler
	closed    bool
	shown     int // how often it was brought forward
}

func (w *parentWindow) Close()                                         { w.closed = true } // its test does
func (w *parentWindow) SetOnDropped(f func(fyne.Position, []fyne.URI)) { w.onDropped = f }
func (w *parentWindow) RequestFocus()                                  { w.shown++ }
func (w *parentWindow) Canvas() fyne.Canvas                            { return keyCanvas{w.Window.Canvas(), w} }

type keyCanvas struct {
	fyne.Canvas
	w *parentWindow
}

func (c keyCanvas) AddShortcut(s fyne.Shortcut, f func(fyne.Shortcut)) { c.w.keys.AddShortcut(s, f) }

// session is a window in memory with a library of its own, and the hands of its user.
type session struct {
	*Window
	t      testing.TB
	q      *queue
	log    *logBuffer
	parent *parentWindow
	dir    string // of the library
}

// setup says how a session begins.
type setup struct {
	models   []fixture.Options // in the library; the first is the active one
	starter  bool              // a model of the starter's name is part of the program
	settings assistant.Settings
	seal     privacy.Report
	size     fyne.Size
	debug    bool
	options  func(*Options)
}

func begin(t testing.TB, s setup) *session {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(lookOf(s.settings))
	dir := filepath.Join(t.TempDir(), "models")
	lib, err := library.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.starter {
		bring(t, lib)
	}
	for _, o := range s.models {
		put(t, lib, fixture.GGUF(t, o))
	}
	level := slog.LevelInfo
	if s.debug {
		level = slog.LevelDebug
	}
	log := &logBuffer{}
	o := Options{
		Library: lib, Settings: s.settings, SettingsPath: filepath.Join(t.TempDir(), "settings.json"), Seal: s.seal, Models: dir,
		free: func() (int64, bool) { return 8 << 30, true },
		Log:  slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level})),
	}
	if s.options != nil {
		s.options(&o)
	}
	q := newQueue()
	parent := &parentWindow{Window: test.NewTempWindow(t, container.NewStack())}
	size := s.size
	if size.IsZero() {
		size = fyne.NewSize(1100, 740)
	}
	u := &session{Window: newWindow(parent, q, o), t: t, q: q, log: log, parent: parent, dir: dir}
	parent.Resize(size)
	u.start()
	t.Cleanup(func() {
		u.closing = time.Minute // on a busy machine work that ends may take long
		u.close()
		q.drain()
		if strings.Contains(log.String(), "did not end in time") {
			t.Error("work was left when the window closed")
		}
	})
	if !s.debug { // its watcher works until the window closes
		u.settle()
	}
	return u
}

// put imports a model, the first of a library as the active one.
func put(t testing.TB, lib *library.Library, path string) library.Model {
	t.Helper()
	var m library.Model
	for p, err := range lib.Import(context.Background(), path, library.ImportOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Model != nil {
			m = *p.Model
		}
	}
	if err := lib.SelectFirst(m.ID); err != nil {
		t.Fatal(err)
	}
	return m
}

// until lets the window work until something is true.
func (u *session) until(what string, f func() bool) {
	u.t.Helper()
	timeout := time.After(limit)
	for {
		u.q.drain()
		if f() {
			return
		}
		select {
		case <-u.q.more:
		case <-timeout:
			u.t.Fatalf("waited %v for %s; the window says\n%s\nlog:\n%s", limit, what, strings.Join(u.texts(), "\n"), u.log)
		}
	}
}

// settle lets the window work until all that was begun has ended. It is not for endless answers.
func (u *session) settle() {
	for {
		u.workers.Wait()
		if !u.q.drain() {
			return
		}
	}
}

// each calls f for every visible object below o, outermost first.
func each(o fyne.CanvasObject, f func(fyne.CanvasObject)) {
	if o == nil || !o.Visible() {
		return
	}
	f(o)
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			each(child, f)
		}
	case fyne.Widget:
		for _, child := range test.WidgetRenderer(o).Objects() {
			each(child, f)
		}
	}
}

// roots are what lies in the window, the dialog or menu on top last.
func (u *session) roots() []fyne.CanvasObject {
	return append([]fyne.CanvasObject{u.win.Canvas().Content()}, u.win.Canvas().Overlays().List()...)
}

// texts lists what can be read in the window.
func (u *session) texts() []string {
	var list []string
	for _, root := range u.roots() {
		each(root, func(o fyne.CanvasObject) { list = append(list, text(o)) })
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

func text(o fyne.CanvasObject) string {
	switch o := o.(type) {
	case *words:
		return o.segment.Text
	case *widget.Label:
		return o.Text
	case *widget.Button:
		return o.Text
	case *choiceBox:
		if o.Selected == "" {
			return o.PlaceHolder
		}
		return o.Selected
	case *field:
		return o.Text
	case *widgets.PromptBox:
		return o.Text
	case interface{ Label() string }:
		return o.Label()
	}
	return ""
}

// sees reports whether a text, or a part of one, can be read in the window.
func (u *session) sees(part string) bool {
	return slices.ContainsFunc(u.texts(), func(s string) bool { return strings.Contains(s, part) })
}

// mustSee fails unless every text can be read in the window.
func (u *session) mustSee(parts ...string) {
	u.t.Helper()
	for _, part := range parts {
		if !u.sees(part) {
			u.t.Errorf("the window does not say %q but\n%s", part, strings.Join(u.texts(), "\n"))
		}
	}
}

func (u *session) mustNotSee(parts ...string) {
	u.t.Helper()
	for _, part := range parts {
		if u.sees(part) {
			u.t.Errorf("the window says %q", part)
		}
	}
}

// control returns the visible control with a label, the newest first where several have it.
func (u *session) control(label string) fyne.Tappable {
	u.t.Helper()
	var found fyne.Tappable
	for _, root := range u.roots() {
		each(root, func(o fyne.CanvasObject) {
			if tappable, ok := o.(fyne.Tappable); ok && text(o) == label {
				found = tappable
			}
		})
	}
	if found == nil {
		u.t.Fatalf("there is no control %q; the window says\n%s", label, strings.Join(u.texts(), "\n"))
	}
	return found
}

// tap presses the control with a label.
func (u *session) tap(label string) {
	u.t.Helper()
	test.Tap(u.control(label))
	u.q.drain()
}

// ask types a question and sends it.
func (u *session) ask(text string) {
	u.t.Helper()
	u.chat.prompt.SetText(text)
	u.press(fyne.KeyReturn, u.chat.prompt)
}

// press types a key into something.
func (u *session) press(key fyne.KeyName, into fyne.Focusable) {
	into.TypedKey(&fyne.KeyEvent{Name: key})
	u.q.drain()
}

// drop drops files on the window.
func (u *session) drop(paths ...string) {
	var uris []fyne.URI
	for _, p := range paths {
		uris = append(uris, fileURI(p))
	}
	u.takes(func() { u.parent.onDropped(fyne.NewPos(500, 300), uris) })
}

// takes waits until what f gives to the window was sorted, or set aside.
func (u *session) takes(f func()) {
	u.t.Helper()
	taken := func() int { return strings.Count(u.log.String(), `msg="files taken"`) }
	before, waiting := taken(), len(u.waiting)
	f()
	u.until("files to be taken", func() bool { return taken() > before || len(u.waiting) > waiting })
}

// folder lists what the library's folder has, hidden entries and all.
func (u *session) folder() []string {
	u.t.Helper()
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		u.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != ".lock" {
			names = append(names, e.Name())
		}
	}
	return names
}
