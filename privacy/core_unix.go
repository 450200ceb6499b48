//go:build unix

package privacy

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// sealCore keeps the memory out of the file that a crash would leave.
func sealCore() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: coreLimit, Max: coreLimit}); err != nil {
		return fmt.Errorf("privacy: core dumps: %w", err)
	}
	return nil
}

func coreLayer() Layer {
	l := Layer{
		Name: "No core dumps", By: "RLIMIT_CORE",
		Does:    "A crash leaves no copy of the memory on the disk.",
		Checked: "The kernel was asked for the size that such a file may have.",
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		l.Answer = errorName(err)
		return l
	}
	l.Holds = limit.Cur <= coreLimit && limit.Max <= coreLimit
	l.Answer = fmt.Sprintf("RLIMIT_CORE: %d, at most %d", limit.Cur, limit.Max)
	return l
}
