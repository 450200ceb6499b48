package engine

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// physicalCores counts the cores of this machine, hyper-threads of one core once, but never more than the
// processors this process may run on. Weights stream through the memory bus: a second thread on the same
// core adds nothing to that.
func physicalCores() int {
	files, _ := filepath.Glob("/sys/devices/system/cpu/cpu[0-9]*/topology/thread_siblings_list")
	cores := map[string]bool{}
	for _, f := range files {
		siblings, err := os.ReadFile(f)
		if err != nil {
			return runtime.NumCPU()
		}
		cores[strings.TrimSpace(string(siblings))] = true
	}
	if len(cores) == 0 {
		return runtime.NumCPU()
	}
	return min(len(cores), runtime.NumCPU())
}
