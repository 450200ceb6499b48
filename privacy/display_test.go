package privacy

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

func TestRemoteDisplay(t *testing.T) {
	for _, c := range []struct {
		display, wayland, session string
		remote                    bool
	}{
		{"", "", "", false},
		{":0", "", "", false},
		{":0.1", "", "x11", false},
		{"unix:0", "", "", false},
		{"unix/:0", "", "", false},
		{"unix/somewhere:0", "", "", false},
		{"/tmp/launch-x/org.xquartz:0", "", "", false},
		{"host:0", "", "", true},
		{"host:0.0", "", "x11", true},
		{"localhost:10.0", "", "tty", true},
		{"127.0.0.1:0", "", "", true},
		{"[::1]:0", "", "", true},
		{"::1:0", "", "", true},
		{"tcp/host:0", "", "", true},
		{"tcp/:0", "", "", true},
		{"host", "", "", false}, // names no display: the window system says so
		{"host:0", "wayland-0", "wayland", false},
		{"host:0", "wayland-0", "", false},
		{"host:0", "wayland-0", "x11", true},
	} {
		env := map[string]string{"DISPLAY": c.display, "WAYLAND_DISPLAY": c.wayland, "XDG_SESSION_TYPE": c.session}
		getenv := func(name string) string { return env[name] }
		if got := remoteDisplay(getenv); got != c.remote {
			t.Errorf("%v: remote %t, want %t", env, got, c.remote)
		}
		err := CheckDisplay(getenv)
		if runtime.GOOS != "linux" {
			continue
		}
		if errors.Is(err, ErrRemoteDisplay) != c.remote {
			t.Errorf("%v: %v", env, err)
		}
		if c.remote && (!strings.Contains(err.Error(), c.display) || !strings.Contains(err.Error(), "-allow-remote-display")) {
			t.Errorf("%v: the error does not help: %v", env, err)
		}
	}
}
