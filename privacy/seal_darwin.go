package privacy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

const (
	offered   = true
	coreLimit = 0
)

// sandbox is the system's program that enters its sandbox and then becomes another one. The system's call for it,
// sandbox_init, can only be reached through C.
const sandbox = "/usr/bin/sandbox-exec"

// profile lets everything be but the network; the window system is reached through local sockets and ports of
// the kernel.
const profile = `(version 1)
(allow default)
(deny network*)
(allow network* (local unix-socket))
(allow network* (remote unix-socket))
`

// entered is set in the environment of the program that was started in the sandbox, so that it does not start
// itself again. It is no proof: Probe is.
const entered = "LAMPLIGHT_SANDBOX"

var asked struct {
	sync.Mutex
	opened bool // the network stays open, as the user wishes
}

func openedOnPurpose() bool {
	asked.Lock()
	defer asked.Unlock()
	return asked.opened
}

// Seal closes the network for this process and all its children, for good: the process starts its own program
// anew in the system's sandbox, and does not return from the first call. The report is that of Probe; the error
// says what the system did not accept.
func Seal() (Report, error) {
	err := sealCore()
	if e := enter(); e != nil {
		err = errors.Join(fmt.Errorf("privacy: sandbox: %w", e), err)
	}
	return Probe(), err
}

// enter returns nil in the sandbox, and an error if it cannot be entered.
func enter() error {
	if os.Getenv(entered) != "" {
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	// A system that does not know the profile must not keep the program from starting.
	if err := exec.Command(sandbox, "-p", profile, "/usr/bin/true").Run(); err != nil {
		return err
	}
	args := append([]string{sandbox, "-p", profile, program}, os.Args[1:]...)
	return syscall.Exec(sandbox, args, append(os.Environ(), entered+"=1"))
}

// SealExceptNetwork does what Seal does, but leaves the network open. The report says so.
func SealExceptNetwork() (Report, error) {
	asked.Lock()
	asked.opened = true
	asked.Unlock()
	err := sealCore()
	return Probe(), err
}

// Hide does nothing: on macOS the signature of the program decides who may look at its memory.
func Hide() error { return nil }

func layers(r Report) []Layer {
	return []Layer{
		{
			Name: "No network", By: "sandbox-exec", network: true,
			Does:    "Nothing that could leave this computer can be connected or listened on, by this program and every one started from here.",
			Holds:   r.refuses(),
			Checked: "Every way was tried.",
		},
		coreLayer(),
	}
}
