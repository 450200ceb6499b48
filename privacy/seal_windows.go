package privacy

// offered says that this system has a way to close the network: a package may be kept from it, by the rights that
// packaging/windows/AppxManifest.xml does not ask for. A program that was not installed as a package has no way.
const offered = true

// Seal does nothing to the process: on Windows it is the package that has no right to the network. The report says
// whether that is so.
func Seal() (Report, error) { return Probe(), nil }

// SealExceptNetwork does what Seal does: a package that has no right to the network does not get it here either.
func SealExceptNetwork() (Report, error) { return Seal() }

// Hide does nothing: this system offers no way.
func Hide() error { return nil }

func openedOnPurpose() bool { return false }

func sockets() []Socket { return nil }

func layers(r Report) []Layer {
	closed, answer := container()
	l := Layer{
		Name: "No network", By: "AppContainer", network: true,
		Does:    "The package has no right to the network, so Windows refuses every connection that could leave this computer.",
		Holds:   closed && r.refuses(),
		Checked: "Windows was asked for the rights of the package, and connections were tried.",
		Answer:  answer,
	}
	return []Layer{l}
}
