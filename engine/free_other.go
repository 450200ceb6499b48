//go:build !linux && !windows

package engine

// FreeMemory is not known here.
func FreeMemory() (int64, bool) { return 0, false }
