package library

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// Every input that cannot become a model ends with the error that the window has a sentence for, names the
// file, and leaves the library as it was.
func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, dir string) string // returns the path to import
		want error
		says string // in the error's text, besides the path
	}{
		{"text file", func(t *testing.T, dir string) string {
			return write(t, filepath.Join(dir, "a.gguf"), []byte("Dear diary,\ntoday …\n"))
		}, gguf.ErrNotGGUF, ""},
		{"empty file", func(t *testing.T, dir string) string {
			return write(t, filepath.Join(dir, "a.gguf"), nil)
		}, gguf.ErrTruncated, ""},
		{"only the magic", func(t *testing.T, dir string) string {
			return write(t, filepath.Join(dir, "a.gguf"), []byte("GGUF"))
		}, gguf.ErrTruncated, ""},
		{"truncated", func(t *testing.T, dir string) string {
			data := tinyGGUF(t, 1)
			return write(t, filepath.Join(dir, "a.gguf"), data[:len(data)/2])
		}, gguf.ErrTruncated, ""},
		{"tensor beyond the end", func(t *testing.T, dir string) string {
			data := tinyGGUF(t, 1)
			patchOffset(t, data, "output_norm.weight", 1<<40)
			return write(t, filepath.Join(dir, "a.gguf"), data)
		}, gguf.ErrTruncated, "output_norm.weight"},
		{"unknown architecture", func(t *testing.T, dir string) string {
			data := bytes.ReplaceAll(tinyGGUF(t, 1), []byte("gemma3"), []byte("gemma9"))
			return write(t, filepath.Join(dir, "a.gguf"), data)
		}, source.ErrArchitecture, "gemma9"},
		{"missing tensor", func(t *testing.T, dir string) string {
			data := bytes.Replace(tinyGGUF(t, 1), []byte("blk.0.attn_q.weight"), []byte("blk.0.attn_z.weight"), 1)
			return write(t, filepath.Join(dir, "a.gguf"), data)
		}, source.ErrMissingTensor, "blk.0.attn_q.weight"},
		{"vocabulary only", func(t *testing.T, dir string) string {
			return write(t, filepath.Join(dir, "a.gguf"), vocabularyGGUF(t))
		}, source.ErrVocabularyOnly, ""},
		{"wrong shape", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) {
				x := &m.Tensors[2]
				x.Shape = []int{x.Shape[1], x.Shape[0]}
			})
		}, source.ErrShape, "blk.0.attn_q.weight"},
		{"weights of an unknown type", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) {
				x := &m.Tensors[2]
				x.Type, x.Data = kernels.I32, make([]byte, 4*x.Elements())
			})
		}, source.ErrUnsupported, "blk.0.attn_q.weight"},
		{"more layers than tensors", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) { m.Set("gemma3.block_count", gguf.Scalar(uint32(fixture.Layers+1))) })
		}, source.ErrMissingTensor, "blk.7."},
		{"an invalid number", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) { m.Set("gemma3.attention.head_count", gguf.Scalar(uint32(0))) })
		}, source.ErrInvalid, ""},
		{"no vocabulary", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) { m.Drop("tokenizer.ggml.tokens") })
		}, source.ErrInvalid, "tokenizer.ggml.tokens"},
		{"adapter", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) { m.Set("general.type", gguf.Scalar("adapter")) })
		}, source.ErrAdapter, ""},
		{"vision part", func(t *testing.T, dir string) string {
			return writeModel(t, dir, func(m *fixture.Model) { m.Set("general.architecture", gguf.Scalar("clip")) })
		}, source.ErrProjector, ""},
		{"vision projector alone in a folder", func(t *testing.T, dir string) string {
			path := writeModel(t, dir, func(m *fixture.Model) { m.Set("general.architecture", gguf.Scalar("clip")) })
			if err := os.Rename(path, filepath.Join(dir, "mmproj-model-f16.gguf")); err != nil {
				t.Fatal(err)
			}
			return dir
		}, source.ErrProjector, "mmproj-model-f16.gguf"},
		{"folder of an adapter", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "adapter_config.json"), []byte("{}"))
			write(t, filepath.Join(dir, "adapter_model.safetensors"), nil)
			return dir
		}, source.ErrAdapter, ""},
		{"weights of an adapter", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "adapter_config.json"), []byte("{}"))
			return write(t, filepath.Join(dir, "adapter_model.safetensors"), nil)
		}, source.ErrAdapter, ""},
		{"newer version of GGUF", func(t *testing.T, dir string) string {
			data := tinyGGUF(t, 1)
			data[4] = 4
			return write(t, filepath.Join(dir, "a.gguf"), data)
		}, gguf.ErrNewer, "version 4"},
		{"part missing", func(t *testing.T, dir string) string {
			parts := tinySplit(t, dir)
			if err := os.Remove(parts[len(parts)-1]); err != nil {
				t.Fatal(err)
			}
			return parts[0]
		}, gguf.ErrMissingPart, ""},
		{"first part missing, as a folder", func(t *testing.T, dir string) string {
			parts := tinySplit(t, dir)
			if err := os.Remove(parts[0]); err != nil {
				t.Fatal(err)
			}
			return dir
		}, gguf.ErrMissingPart, ""},
		{"no such file", func(t *testing.T, dir string) string {
			return filepath.Join(dir, "a.gguf")
		}, fs.ErrNotExist, ""},
		{"dangling link", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "a.gguf")
			if err := os.Symlink("nowhere", path); err != nil {
				t.Fatal(err)
			}
			return path
		}, fs.ErrNotExist, ""},
		{"empty folder", func(t *testing.T, dir string) string {
			return dir
		}, ErrNoModel, ""},
		{"folder without a model", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "photo.jpeg"), []byte("…"))
			write(t, filepath.Join(dir, "config.json"), []byte("{}"))
			write(t, filepath.Join(dir, "deeper", "notes.txt"), []byte("…"))
			return dir
		}, ErrNoModel, ""},
		{"several models", func(t *testing.T, dir string) string {
			write(t, filepath.Join(dir, "a.gguf"), tinyGGUF(t, 1))
			write(t, filepath.Join(dir, "deeper", "b.GGUF"), tinyGGUF(t, 2))
			return dir
		}, ErrSeveralModels, "a.gguf, " + filepath.Join("deeper", "b.GGUF")},
		{"folder of a model without weights", func(t *testing.T, dir string) string {
			tinyFolder(t, dir)
			if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
				t.Fatal(err)
			}
			return dir
		}, ErrNoModel, ""},
		{"folder of an unknown architecture", func(t *testing.T, dir string) string {
			tinyFolder(t, dir)
			config := read(t, filepath.Join(dir, "config.json"))
			write(t, filepath.Join(dir, "config.json"), bytes.Replace(config, []byte("Gemma3ForCausalLM"), []byte("Gemma9ForCausalLM"), 1))
			return dir
		}, source.ErrArchitecture, "Gemma9ForCausalLM"},
		{"folder with truncated weights", func(t *testing.T, dir string) string {
			tinyFolder(t, dir)
			path := filepath.Join(dir, "model.safetensors")
			write(t, path, read(t, path)[:10_000])
			return dir
		}, safetensors.ErrTruncated, "model.safetensors"},
		{"folder with a shard missing", func(t *testing.T, dir string) string {
			if err := fixture.New(fixture.Options{}).WriteShards(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(dir, "model-00002-of-00002.safetensors")); err != nil {
				t.Fatal(err)
			}
			return dir
		}, safetensors.ErrMissingPart, "model-00002-of-00002.safetensors"},
		{"folder without a tokenizer", func(t *testing.T, dir string) string {
			tinyFolder(t, dir)
			if err := os.Remove(filepath.Join(dir, "tokenizer.model")); err != nil {
				t.Fatal(err)
			}
			return dir
		}, safetensors.ErrMissingPart, "tokenizer.model"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, sources := openTemp(t)
			noLinks(l)
			mustImport(t, l, write(t, filepath.Join(sources, "good.gguf"), tinyGGUF(t, 9)))
			before := tree(t, l.dir)
			dir := filepath.Join(sources, "bad")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			path := c.make(t, dir)
			m, _, err := drain(t, t.Context(), l, path, nil)
			if err == nil {
				t.Fatalf("imported as %+v", m)
			}
			wantIs(t, err, c.want)
			if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not name %s and %q", err, path, c.says)
			}
			wantTree(t, l.dir, before...)
			_, err = follow(t, l.Refer(t.Context(), path, ReferOptions{}), nil)
			wantIs(t, err, c.want)
			wantTree(t, l.dir, before...)
		})
	}
}

// writeModel writes a model that change has spoilt.
func writeModel(t *testing.T, dir string, change func(m *fixture.Model)) string {
	t.Helper()
	m := fixture.New(fixture.Options{})
	change(m)
	path := filepath.Join(dir, "a.gguf")
	if err := m.WriteGGUF(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// patchOffset changes where a GGUF file says that the data of a tensor is. The tensor's record is its name, the
// number of dimensions (uint32), as many uint64, the type (uint32) and the offset (uint64).
func patchOffset(t *testing.T, data []byte, tensor string, offset uint64) {
	t.Helper()
	i := bytes.Index(data, []byte(tensor))
	if i < 0 {
		t.Fatalf("there is no tensor %s", tensor)
	}
	i += len(tensor)
	dims := int(binary.LittleEndian.Uint32(data[i:]))
	binary.LittleEndian.PutUint64(data[i+4+8*dims+4:], offset)
}

func TestSeveralModelsAreNamed(t *testing.T) {
	l, sources := openTemp(t)
	for i := range 20 {
		write(t, filepath.Join(sources, string(rune('a'+i))+".gguf"), nil)
	}
	_, _, err := drain(t, t.Context(), l, sources, nil)
	var several *SeveralModelsError
	if !errors.As(err, &several) || several.Folder != sources || len(several.Names) != 20 {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "h.gguf and 12 more") {
		t.Errorf("got %q", err)
	}
}

// A folder such as the user's home is not searched to its end, and the search can be cancelled.
func TestSearchEnds(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1", "2", "3/3", "4/a.gguf"} {
		write(t, filepath.Join(dir, name), nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for left, want := range map[int]error{4: ErrNoModel, 5: ErrNoModel, 6: nil} {
		f := finder{ctx: ctx, left: left}
		if err := f.walk(dir, maxDepth); !errors.Is(err, want) {
			t.Errorf("with %d entries: %v, want %v", left, err, want)
		}
	}
	cancel()
	_, err := locate(ctx, dir)
	wantIs(t, err, context.Canceled)
}
