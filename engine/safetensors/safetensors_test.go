package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/internal/golden"
	"lamplight/internal/race"
)

// file makes a container with this header and n bytes of data.
func file(header string, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, n)...)
}

// two is a container with two tensors, the second in the header being the first in the data.
func two() []byte {
	return file(`{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[6,30]},`+
		`"a":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}}  `, 30)
}

func TestParse(t *testing.T) {
	data := two()
	data[len(data)-30] = 7
	f, err := Parse("test", data)
	if err != nil {
		t.Fatal(err)
	}
	want := []Tensor{
		{Name: "a", DType: "BF16", Shape: []int{3}, Data: []byte{7, 0, 0, 0, 0, 0}},
		{Name: "b", DType: "F32", Shape: []int{2, 3}, Data: make([]byte, 24)},
	}
	if diff := cmp.Diff(want, f.Tensors()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"format": "pt"}, f.Metadata()); diff != "" {
		t.Error(diff)
	}
	if n := f.Tensors()[1].Elements(); n != 6 {
		t.Errorf("%d elements", n)
	}
}

func TestBadFiles(t *testing.T) {
	one := func(description string) []byte { return file(`{"a":`+description+`}`, 4) }
	tests := map[string]struct {
		data []byte
		want error
		says string
	}{
		"empty":                  {nil, ErrTruncated, "0 bytes"},
		"half a length":          {make([]byte, 7), ErrTruncated, "7 bytes"},
		"header past the end":    {file("{}", 0)[:9], ErrTruncated, "a header of 2 bytes where 1"},
		"huge header":            {binary.LittleEndian.AppendUint64(nil, 1<<60), ErrCorrupt, "a header of"},
		"no header":              {file("", 0), ErrCorrupt, "not a JSON object"},
		"a text":                 {[]byte("Dear model,\nplease run.\n"), ErrCorrupt, "a header of"},
		"a list":                 {file("[]", 0), ErrCorrupt, "not a JSON object"},
		"space before":           {file(" {}", 0), ErrCorrupt, "not a JSON object"},
		"half an object":         {file(`{"a":`, 0), ErrCorrupt, "not a JSON object"},
		"a newline after":        {file("{}\n", 0), ErrCorrupt, "followed by"},
		"key twice":              {file(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0), ErrCorrupt, `"a" occurs twice`},
		"field twice":            {one(`{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}`), ErrCorrupt, `"dtype" occurs twice`},
		"unknown field":          {one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}`), ErrCorrupt, `unknown field "x"`},
		"metadata not a text":    {file(`{"__metadata__":{"a":1}}`, 0), ErrCorrupt, "where a text is due"},
		"metadata not an object": {file(`{"__metadata__":[]}`, 0), ErrCorrupt, "where { is due"},
		"tensor not an object":   {one(`4`), ErrCorrupt, `tensor "a": 4 where { is due`},
		"no dtype":               {one(`{"shape":[1],"data_offsets":[0,4]}`), ErrCorrupt, "needs dtype"},
		"dtype a number":         {one(`{"dtype":0,"shape":[1],"data_offsets":[0,4]}`), ErrCorrupt, "where a text is due"},
		"unknown dtype":          {one(`{"dtype":"F33","shape":[1],"data_offsets":[0,4]}`), ErrCorrupt, `unknown dtype "F33"`},
		"negative dimension":     {one(`{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}`), ErrCorrupt, "-1 where"},
		"fraction":               {one(`{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}`), ErrCorrupt, "1.0 where"},
		"exponent":               {one(`{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}`), ErrCorrupt, "1e0 where"},
		"dimension a text":       {one(`{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}`), ErrCorrupt, "1 where"},
		"dimension 2^63":         {one(`{"dtype":"F32","shape":[9223372036854775808],"data_offsets":[0,4]}`), ErrCorrupt, "dimension of"},
		"many dimensions":        {one(`{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}`), ErrCorrupt, "at most 8"},
		"shape overflows":        {one(`{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}`), ErrCorrupt, "too large"},
		"one offset":             {one(`{"dtype":"F32","shape":[1],"data_offsets":[4]}`), ErrCorrupt, "two data_offsets"},
		"three offsets":          {one(`{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}`), ErrCorrupt, "at most 2"},
		"offsets reversed":       {one(`{"dtype":"F32","shape":[1],"data_offsets":[4,0]}`), ErrCorrupt, "bytes 4 to 0"},
		"size too small":         {one(`{"dtype":"F32","shape":[1],"data_offsets":[0,3]}`), ErrCorrupt, "bytes 0 to 3"},
		"a hole in front":        {one(`{"dtype":"F16","shape":[1],"data_offsets":[2,4]}`), ErrCorrupt, "begins at 2 where 0 is due"},
		"bytes left over":        {one(`{"dtype":"F16","shape":[1],"data_offsets":[0,2]}`), ErrCorrupt, "2 bytes belong to no tensor"},
		"past the end":           {one(`{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`), ErrTruncated, "ends at 8 of 4"},
		"overlap": {file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, 6),
			ErrCorrupt, `tensor "b" begins at 2 where 4 is due`},
		"deep nesting": {file(`{"a":`+strings.Repeat("[", 20_000), 0), ErrCorrupt, "not a JSON object"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("bad.safetensors", tt.data)
			if f != nil || !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want one that is %v", err, tt.want)
			}
			for _, part := range []string{"bad.safetensors", tt.says} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message %q should have %q", err, part)
				}
			}
		})
	}
}

func TestEveryPrefixIsRefused(t *testing.T) {
	whole := two()
	for n := range whole {
		if _, err := Parse("prefix", whole[:n]); !errors.Is(err, ErrTruncated) {
			t.Fatalf("the first %d of %d bytes: error %v, want ErrTruncated", n, len(whole), err)
		}
	}
}

func TestLiesCostNoMemory(t *testing.T) {
	for name, data := range map[string][]byte{
		"header": append(binary.LittleEndian.AppendUint64(nil, maxHeader), "{}"...),
		"tensor": file(`{"a":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4294967296]}}`, 8),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse("lie", data)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 32<<10 {
			t.Errorf("%s: %d bytes were allocated", name, spent)
		}
	}
}

func TestWrite(t *testing.T) {
	tensors := []Tensor{
		{Name: "z", DType: "F16", Shape: []int{1, 3}, Data: []byte{1, 2, 3, 4, 5, 6}},
		{Name: `a "quoted" name`, DType: "I64", Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		{Name: "none", DType: "U8", Shape: []int{0}, Data: []byte{}},
	}
	var b bytes.Buffer
	if err := Write(&b, tensors); err != nil {
		t.Fatal(err)
	}
	f, err := Parse("written", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tensors, f.Tensors()); diff != "" {
		t.Error(diff)
	}
	if length := binary.LittleEndian.Uint64(b.Bytes()); length%8 != 0 {
		t.Errorf("a header of %d bytes leaves the data unaligned", length)
	}
	for name, wrong := range map[string][]Tensor{
		"twice":      {tensors[0], tensors[0]},
		"wrong size": {{Name: "a", DType: "F32", Shape: []int{2}, Data: make([]byte, 4)}},
		"no dtype":   {{Name: "a", Shape: []int{2}, Data: make([]byte, 4)}},
		"reserved":   {{Name: metadataKey, DType: "U8", Shape: []int{1}, Data: make([]byte, 1)}},
	} {
		if err := Write(&b, wrong); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

func TestGolden(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	for name, want := range map[string]int{"model.safetensors": 106, "expected.safetensors": 6} {
		f, err := Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if n := len(f.Tensors()); n != want {
			t.Errorf("%s has %d tensors, want %d", name, n, want)
		}
		var b bytes.Buffer
		if err := Write(&b, f.Tensors()); err != nil {
			t.Fatal(err)
		}
		again, err := Parse("again", b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(f.Tensors()) != fmt.Sprint(again.Tensors()) {
			t.Errorf("%s: tensors changed", name)
		}
	}
}

// FuzzParse asks for no panic and for tensors that cover the data exactly.
func FuzzParse(f *testing.F) {
	f.Add(two())
	f.Add(file(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4))
	f.Add(file(`{"a":{"dtype":"U8","shape":[0,9],"data_offsets":[0,0]},"b":{"dtype":"I8","shape":[3],"data_offsets":[0,3]}}`, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("fuzz", data)
		if err != nil {
			return
		}
		total := uint64(0)
		for _, tensor := range file.Tensors() {
			if want := tensor.Elements() * int64(dtypes[tensor.DType].size); want != int64(len(tensor.Data)) {
				t.Errorf("%q has %d bytes, want %d", tensor.Name, len(tensor.Data), want)
			}
			total += uint64(len(tensor.Data))
		}
		if header := binary.LittleEndian.Uint64(data); 8+header+total != uint64(len(data)) {
			t.Errorf("8 + %d + %d bytes in a file of %d", header, total, len(data))
		}
		var b bytes.Buffer
		if err := Write(&b, file.Tensors()); err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("again", b.Bytes()); err != nil {
			t.Fatal(err)
		}
	})
}
