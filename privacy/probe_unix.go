//go:build unix

package privacy

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// attempt asks for a socket and, if it gets one and to is set, connects it.
type attempt struct {
	name         string
	domain, kind int
	protocol     int
	to           unix.Sockaddr // an address of this computer itself
	want         string
}

var (
	home4 = [4]byte{127, 0, 0, 1}
	home6 = [16]byte{15: 1}
)

const (
	discard = 9  // a port where nobody listens
	dns     = 53 // connecting a datagram socket to it sends nothing
)

// checks asks the kernel for sockets that reach a network, which it should refuse, and for a local one, which
// it should not.
func checks() []Check {
	list := []attempt{
		{"TCP over IPv4", unix.AF_INET, unix.SOCK_STREAM, 0, &unix.SockaddrInet4{Port: discard, Addr: home4}, refused},
		{"UDP over IPv4", unix.AF_INET, unix.SOCK_DGRAM, 0, &unix.SockaddrInet4{Port: discard, Addr: home4}, refused},
		{"DNS over IPv4", unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_UDP, &unix.SockaddrInet4{Port: dns, Addr: home4}, refused},
		{"Raw socket over IPv4", unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP, nil, refused},
		{"TCP over IPv6", unix.AF_INET6, unix.SOCK_STREAM, 0, &unix.SockaddrInet6{Port: discard, Addr: home6}, refused},
		{"UDP over IPv6", unix.AF_INET6, unix.SOCK_DGRAM, 0, &unix.SockaddrInet6{Port: discard, Addr: home6}, refused},
		{"DNS over IPv6", unix.AF_INET6, unix.SOCK_DGRAM, unix.IPPROTO_UDP, &unix.SockaddrInet6{Port: dns, Addr: home6}, refused},
		{"Raw socket over IPv6", unix.AF_INET6, unix.SOCK_RAW, unix.IPPROTO_ICMPV6, nil, refused},
		{"Local socket, for the window", unix.AF_UNIX, unix.SOCK_STREAM, 0, nil, allowed},
	}
	var done []Check
	for _, a := range append(list, systemAttempts()...) {
		done = append(done, a.try())
	}
	return append(done, systemChecks()...)
}

func (a attempt) try() Check {
	fd, err := unix.Socket(a.domain, a.kind, a.protocol)
	if err != nil {
		return judge(a.name, a.want, "socket", err)
	}
	defer unix.Close(fd)
	if a.to == nil {
		return judge(a.name, a.want, "socket", nil)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return judge(a.name, a.want, "socket", nil)
	}
	err = unix.Connect(fd, a.to)
	c := judge(a.name, a.want, "connect", err)
	if c.Got == refused && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		// Nobody answers, or there is no way at the moment: the socket was given all the same.
		c.Got, c.OK = allowed, a.want == allowed
	}
	return c
}

// judge makes a check of the kernel's answer to a call. Any error is a refusal: a kernel that was built without
// IPv6 says something else than EPERM, and the way is closed all the same.
func judge(name, want, call string, err error) Check {
	c := Check{Name: name, Want: want, Got: allowed, Answer: call + ": made"}
	if call == "connect" {
		c.Answer = call + ": done"
	}
	if err != nil {
		c.Got, c.Answer = refused, call+": "+errorName(err)
	}
	c.OK = c.Got == want
	return c
}

// errorName is what the manuals call an error of the kernel.
func errorName(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if name := unix.ErrnoName(errno); name != "" {
			return name
		}
	}
	return err.Error()
}

// system names the system and its version.
func system() string {
	name := runtime.GOOS + "/" + runtime.GOARCH
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		name += ", kernel " + unix.ByteSliceToString(u.Release[:])
	}
	return name
}
