package library

import (
	"context"
	"fmt"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
)

// Estimate says what a recipe would make of a model.
type Estimate struct {
	Recipe        Recipe
	Bytes         int64   // of the file
	BitsPerWeight float64 // of the weights alone, without metadata
}

// Estimates says how large the model at path, which is what Quantize takes, is with each of the recipes, in their order,
// and how many bits its weights have now. Descriptions are read, no weights. Errors are those of Quantize.
func Estimates(path string) (list []Estimate, bitsNow float64, err error) {
	in, err := openInput(path)
	if err != nil {
		return nil, 0, fmt.Errorf("library: estimate: %w", err)
	}
	defer in.close()
	if len(in.tensors) == 0 {
		return nil, 0, fmt.Errorf("library: estimate %s: %w", path, source.ErrVocabularyOnly)
	}
	w, metadata := gguf.NewWriter(), counter(0)
	if err = in.metadata(w); err == nil {
		err = w.Write(context.Background(), &metadata)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("library: estimate %s: %w", path, err)
	}
	o, now, weights := outlineOf(in.tensors), int64(0), int64(0)
	for _, t := range in.tensors {
		now += int64(len(t.Data))
		weights += t.Elements()
	}
	for _, r := range recipes {
		e, of := Estimate{Recipe: r, Bytes: int64(metadata)}, int64(0)
		for _, t := range in.tensors {
			n := int64(r.typeOf(t, o).RowBytes(int(t.Elements())))
			of += n
			e.Bytes += (n + gguf.Alignment - 1) / gguf.Alignment * gguf.Alignment
			e.Bytes += int64(len(t.Name) + 8*len(t.Shape) + entryBytes)
		}
		e.BitsPerWeight = bits(of, weights)
		list = append(list, e)
	}
	return list, bits(now, weights), nil
}

// entryBytes is what the entry of a tensor takes in the head of a GGUF file, beside its name and its shape.
const entryBytes = 8 + 4 + 4 + 8

func bits(bytes, weights int64) float64 { return 8 * float64(bytes) / float64(max(1, weights)) }

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// FreeSpace is the number of bytes that this user can still write on the file system of dir; false: not known.
func FreeSpace(dir string) (int64, bool) { return freeSpace(dir) }
