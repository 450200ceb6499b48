package library

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"lamplight/internal/fixture"
)

// The space is looked at before the copy.
func TestDiskTooSmall(t *testing.T) {
	disk := fixture.SmallDisk(t, "256k")
	l := reopen(t, filepath.Join(disk, "library"))
	path := write(t, filepath.Join(t.TempDir(), "a.gguf"), tinyGGUF(t, 1))
	_, _, err := drain(t, t.Context(), l, path, func(p Progress) {
		if p.Stage == Copying {
			t.Errorf("copying began: %+v", p)
		}
	})
	wantIs(t, err, ErrNoSpace)
	wantTree(t, l.dir)
}

// Another program fills the disk while the copy runs.
func TestDiskFillsDuringCopy(t *testing.T) {
	disk := fixture.SmallDisk(t, "4m")
	l := reopen(t, filepath.Join(disk, "library"))
	path := write(t, filepath.Join(t.TempDir(), "a.gguf"), tinyGGUF(t, 1))
	var copied int64
	_, _, err := drain(t, t.Context(), l, path, func(p Progress) {
		if p.Stage != Copying {
			return
		}
		copied = p.Done
		if p.Done == copyChunk {
			fillUp(t, filepath.Join(disk, "filler"))
		}
	})
	wantIs(t, err, ErrNoSpace)
	wantIs(t, err, unix.ENOSPC)
	if copied != copyChunk {
		t.Errorf("%d bytes were copied, want one copyChunk", copied)
	}
	wantTree(t, l.dir)
}

// A quantized model that does not fit leaves the disk as it was.
func TestQuantizeOntoFullDisk(t *testing.T) {
	disk := fixture.SmallDisk(t, "256k")
	in := write(t, filepath.Join(t.TempDir(), "a.gguf"), tinyGGUF(t, 1))
	err := quantize(t.Context(), in, filepath.Join(disk, "out.gguf"), recipe(t, "q8_0"))
	wantIs(t, err, ErrNoSpace)
	wantTree(t, disk)
}

// An export looks at the space before it begins, and leaves nothing when the disk fills all the same.
func TestExportOntoFullDisk(t *testing.T) {
	for size, begins := range map[string]bool{"256k": false, "4m": true} {
		l, sources := openTemp(t)
		disk := fixture.SmallDisk(t, size)
		m := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
		began := false
		_, err := follow(t, l.Export(t.Context(), m.ID, filepath.Join(disk, "out.gguf")), func(p Progress) {
			if p.Done == copyChunk {
				began = true
				fillUp(t, filepath.Join(disk, "filler"))
			}
		})
		wantIs(t, err, ErrNoSpace)
		if began != begins {
			t.Errorf("%s: copying began: %v", size, began)
		}
		if begins {
			os.Remove(filepath.Join(disk, "filler"))
		}
		wantTree(t, disk)
	}
}

func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 64<<10))
	}
	if !isFull(err) {
		t.Fatal(err)
	}
}
