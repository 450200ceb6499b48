//go:build !linux

package privacy

import "context"

// WatchSleep would call lock before the computer goes to sleep. Here nothing is watched.
func WatchSleep(context.Context, func()) error { return ErrNoWatch }
