//go:build linux && (amd64 || arm64)

package privacy

import (
	"fmt"
	"runtime"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// sealSockets closes every kind of socket but AF_UNIX for this process, all its threads and all its children, for
// good. It sets no_new_privs for all of them too.
func sealSockets() error {
	runtime.LockOSThread() // no_new_privs belongs to the thread that then loads the filter
	defer runtime.UnlockOSThread()
	// NotEqual compares all 64 bits of the argument, of which the kernel uses 32: a domain with stray high
	// bits is refused too.
	notLocal := seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.NotEqual, Value: unix.AF_UNIX}}
	err := seccomp.LoadFilter(seccomp.Filter{
		NoNewPrivs: true,
		Flag:       seccomp.FilterFlagTSync,
		Policy: seccomp.Policy{
			DefaultAction: seccomp.ActionAllow,
			Syscalls: []seccomp.SyscallGroup{{
				Action: seccomp.ActionErrno, // EPERM
				Names:  []string{"io_uring_setup", "io_uring_enter", "io_uring_register"},
				NamesWithCondtions: []seccomp.NameWithConditions{
					{Name: "socket", Conditions: notLocal},
					{Name: "socketpair", Conditions: notLocal},
				},
			}},
		},
	})
	if err != nil {
		return fmt.Errorf("privacy: seccomp: %w", err)
	}
	if err := sealForeign(); err != nil {
		return fmt.Errorf("privacy: seccomp: other architectures: %w", err)
	}
	return nil
}

// audit names the architectures as the kernel tells them to filters.
var audit = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// foreignFilter refuses every system call of another architecture. The first filter numbers calls as this
// one does and lets calls with other numbers pass: on amd64 the 32-bit entry (int 0x80) would be a way around
// it. Calls of the x32 kind come as amd64 and are refused by the first filter.
func foreignFilter() ([]bpf.RawInstruction, error) {
	const archOffset = 4 // in struct seccomp_data
	return bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: archOffset, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: audit[runtime.GOARCH], SkipFalse: 1},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW},
		bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
	})
}

func sealForeign() error {
	raw, err := foreignFilter()
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return errno
	}
	return nil
}
