//go:build linux && (amd64 || arm64)

package privacy

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// sealedRun is set in the environment of the copy of this test binary that seals itself: a filter cannot be
// taken off again.
const sealedRun = "LAMPLIGHT_TEST_SEALED"

func TestMain(m *testing.M) {
	if os.Getenv(sealedRun) != "" {
		sealed()
		return
	}
	os.Exit(m.Run())
}

// outcome is what the sealed copy reports.
type outcome struct {
	Before, Sealed, OldThread, Child Report
	Error                            string
}

func sealed() {
	if os.Getenv(sealedRun) == "child" {
		json.NewEncoder(os.Stdout).Encode(outcome{Child: Probe()})
		return
	}
	out := outcome{Before: Probe()}
	start, done := make(chan bool), make(chan Report)
	go func() { // a thread from before the seal
		runtime.LockOSThread()
		start <- true
		<-start
		done <- Probe()
	}()
	<-start
	var err error
	if out.Sealed, err = Seal(); err != nil {
		out.Error = err.Error()
	}
	start <- true
	out.OldThread = <-done

	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), sealedRun+"=child")
	data, err := child.Output()
	var of outcome
	if err == nil {
		err = json.Unmarshal(data, &of)
	}
	if err != nil {
		out.Error += " child: " + err.Error()
	}
	out.Child = of.Child
	json.NewEncoder(os.Stdout).Encode(out)
}

func TestSeal(t *testing.T) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), sealedRun+"=1")
	c.Stderr = os.Stderr
	data, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var o outcome
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	if o.Error != "" {
		t.Fatal(o.Error)
	}
	for name, r := range map[string]Report{"after the seal": o.Sealed, "on a thread from before it": o.OldThread, "in a child": o.Child} {
		if !r.Enforced || !strings.HasPrefix(r.Mechanism, "seccomp") || r.Reason != "" {
			t.Errorf("%s: %+v", name, r)
		}
		if len(r.Checks) < 9 {
			t.Errorf("%s: only %d checks", name, len(r.Checks))
		}
	}
	if o.Before.Enforced { // else the checks above prove nothing
		t.Skip("this machine refuses sockets to every process; the seal cannot be told from that")
	}
}

// TestProbeTellsTheTruth holds that an open socket is reported as one.
func TestProbeTellsTheTruth(t *testing.T) {
	a := attempt{name: "local", domain: unix.AF_UNIX, kind: unix.SOCK_STREAM, want: refused}
	if c := a.try(); c.OK || c.Got != allowed {
		t.Errorf("a socket that was made is reported as %+v", c)
	}
}

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
