//go:build amd64 || arm64

package privacy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// ourSession is the session of whoever asks the logind below.
const ourSession = dbus.ObjectPath("/org/freedesktop/login1/session/_37")

// logind is one of our own, on a bus of its own. It answers Inhibit with a pipe's end.
type logind struct {
	t      *testing.T
	bus    *dbus.Conn
	delays chan delay // one for each Inhibit
}

// delay is a pipe whose writing end is open as long as somebody keeps the computer from sleeping.
type delay struct {
	watched int
	given   int // our own copy of what was sent
}

func (l *logind) Inhibit(what, who, why, mode string) (dbus.UnixFD, *dbus.Error) {
	if what != "sleep" || who == "" || why == "" || mode != "delay" {
		return 0, dbus.MakeFailedError(fmt.Errorf("Inhibit %q %q %q %q", what, who, why, mode))
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	l.delays <- delay{p[0], p[1]}
	return dbus.UnixFD(p[1]), nil
}

func (l *logind) GetSessionByPID(uint32) (dbus.ObjectPath, *dbus.Error) { return ourSession, nil }

func (l *logind) emit(path dbus.ObjectPath, signal string, body ...any) {
	l.t.Helper()
	if err := l.bus.Emit(path, signal, body...); err != nil {
		l.t.Fatal(err)
	}
}

// received closes our copy of what was sent, once it has arrived.
func (d delay) received() { unix.Close(d.given) }

// over reports whether nobody holds the delay any more.
func (d delay) over(t *testing.T) bool {
	t.Helper()
	n, err := unix.Read(d.watched, make([]byte, 1))
	if err != nil && !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
	return err == nil && n == 0
}

// untilOver waits until nobody holds the delay.
func (d delay) untilOver(t *testing.T) {
	t.Helper()
	for !d.over(t) {
		p := []unix.PollFd{{Fd: int32(d.watched), Events: unix.POLLIN}}
		if _, err := unix.Poll(p, -1); err != nil && !errors.Is(err, unix.EINTR) {
			t.Fatal(err)
		}
	}
}

// startLogind starts a system bus with a logind on it, and makes it the one that is found.
func startLogind(t *testing.T) *logind {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon here")
	}
	dir, err := os.MkdirTemp("", "bus-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, `<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow send_type="signal"/><allow receive_type="signal"/><allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="method_call"/></policy></busconfig>`, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(daemon, "--config-file="+config, "--nofork", "--print-address=1")
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", strings.TrimSpace(address))
	l := &logind{t: t, delays: make(chan delay, 8)}
	if l.bus, err = dbus.ConnectSystemBus(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.bus.Close() })
	if err := l.bus.Export(l, loginPath, loginManager); err != nil {
		t.Fatal(err)
	}
	if _, err := l.bus.RequestName(loginName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWatchSleep(t *testing.T) {
	l := startLogind(t)
	ctx, cancel := context.WithCancel(t.Context())
	locks, locked, ended := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		ended <- WatchSleep(ctx, func() { locks <- true; <-locked })
	}()
	first := <-l.delays

	l.emit("/org/freedesktop/login1/session/_38", loginSession+".Lock") // somebody else's
	l.emit(ourSession, loginSession+".Lock")
	<-locks
	first.received()
	locked <- true

	l.emit(loginPath, loginManager+".PrepareForSleep", true)
	<-locks
	if first.over(t) {
		t.Error("the computer goes to sleep before it is locked")
	}
	locked <- true
	first.untilOver(t)

	l.emit(loginPath, loginManager+".PrepareForSleep", false)
	second := <-l.delays
	l.emit(ourSession, loginSession+".Lock")
	<-locks
	second.received()
	locked <- true
	if second.over(t) {
		t.Error("the next sleep does not wait")
	}

	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	second.untilOver(t)
	if len(locks) > 0 || len(l.delays) > 0 {
		t.Error("something else was asked for")
	}
}

func TestWatchSleepWithoutBus(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "nobody"))
	if err := WatchSleep(t.Context(), func() {}); !errors.Is(err, ErrNoWatch) {
		t.Errorf("without a bus: %v", err)
	}
}

func TestWatchSleepWithoutLogind(t *testing.T) {
	l := startLogind(t)
	if _, err := l.bus.ReleaseName(loginName); err != nil {
		t.Fatal(err)
	}
	if err := WatchSleep(t.Context(), func() {}); !errors.Is(err, ErrNoWatch) {
		t.Errorf("without logind: %v", err)
	}
}

// watched is what a sealed copy says of the bus that it listens to.
type watched struct {
	Report Report
	Error  string
}

func watchSealed() any {
	if _, err := Seal(); err != nil {
		return watched{Error: err.Error()}
	}
	if err := Hide(); err != nil {
		return watched{Error: err.Error()}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var w watched
	err := WatchSleep(ctx, func() {
		w.Report = Probe()
		cancel()
	})
	if err != nil {
		w.Error = err.Error()
	}
	return w
}

// The seal lets the watch through, with the descriptor that it is sent, and the report names the bus.
func TestWatchSleepSealed(t *testing.T) {
	l := startLogind(t)
	go func() {
		<-l.delays
		l.bus.Emit(loginPath, loginManager+".PrepareForSleep", true)
	}()
	w := read[watched](t, startCopy("watch"))
	if w.Error != "" || !w.Report.Enforced || len(w.Report.Sockets) != 1 {
		t.Fatalf("%+v", w)
	}
	if s := w.Report.Sockets[0]; s.Purpose != "system bus" || !s.Local {
		t.Errorf("%+v", s)
	}
}
