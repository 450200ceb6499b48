package measure

import (
	"time"

	"golang.org/x/sys/windows"
)

// cpuTime returns the time that all threads of this process have computed; 0 when the system does not tell.
func cpuTime() time.Duration {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user); err != nil {
		return 0
	}
	ticks := func(t windows.Filetime) time.Duration { // of 100 ns: a span of time, not a date
		return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
	}
	return ticks(kernel) + ticks(user)
}
