//go:build linux && (amd64 || arm64)

package privacy

import (
	"errors"
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// The versions of Landlock that brought rules for ports.
const (
	landlockTCP = 4  // Linux 6.7
	landlockUDP = 10 // and UDP
)

var errNoLandlock = errors.New("the kernel has no rules for ports")

// rules is what is known of Landlock's rules.
type rules struct {
	put     bool  // they were put on
	version int   // of Landlock; 0: the kernel has none, or nobody asked
	err     error // why they were not put on
	parent  int   // the process that started this one, if it could be looked at before; else 0
}

// sealPorts has the kernel refuse every TCP port, and every UDP port if it can, on all threads. It stands behind
// the filter of system calls: a socket that came into the process another way cannot be connected either.
func sealPorts() rules {
	var r rules
	if r.version, r.err = llsyscall.LandlockGetABIVersion(); r.err != nil {
		r.version = 0
		return r
	}
	if r.version < landlockTCP {
		r.err = errNoLandlock
		return r
	}
	if pid := os.Getppid(); parentProgram(pid) == nil {
		r.parent = pid
	}
	r.err = landlock.V10.BestEffort().RestrictNet() // V10 has UDP; an older kernel does what it can
	r.put = r.err == nil
	return r
}

// layer says whether the rules hold. The filter refuses the sockets that would tell, so the kernel is asked for
// something else that it refuses a process under rules: to look at one that is not.
func (r rules) layer() Layer {
	l := Layer{Name: "No ports", By: "Landlock", Does: "No TCP port can be connected to or listened on, should a socket come into the program in another way.", network: true}
	if r.version >= landlockUDP {
		l.Does = "No TCP or UDP port can be connected to or listened on, should a socket come into the program in another way."
	}
	switch {
	case !r.put && r.err == nil:
		l.Checked = "The kernel was not asked for it."
	case !r.put:
		l.Checked, l.Answer = "The kernel does not offer it.", errorName(r.err)
	case r.parent == 0 || r.parent != os.Getppid():
		l.Holds, l.Checked = true, "The kernel took the rules for every thread at start. They cannot be taken back."
		l.Answer = fmt.Sprintf("Landlock %d", r.version)
	default:
		err := parentProgram(r.parent)
		l.Holds = errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
		l.Checked = "The kernel took the rules for every thread at start, and now hides the program that started this one, as it does from all under such rules."
		l.Answer = fmt.Sprintf("Landlock %d, readlink: made", r.version)
		if err != nil {
			l.Answer = fmt.Sprintf("Landlock %d, readlink: %s", r.version, errorName(err))
		}
	}
	return l
}
