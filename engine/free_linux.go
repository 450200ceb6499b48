package engine

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// FreeMemory returns the bytes of memory that can be had without anything else having to give way; false where the
// system does not tell.
func FreeMemory() (int64, bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	return available(f)
}

// available reads the line MemAvailable of /proc/meminfo, in KiB.
func available(meminfo io.Reader) (int64, bool) {
	for lines := bufio.NewScanner(meminfo); lines.Scan(); {
		var kib int64
		if n, _ := fmt.Sscanf(lines.Text(), "MemAvailable: %d kB", &kib); n == 1 && kib >= 0 && kib < 1<<50 {
			return kib << 10, true
		}
	}
	return 0, false
}
