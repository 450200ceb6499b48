package library

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"lamplight/engine/source"
)

func TestUnreadableFile(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	err := asNobody(t, path, func() error {
		_, _, err := drain(t, t.Context(), l, path, nil)
		return err
	})
	wantIs(t, err, fs.ErrPermission)
	wantTree(t, l.dir)
}

func TestUnreadableFolder(t *testing.T) {
	l, sources := openTemp(t)
	dir := filepath.Join(sources, "deeper")
	write(t, filepath.Join(dir, "a.gguf"), tinyGGUF(t, 1))
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	for _, path := range []string{dir, sources} {
		err := asNobody(t, path, func() error {
			_, _, err := drain(t, t.Context(), l, path, nil)
			return err
		})
		wantIs(t, err, fs.ErrPermission)
	}
	wantTree(t, l.dir)
}

// asNobody runs f, as far as files are concerned, as a user who is not root, for whom no permissions count.
func asNobody(t *testing.T, path string, f func() error) error {
	t.Helper()
	if os.Geteuid() != 0 {
		return f()
	}
	for dir := filepath.Dir(path); dir != os.TempDir() && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { // the temporary folder is root's alone
			t.Fatal(err)
		}
	}
	runtime.LockOSThread() // the identity is this thread's
	defer runtime.UnlockOSThread()
	const nobody = 65534
	if err := unix.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer unix.Setfsuid(0)
	if id, _ := unix.SetfsuidRetUid(-1); id != nobody {
		t.Skip("this process may not become another user, and root reads everything")
	}
	return f()
}

// Opening a pipe would wait for somebody to write into it.
func TestPipe(t *testing.T) {
	l, sources := openTemp(t)
	path := filepath.Join(sources, "a.gguf")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := drain(t, t.Context(), l, path, nil)
	wantIs(t, err, source.ErrNotModel)
	_, _, err = drain(t, t.Context(), l, sources, nil)
	wantIs(t, err, ErrNoModel)
	wantTree(t, l.dir)
}
