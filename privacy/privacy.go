// Package privacy takes this process off the network and proves it.
//
//	report, err := privacy.Seal() // first thing in main
//	fmt.Print(report.Text())
//
// On Linux the seal has layers. The kernel is told to refuse every socket that is not a local one (AF_UNIX, which
// the window system needs), and io_uring, which could make sockets another way. Where it has rules for TCP
// (Landlock), these refuse every port too. Both hold for every thread and every child, and cannot be taken back.
// No program of higher rights can be started, and no memory is written to a file when the program crashes.
// [Hide] keeps other programs of the same user out of the memory.
//
// On macOS the program starts itself anew within the system's sandbox. On Windows only a package can be kept off
// the network, by the rights that its manifest asks for. Where nothing is enforced the report says so.
//
// What no layer stops: another program that has the network can be asked, over a local socket, to use it. The only
// ones that Lamplight speaks to are the display and the desktop's own buses; [Report] lists them.
//
// [Probe] does not believe any of this: it asks the kernel for sockets and reports the answers. No layer is said
// to hold without a check that was made for the report.
package privacy

import "strings"

// Report says whether this process can reach a network.
type Report struct {
	Enforced  bool     // the kernel refuses: every check came out as it should
	Mechanism string   // what refuses, such as "seccomp"; empty when nothing does
	Reason    string   // why nothing is enforced, a sentence; empty when it is
	System    string   // the system that was asked, such as "linux/amd64, kernel 6.12.9"
	Layers    []Layer  // what is enforced, by whom
	Checks    []Check  // what was tried just now
	Sockets   []Socket // what this process has open
}

// Layer is one thing that is enforced, or is not. Its sentences are fixed, so that they can be translated.
type Layer struct {
	Name    string // such as "No network"
	By      string // who enforces it, such as "seccomp"
	Does    string // what it enforces, a sentence
	Holds   bool
	Checked string // how that was found out, a sentence
	Answer  string // what the system said, in its own words; may be empty

	network bool // it closes the network
}

// Check is one attempt and the kernel's answer.
type Check struct {
	Name   string // what was tried, such as "TCP over IPv4"
	Want   string // "refused" or "allowed"
	Got    string // the same
	Answer string // what the kernel said to which call, such as "socket: EPERM"
	OK     bool
}

// Socket is one that this process has open.
type Socket struct {
	Family  string // such as "AF_UNIX"
	Purpose string // what is at its other end, such as "display"
	Address string // of the other end, folders of the user left out; may be empty
	Program string // the one at the other end; empty when the kernel does not tell
	Local   bool   // it cannot leave this computer
}

const (
	refused = "refused"
	allowed = "allowed"
)

// Probe tries to get sockets of every kind from the kernel, closes what it gets, and reports. Nothing leaves this
// computer: where a socket is made all the same, the attempt goes to the computer itself.
func Probe() Report {
	r := Report{System: system(), Checks: checks(), Sockets: sockets()}
	r.Layers = layers(r)
	var by []string
	for _, l := range r.Layers {
		if l.network && l.Holds {
			by = append(by, l.By)
		}
	}
	closed, local := r.refuses(), r.local()
	switch {
	case openedOnPurpose():
		r.Reason = "You opened the network with -allow-remote-display."
	case !offered:
		r.Reason = "This system offers Lamplight no way to close the network for itself."
	case !closed || len(by) == 0:
		r.Reason = "The kernel did not refuse everything that it should have."
	case !local:
		r.Reason = "A connection was handed to Lamplight when it was started."
	default:
		r.Enforced, r.Mechanism = true, strings.Join(by, " and ")
	}
	return r
}

// refuses reports whether every attempt came out as it should.
func (r Report) refuses() bool {
	for _, c := range r.Checks {
		if !c.OK {
			return false
		}
	}
	return len(r.Checks) > 0
}

// local reports whether every open socket is a local one.
func (r Report) local() bool {
	for _, s := range r.Sockets {
		if !s.Local {
			return false
		}
	}
	return true
}
