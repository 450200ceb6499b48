//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package library

import (
	"errors"
	"os"
)

// lockFile refuses: this system has no lock that ends with the process that holds it, and without one two
// instances could damage each other's models. The library can be read, not written.
func lockFile(*os.File, bool) (bool, error) {
	return false, errors.ErrUnsupported
}
