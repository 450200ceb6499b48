package privacy

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// ErrRemoteDisplay is returned for a display that is reached over the network.
var ErrRemoteDisplay = errors.New("the network is closed to this program; with -allow-remote-display it is open, and nothing keeps your words on this computer")

// CheckDisplay fails if the window would have to go over the network, which the seal refuses: the window
// system's own message does not say why. It is asked before the window is made; getenv is [os.Getenv].
func CheckDisplay(getenv func(string) string) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" || !remoteDisplay(getenv) {
		return nil
	}
	return fmt.Errorf("the display %s is reached over the network: %w", getenv("DISPLAY"), ErrRemoteDisplay)
}

// remoteDisplay reports whether DISPLAY names one that is reached over TCP, and no Wayland display is nearer.
// X's names are [protocol/][host]:display[.screen], or the path of a socket. Without a host, or with the host
// unix, the display is local; localhost is reached over TCP, as ssh -X does it.
func remoteDisplay(getenv func(string) string) bool {
	name := getenv("DISPLAY")
	if getenv("WAYLAND_DISPLAY") != "" && getenv("XDG_SESSION_TYPE") != "x11" {
		return false
	}
	colon := strings.LastIndexByte(name, ':')
	if colon <= 0 || name[0] == '/' { // no host, or a path
		return false
	}
	protocol, host, both := strings.Cut(name[:colon], "/")
	if !both {
		protocol, host = "", protocol
	}
	if protocol != "" {
		return protocol != "unix"
	}
	return host != "" && host != "unix"
}
