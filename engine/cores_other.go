//go:build !linux

package engine

import "runtime"

// physicalCores counts the processors this process may run on: without a table of hyper-threads the best
// there is.
func physicalCores() int { return runtime.NumCPU() }
