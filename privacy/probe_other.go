//go:build !unix

package privacy

// checks tries nothing: without a way to close the network there is nothing to prove.
func checks() []Check { return nil }
