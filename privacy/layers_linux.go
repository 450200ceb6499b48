//go:build linux && (amd64 || arm64)

package privacy

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// layers lists what the kernel enforces, each asked of it now.
func layers(r Report) []Layer {
	asked.Lock()
	ports := asked.landlock
	asked.Unlock()
	return []Layer{socketLayer(r), ports.layer(), privilegeLayer(), coreLayer(), memoryLayer(), openLayer(r)}
}

func socketLayer(r Report) Layer {
	filtered, all := threads("Seccomp", "2")
	tried, no := 0, 0
	for _, c := range r.Checks {
		if c.Want == refused {
			tried++
			if c.Got == refused {
				no++
			}
		}
	}
	return Layer{
		Name: "No network", By: "seccomp", network: true,
		Does:    "Every socket that could leave this computer is refused, to all threads and to every program started from here.",
		Holds:   all > 0 && filtered == all && r.refuses(),
		Checked: "Every way was tried, and the kernel said which threads are filtered.",
		Answer:  fmt.Sprintf("%d of %d attempts refused, %d of %d threads filtered", no, tried, filtered, all),
	}
}

func privilegeLayer() Layer {
	n, all := threads("NoNewPrivs", "1")
	return Layer{
		Name: "No higher rights", By: "no_new_privs",
		Does:    "No program started from here gets more rights than this one, so none can undo the rest.",
		Holds:   all > 0 && n == all,
		Checked: "The kernel was asked about every thread.",
		Answer:  fmt.Sprintf("%d of %d threads", n, all),
	}
}

func memoryLayer() Layer {
	l := Layer{
		Name: "Closed memory", By: "PR_SET_DUMPABLE",
		Does:    "Other programs of yours cannot read this one's memory or trace it. One with the system's own rights can.",
		Checked: "The kernel was asked.",
	}
	n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil {
		l.Answer = errorName(err)
		return l
	}
	l.Holds, l.Answer = n == 0, fmt.Sprintf("PR_GET_DUMPABLE: %d", n)
	return l
}

func openLayer(r Report) Layer {
	n := 0
	for _, s := range r.Sockets {
		if s.Local {
			n++
		}
	}
	return Layer{
		Name: "Local sockets only", By: "Lamplight",
		Does:    "What is open leads to other programs on this computer, such as the display.",
		Holds:   r.local(),
		Checked: "Every open file of the program was looked at.",
		Answer:  fmt.Sprintf("%d of %d sockets", n, len(r.Sockets)),
	}
}

// threads counts those whose status has a value, and all of them.
func threads(field, value string) (n, all int) {
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, t := range tasks {
		status, err := os.ReadFile("/proc/self/task/" + t.Name() + "/status")
		if err != nil {
			continue // it has ended
		}
		all++
		for line := range strings.Lines(string(status)) {
			if name, text, _ := strings.Cut(line, ":"); name == field && strings.TrimSpace(text) == value {
				n++
			}
		}
	}
	return n, all
}
