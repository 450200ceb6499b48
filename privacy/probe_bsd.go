//go:build unix && !linux

package privacy

func systemAttempts() []attempt { return nil }
func systemChecks() []Check     { return nil }

// sockets lists nothing: these systems tell a process of its sockets only with much guessing.
func sockets() []Socket { return nil }
