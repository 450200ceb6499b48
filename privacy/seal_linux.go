//go:build linux && (amd64 || arm64)

package privacy

import (
	"fmt"
	"os"
	"sync"

	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// offered says that this system has a way to close the network.
const offered = true

// coreLimit is the size of the file that a crash may leave, in bytes. The kernel writes no file of less than a
// page, and takes 1, unlike 0, to mean that a program which collects crashes gets nothing either.
const coreLimit = 1

// asked is what the kernel was asked for, and what it answered, so far as it cannot be asked again.
var asked struct {
	sync.Mutex
	opened   bool // the network stays open, as the user wishes
	landlock rules
}

func openedOnPurpose() bool {
	asked.Lock()
	defer asked.Unlock()
	return asked.opened
}

// Seal closes the network for this process, all its threads and all its children, for good. After it no
// socket but AF_UNIX can be made. The report is that of Probe; the error says what the kernel did not accept.
func Seal() (Report, error) {
	r := sealPorts() // first: the filter refuses the sockets that tell whether ports are closed
	asked.Lock()
	asked.landlock = r
	asked.Unlock()
	err := sealSockets()
	if e := sealCore(); err == nil {
		err = e
	}
	return Probe(), err
}

// SealExceptNetwork does what Seal does, but leaves the network open, for a display that is reached over it. The
// report says so.
func SealExceptNetwork() (Report, error) {
	asked.Lock()
	asked.opened = true
	asked.Unlock()
	// The filter of Seal brings this to all threads; without it they are asked one by one.
	err := llsyscall.AllThreadsPrctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if err != nil {
		err = fmt.Errorf("privacy: no_new_privs: %w", err)
	}
	if e := sealCore(); err == nil {
		err = e
	}
	return Probe(), err
}

// Hide keeps other programs out of this process's memory, unless they have the system's own rights: they cannot
// trace it, read its memory through /proc, or have the kernel write it out. It also keeps the desktop's portals from
// looking at what kind of program asks, which they then refuse: the first call to them must have been answered.
func Hide() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("privacy: hiding the memory: %w", err)
	}
	return nil
}

// parentProgram is what the kernel hides from a process under Landlock's rules: what a process outside runs.
func parentProgram(pid int) error {
	_, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err
}
