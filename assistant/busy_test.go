package assistant

import (
	"path/filepath"
	"testing"

	"lamplight/library"
)

func TestBusy(t *testing.T) {
	lib, err := library.Open(filepath.Join(t.TempDir(), "library"))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRunner(lib, "", Settings{})
	if r.Busy() {
		t.Error("busy from the start")
	}
	if err := r.acquire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !r.Busy() {
		t.Error("not busy while the model is in use")
	}
	r.release()
	if r.Busy() {
		t.Error("still busy")
	}
}
