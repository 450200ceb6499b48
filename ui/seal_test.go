package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/privacy"
)

var sealedReport = privacy.Report{
	Enforced: true, Mechanism: "seccomp", System: "linux/amd64",
	Layers: []privacy.Layer{
		{Name: "No network", By: "seccomp", Does: "Every socket that could leave is refused.", Holds: true, Checked: "Every way was tried.", Answer: "14 of 14"},
		{Name: "Closed memory", By: "PR_SET_DUMPABLE", Does: "Other programs cannot read it.", Checked: "The kernel was asked."},
	},
	Checks: []privacy.Check{
		{Name: "TCP over IPv4", Want: "refused", Got: "refused", Answer: "socket: EPERM", OK: true},
		{Name: "Local socket, for the window", Want: "allowed", Got: "allowed", OK: true},
	},
	Sockets: []privacy.Socket{{Family: "AF_UNIX", Purpose: "display", Address: "@/tmp/.X11-unix/X0", Program: "Xorg", Local: true}},
}

func TestSealed(t *testing.T) {
	u := begin(t, setup{seal: sealedReport})
	u.tap("sealed")
	if u.current != privacyPage {
		t.Fatalf("the lock leads to page %d", u.current)
	}
	u.mustSee("Nothing leaves this computer", "The kernel refuses", "TCP over IPv4", "refused", "Local socket, for the window", "allowed")
	u.mustSee("No network · seccomp", "holds", "Every socket that could leave is refused.", "Every way was tried. (14 of 14)")
	u.mustSee("Closed memory · PR_SET_DUMPABLE", "does not hold", "The kernel was asked.")
	u.mustSee("refused · socket: EPERM", "Attempts that were refused: 1 of 1", "Open sockets", "display (Xorg)", "AF_UNIX", "@/tmp/.X11-unix/X0")
	u.mustNotSee("is not closed", "None were seen")
	u.tap("Copy report")
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.HasPrefix(got, sealedReport.Text()) {
		t.Errorf("the clipboard has %q", got)
	}
}

func TestNotSealed(t *testing.T) {
	u := begin(t, setup{seal: privacy.Report{Reason: "This system offers no way.", Checks: []privacy.Check{{Name: "TCP over IPv4", Want: "refused", Got: "allowed"}}}})
	u.tap("not sealed")
	u.mustSee("The network is not closed", "nothing enforces it here. This system offers no way.", "TCP over IPv4", "allowed", "refused: 0 of 1")
	u.mustSee("Nothing is enforced.", "None were seen")
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
		u.mustSee(c.Name, c.Got, c.Answer)
	}
	for _, l := range want.Layers {
		u.mustSee(l.Name, l.Does, l.Checked)
	}
	if u.privacy.again.Disabled() {
		t.Error("it cannot be tested once more")
	}
}
