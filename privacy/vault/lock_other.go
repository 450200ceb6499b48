//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package vault

import (
	"errors"
	"os"
)

// lockFile refuses: this system has no lock that ends with the process that holds it, and without one two
// instances could damage the vault.
func lockFile(*os.File) (bool, error) { return false, errors.ErrUnsupported }
