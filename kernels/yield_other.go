//go:build !linux

package kernels

// Yield makes the goroutine that calls it one that computes for long, where that can be said of one thread.
func Yield() {}
