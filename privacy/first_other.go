//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package privacy

import "context"

// First would find out whether this is the first instance of the program. Here every one takes itself for it;
// what must not be opened twice has locks of its own.
func First(context.Context, string, []string, func([]string)) (release func(), first bool, err error) {
	return func() {}, true, nil
}
