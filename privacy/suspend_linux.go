package privacy

import (
	"context"
	"fmt"
	"os"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// logind, which every desktop on Linux has, or something that speaks as it does.
const (
	loginName    = "org.freedesktop.login1"
	loginPath    = dbus.ObjectPath("/org/freedesktop/login1")
	loginManager = loginName + ".Manager"
	loginSession = loginName + ".Session"
)

// WatchSleep calls lock before the computer goes to sleep, and when the user's session is locked. The computer
// waits until lock has returned, but not for long: five seconds where nobody has set another time. It returns nil
// when ctx ends and an error, mostly [ErrNoWatch], when nobody is there to tell. The system's bus, a local socket, is
// open meanwhile.
func WatchSleep(ctx context.Context, lock func()) error {
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("privacy: %w: the system bus: %w", ErrNoWatch, err)
	}
	defer bus.Close()
	s := &sleepWatch{login: bus.Object(loginName, loginPath), bus: bus, lock: lock, delay: -1}
	defer s.letSleep()
	signals := make(chan *dbus.Signal, 16)
	bus.Signal(signals)
	if err := s.subscribe(ctx); err != nil {
		return fmt.Errorf("privacy: %w: %w", ErrNoWatch, err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case signal, ok := <-signals:
			switch {
			case ok:
				s.heard(ctx, signal)
			case ctx.Err() == nil:
				return fmt.Errorf("privacy: %w: the system bus has gone", ErrNoWatch)
			default:
				return nil
			}
		}
	}
}

// sleepWatch is one run of WatchSleep.
type sleepWatch struct {
	bus     *dbus.Conn
	login   dbus.BusObject
	session dbus.ObjectPath // of the user; empty: only sleep is watched
	lock    func()
	delay   int // a descriptor that keeps the computer from sleeping while it is open; -1: none
}

// subscribe asks to be told, and then for the delay.
func (s *sleepWatch) subscribe(ctx context.Context) error {
	if err := s.match(ctx, loginPath, loginManager, "PrepareForSleep"); err != nil {
		return err
	}
	if s.session = s.ownSession(ctx); s.session != "" {
		if err := s.match(ctx, s.session, loginSession, "Lock"); err != nil {
			return err
		}
	}
	return s.holdSleep(ctx)
}

func (s *sleepWatch) match(ctx context.Context, path dbus.ObjectPath, of, member string) error {
	return s.bus.AddMatchSignalContext(ctx, dbus.WithMatchSender(loginName), dbus.WithMatchObjectPath(path),
		dbus.WithMatchInterface(of), dbus.WithMatchMember(member))
}

// ownSession returns the session that this process is part of, or that its user looks at; empty: there is none.
func (s *sleepWatch) ownSession(ctx context.Context) dbus.ObjectPath {
	var path dbus.ObjectPath
	if s.login.CallWithContext(ctx, loginManager+".GetSessionByPID", 0, uint32(os.Getpid())).Store(&path) == nil {
		return path
	}
	for _, id := range []string{os.Getenv("XDG_SESSION_ID"), "auto"} { // a program that systemd has started is in no session
		if id != "" && s.login.CallWithContext(ctx, loginManager+".GetSession", 0, id).Store(&path) == nil {
			return path
		}
	}
	return ""
}

// heard does what a signal asks for. What somebody else might send in logind's place can only lock.
func (s *sleepWatch) heard(ctx context.Context, signal *dbus.Signal) {
	switch {
	case signal.Path == loginPath && signal.Name == loginManager+".PrepareForSleep" && len(signal.Body) == 1:
		if sleeps, _ := signal.Body[0].(bool); sleeps {
			s.lock()
			s.letSleep()
		} else {
			_ = s.holdSleep(ctx) // without it the next sleep locks too, but does not wait for that
		}
	case s.session != "" && signal.Path == s.session && signal.Name == loginSession+".Lock":
		s.lock()
	}
}

// holdSleep keeps the computer from sleeping before letSleep.
func (s *sleepWatch) holdSleep(ctx context.Context) error {
	s.letSleep()
	var fd dbus.UnixFD
	err := s.login.CallWithContext(ctx, loginManager+".Inhibit", 0, "sleep", "Lamplight", "Locks your conversations", "delay").Store(&fd)
	if err != nil {
		return err
	}
	s.delay = int(fd)
	unix.CloseOnExec(s.delay)
	return nil
}

// letSleep ends the delay.
func (s *sleepWatch) letSleep() {
	if s.delay >= 0 {
		_ = unix.Close(s.delay)
		s.delay = -1
	}
}
