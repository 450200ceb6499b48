//go:build unix && !linux

package measure

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// PeakRSS returns the most memory, in bytes, that this process has had in RAM, mapped files included; 0 when
// the system does not tell.
func PeakRSS() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(u.Maxrss) // bytes
	}
	return int64(u.Maxrss) << 10 // KiB
}
