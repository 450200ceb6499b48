package kernels

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// politeness is how much lower than the rest of the program's the priority of threads that compute is: a thread that has to
// draw a letter gets a processor at once, while alone on a processor nothing is slower.
const politeness = 5

// Yield makes the goroutine that calls it one that computes for long, for the rest of its life: its thread, which
// ends with it, gives way to the threads that somebody waits for. Where that cannot be said of one thread it does nothing.
func Yield() {
	runtime.LockOSThread()                             // never unlocked: the priority could not be raised again
	now, err := unix.Getpriority(unix.PRIO_PROCESS, 0) // 20 − nice, of this thread
	if err == nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, min(20-now+politeness, 19))
	}
}
