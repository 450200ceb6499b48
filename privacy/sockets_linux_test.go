//go:build linux && (amd64 || arm64)

package privacy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// withSockets has sockets of its own beside those that it was started with.
func withSockets() any {
	if path := os.Getenv("LAMPLIGHT_TEST_SOCKET"); path != "" {
		listening, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return err.Error()
		}
		connected, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return err.Error()
		}
		address := &unix.SockaddrUnix{Name: path}
		for _, err := range []error{unix.Bind(listening, address), unix.Listen(listening, 1), unix.Connect(connected, address)} {
			if err != nil {
				return err.Error()
			}
		}
	}
	r, err := Seal()
	if err != nil {
		return err.Error()
	}
	return r
}

func TestSockets(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, ".X11-unix", "X7")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	r := read[Report](t, startCopy("sockets", "HOME="+home, "LAMPLIGHT_TEST_SOCKET="+path))
	if !r.Enforced || len(r.Sockets) != 2 {
		t.Fatalf("%+v", r)
	}
	waits, display := r.Sockets[0], r.Sockets[1]
	if waits.Family != "AF_UNIX" || waits.Purpose != "waits for other programs" || waits.Address != "$HOME/.X11-unix/X7" || !waits.Local {
		t.Errorf("%+v", waits)
	}
	if display.Purpose != "display" || display.Address != "$HOME/.X11-unix/X7" || display.Program == "" || !display.Local {
		t.Errorf("%+v", display)
	}
	if text := r.Text(); strings.Contains(text, home) || !strings.Contains(text, "- AF_UNIX: display, $HOME/.X11-unix/X7 ("+display.Program+")\n") {
		t.Errorf("the report says\n%s", text)
	}
}

// A socket that was handed to the program leads out, whatever else is refused.
func TestInheritedSocket(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skip("this machine gives no socket: ", err)
	}
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close()
	c := startCopy("sockets")
	c.ExtraFiles = []*os.File{f}
	r := read[Report](t, c)
	if r.Enforced || r.Reason != "A connection was handed to Lamplight when it was started." || len(r.Sockets) != 1 || r.Sockets[0].Family != "AF_INET" {
		t.Errorf("%+v", r)
	}
	if !r.refuses() {
		t.Errorf("%+v", r.Checks)
	}
}

func TestPurpose(t *testing.T) {
	getenv := func(name string) string {
		return map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/somewhere/session,guid=1"}[name]
	}
	for name, want := range map[string]string{
		"@/tmp/.X11-unix/X0":              "display",
		"/run/user/1000/wayland-0":        "display",
		"/run/user/1000/bus":              "session bus",
		"/somewhere/session":              "session bus",
		"/tmp/dbus-x":                     "session bus",
		"/run/dbus/system_bus_socket":     "system bus",
		"/run/user/1000/at-spi/bus_0":     "accessibility bus",
		"/run/user/1000/pulse/native":     "sound",
		"/run/user/1000/pipewire-0":       "sound",
		"/run/user/1000/keyring/control":  "another program",
		"":                                "another part of Lamplight, or a program that gives no name",
		"/srv/bus":                        "another program",
		"/run/user/1000/lamplight/socket": "another program",
	} {
		if got := purpose(name, getenv); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
