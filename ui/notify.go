package ui

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"fyne.io/fyne/v2/lang"
	"github.com/gen2brain/beeep"
	"github.com/godbus/dbus/v5"
)

// worthCalling is how long an answer takes whose end is worth a notification.
const worthCalling = 8 * time.Second

// waiting is the answer that is being written, as far as a notification of its end is concerned.
type waiting struct {
	since time.Time // it was asked; zero: none is being written
	away  bool      // another window is in front
}

// answering notes that an answer is begun, or has ended: then the desktop tells a user who is elsewhere. The
// notification has nothing of what was said.
func (w *Window) answering(begun bool) {
	since := w.awaited.since
	w.awaited.since = time.Time{}
	if begun {
		w.awaited.since = w.now()
		return
	}
	if w.tell == nil || w.Settings.NoCall || !w.awaited.away || w.lock != nil || since.IsZero() || w.now().Sub(since) < worthCalling {
		return
	}
	text := lang.L("The answer you asked for has ended.")
	w.work(func(ctx context.Context) {
		if err := w.tell(ctx, text); err != nil {
			w.Log.Info("the desktop shows no notification", "error", err)
		} else {
			w.Log.Info("notification shown")
		}
	})
}

// notifyDesktop has the desktop show a notification.
//
// Under Linux beeep runs other programs when the session bus does not show it. That is avoided by asking the bus
// first, without starting one.
func notifyDesktop(ctx context.Context, text string) error {
	if runtime.GOOS == "linux" {
		if err := findNotifier(ctx); err != nil {
			return err
		}
	}
	beeep.AppName = "Lamplight"
	return beeep.Notify(beeep.AppName, text, appID)
}

// findNotifier reports whether something on the session bus shows notifications.
func findNotifier(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, portalPatience)
	defer cancel()
	bus, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("session bus: %w", err)
	}
	defer bus.Close()
	if err := bus.Auth(nil); err != nil {
		return fmt.Errorf("session bus: %w", err)
	}
	if err := bus.Hello(); err != nil {
		return fmt.Errorf("session bus: %w", err)
	}
	const name = "org.freedesktop.Notifications"
	call := bus.Object(name, "/org/freedesktop/Notifications").CallWithContext(ctx, name+".GetServerInformation", 0)
	if call.Err != nil {
		return fmt.Errorf("notifications: %w", call.Err)
	}
	return nil
}
