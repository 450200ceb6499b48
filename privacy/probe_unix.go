//go:build unix

package privacy

import (
	"errors"

	"golang.org/x/sys/unix"
)

// checks asks the kernel for sockets that reach a network, which it should refuse, and for a local one, which
// it should not.
func checks() []Check {
	list := []Check{
		socket("TCP over IPv4", unix.AF_INET, unix.SOCK_STREAM, refused),
		socket("UDP and DNS over IPv4", unix.AF_INET, unix.SOCK_DGRAM, refused),
		socket("TCP over IPv6", unix.AF_INET6, unix.SOCK_STREAM, refused),
		socket("UDP and DNS over IPv6", unix.AF_INET6, unix.SOCK_DGRAM, refused),
		socket("Local socket, for the window", unix.AF_UNIX, unix.SOCK_STREAM, allowed),
	}
	return append(list, systemChecks()...)
}

func socket(name string, domain, kind int, want string) Check {
	fd, err := unix.Socket(domain, kind, 0)
	if err == nil {
		unix.Close(fd)
	}
	return result(name, want, err)
}

// result judges an answer. Only EPERM is a refusal of ours: a kernel that was built without IPv6 says
// something else, and the way is closed all the same.
func result(name, want string, err error) Check {
	c := Check{Name: name, Want: want, Got: allowed}
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		c.Got = refused
	case err != nil:
		c.Got = refused + ": " + err.Error()
	}
	c.OK = (c.Got != allowed) == (want == refused)
	return c
}
