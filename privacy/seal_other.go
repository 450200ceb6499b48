//go:build !linux || !(amd64 || arm64)

package privacy

const mechanism = ""

// Seal closes the network for this process where the system offers a way. Here it does not: the report says
// so, and there is no error, because the program works all the same.
func Seal() (Report, error) { return Probe(), nil }
