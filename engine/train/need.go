package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"lamplight/engine/source"
	"lamplight/kernels"
)

// Need says how many bytes of memory the training of the model at path base takes, where no example has more than longest
// tokens: what New and Run get, and the weights that are read from the file again and again. It reads the description of the
// model and no weights.
func Need(base string, longest int, o Options) (n int64, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("train: %w", err)
		}
	}()
	if err := o.fill(); err != nil {
		return 0, err
	}
	src, err := source.Open(base)
	if err != nil {
		return 0, err
	}
	defer src.Close()
	k, err := kernels.Detect()
	if err != nil {
		return 0, err
	}
	pool := kernels.NewPool(1)
	defer pool.Close()
	m, err := newModel(src, k, pool)
	if err != nil {
		return 0, err
	}
	rank := 0
	if o.LoRA != nil {
		rank = o.LoRA.Rank
	}
	const float = 4
	floats := int64(0)
	rows := max(o.Positions, longest-1)
	layOut(m, rows, max(0, o.Keep), rank, func(n int) []float32 {
		floats += int64(n)
		return nil
	})
	vocab := int64(m.headBlock())
	floats += int64(min(rows, lossPositions)) * (3*int64(m.cfg.Hidden) + vocab)
	if o.LoRA != nil && !m.head.rounds {
		floats += vocab * int64(m.cfg.Hidden) // decoded
	}
	const moments = 4 // value, gradient and two moments
	for _, l := range m.matrices() {
		if o.LoRA == nil {
			floats += moments * int64(l.in) * int64(l.out)
			continue
		}
		n += int64(len(l.frozen.Data))
		if l != m.embed && l != m.head && o.LoRA.on(kindOf(l.name)) {
			floats += moments * int64(rank) * int64(l.in+l.out)
		}
	}
	return n + float*floats + kernels.GEMMBytes, nil
}

// matrices are all linear layers, the embedding among them.
func (m *model) matrices() []*linear {
	list := []*linear{m.embed}
	if m.head != m.embed {
		list = append(list, m.head)
	}
	for i := range m.layers {
		list = append(list, m.layers[i].linears()...)
	}
	return list
}

// Forget removes the state of a training from a folder, and the folder if nothing else is in it.
func Forget(folder string) error {
	var all error
	for _, name := range []string{checkpointFile, bestFile} {
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	_ = os.Remove(folder) // fails where it is not empty
	return all
}
