package model

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"lamplight/assistant/stories"
	"lamplight/engine"
)

const (
	most           = 5_000_000 // bytes
	mostParameters = 5_000_000
)

// The file is the one on the receipt, small, and a model that the engine runs, under the name by which it is known.
func TestModel(t *testing.T) {
	sum := sha256.Sum256([]byte(GGUF()))
	if got, want := hex.EncodeToString(sum[:]), Made().SHA256; got != want {
		t.Errorf("the file has the digest %s, the receipt says %s", got, want)
	}
	if r := Made(); r.Rows < 1 || r.Copies < 1 {
		t.Errorf("the receipt says %+v", r)
	}
	if n := len(GGUF()); n > most {
		t.Errorf("it has %d bytes", n)
	}
	path := filepath.Join(t.TempDir(), "starter.gguf")
	if err := os.WriteFile(path, []byte(GGUF()), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := engine.Load(t.Context(), path, engine.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if i := m.Info(); i.Parameters > mostParameters || !stories.IsStarter(i) {
		t.Errorf("it is %+v", i)
	}
}
