//go:build linux && (amd64 || arm64)

package discover

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"lamplight/privacy"
)

// sealedFolder is set in the environment of a copy of this test binary that closes the network to itself, as the
// program does, and then watches the folder that it names.
const sealedFolder = "LAMPLIGHT_TEST_SEALED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(sealedFolder); dir != "" {
		if err := watchSealed(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// watchSealed makes sure that the system itself, not a look every minute, tells of a new file.
func watchSealed(dir string) error {
	r, err := privacy.Seal()
	if err != nil || !r.Enforced {
		return fmt.Errorf("the seal is not in force: %w", err)
	}
	if err := privacy.Hide(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	calls := 0
	w := watcher{places: []Place{{Path: dir}}, most: maxWatches, between: 1 << 62, pace: pace{quiet: 1, longest: 1, still: 1}}
	w.changed = func() {
		if calls++; calls == 1 {
			err = os.WriteFile(filepath.Join(dir, "a.gguf"), nil, 0o600)
		}
		if calls == 2 || err != nil || w.incomplete {
			cancel()
		}
	}
	w.run(ctx)
	if err == nil && w.incomplete {
		err = fmt.Errorf("nothing is watched")
	}
	return err
}

// The rules that close the network leave the watching of folders alone.
func TestWatchUnderTheSeal(t *testing.T) {
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), sealedFolder+"="+t.TempDir())
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
