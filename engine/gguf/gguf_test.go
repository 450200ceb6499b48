package gguf

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/internal/golden"
	"lamplight/kernels"
)

// rewrite returns the file that a Writer makes of f.
func rewrite(t testing.TB, f *File) []byte {
	t.Helper()
	w := NewWriter()
	w.CopyMetadata(f)
	for _, tensor := range f.Tensors() {
		w.AddTensor(tensor)
	}
	var b bytes.Buffer
	if err := w.Write(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// compare fails when metadata or tensors of two files differ.
func compare(t testing.TB, a, b *File) {
	t.Helper()
	if diff := cmp.Diff(a.values, b.values); diff != "" {
		t.Errorf("metadata differs:\n%s", diff)
	}
	if diff := cmp.Diff(a.keys, b.keys); diff != "" {
		t.Errorf("order of keys differs:\n%s", diff)
	}
	if len(a.tensors) != len(b.tensors) {
		t.Fatalf("%d and %d tensors", len(a.tensors), len(b.tensors))
	}
	for i := range a.tensors {
		if !reflect.DeepEqual(a.tensors[i], b.tensors[i]) {
			t.Errorf("tensor %d, %q, differs", i, a.tensors[i].Name)
		}
	}
}

func TestRoundTripOfGoldenFiles(t *testing.T) {
	for _, dir := range []string{golden.Dir(t, "tiny-gemma3"), golden.Dir(t, "tokenizer")} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.gguf"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no GGUF files in %s", dir)
		}
		for _, path := range paths {
			t.Run(filepath.Base(path), func(t *testing.T) {
				a, err := Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer a.Close()
				written := rewrite(t, a)
				b, err := Parse("rewritten", written)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, a, b)
				original, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				// These files have no gaps, so that not only the data but every byte must be the same.
				if !bytes.Equal(written, original) {
					t.Error("the rewritten file is not the same")
				}
			})
		}
	}
}

func TestVersion2(t *testing.T) {
	data := bytes.Clone(everything(t))
	data[4] = 2
	f, err := Parse("v2", data)
	if err != nil {
		t.Fatal(err)
	}
	if f.Version() != 2 || f.Size() != int64(len(data)) {
		t.Errorf("version %d, size %d", f.Version(), f.Size())
	}
	three, err := Parse("v3", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, f, three)
}

func TestValues(t *testing.T) {
	f, err := Parse("test", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"general.architecture": "test",
		"a.u8":                 uint8(200), "a.i8": int8(-100),
		"a.u16": uint16(60_000), "a.i16": int16(-30_000),
		"a.u32": uint32(4_000_000_000), "a.i32": int32(-2_000_000_000),
		"a.u64": uint64(1) << 63, "a.i64": int64(-1) << 62,
		"a.f32": float32(1.5), "a.f64": 0.1, "a.bool": true,
		"a.string": "ein Wörtchen", "a.empty": "",
		"a.strings": []string{"one", "", "three"}, "a.bools": []bool{true, false},
		"a.ints": []int32{-1, 2}, "a.floats": []float32{0.5, -2}, "a.none": []uint8{},
	}
	got := map[string]any{}
	for _, key := range f.Keys() {
		v, _ := f.Get(key)
		got[key] = v.Any()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]string{
		"a.strings": `3 × string ["one" "" "three"]`,
		"a.ints":    "2 × int32 [-1 2]",
		"a.i8":      "-100",
		"a.string":  "ein Wörtchen",
	} {
		if v, _ := f.Get(key); v.String() != want {
			t.Errorf("%s is shown as %q, want %q", key, v, want)
		}
	}
}

func TestGetters(t *testing.T) {
	f, err := Parse("test.gguf", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	get := map[string]func(string) (any, error){
		"String":  func(k string) (any, error) { return f.String(k) },
		"Int":     func(k string) (any, error) { return f.Int(k) },
		"Uint":    func(k string) (any, error) { return f.Uint(k) },
		"Float":   func(k string) (any, error) { return f.Float(k) },
		"Bool":    func(k string) (any, error) { return f.Bool(k) },
		"Strings": func(k string) (any, error) { return f.Strings(k) },
		"Ints":    func(k string) (any, error) { return f.Ints(k) },
		"Floats":  func(k string) (any, error) { return f.Floats(k) },
		"Bools":   func(k string) (any, error) { return f.Bools(k) },
	}
	tests := []struct {
		getter, key string
		want        any // an error: errors.Is
	}{
		{"String", "a.string", "ein Wörtchen"},
		{"String", "a.u8", ErrCorrupt},
		{"Int", "a.u8", int64(200)},
		{"Int", "a.i8", int64(-100)},
		{"Int", "a.u16", int64(60_000)},
		{"Int", "a.i16", int64(-30_000)},
		{"Int", "a.u32", int64(4_000_000_000)},
		{"Int", "a.i32", int64(-2_000_000_000)},
		{"Int", "a.i64", int64(-1) << 62},
		{"Int", "a.u64", ErrCorrupt}, // does not fit
		{"Int", "a.f32", ErrCorrupt},
		{"Int", "a.ints", ErrCorrupt},
		{"Int", "a.none", ErrCorrupt},
		{"Uint", "a.u32", uint64(4_000_000_000)},
		{"Uint", "a.i32", ErrCorrupt},
		{"Float", "a.f32", 1.5},
		{"Float", "a.f64", 0.1},
		{"Float", "a.i16", -30_000.0},
		{"Float", "a.bool", ErrCorrupt},
		{"Float", "a.floats", ErrCorrupt},
		{"Bool", "a.bool", true},
		{"Bool", "a.u8", ErrCorrupt},
		{"Strings", "a.strings", []string{"one", "", "three"}},
		{"Strings", "a.string", ErrCorrupt},
		{"Ints", "a.ints", []int64{-1, 2}},
		{"Ints", "a.none", []int64{}},
		{"Ints", "a.i8", ErrCorrupt},
		{"Ints", "a.strings", ErrCorrupt},
		{"Floats", "a.floats", []float32{0.5, -2}},
		{"Floats", "a.ints", []float32{-1, 2}},
		{"Floats", "a.bools", ErrCorrupt},
		{"Bools", "a.bools", []bool{true, false}},
		{"Bools", "a.bool", ErrCorrupt},
	}
	for name := range get {
		tests = append(tests, struct {
			getter, key string
			want        any
		}{name, "absent", ErrNoKey})
	}
	for _, tt := range tests {
		got, err := get[tt.getter](tt.key)
		if want, ok := tt.want.(error); ok {
			if !errors.Is(err, want) || !strings.Contains(err.Error(), tt.key) || !strings.Contains(err.Error(), "test.gguf") {
				t.Errorf("%s(%q): error %v, want one that is %v", tt.getter, tt.key, err, want)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s(%q): error %v, difference %s", tt.getter, tt.key, err, diff)
		}
	}
}

// A vocabulary has hundreds of thousands of strings; they must not be an allocation each.
func TestStringsShareMemory(t *testing.T) {
	const n = 10_000
	data := head(0, 1).pair("a", Array).u32(uint32(String)).u64(n)
	for range n {
		data = data.str("token")
	}
	allocs := testing.AllocsPerRun(1, func() {
		f, err := Parse("strings", data)
		if err != nil {
			t.Fatal(err)
		}
		list, err := f.Strings("a")
		if err != nil || len(list) != n || list[n-1] != "token" {
			t.Fatalf("%d strings, %v", len(list), err)
		}
	})
	if allocs > 100 {
		t.Errorf("%v allocations for %d strings", allocs, n)
	}
}

func TestTensors(t *testing.T) {
	f, err := Parse("test", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	cube, ok := f.Tensor("cube")
	want := Tensor{Name: "cube", Shape: []int{2, 3, 5}, Type: kernels.F16, Data: cube.Data}
	if diff := cmp.Diff(want, cube); !ok || diff != "" {
		t.Error(diff)
	}
	if len(cube.Data) != 60 || cube.Data[1] != 5 || cube.Elements() != 30 {
		t.Errorf("%d bytes, %d elements", len(cube.Data), cube.Elements())
	}
	if _, ok := f.Tensor("sphere"); ok {
		t.Error("a tensor that is not there was found")
	}
}

func TestGapsAndOrderAreAccepted(t *testing.T) {
	data := head(2, 0).info("a", f32, 64, 1).info("b", f32, 0, 2).body(0).u32(1).u32(2).body(0).body(32).u32(math.Float32bits(1))
	f, err := Parse("gap", data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("again", rewrite(t, f))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, f, again)
	if a, _ := again.Tensor("a"); !bytes.Equal(a.Data, raw{}.u32(math.Float32bits(1))) {
		t.Errorf("a is %v", a.Data)
	}
}

// The vocabulary of Gemma 3: 262,144 tokens.
func BenchmarkOpenVocabulary(b *testing.B) {
	path := filepath.Join(golden.Dir(b, "tokenizer"), "vocab-gemma3.gguf")
	b.ReportAllocs()
	for b.Loop() {
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Strings("tokenizer.ggml.tokens"); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

// TestDrop holds that dropped keys are gone and the others, and the tensors, are not.
func TestDrop(t *testing.T) {
	f, err := Parse("all", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	keys, tensors := f.Keys(), len(f.Tensors())
	f.Drop(keys[0], keys[2], "no such key")
	for i, key := range keys {
		if _, ok := f.Get(key); ok == (i == 0 || i == 2) {
			t.Errorf("key %q: %t", key, ok)
		}
	}
	if want := append([]string{keys[1]}, keys[3:]...); !slices.Equal(f.Keys(), want) || len(f.Tensors()) != tensors {
		t.Errorf("keys %q, %d tensors", f.Keys(), len(f.Tensors()))
	}
}
