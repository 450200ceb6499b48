package ui

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// TestBriefComesFirst has this program say in which order its packages were initialized: Fyne reads how long it keeps
// things when that was decided.
func TestBriefComesFirst(t *testing.T) {
	c := exec.Command(os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	brief, cache := bytes.Index(out, []byte("init lamplight/ui/brief ")), bytes.Index(out, []byte("init fyne.io/fyne/v2/internal/cache "))
	if brief < 0 || cache < 0 || brief > cache {
		t.Errorf("package brief is initialized at %d, the cache at %d of\n%s", brief, cache, out)
	}
}
