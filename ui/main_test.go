package ui

import (
	"fmt"
	"os"
	"testing"
)

// The tests read English, whatever the system speaks.
func TestMain(m *testing.M) {
	for _, name := range []string{"LC_ALL", "LANGUAGE"} {
		if err := os.Setenv(name, "en_US.UTF-8"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := speak(""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
