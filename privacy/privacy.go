// Package privacy takes this process off the network and proves it.
//
//	report, err := privacy.Seal() // first thing in main
//	fmt.Println(report.Enforced)
//
// On Linux the kernel is told to refuse every socket that is not a local one (AF_UNIX, which the window
// system needs), and io_uring, which could make sockets another way. The refusal holds for every thread and
// every child, and cannot be taken back. Elsewhere nothing is enforced, and the report says so.
//
// [Probe] does not believe any of this: it asks the kernel for sockets and reports the answers.
package privacy

// Report says whether this process can reach a network.
type Report struct {
	Enforced  bool    // the kernel refuses: every check came out as it should
	Mechanism string  // what refuses, such as "seccomp"; empty when nothing does
	Reason    string  // why nothing is enforced, a sentence; empty when it is
	Checks    []Check // what was tried just now
}

// Check is one attempt and the kernel's answer.
type Check struct {
	Name string // what was tried, such as "TCP over IPv4"
	Want string // "refused" or "allowed"
	Got  string // the same, with the kernel's error in words where there is one
	OK   bool
}

const (
	refused = "refused"
	allowed = "allowed"
)

// Probe tries to get sockets of every kind from the kernel, closes what it gets, and reports. Nothing is
// sent.
func Probe() Report {
	r := Report{Checks: checks()}
	r.Enforced = mechanism != "" && len(r.Checks) > 0
	for _, c := range r.Checks {
		r.Enforced = r.Enforced && c.OK
	}
	switch {
	case r.Enforced:
		r.Mechanism = mechanism
	case mechanism == "":
		r.Reason = "This system offers Lamplight no way to close the network for itself."
	default:
		r.Reason = "The kernel did not refuse everything that it should have."
	}
	return r
}
