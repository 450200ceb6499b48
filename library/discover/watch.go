package discover

import (
	"context"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// maxWatches is what watching may cost at most: the system has a number for all programs together.
	maxWatches = 1024
	// between is how long it takes from one look at the places to the next where they cannot all be watched.
	between = time.Minute
)

// Watch calls changed when Scan may find something else in places than before: once at the start, when everything is
// watched, and then until ctx is cancelled, which makes it return. Changes that follow each other are told of together,
// and a file that grows is told of when it no longer does. A place that does not exist is waited for. Where the system
// cannot watch everything, Watch looks every minute.
//
// changed is called on the goroutine of Watch.
func Watch(ctx context.Context, places []Place, changed func()) {
	w := watcher{
		places: places, changed: changed, most: maxWatches, between: between,
		pace: pace{quiet: time.Second, longest: 5 * time.Second, still: 5 * time.Second},
	}
	w.run(ctx)
}

// watcher is one Watch under way.
type watcher struct {
	places  []Place
	changed func()
	most    int // see maxWatches
	between time.Duration
	pace    pace

	notify     *fsnotify.Watcher   // nil: the system has none to give
	inside     map[string]searched // folders that are searched
	above      map[string]bool     // folders in which a place may appear
	incomplete bool                // not everything is watched
}

// searched is what counts in a folder that is searched.
type searched struct {
	app string
	all bool // every file, whatever its name
}

func (w *watcher) run(ctx context.Context) {
	var events chan fsnotify.Event // nil: there are none
	var errs chan error
	if notify, err := fsnotify.NewWatcher(); err == nil {
		defer notify.Close()
		w.notify, events, errs = notify, notify.Events, notify.Errors
	}
	w.arrange(ctx)
	var l looker
	if w.incomplete {
		l.told = look(ctx, w.places)
		l.last = l.told
	}
	w.tell(ctx)
	ticker := time.NewTicker(w.between)
	defer ticker.Stop()
	timer := time.NewTimer(w.between)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			w.note(e)
		case <-errs: // events were lost
			w.pace.appeared(time.Now())
		case <-ticker.C:
			if w.incomplete && l.changed(look(ctx, w.places)) {
				w.arrange(ctx)
				w.tell(ctx)
			}
		case <-timer.C:
			if w.pace.tell(time.Now()) {
				w.arrange(ctx)
				w.tell(ctx)
			}
		}
		if due, ok := w.pace.due(); ok {
			timer.Reset(time.Until(due))
		}
	}
}

func (w *watcher) tell(ctx context.Context) {
	if ctx.Err() == nil {
		w.changed()
	}
}
