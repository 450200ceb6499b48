package ui

import (
	"testing"

	"lamplight/privacy"
)

var sealedReport = privacy.Report{Enforced: true, Mechanism: "seccomp", Checks: []privacy.Check{
	{Name: "TCP over IPv4", Want: "refused", Got: "refused", OK: true},
	{Name: "Local socket, for the window", Want: "allowed", Got: "allowed", OK: true},
}}

func TestSealed(t *testing.T) {
	u := begin(t, setup{seal: sealedReport})
	u.tap("sealed")
	u.mustSee("Nothing leaves this computer", "The kernel refuses", "TCP over IPv4", "refused", "Local socket, for the window", "allowed")
	u.mustNotSee("is not closed")
	u.tap("Close")
	u.mustNotSee("TCP over IPv4")
	if u.dialog != nil {
		t.Error("the dialog is still there")
	}
	u.tap("sealed") // it can be opened again
	u.mustSee("TCP over IPv4")
}

func TestNotSealed(t *testing.T) {
	u := begin(t, setup{seal: privacy.Report{Reason: "This system offers no way.", Checks: []privacy.Check{{Name: "TCP over IPv4", Want: "refused", Got: "allowed"}}}})
	u.tap("not sealed")
	u.mustSee("The network is not closed", "nothing enforces it here. This system offers no way.", "TCP over IPv4", "allowed")
	u.mustNotSee("Nothing leaves this computer", "The kernel refuses")
}

// Testing again asks the kernel, which refuses a test process nothing.
func TestTestAgain(t *testing.T) {
	u := begin(t, setup{seal: sealedReport})
	u.tap("sealed")
	u.tap("Test again")
	u.settle()
	want := privacy.Probe()
	if want.Enforced {
		t.Skip("this process is sealed")
	}
	if len(want.Checks) != len(u.Seal.Checks) || u.Seal.Enforced {
		t.Errorf("the report is %+v", u.Seal)
	}
	u.mustSee("The network is not closed", "not sealed")
	for _, c := range want.Checks {
		u.mustSee(c.Name, c.Got)
	}
}
