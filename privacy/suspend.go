package privacy

import "errors"

// ErrNoWatch is returned where nobody tells when the computer goes to sleep.
var ErrNoWatch = errors.New("nobody tells when the computer goes to sleep")
