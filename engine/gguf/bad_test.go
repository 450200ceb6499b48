package gguf

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const f32 = 0

func TestBadFiles(t *testing.T) {
	long := strings.Repeat("x", maxName+1)
	tests := map[string]struct {
		data raw
		want error
		says string // in the message
	}{
		"a text":             {raw("Dear model,\nplease run.\n"), ErrNotGGUF, "not a GGUF file"},
		"empty":              {raw{}, ErrTruncated, "magic"},
		"half a magic":       {raw("GG"), ErrTruncated, "magic"},
		"version 1":          {raw("GGUF").u32(1).u32(0).u32(0), ErrUnsupported, "version 1"},
		"version 4":          {raw("GGUF").u32(4).u64(0).u64(0), ErrNewer, "version 4"},
		"big-endian":         {raw("GGUF").u32(3 << 24).u64(0).u64(0), ErrUnsupported, "big-endian"},
		"negative tensors":   {head(math.MaxUint64, 0), ErrCorrupt, "tensor count"},
		"too many keys":      {head(0, maxKeys+1), ErrCorrupt, "metadata count"},
		"more keys than fit": {head(0, 1000).u64(0), ErrTruncated, "metadata count"},

		"empty key":           {head(0, 1).pair("", Uint8).u8(1).u64(0), ErrCorrupt, "is empty"},
		"key past the end":    {head(0, 1).u64(1 << 15).u64(0).u64(0), ErrTruncated, "metadata key length"},
		"huge key":            {head(0, 1).u64(1 << 40).u64(0).u64(0), ErrCorrupt, "metadata key length"},
		"key with a newline":  {head(0, 1).pair("a\nb", Uint8).u8(1), ErrCorrupt, "not text"},
		"key not UTF-8":       {head(0, 1).pair("a\xff", Uint8).u8(1), ErrCorrupt, "not text"},
		"key twice":           {head(0, 2).pair("a", Uint8).u8(1).pair("a", Uint8).u8(1), ErrCorrupt, `"a" occurs twice`},
		"unknown value type":  {head(0, 1).pair("a", 13).u64(1), ErrCorrupt, `key "a" has the unknown value type 13`},
		"bool 2":              {head(0, 1).pair("a", Bool).u8(2), ErrCorrupt, "neither 0 nor 1"},
		"bool 2 in an array":  {head(0, 1).pair("a", Array).u32(uint32(Bool)).u64(2).u8(1).u8(2), ErrCorrupt, "neither 0 nor 1"},
		"string past the end": {head(0, 1).pair("a", String).u64(9).u64(0), ErrTruncated, `key "a" length`},
		"huge string":         {head(0, 1).pair("a", String).u64(math.MaxUint64), ErrCorrupt, `key "a" length`},
		"nested array":        {head(0, 1).pair("a", Array).u32(uint32(Array)).u64(0), ErrCorrupt, "array of arrays"},
		"array of unknown":    {head(0, 1).pair("a", Array).u32(99).u64(0), ErrCorrupt, "type 99"},
		"huge array":          {head(0, 1).pair("a", Array).u32(uint32(Float64)).u64(1 << 61), ErrCorrupt, `key "a" length`},
		"array past the end":  {head(0, 1).pair("a", Array).u32(uint32(Float64)).u64(2).u64(0), ErrTruncated, `key "a" length`},
		"strings past the end": {head(0, 1).pair("a", Array).u32(uint32(String)).u64(2).str("x").u64(9),
			ErrTruncated, `key "a" length`},

		"alignment of type u64": {head(0, 1).pair(alignmentKey, Uint64).u64(32), ErrCorrupt, "should be uint32"},
		"alignment 0":           {head(0, 1).pair(alignmentKey, Uint32).u32(0), ErrCorrupt, "power of two"},
		"alignment 48":          {head(0, 1).pair(alignmentKey, Uint32).u32(48), ErrCorrupt, "power of two"},
		"alignment 2^31":        {head(0, 1).pair(alignmentKey, Uint32).u32(1 << 31), ErrCorrupt, "power of two"},

		"empty tensor name":      {head(1, 0).info("", f32, 0, 1).body(4), ErrCorrupt, "is empty"},
		"long tensor name":       {head(1, 0).info(long, f32, 0, 1).body(4), ErrCorrupt, "tensor name length"},
		"tensor name with NUL":   {head(1, 0).info("a\x00", f32, 0, 1).body(4), ErrCorrupt, "not text"},
		"tensor twice":           {head(2, 0).info("a", f32, 0, 1).info("a", f32, 32, 1).body(64), ErrCorrupt, `"a" occurs twice`},
		"no dimension":           {head(1, 0).info("a", f32, 0).body(64), ErrCorrupt, "0 dimensions"},
		"five dimensions":        {head(1, 0).info("a", f32, 0, 1, 1, 1, 1, 1).body(4), ErrCorrupt, "5 dimensions"},
		"dimension 0":            {head(1, 0).info("a", f32, 0, 4, 0).body(4), ErrCorrupt, "dimension of 0"},
		"negative dimension":     {head(1, 0).info("a", f32, 0, 1<<63).body(4), ErrCorrupt, "dimension of"},
		"product overflows":      {head(1, 0).info("a", f32, 0, 1<<40, 1<<40).body(4), ErrCorrupt, "too large"},
		"size overflows":         {head(1, 0).info("a", f32, 0, 1<<62).body(4), ErrCorrupt, "too large"},
		"half a block":           {head(1, 0).info("a", 2, 0, 48).body(64), ErrCorrupt, "whole Q4_0 blocks"},
		"offset not aligned":     {head(1, 0).info("a", f32, 4, 1).body(64), ErrCorrupt, "not a multiple of 32"},
		"offset past the end":    {head(1, 0).info("a", f32, 1<<20, 1).body(64), ErrTruncated, `tensor "a": ends at`},
		"offset overflows":       {head(1, 0).info("a", f32, math.MaxUint64-31, 1).body(64), ErrCorrupt, "offset"},
		"data cut short":         {head(1, 0).info("a", f32, 0, 9).body(35), ErrTruncated, "ends at"},
		"tensors overlap":        {head(2, 0).info("a", f32, 0, 9).info("b", f32, 32, 1).body(64), ErrCorrupt, `"a" and "b" overlap`},
		"same data twice":        {head(2, 0).info("a", f32, 0, 1).info("b", f32, 0, 1).body(32), ErrCorrupt, "overlap"},
		"removed type":           {head(1, 0).info("a", 31, 0, 32).body(64), ErrUnsupported, "type 31 was removed"},
		"type never on disk":     {head(1, 0).info("a", 15, 0, 256).body(292), ErrUnsupported, "type 15 (Q8_K)"},
		"known by name only":     {head(1, 0).info("a", 39, 0, 32).body(64), ErrUnsupported, "MXFP4"},
		"type of the fork":       {head(1, 0).info("a", 133, 0, 32).body(64), ErrUnsupported, "type 133 exists only in the fork ik_llama.cpp"},
		"unknown type":           {head(1, 0).info("a", 77, 0, 32).body(64), ErrUnsupported, "type 77 is unknown"},
		"type above 255":         {head(1, 0).info("a", 256, 0, 32).body(128), ErrUnsupported, "type 256"},
		"infos past the end":     {head(2, 0).info("a", f32, 0, 1).u64(0), ErrTruncated, "tensor count"},
		"tensor count too large": {head(maxTensors+1, 0), ErrCorrupt, "tensor count"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := Parse("bad.gguf", tt.data)
			if f != nil || !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want one that is %v", err, tt.want)
			}
			for _, part := range []string{"bad.gguf", tt.says} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message %q should have %q", err, part)
				}
			}
		})
	}
}

func TestEveryPrefixIsRefused(t *testing.T) {
	whole := everything(t)
	if _, err := Parse("whole", whole); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := Parse("prefix", whole[:n]); !errors.Is(err, ErrTruncated) {
			t.Fatalf("the first %d of %d bytes: error %v, want ErrTruncated", n, len(whole), err)
		}
	}
}

// A file may claim any count; what it costs is bounded by what it holds.
func TestLiesCostNoMemory(t *testing.T) {
	const millions = 5_000_000
	lies := map[string]raw{
		"keys":           head(0, maxKeys),
		"tensors":        head(maxTensors, 0),
		"key":            head(0, 1).u64(maxKey),
		"string":         head(0, 1).pair("a", String).u64(maxString),
		"strings":        head(0, 1).pair("a", Array).u32(uint32(String)).u64(maxElements),
		"numbers":        head(0, 1).pair("a", Array).u32(uint32(Float64)).u64(maxElements),
		"some numbers":   head(0, 1).pair("a", Array).u32(uint32(Uint8)).u64(millions),
		"tensor":         head(1, 0).info("a", f32, 0, 1<<40),
		"string's start": head(0, 1).pair("a", Array).u32(uint32(String)).u64(1).u64(millions),
	}
	for name, data := range lies {
		t.Run(name, func(t *testing.T) {
			data = data.body(0)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Parse("lie.gguf", data)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatal("accepted")
			}
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 32<<10 {
				t.Errorf("%d bytes were allocated for a file of %d", spent, len(data))
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "absent.gguf")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("folder: %v", err)
	}
	path := filepath.Join(dir, "text.gguf")
	if err := os.WriteFile(path, []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, ErrNotGGUF) || !strings.Contains(err.Error(), path) {
		t.Errorf("text file: %v", err)
	}
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root may read every file")
	}
	if _, err := Open(path); !errors.Is(err, os.ErrPermission) {
		t.Errorf("unreadable file: %v", err)
	}
}
