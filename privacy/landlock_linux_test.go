//go:build linux && (amd64 || arm64)

package privacy

import (
	"fmt"
	"runtime"
	"testing"

	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// portAnswers are what the kernel says to a process that has TCP sockets and asks for ports.
type portAnswers struct {
	Before, After, OldThread [2]string // bind, connect
	Layer                    Layer
}

// ports has Landlock's rules put on, without the filter that would refuse the sockets.
func ports() any {
	out := portAnswers{Before: askPorts()}
	start, done := make(chan bool), make(chan [2]string)
	go func() { // a thread from before the rules
		runtime.LockOSThread()
		start <- true
		<-start
		done <- askPorts()
	}()
	<-start
	out.Layer = sealPorts().layer()
	out.After = askPorts()
	start <- true
	out.OldThread = <-done
	return out
}

func askPorts() (answers [2]string) {
	for i, call := range []func(fd int) error{
		func(fd int) error { return unix.Bind(fd, &unix.SockaddrInet4{Addr: home4}) },
		func(fd int) error { return unix.Connect(fd, &unix.SockaddrInet4{Addr: home4, Port: discard}) },
	} {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err == nil {
			err = call(fd)
			unix.Close(fd)
		}
		answers[i] = fmt.Sprint(err)
		if err != nil {
			answers[i] = errorName(err)
		}
	}
	return answers
}

func TestPorts(t *testing.T) {
	if version, err := llsyscall.LandlockGetABIVersion(); err != nil || version < landlockTCP {
		t.Skipf("this kernel has no Landlock rules for ports (version %d, %v)", version, err)
	}
	o := read[portAnswers](t, startCopy("ports"))
	if o.Before[0] != "<nil>" || o.Before[1] == "EACCES" {
		t.Skipf("this machine has ports closed to every process: %q", o.Before)
	}
	want := [2]string{"EACCES", "EACCES"}
	if o.After != want || o.OldThread != want {
		t.Errorf("bind and connect are answered with %q, and %q on a thread from before the rules", o.After, o.OldThread)
	}
	if !o.Layer.Holds {
		t.Errorf("%+v", o.Layer)
	}
}

// What was not put on is not said to hold.
func TestPortsNotClosed(t *testing.T) {
	for _, r := range []rules{{}, {version: 3, err: errNoLandlock}, {err: unix.ENOSYS}} {
		if l := r.layer(); l.Holds || l.Checked == "" {
			t.Errorf("%+v: %+v", r, l)
		}
	}
	// The kernel took the rules, or so it says, but shows what it should hide.
	parent := unix.Getppid()
	if parentProgram(parent) != nil {
		t.Skip("this machine hides the parent of a process from it")
	}
	if l := (rules{put: true, version: 7, parent: parent}).layer(); l.Holds {
		t.Errorf("%+v", l)
	}
}
