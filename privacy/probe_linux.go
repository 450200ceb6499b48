package privacy

import (
	"errors"

	"golang.org/x/sys/unix"
)

// mptcp is TCP over several ways at once, which Landlock's rules for TCP do not know.
const mptcp = 262

// systemAttempts are the ways out that only Linux has.
func systemAttempts() []attempt {
	return []attempt{
		{"TCP over several ways", unix.AF_INET, unix.SOCK_STREAM, mptcp, &unix.SockaddrInet4{Port: discard, Addr: home4}, refused},
		{"Raw packets", unix.AF_PACKET, unix.SOCK_RAW, 0, nil, refused},
		{"Kernel messages (netlink)", unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE, nil, refused},
		{"Bluetooth", unix.AF_BLUETOOTH, unix.SOCK_SEQPACKET, 0, nil, refused},
		{"Virtual machine sockets", unix.AF_VSOCK, unix.SOCK_STREAM, 0, nil, refused},
	}
}

// systemChecks asks for an io_uring, which makes sockets without the system call. The arguments are invalid: a
// kernel that lets the call through answers with EFAULT, one that refuses it with EPERM, and one without it with
// ENOSYS.
func systemChecks() []Check {
	_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	c := judge("Sockets through io_uring", refused, "io_uring_setup", errno)
	if !errors.Is(errno, unix.EPERM) && !errors.Is(errno, unix.ENOSYS) {
		c.Got, c.OK = allowed, false
	}
	return []Check{c}
}
