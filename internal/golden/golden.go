// Package golden finds the reference data that independent programs produced: logits, token ids and
// prompts that the engine is held against. The data is not part of the project; where it is absent the
// tests that need it say so and skip.
package golden

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Dir returns the folder name of the golden data, "tiny-gemma3" or "tokenizer", and skips the test when
// it is not on this machine. LAMPLIGHT_GOLDEN names the parent folder; without it the data is looked for
// in shared/golden beside the checkout.
func Dir(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("LAMPLIGHT_GOLDEN")
	if root == "" {
		_, file, _, _ := runtime.Caller(0)
		checkout := filepath.Dir(filepath.Dir(filepath.Dir(file)))
		root = filepath.Join(filepath.Dir(checkout), "shared", "golden")
	}
	dir := filepath.Join(root, name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("golden data %q is not here: set LAMPLIGHT_GOLDEN to the folder that holds it", name)
	}
	return dir
}
