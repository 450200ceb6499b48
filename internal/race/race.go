// Package race tells tests whether the race detector is watching, which makes arithmetic ten times slower.
package race

import "testing"

// Skip skips a test that is about numbers: it says nothing about races and runs without the detector too.
func Skip(t testing.TB) {
	t.Helper()
	if enabled {
		t.Skip("about numbers, not races: runs without the race detector")
	}
}
