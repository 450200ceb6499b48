package ui

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"

	"lamplight/privacy"
)

// portalPatience is how long the desktop may take to answer. It may have to start a program first.
const portalPatience = 3 * time.Second

// hideMemory closes the memory of this program to others. The desktop's portals, which tell Fyne whether the
// system is light or dark, look at a program's folder in /proc when it first calls, and refuse one whose memory
// is closed. They remember a connection, so one call is made before; Fyne's go the same way.
//
// It is called before the vault is opened, so that the key is never in memory that others can read. A desktop that
// does not answer keeps the vault closed for portalPatience, and the window says that it is being opened.
func (w *Window) hideMemory(ctx context.Context) {
	w.greetDesktop(ctx)
	if err := privacy.Hide(); err != nil {
		w.Log.Error("the memory is not closed to other programs", "error", err)
	}
	r := privacy.Probe()
	w.do(func() { w.sealChanged(r) })
}

// greetDesktop waits for an answer of the portals, whatever it is.
func (w *Window) greetDesktop(ctx context.Context) {
	bus, err := dbus.SessionBus() // Fyne's too, so it stays open
	if err != nil {
		w.Log.Debug("there is no session bus", "error", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, portalPatience)
	defer cancel()
	call := bus.Object("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop").
		CallWithContext(ctx, "org.freedesktop.portal.Settings.Read", 0, "org.freedesktop.appearance", "color-scheme")
	if call.Err != nil {
		w.Log.Debug("the desktop has no portal", "error", call.Err)
	}
}
