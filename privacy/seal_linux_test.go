//go:build linux && (amd64 || arm64)

package privacy

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// copyMode is set in the environment of the copies of this test binary that seal themselves: a seal cannot be taken
// off again. It names what the copy does.
const copyMode = "LAMPLIGHT_TEST_COPY"

var copies = map[string]func() any{
	"sealed": sealed, "child": func() any { return Probe() }, "open": open, "ports": ports, "crash": crash, "victim": victim,
	"attacker": attacker, "sockets": withSockets, "chatter": chatter, "talk": talk, "watch": watchSealed,
}

func TestMain(m *testing.M) {
	if f, ok := copies[os.Getenv(copyMode)]; ok {
		if err := json.NewEncoder(os.Stdout).Encode(f()); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// startCopy makes a command of a copy of this binary.
func startCopy(mode string, env ...string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), append(env, copyMode+"="+mode)...)
	c.Stderr = os.Stderr
	return c
}

// read runs a command and decodes what it prints.
func read[T any](t *testing.T, c *exec.Cmd) (v T) {
	t.Helper()
	data, err := c.Output()
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return v
}

// outcome is what the sealed copy reports.
type outcome struct {
	Before, Sealed, Hidden, OldThread, Child Report
	Error                                    string
}

func sealed() any {
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
	if err := Hide(); err != nil {
		out.Error += err.Error()
	}
	out.Hidden = Probe()
	start <- true
	out.OldThread = <-done

	data, err := startCopy("child").Output()
	if err == nil {
		err = json.Unmarshal(data, &out.Child)
	}
	if err != nil {
		out.Error += " child: " + err.Error()
	}
	return out
}

func TestSeal(t *testing.T) {
	o := read[outcome](t, startCopy("sealed"))
	if o.Error != "" {
		t.Fatal(o.Error)
	}
	for name, r := range map[string]Report{"after the seal": o.Sealed, "hidden": o.Hidden, "on a thread from before it": o.OldThread, "in a child": o.Child} {
		if !r.Enforced || !strings.HasPrefix(r.Mechanism, "seccomp") || r.Reason != "" {
			t.Errorf("%s: %+v", name, r)
		}
		if len(r.Checks) < 15 {
			t.Errorf("%s: only %d checks", name, len(r.Checks))
		}
		for _, c := range r.Checks {
			if c.Want == refused && !strings.HasSuffix(c.Answer, ": EPERM") {
				t.Errorf("%s: %s was answered with %q", name, c.Name, c.Answer)
			}
		}
		for _, l := range r.Layers {
			inherited := name != "in a child" || l.By != "Landlock" && l.By != "PR_SET_DUMPABLE" // cannot be asked for there, or is the child's own
			after := l.By != "PR_SET_DUMPABLE" || name != "after the seal"
			if version, _ := llsyscall.LandlockGetABIVersion(); l.By == "Landlock" && version < landlockTCP {
				continue
			}
			if l.Holds != (inherited && after) {
				t.Errorf("%s: %+v", name, l)
			}
			if l.Name == "" || l.Does == "" || l.Checked == "" {
				t.Errorf("%s: a layer says too little: %+v", name, l)
			}
		}
	}
	if o.Before.Enforced { // else the checks above prove nothing
		t.Skip("this machine refuses sockets to every process; the seal cannot be told from that")
	}
	if o.Before.Reason == "" || o.Before.Mechanism != "" {
		t.Errorf("before the seal: %+v", o.Before)
	}
	for _, l := range o.Before.Layers {
		if l.Holds && l.By != "Lamplight" && l.By != "RLIMIT_CORE" && l.By != "no_new_privs" { // a machine may have these of its own
			t.Errorf("before the seal: %+v", l)
		}
	}
}

func open() any {
	r, err := SealExceptNetwork()
	if err != nil {
		r.Reason = err.Error()
	}
	return r
}

// Everything but the network is closed with a display that needs it, and the report does not say otherwise.
func TestSealExceptNetwork(t *testing.T) {
	r := read[Report](t, startCopy("open"))
	if r.Enforced || r.Mechanism != "" || !strings.Contains(r.Reason, "-allow-remote-display") {
		t.Errorf("%+v", r)
	}
	for _, l := range r.Layers {
		if l.By == "PR_SET_DUMPABLE" {
			continue // is not Seal's
		}
		if network := l.By == "seccomp" || l.By == "Landlock"; l.Holds == network {
			t.Errorf("%+v", l)
		}
	}
}

// TestProbeTellsTheTruth holds that an open socket is reported as one.
func TestProbeTellsTheTruth(t *testing.T) {
	a := attempt{name: "local", domain: unix.AF_UNIX, kind: unix.SOCK_STREAM, want: refused}
	if c := a.try(); c.OK || c.Got != allowed {
		t.Errorf("a socket that was made is reported as %+v", c)
	}
}
