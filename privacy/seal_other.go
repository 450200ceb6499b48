//go:build !(linux && (amd64 || arm64)) && !darwin && !windows

package privacy

const (
	offered   = false
	coreLimit = 0
)

// Seal closes the network for this process where the system offers a way. Here it does not: the report says
// so, and there is no error for it, because the program works all the same.
func Seal() (Report, error) {
	err := sealCore()
	return Probe(), err
}

// SealExceptNetwork does what Seal does, which is not much here.
func SealExceptNetwork() (Report, error) { return Seal() }

// Hide does nothing: this system offers no way.
func Hide() error { return nil }

func openedOnPurpose() bool { return false }

func layers(Report) []Layer { return []Layer{coreLayer()} }
