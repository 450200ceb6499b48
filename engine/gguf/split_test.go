package gguf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lamplight/kernels"
)

// part writes a part of a split file with one tensor that has the part's number as its value.
func part(t *testing.T, dir string, no, count, tensors int, name string) string {
	t.Helper()
	w := NewWriter()
	if no == 0 {
		w.Set("general.architecture", Scalar("test"))
	}
	w.Set(splitNoKey, Scalar(uint16(no)))
	w.Set(splitCountKey, Scalar(uint16(count)))
	w.Set(splitTensorsKey, Scalar(int32(tensors)))
	w.AddTensor(Tensor{Name: name, Shape: []int{1}, Type: kernels.F32, Data: raw{}.u32(uint32(no))})
	path := filepath.Join(dir, fmt.Sprintf("m-%05d-of-%05d.gguf", no+1, count))
	if err := w.WriteFile(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSplit(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for no := range 3 {
		paths = append(paths, part(t, dir, no, 3, 3, fmt.Sprint("t", no)))
	}
	for _, path := range paths {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if arch, err := f.String("general.architecture"); arch != "test" {
			t.Errorf("opened by %s: architecture %q, %v", path, arch, err)
		}
		if got := f.Paths(); strings.Join(got, " ") != strings.Join(paths, " ") {
			t.Errorf("paths are %v", got)
		}
		for no := range 3 {
			if x, ok := f.Tensor(fmt.Sprint("t", no)); !ok || x.Data[0] != byte(no) {
				t.Errorf("tensor %d is %v", no, x)
			}
		}
		if len(f.Tensors()) != 3 {
			t.Errorf("%d tensors", len(f.Tensors()))
		}
		whole, err := Parse("whole", rewrite(t, f))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := whole.Get(splitCountKey); ok || len(whole.Tensors()) != 3 {
			t.Errorf("the joined file has keys %v", whole.Keys())
		}
	}
}

func TestBadSplits(t *testing.T) {
	tests := map[string]struct {
		change func(t *testing.T, dir string) // of a set of three
		open   int
		want   error
		says   string
	}{
		"part missing": {func(t *testing.T, dir string) { remove(t, dir, 2) }, 0, ErrMissingPart, "m-00002-of-00003.gguf is not there"},
		"first missing": {func(t *testing.T, dir string) { remove(t, dir, 1) }, 2, ErrMissingPart,
			"m-00001-of-00003.gguf is not there"},
		"part truncated": {func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, "m-00003-of-00003.gguf"), 40); err != nil {
				t.Fatal(err)
			}
		}, 0, ErrTruncated, "m-00003-of-00003.gguf"},
		"part of another number": {func(t *testing.T, dir string) {
			rename(t, dir, "m-00003-of-00003.gguf", "m-00002-of-00003.gguf")
		}, 0, ErrMissingPart, "m-00002-of-00003.gguf says it is part 3 of 3"},
		"renamed": {func(t *testing.T, dir string) {
			rename(t, dir, "m-00002-of-00003.gguf", "m-00001-of-00003.gguf")
		}, 0, ErrMissingPart, "is part 2 of 3 and should be called NAME-00002-of-00003.gguf"},
		"tensor twice": {func(t *testing.T, dir string) { part(t, dir, 1, 3, 3, "t0") }, 0, ErrCorrupt, `tensor "t0" is in another part too`},
		"wrong total":  {func(t *testing.T, dir string) { part(t, dir, 1, 3, 4, "t1") }, 0, ErrMissingPart, "4 tensors and 3 were found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var paths []string
			for no := range 3 {
				paths = append(paths, part(t, dir, no, 3, 3, fmt.Sprint("t", no)))
			}
			tt.change(t, dir)
			_, err := Open(paths[tt.open])
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v, want one that is %v and has %q", err, tt.want, tt.says)
			}
		})
	}
}

func remove(t *testing.T, dir string, number int) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, fmt.Sprintf("m-%05d-of-00003.gguf", number))); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		t.Fatal(err)
	}
}

func TestBadSplitNumbers(t *testing.T) {
	for name, set := range map[string]func(w *Writer){
		"number past the end": func(w *Writer) { w.Set(splitNoKey, Scalar(uint16(2))); w.Set(splitCountKey, Scalar(uint16(2))) },
		"no number":           func(w *Writer) { w.Set(splitCountKey, Scalar(uint16(2))) },
		"negative":            func(w *Writer) { w.Set(splitNoKey, Scalar(int16(-1))); w.Set(splitCountKey, Scalar(uint16(2))) },
		"count a text":        func(w *Writer) { w.Set(splitNoKey, Scalar(uint16(0))); w.Set(splitCountKey, Scalar("2")) },
		"too many parts":      func(w *Writer) { w.Set(splitNoKey, Scalar(uint16(0))); w.Set(splitCountKey, Scalar(uint32(100_000))) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m-00001-of-00002.gguf")
			w := NewWriter()
			set(w)
			if err := w.WriteFile(context.Background(), path); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path); !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestSplitOfOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.gguf")
	w := NewWriter()
	w.Set(splitNoKey, Scalar(uint16(0)))
	w.Set(splitCountKey, Scalar(uint16(1)))
	if err := w.WriteFile(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
