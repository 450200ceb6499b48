package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"lamplight/assets"
	"lamplight/engine/measure"
	"lamplight/kernels"
	"lamplight/library"
)

// maxText is the most bytes of a text to compare on: a long novel.
const maxText = 4 << 20

// do does a job and returns the ID of the model that it made, if any.
func (q *Queue) do(ctx context.Context, j *Job) (result string, err error) {
	switch j.Kind {
	case Convert, Quantize:
		return q.make(ctx, j)
	case Verify:
		_, err = q.follow(ctx, j.ID, q.lib.Verify(ctx, j.Model))
	case Export:
		_, err = q.follow(ctx, j.ID, q.lib.Export(ctx, j.Model, j.Path))
	case Receipt:
		err = q.compare(ctx, j)
	}
	return "", err
}

// make writes a model anew, with the types of the job's recipe, and puts it into the library.
func (q *Queue) make(ctx context.Context, j *Job) (id string, err error) {
	base, err := q.lib.Get(j.Model)
	if err != nil {
		return "", err
	}
	recipe, err := library.ParseRecipe(j.Recipe)
	if err != nil {
		return "", err
	}
	work := q.workFolder(j.ID)
	if err := os.MkdirAll(work, 0o700); err != nil {
		return "", err
	}
	out := filepath.Join(work, "model.gguf")
	threads := q.o.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	pool := kernels.NewPool(threads)
	defer pool.Close()
	for p, err := range library.Quantize(ctx, base.Path, out, recipe, pool) {
		if err == nil {
			err = q.step(ctx, j.ID, p.Tensor, p.Done, p.Total)
		}
		if err != nil {
			return "", err
		}
	}
	name := j.Name
	if name == "" {
		name = base.Card.Name
		if j.Kind == Quantize {
			name += " " + strings.ToUpper(recipe.Name)
		}
	}
	m, err := q.follow(ctx, j.ID, q.lib.Import(ctx, out, library.ImportOptions{Name: name}))
	if err != nil {
		return "", err
	}
	return m.ID, q.lib.MadeFrom(m.ID, out, base.ID)
}

// follow does work of the library and returns the model that it ends with.
func (q *Queue) follow(ctx context.Context, id int64, work iter.Seq2[library.Progress, error]) (m library.Model, err error) {
	for p, err := range work {
		if err != nil {
			return m, err
		}
		if p.Stage == library.Done {
			if p.Model != nil {
				m = *p.Model
			}
			continue // it is done: a pause would come too late
		}
		if err := q.step(ctx, id, p.Stage.String(), p.Done, p.Total); err != nil {
			return m, err
		}
	}
	return m, nil
}

// compare writes a receipt on the card of a model.
func (q *Queue) compare(ctx context.Context, j *Job) error {
	model, err := q.lib.Get(j.Model)
	if err != nil {
		return err
	}
	base, err := q.lib.Get(j.Base)
	if err != nil {
		return err
	}
	name, text, err := readText(j.Text)
	if err != nil {
		return err
	}
	o := measure.CompareOptions{Speed: true}
	o.Threads = q.o.Threads
	o.Step = func(done, total int) error { return q.step(ctx, j.ID, "comparing", int64(done), int64(total)) }
	c, err := measure.Compare(ctx, model.Path, base.Path, text, o)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(text))
	return q.lib.SetReceipt(model.ID, &library.Receipt{
		Source: base.Card.Name, SourceSHA256: base.Card.SHA256,
		Text: name, TextSHA256: hex.EncodeToString(sum[:]),
		Tokens: c.Tokens, Time: time.Now().UTC().Truncate(time.Second), Kernels: c.Kernels, Threads: c.Threads,
		MeanKL: c.MeanKL, TailKL: c.TailKL, SameTop: c.SameTop,
		Model: measured(c.Model), Base: measured(c.Base),
	})
}

func measured(c measure.Compared) library.Measured {
	return library.Measured{
		Bytes: c.Bytes, BitsPerWeight: c.BitsPerWeight, Perplexity: c.Perplexity, PerplexityError: c.PerplexityError,
		Prefill: c.PrefillTokensPerSecond, Decode: c.DecodeTokensPerSecond,
	}
}

// readText returns the text at path, or the one that comes with the program for none, and its name.
func readText(path string) (name, text string, err error) {
	if path == "" {
		return assets.ReceiptName, assets.ReceiptText(), nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", "", err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return "", "", fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return "", "", err
	}
	if len(data) > maxText {
		return "", "", fmt.Errorf("%s: %w", path, ErrLongText)
	}
	return filepath.Base(path), strings.ToValidUTF8(string(data), "\uFFFD"), nil
}
