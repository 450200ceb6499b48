package ui

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/storage/repository"

	"lamplight/assets"
	"lamplight/library/discover"
	_ "lamplight/ui/brief" // before the toolkit
)

// appID names the program to the desktop.
const appID = "lamplight"

// Run opens the window and returns when it was closed. It must be called on the main goroutine.
func Run(o Options) error {
	a := app.NewWithID(appID)
	holdStill(a)
	denyNetwork()
	a.SetIcon(fyne.NewStaticResource("lamplight.svg", assets.Icon("lamplight")))
	first := lookOf(o.Settings)
	first.night = o.Settings.Frame.Page == pageNames[storyPage] // what is drawn before the first page is shown keeps its colours
	a.Settings().SetTheme(first)
	o.preferences = filepath.Join(a.Storage().RootURI().Path(), "preferences.json")
	o.hides, o.tell = true, notifyDesktop
	if home, err := os.UserHomeDir(); err == nil {
		o.elsewhere = func() []discover.Place { return discover.Places(home, os.Getenv, runtime.GOOS) }
	}
	win := a.NewWindow("Lamplight")
	win.SetMaster()
	win.Resize(firstSize(o.Settings.Frame))
	w := newWindow(win, fyneScheduler{}, o)
	ended := make(chan struct{})
	win.SetCloseIntercept(func() {
		w.close()
		go endAnyway(ended, o.Log)
		win.Close()
	})
	a.Lifecycle().SetOnStarted(func() {
		o.Log.Info("window ready")
		w.start()
		w.keepAwake()
	})
	a.Lifecycle().SetOnEnteredForeground(func() { w.awaited.away = false })
	a.Lifecycle().SetOnExitedForeground(func() { w.awaited.away = true })
	win.ShowAndRun()
	close(ended)
	w.close()
	o.Log.Info("closed")
	return nil
}

// enough is much longer than the toolkit takes to end.
const enough = 5 * time.Second

// endAnyway ends the program, whose window is closed, if the toolkit does not. Fyne 2.8.1 may wait for ever: what it
// hands to its main loop after that has emptied its queue, and before it says so, is never done.
func endAnyway(ended <-chan struct{}, log *slog.Logger) {
	select {
	case <-ended:
	case <-time.After(enough):
		log.Warn("the toolkit did not end")
		log.Info("closed")
		os.Exit(0)
	}
}

// errOffline is what anything gets that would fetch an address.
var errOffline = errors.New("lamplight opens no network address")

// offline takes the place of Fyne's own repository for addresses, which would fetch them.
type offline struct{}

var _ repository.Repository = offline{}

func denyNetwork() {
	repository.Register("http", offline{})
	repository.Register("https", offline{})
}

func (offline) Exists(u fyne.URI) (bool, error)               { return false, refuse(u) }
func (offline) CanRead(u fyne.URI) (bool, error)              { return false, refuse(u) }
func (offline) Reader(u fyne.URI) (fyne.URIReadCloser, error) { return nil, refuse(u) }
func (offline) Destroy(string)                                {}

func refuse(u fyne.URI) error { return fmt.Errorf("%s: %w", u.Scheme(), errOffline) }
