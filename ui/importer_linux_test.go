package ui

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"lamplight/internal/fixture"
	"lamplight/library"
)

func TestUnreadableFile(t *testing.T) {
	u := begin(t, setup{})
	path := fixture.GGUF(t, fixture.Options{})
	for dir := filepath.Dir(path); dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // root reads everything, so the worker becomes somebody else
		u.importer.read = func(ctx context.Context, path string, o library.ImportOptions) iter.Seq2[library.Progress, error] {
			return func(yield func(library.Progress, error) bool) {
				runtime.LockOSThread() // the identity is this thread's
				defer runtime.UnlockOSThread()
				if err := unix.Setfsuid(65534); err != nil {
					t.Error(err)
				}
				defer unix.Setfsuid(0)
				u.Library.Import(ctx, path, o)(yield)
			}
		}
	}
	u.drop(path)
	u.imported()
	if os.Geteuid() == 0 && len(u.shelf.models) == 1 {
		t.Skip("this process may not become another user, and root reads everything")
	}
	u.refused(path, "You are not allowed to read this file.")
}

func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=128k"); err != nil {
		t.Skip("a small file system to fill cannot be mounted here: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	lib, err := library.Open(filepath.Join(disk, "models"))
	if err != nil {
		t.Fatal(err)
	}
	u := begin(t, setup{options: func(o *Options) { o.Library = lib }})
	u.dir = filepath.Join(disk, "models")
	path := fixture.GGUF(t, fixture.Options{})
	u.drop(path)
	u.imported()
	u.refused(path, "The disk is full.")
}
