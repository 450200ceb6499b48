package gguf

import (
	"bytes"
	"testing"
)

func seeds(f *testing.F) {
	f.Add([]byte(everything(f)))
	f.Add([]byte(head(0, 0)))
	f.Add([]byte(head(0, 1).pair("a", Array).u32(uint32(String)).u64(2).str("x").str("y")))
	f.Add([]byte(head(2, 1).pair(alignmentKey, Uint32).u32(8).info("a", f32, 64, 1).info("b", 8, 0, 32).body(96)))
	f.Add([]byte(head(1, 0).info("a", 2, 0, 32, 1<<30).body(18)))
}

// FuzzParse asks for no panic, and for tensors that lie inside the file and have the size of their shape.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("fuzz", data)
		if err != nil {
			return
		}
		for _, key := range file.Keys() {
			v, _ := file.Get(key)
			_ = v.Any()
			_ = v.String()
			_, _ = file.Int(key)
			_, _ = file.Floats(key)
			_, _ = file.Ints(key)
		}
		total := 0
		for _, tensor := range file.Tensors() {
			rows := int(tensor.Elements()) / tensor.Shape[0]
			if want := tensor.Type.RowBytes(tensor.Shape[0]) * rows; len(tensor.Data) != want {
				t.Errorf("%q has %d bytes, want %d", tensor.Name, len(tensor.Data), want)
			}
			total += len(tensor.Data)
		}
		if total > len(data) {
			t.Errorf("%d bytes of tensors in a file of %d", total, len(data))
		}
	})
}

// FuzzRewrite asks that what was read and written again reads the same, and that writing is then stable.
func FuzzRewrite(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := Parse("first", data)
		if err != nil {
			return
		}
		for _, key := range []string{splitNoKey, splitCountKey, splitTensorsKey} {
			if _, ok := first.Get(key); ok {
				return // not copied
			}
		}
		written := rewrite(t, first)
		second, err := Parse("second", written)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, first, second)
		if !bytes.Equal(written, rewrite(t, second)) {
			t.Error("writing is not stable")
		}
	})
}
