package privacy

import (
	"strings"
	"testing"
)

// What is copied says everything that the window says, and what is wrong stands out.
func TestText(t *testing.T) {
	r := Report{
		Reason: "The kernel did not refuse everything that it should have.", System: "linux/amd64, kernel 6.12.9",
		Layers: []Layer{
			{Name: "No network", By: "seccomp", Does: "Every socket is refused.", Checked: "Every way was tried.", Answer: "13 of 14 refused"},
			{Name: "No core dumps", By: "RLIMIT_CORE", Does: "No copy is left.", Checked: "The kernel was asked.", Holds: true},
		},
		Checks: []Check{
			{Name: "TCP over IPv4", Want: refused, Got: allowed, Answer: "connect: ECONNREFUSED"},
			{Name: "UDP over IPv4", Want: refused, Got: refused, Answer: "socket: EPERM", OK: true},
		},
		Sockets: []Socket{{Family: "AF_UNIX", Purpose: "display", Address: "@/tmp/.X11-unix/X0", Program: "Xorg", Local: true}, {Family: "AF_INET", Purpose: "a network"}},
	}
	want := `Lamplight privacy report
System: linux/amd64, kernel 6.12.9
Network: not closed. The kernel did not refuse everything that it should have.

Layers
- No network (seccomp): does not hold
  Every socket is refused.
  Every way was tried. (13 of 14 refused)
- No core dumps (RLIMIT_CORE): holds
  No copy is left.
  The kernel was asked.

Attempts
- TCP over IPv4: allowed (connect: ECONNREFUSED), should be refused
- UDP over IPv4: refused (socket: EPERM)

Open sockets
- AF_UNIX: display, @/tmp/.X11-unix/X0 (Xorg)
- AF_INET: a network
`
	if got := r.Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	r.Enforced, r.Mechanism, r.Sockets = true, "seccomp and Landlock", nil
	for _, part := range []string{"\nNetwork: closed by seccomp and Landlock\n", "\nOpen sockets\n- none were seen\n"} {
		if got := r.Text(); !strings.Contains(got, part) {
			t.Errorf("%q is missing in\n%s", part, got)
		}
	}
}
