package library

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
)

// What is said before is what comes of it, but for the two keys that say how a file is quantized.
func TestEstimates(t *testing.T) {
	for name, in := range map[string]string{
		"file": fixture.GGUF(t, fixture.Options{}), "folder": fixture.Folder(t, fixture.Options{}),
		"weights": writeWeights(t, filepath.Join(t.TempDir(), "in.gguf"), someWeights()...),
	} {
		list, now, err := Estimates(in)
		if err != nil {
			t.Fatal(name, err)
		}
		if len(list) != len(Recipes()) {
			t.Errorf("%s: %d estimates", name, len(list))
		}
		if want := map[string]float64{"file": 32, "folder": 16}[name]; want > 0 && math.Abs(now-want) > 0.5 {
			t.Errorf("%s: %g bits, want %g", name, now, want)
		}
		for _, e := range list {
			out := filepath.Join(t.TempDir(), "out.gguf")
			mustQuantize(t, in, out, e.Recipe.Name)
			info, err := os.Stat(out)
			if err != nil {
				t.Fatal(err)
			}
			const keys = 128 // bytes of two keys, and of the padding after them
			if off := info.Size() - e.Bytes; off < 0 || off > keys {
				t.Errorf("%s, %s: %d bytes were estimated, the file has %d", name, e.Recipe.Name, e.Bytes, info.Size())
			}
			var held, weights int64
			for _, tensor := range openGGUF(t, out).Tensors() {
				held += int64(len(tensor.Data))
				weights += tensor.Elements()
			}
			if want := 8 * float64(held) / float64(weights); math.Abs(e.BitsPerWeight-want) > 1e-9 {
				t.Errorf("%s, %s: %g bits were estimated, the weights have %g", name, e.Recipe.Name, e.BitsPerWeight, want)
			}
		}
	}
}

func TestEstimatesOfNoModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "letter.gguf")
	if err := os.WriteFile(path, []byte("Dear Ana"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Estimates(path); !errors.Is(err, gguf.ErrNotGGUF) {
		t.Error(err)
	}
}

func TestFreeSpace(t *testing.T) {
	if free, known := FreeSpace(t.TempDir()); known && free <= 0 {
		t.Errorf("%d bytes are free where tests write", free)
	}
	if _, known := FreeSpace(filepath.Join(t.TempDir(), "missing")); known {
		t.Error("a folder that is not there has room")
	}
}
