package gguf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lamplight/kernels"
)

// floats announces a tensor of n float32 whose data write gives.
func floats(w *Writer, name string, n int, write func(io.Writer) error) {
	w.Add(name, []int{n}, kernels.F32, write)
}

func zeros(n int) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := out.Write(make([]byte, n))
		return err
	}
}

func TestWriterRefuses(t *testing.T) {
	wrong := errors.New("disk on fire")
	tests := map[string]struct {
		make func(w *Writer)
		says string
	}{
		"empty key":         {func(w *Writer) { w.Set("", Scalar(true)) }, "is empty"},
		"no value":          {func(w *Writer) { w.Set("a", Value{}) }, `"a" has no value`},
		"long name":         {func(w *Writer) { floats(w, strings.Repeat("x", 64), 1, zeros(4)) }, "longer than 63"},
		"name twice":        {func(w *Writer) { floats(w, "a", 1, zeros(4)); floats(w, "a", 1, zeros(4)) }, `"a": was added twice`},
		"no shape":          {func(w *Writer) { w.Add("a", nil, kernels.F32, zeros(4)) }, "shape []"},
		"dimension 0":       {func(w *Writer) { w.Add("a", []int{1, 0}, kernels.F32, zeros(4)) }, "shape [1 0]"},
		"unknown type":      {func(w *Writer) { w.Add("a", []int{1}, 99, zeros(4)) }, "type 99"},
		"half a block":      {func(w *Writer) { w.Add("a", []int{16}, kernels.Q8_0, zeros(17)) }, "whole Q8_0 blocks"},
		"alignment 3":       {func(w *Writer) { w.Set(alignmentKey, Scalar(uint32(3))) }, "power of two"},
		"alignment a text":  {func(w *Writer) { w.Set(alignmentKey, Scalar("32")) }, "should be uint32"},
		"too few bytes":     {func(w *Writer) { floats(w, "a", 2, zeros(7)) }, `"a": 1 bytes were not written`},
		"too many bytes":    {func(w *Writer) { floats(w, "a", 2, zeros(9)) }, `"a": 1 bytes too many`},
		"data that fails":   {func(w *Writer) { floats(w, "a", 2, func(io.Writer) error { return wrong }) }, "disk on fire"},
		"the first mistake": {func(w *Writer) { w.Set("", Scalar(true)); w.Set("b", Value{}) }, "is empty"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "out.gguf")
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			w := NewWriter()
			tt.make(w)
			err := w.WriteFile(context.Background(), path)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("error %v, want one with %q", err, tt.says)
			}
			onlyOld(t, dir)
		})
	}
}

// onlyOld fails unless dir has the file that was there before and nothing else.
func onlyOld(t *testing.T, dir string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "out.gguf"))
	if err != nil || string(b) != "old" {
		t.Errorf("the file that was there: %q, %v", b, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestCancelLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.gguf")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := NewWriter()
	calls := 0
	floats(w, "a", 1<<20, func(out io.Writer) error {
		cancel()
		_, err := out.Write(make([]byte, 4<<20))
		return err
	})
	floats(w, "b", 1, func(io.Writer) error { calls++; return nil })
	if err := w.WriteFile(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if calls != 0 {
		t.Error("the next tensor was asked for after the cancel")
	}
	onlyOld(t, dir)
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.gguf")
	w := NewWriter()
	w.Set("general.architecture", Scalar("old"))
	w.Set("general.name", Scalar("name"))
	w.Set("general.architecture", Scalar("test")) // keeps its place
	w.Set(alignmentKey, Scalar(uint32(256)))
	floats(w, "a", 3, zeros(12))
	floats(w, "b", 1, func(out io.Writer) error {
		_, err := out.Write(raw{}.u32(7))
		return err
	})
	if err := w.WriteFile(context.Background(), path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if info.Size()%256 != 0 {
		t.Errorf("size %d is not padded to 256", info.Size())
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if keys := strings.Join(f.Keys(), " "); keys != "general.architecture general.name general.alignment" {
		t.Errorf("keys are %s", keys)
	}
	if arch, err := f.String("general.architecture"); arch != "test" || err != nil {
		t.Errorf("architecture %q, %v", arch, err)
	}
	if b, _ := f.Tensor("b"); !bytes.Equal(b.Data, raw{}.u32(7)) {
		t.Errorf("b is %v", b.Data)
	}
	if paths := f.Paths(); len(paths) != 1 || paths[0] != path {
		t.Errorf("paths are %v", paths)
	}
}

func TestWritingNeedsNoMemoryForTensors(t *testing.T) {
	const size, piece = 64 << 20, 64 << 10
	w := NewWriter()
	buffer := make([]byte, piece)
	floats(w, "a", size/4, func(out io.Writer) error {
		for range size / piece {
			if _, err := out.Write(buffer); err != nil {
				return err
			}
		}
		return nil
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := w.WriteFile(context.Background(), filepath.Join(t.TempDir(), "out.gguf")); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 4<<20 {
		t.Errorf("%d bytes were allocated to write %d", spent, size)
	}
}
