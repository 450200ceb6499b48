package privacy

import "golang.org/x/sys/unix"

// systemChecks tries the ways to a network that only Linux has.
func systemChecks() []Check {
	return []Check{
		socket("Raw packets", unix.AF_PACKET, unix.SOCK_RAW, refused),
		socket("Kernel messages (netlink)", unix.AF_NETLINK, unix.SOCK_RAW, refused),
		socket("Virtual machine sockets", unix.AF_VSOCK, unix.SOCK_STREAM, refused),
		ring(),
	}
}

// ring asks for an io_uring, which makes sockets without the system call. The arguments are invalid: a kernel
// that lets the call through answers with EFAULT or ENOSYS, and one that refuses it with EPERM.
func ring() Check {
	_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	switch errno {
	case unix.EPERM:
		return result("Sockets through io_uring", refused, errno)
	case unix.ENOSYS:
		return Check{Name: "Sockets through io_uring", Want: refused, Got: refused + ": the kernel has no io_uring", OK: true}
	}
	return Check{Name: "Sockets through io_uring", Want: refused, Got: allowed}
}
