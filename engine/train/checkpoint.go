package train

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"

	"lamplight/engine/gguf"
	"lamplight/kernels"
)

// The state of a training is a GGUF file with the parameters and the optimizer's moments as F32, "NAME", "NAME.m" and
// "NAME.v", and where the training is, as JSON. Nothing else is needed to go on: what is random depends on the seed and
// the step only. The parameters of the best evaluation are in a file of their own.
const (
	checkpointFile = "checkpoint.gguf"
	bestFile       = "best.gguf"
	progressKey    = "lamplight.train.progress"
)

// progress is where a training is.
type progress struct {
	Fingerprint string
	Step        int     // done
	Best        float64 // lowest evaluation loss
	BestStep    int     // step after which it was; 0: there was no evaluation
	Worse       int     // evaluations since then
	Evaluated   int     // step after which the last one was
	Finished    bool
}

// save writes a file of the folder atomically.
func (t *Trainer) save(name string, moments bool) error {
	text, err := json.Marshal(t.at)
	if err != nil {
		return err
	}
	w := gguf.NewWriter()
	w.Set("general.architecture", gguf.Scalar(t.m.cfg.Architecture))
	w.Set("general.type", gguf.Scalar("checkpoint"))
	w.Set(progressKey, gguf.Scalar(string(text)))
	for _, p := range t.m.params {
		w.Add(p.Name, []int{p.Cols, p.Rows}, kernels.F32, floatWriter(p.Value))
		if moments {
			w.Add(p.Name+".m", []int{p.Cols, p.Rows}, kernels.F32, floatWriter(p.m))
			w.Add(p.Name+".v", []int{p.Cols, p.Rows}, kernels.F32, floatWriter(p.v))
		}
	}
	// Not with the context of Run: its end is what the state is written for.
	return w.WriteFile(context.Background(), filepath.Join(t.o.Folder, name))
}

// floatWriter writes x, little endian.
func floatWriter(x []float32) func(io.Writer) error {
	return func(out io.Writer) error {
		b := bufio.NewWriterSize(out, 1<<16)
		var four [4]byte
		for _, v := range x {
			binary.LittleEndian.PutUint32(four[:], math.Float32bits(v))
			b.Write(four[:])
		}
		return b.Flush() // the first error of all
	}
}

// load reads a file that save has written. It reports false if there is none.
func (t *Trainer) load(name string, moments bool) (at progress, found bool, err error) {
	path := filepath.Join(t.o.Folder, name)
	f, err := gguf.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return at, false, nil
	}
	if pathErr := (*fs.PathError)(nil); err != nil && !errors.As(err, &pathErr) {
		err = fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if err != nil {
		return at, false, err
	}
	defer f.Close()
	text, err := f.String(progressKey)
	if err != nil {
		return at, false, fmt.Errorf("%s: %w: %w", path, ErrCheckpoint, err)
	}
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return at, false, fmt.Errorf("%s: %w: %w", path, ErrCheckpoint, err)
	}
	if at.Fingerprint != t.at.Fingerprint {
		return at, false, fmt.Errorf("%s: %w", path, ErrOther)
	}
	if at.Step < 0 || at.Step > t.Steps() {
		return at, false, fmt.Errorf("%s: step %d of %d: %w", path, at.Step, t.Steps(), ErrCheckpoint)
	}
	// Everything is looked up before anything is changed.
	var parts []func()
	for _, p := range t.m.params {
		into := map[string][]float32{p.Name: p.Value}
		if moments {
			into[p.Name+".m"], into[p.Name+".v"] = p.m, p.v
		}
		for name, x := range into {
			tensor, ok := f.Tensor(name)
			if !ok || tensor.Type != kernels.F32 || !slices.Equal(tensor.Shape, []int{p.Cols, p.Rows}) {
				return at, false, fmt.Errorf("%s: tensor %q: %w", path, name, ErrCheckpoint)
			}
			parts = append(parts, func() { kernels.Decode(kernels.F32, x, tensor.Data) })
		}
	}
	for _, read := range parts {
		read()
	}
	return at, true, nil
}
