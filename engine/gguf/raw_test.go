package gguf

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"lamplight/kernels"
)

// raw builds files by hand, right or wrong.
type raw []byte

func (r raw) u8(v byte) raw    { return append(r, v) }
func (r raw) u32(v uint32) raw { return binary.LittleEndian.AppendUint32(r, v) }
func (r raw) u64(v uint64) raw { return binary.LittleEndian.AppendUint64(r, v) }
func (r raw) str(s string) raw { return append(r.u64(uint64(len(s))), s...) }

// head begins a file of version 3.
func head(tensors, pairs uint64) raw { return raw("GGUF").u32(3).u64(tensors).u64(pairs) }

// pair begins a metadata pair.
func (r raw) pair(key string, t ValueType) raw { return r.str(key).u32(uint32(t)) }

// info adds a tensor info.
func (r raw) info(name string, typ uint32, offset uint64, shape ...uint64) raw {
	r = r.str(name).u32(uint32(len(shape)))
	for _, d := range shape {
		r = r.u64(d)
	}
	return r.u32(typ).u64(offset)
}

// body pads the header and adds n bytes of data.
func (r raw) body(n int) raw {
	for len(r)%Alignment != 0 {
		r = append(r, 0)
	}
	return append(r, make([]byte, n)...)
}

// everything is a small file with a value of every type and tensors of several.
func everything(t testing.TB) []byte {
	t.Helper()
	w := NewWriter()
	w.Set("general.architecture", Scalar("test"))
	w.Set("a.u8", Scalar(uint8(200)))
	w.Set("a.i8", Scalar(int8(-100)))
	w.Set("a.u16", Scalar(uint16(60_000)))
	w.Set("a.i16", Scalar(int16(-30_000)))
	w.Set("a.u32", Scalar(uint32(4_000_000_000)))
	w.Set("a.i32", Scalar(int32(-2_000_000_000)))
	w.Set("a.f32", Scalar(float32(1.5)))
	w.Set("a.bool", Scalar(true))
	w.Set("a.string", Scalar("ein Wörtchen"))
	w.Set("a.empty", Scalar(""))
	w.Set("a.u64", Scalar(uint64(1)<<63))
	w.Set("a.i64", Scalar(int64(-1)<<62))
	w.Set("a.f64", Scalar(0.1))
	w.Set("a.strings", List([]string{"one", "", "three"}))
	w.Set("a.bools", List([]bool{true, false}))
	w.Set("a.ints", List([]int32{-1, 2}))
	w.Set("a.floats", List([]float32{0.5, -2}))
	w.Set("a.none", List([]uint8{}))
	add := func(name string, typ kernels.Type, size int, shape ...int) {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(i + len(name))
		}
		w.AddTensor(Tensor{Name: name, Shape: shape, Type: typ, Data: data})
	}
	add("odd.weight", kernels.F32, 12, 3)
	add("cube", kernels.F16, 2*2*3*5, 2, 3, 5)
	add("blocks", kernels.Q4_0, 18*2*4, 64, 4)
	add("last", kernels.Q8_0, 34*16, 32, 16) // ends without padding
	var b bytes.Buffer
	if err := w.Write(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
