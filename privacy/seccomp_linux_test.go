//go:build linux && (amd64 || arm64)

package privacy

import (
	"runtime"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// TestForeignFilter runs the second filter on what the kernel would show it.
func TestForeignFilter(t *testing.T) {
	raw, err := foreignFilter()
	if err != nil {
		t.Fatal(err)
	}
	program, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatal("the program cannot be read back")
	}
	for arch, want := range map[uint32]uint32{
		audit[runtime.GOARCH]: unix.SECCOMP_RET_ALLOW,
		unix.AUDIT_ARCH_I386:  unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM),
		unix.AUDIT_ARCH_ARM:   unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM),
	} {
		if got := run(program, arch); got != want {
			t.Errorf("architecture %#x: %#x, want %#x", arch, got, want)
		}
	}
}

// run interprets the three kinds of instruction that the filter has.
func run(program []bpf.Instruction, arch uint32) uint32 {
	var a uint32
	for pc := 0; pc < len(program); pc++ {
		switch i := program[pc].(type) {
		case bpf.LoadAbsolute:
			a = arch
		case bpf.JumpIf:
			if (a == i.Val) == (i.Cond == bpf.JumpEqual) { // the other condition is JumpNotEqual
				pc += int(i.SkipTrue)
			} else {
				pc += int(i.SkipFalse)
			}
		case bpf.RetConstant:
			return i.Val
		}
	}
	return 0
}
