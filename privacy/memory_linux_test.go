//go:build linux && (amd64 || arm64)

package privacy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// crash ends the process as a fault in C code would, with as much of a core as it may have.
func crash() any {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &limit) == nil {
		limit.Cur = limit.Max
		_ = unix.Setrlimit(unix.RLIMIT_CORE, &limit)
	}
	var err error
	switch os.Getenv("LAMPLIGHT_TEST_CLOSED") {
	case "limit":
		err = sealCore()
	case "hidden":
		err = Hide()
	}
	if err != nil {
		return err.Error()
	}
	debug.SetTraceback("crash")
	_ = unix.Kill(os.Getpid(), unix.SIGABRT)
	select {}
}

func TestNoCore(t *testing.T) {
	cored := func(closed string) bool {
		c := startCopy("crash", "LAMPLIGHT_TEST_CLOSED="+closed)
		c.Dir, c.Stderr = t.TempDir(), nil
		c.Args[0], _ = filepath.Abs(c.Path)
		err := c.Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || !exit.Sys().(syscall.WaitStatus).Signaled() {
			t.Fatalf("the copy did not crash: %v", err)
		}
		files, _ := os.ReadDir(c.Dir)
		return exit.Sys().(syscall.WaitStatus).CoreDump() || len(files) > 0
	}
	if !cored("") {
		t.Skip("this machine makes no core dumps, so that none was made proves nothing")
	}
	for _, closed := range []string{"limit", "hidden"} {
		if cored(closed) {
			t.Errorf("%s: the memory was written out", closed)
		}
	}
}

// own are files about a process itself that it needs to be able to read.
var own = []string{"status", "maps", "smaps", "statm", "fd", "task", "exe"}

// victim says what it cannot read of itself, then waits for the end of its input.
func victim() any {
	if os.Getenv("LAMPLIGHT_TEST_CLOSED") != "" {
		if err := Hide(); err != nil {
			return err.Error()
		}
	}
	var missing []string
	for _, name := range own {
		path := "/proc/self/" + name
		f, err := os.Open(path)
		if err == nil && name == "fd" {
			_, err = os.ReadDir(path)
		} else if err == nil {
			_, err = f.Read(make([]byte, 16))
			if errors.Is(err, unix.EISDIR) {
				err = nil
			}
		}
		f.Close()
		if err != nil {
			missing = append(missing, err.Error())
		}
	}
	fmt.Println("ready", strings.Join(missing, "; "))
	io.Copy(io.Discard, os.Stdin)
	return nil
}

// attacker tries to get at the memory of a process and tells the kernel's answers.
func attacker() any {
	pid, _ := strconv.Atoi(os.Getenv("LAMPLIGHT_TEST_PID"))
	answers := map[string]string{}
	tell := func(what string, err error) {
		answers[what] = "done"
		if err != nil {
			answers[what] = errorName(err)
		}
	}
	f, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	f.Close()
	tell("mem", err)
	_, err = os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	tell("environ", err)
	_, err = os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	tell("maps", err)
	_, err = os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	tell("fd", err)
	tell("ptrace", unix.PtraceSeize(pid))
	return answers
}

func TestHide(t *testing.T) {
	// The one who tests may have the system's rights, which open every memory: the copies have not.
	dir, err := os.MkdirTemp("", "lamplight-hide")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	data, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = errors.Join(os.WriteFile(filepath.Join(dir, "copy"), data, 0o755), os.Chmod(dir, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	start := func(mode string, env ...string) *exec.Cmd {
		c := startCopy(mode, env...)
		c.Path, c.Dir = filepath.Join(dir, "copy"), dir
		if os.Getuid() == 0 {
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		return c
	}
	attack := func(closed string) map[string]string {
		c := start("victim", "LAMPLIGHT_TEST_CLOSED="+closed)
		in, err1 := c.StdinPipe()
		out, err2 := c.StdoutPipe()
		if err := errors.Join(err1, err2, c.Start()); err != nil {
			t.Skip("a copy cannot be run by somebody without the system's rights: ", err)
		}
		defer c.Wait()
		defer in.Close()
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "ready \n" {
			t.Fatalf("the process that is to be attacked, %q, says %q, %v", closed, line, err)
		}
		return read[map[string]string](t, start("attacker", "LAMPLIGHT_TEST_PID="+strconv.Itoa(c.Process.Pid)))
	}
	before, after := attack(""), attack("yes")
	if before["environ"] != "done" {
		t.Skipf("this machine closes the memory of every process: %v", before)
	}
	t.Logf("open: %v, hidden: %v", before, after)
	for what, answer := range after {
		if answer != "EACCES" && answer != "EPERM" {
			t.Errorf("%s of a hidden process: %s", what, answer)
		}
	}
}
