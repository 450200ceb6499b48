package ui

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"lamplight/assistant"
)

// The desktop is told of an answer that took long and ended while another window was in front, without its words.
func TestLongAnswersAreCalled(t *testing.T) {
	for _, c := range []struct {
		name  string
		away  bool
		took  time.Duration
		quiet bool
		fails error
		calls int
	}{
		{"away and long", true, worthCalling, false, nil, 1},
		{"the window is in front", false, time.Hour, false, nil, 0},
		{"short", true, worthCalling - 1, false, nil, 0},
		{"not wanted", true, time.Hour, true, nil, 0},
		{"the desktop refuses", true, time.Hour, false, errors.New("no bus"), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told []string
			now := time.Date(2031, 5, 2, 10, 0, 0, 0, time.UTC)
			s := endless // it does not end before the clock has moved
			s.settings.NoCall = c.quiet
			s.options = func(o *Options) {
				o.now, o.after = func() time.Time { return now }, func(time.Duration, func()) func() bool { return func() bool { return true } }
				o.tell = func(_ context.Context, text string) error {
					told = append(told, text)
					return c.fails
				}
			}
			u := begin(t, s)
			u.awaited.away = c.away
			u.ask("a secret question")
			now = now.Add(c.took)
			u.chat.stop()
			u.answered()
			u.settle()
			if len(told) != c.calls || strings.Contains(strings.Join(told, ""), "secret") {
				t.Errorf("the desktop was told %q", told)
			}
			if c.fails != nil && !strings.Contains(u.log.String(), "no bus") {
				t.Error("nobody says that the desktop refused")
			}
		})
	}
	if (assistant.Settings{}).NoCall {
		t.Error("a new user is not told")
	}
}

// Without a bus, and with one on which nobody shows notifications, no other program is started in the place of that.
func TestNotificationStartsNoProgram(t *testing.T) {
	dir := t.TempDir()
	marker := filepath.Join(dir, "started")
	for _, name := range []string{"notify-send", "kdialog", "dbus-launch"} {
		script := "#!/bin/sh\necho " + name + " >>'" + marker + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	daemon, err := exec.LookPath("dbus-daemon")
	t.Setenv("PATH", dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	check := func(what string) {
		t.Helper()
		if err := notifyDesktop(t.Context(), "test"); err == nil {
			t.Errorf("%s: a notification was shown", what)
		}
		if started, err := os.ReadFile(marker); err == nil {
			t.Errorf("%s: started %s", what, started)
		}
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(dir, "nobody"))
	check("no bus")
	if err != nil {
		t.Log("dbus-daemon is missing, so a bus without notifications is not tried")
		return
	}
	address := "unix:path=" + filepath.Join(dir, "empty")
	config := filepath.Join(dir, "bus.conf")
	text := `<busconfig><type>session</type><listen>` + address + `</listen><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	bus := exec.CommandContext(t.Context(), daemon, "--config-file="+config, "--nofork")
	if err := bus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Wait() }) // killed with the test's context
	for deadline := time.Now().Add(limit); ; {
		conn, err := dbus.Connect(address)
		if err == nil {
			conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	check("nobody shows them")
}
