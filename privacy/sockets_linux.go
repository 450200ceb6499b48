package privacy

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// families are the names of kinds of sockets, for those that may be seen.
var families = map[int]string{
	unix.AF_UNIX: "AF_UNIX", unix.AF_INET: "AF_INET", unix.AF_INET6: "AF_INET6", unix.AF_NETLINK: "AF_NETLINK",
	unix.AF_PACKET: "AF_PACKET", unix.AF_VSOCK: "AF_VSOCK", unix.AF_BLUETOOTH: "AF_BLUETOOTH", unix.AF_ALG: "AF_ALG",
}

// sockets lists what this process has open, by the order of the descriptors.
func sockets() []Socket {
	entries, _ := os.ReadDir("/proc/self/fd")
	var list []Socket
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// Anything but a socket answers with an error, and so does what was closed since.
		family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		if err != nil {
			continue
		}
		list = append(list, describe(fd, family))
	}
	return list
}

func describe(fd, family int) Socket {
	s := Socket{Family: families[family], Local: family == unix.AF_UNIX}
	if s.Family == "" {
		s.Family = "AF_" + strconv.Itoa(family)
	}
	if !s.Local {
		s.Purpose = "a network"
		return s
	}
	peer, err := unix.Getpeername(fd)
	if err != nil { // it is not connected
		s.Purpose = "waits for other programs"
		if own, err := unix.Getsockname(fd); err == nil {
			s.Address = shorten(unixName(own))
		}
		return s
	}
	name := unixName(peer)
	s.Purpose, s.Address = purpose(name, os.Getenv), shorten(name)
	if cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil && cred.Pid > 0 {
		if comm, err := os.ReadFile("/proc/" + strconv.Itoa(int(cred.Pid)) + "/comm"); err == nil {
			s.Program = strings.TrimSpace(string(comm))
		}
	}
	return s
}

// unixName is a path, or a name with @ before it that is no file.
func unixName(a unix.Sockaddr) string {
	if u, ok := a.(*unix.SockaddrUnix); ok {
		return u.Name
	}
	return ""
}

// purpose says what a program serves at a name.
func purpose(name string, getenv func(string) string) string {
	path := strings.TrimPrefix(name, "@")
	base := filepath.Base(path)
	switch {
	case path == "":
		return "another part of Lamplight, or a program that gives no name"
	case strings.Contains(path, "/.X11-unix/") || strings.HasPrefix(base, "wayland-"):
		return "display"
	case base == "system_bus_socket" || strings.Contains(getenv("DBUS_SYSTEM_BUS_ADDRESS"), path):
		return "system bus"
	case strings.Contains(getenv("DBUS_SESSION_BUS_ADDRESS"), path) || base == "bus" && strings.HasPrefix(path, "/run/user/") || strings.HasPrefix(base, "dbus-"):
		return "session bus"
	case strings.Contains(path, "/at-spi"):
		return "accessibility bus"
	case strings.Contains(path, "/pulse/") || strings.HasPrefix(base, "pipewire-"):
		return "sound"
	}
	return "another program"
}

// shorten names the user's own folders by what they are for.
func shorten(path string) string {
	for _, name := range []string{"XDG_RUNTIME_DIR", "HOME"} {
		if dir := os.Getenv(name); len(dir) > 1 && strings.HasPrefix(path, dir+"/") {
			return "$" + name + path[len(dir):]
		}
	}
	return path
}
