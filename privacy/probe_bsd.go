//go:build unix && !linux

package privacy

func systemChecks() []Check { return nil }
