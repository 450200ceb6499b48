package train

import (
	"context"
	"math"

	"lamplight/kernels"
	"lamplight/tokenizer"
)

// The output head and the cross entropy -ln p(target), of the positions that have a target. All logits of a batch would be
// a gigabyte for 1,024 positions and 262,144 tokens. They are therefore made for some rows of the head at a time, as
// attention with the rows as keys and as values (Dao et al., arXiv 2205.14135): of softmax(z)·W, which the gradient is
// but for the target's row, what is kept are the largest logit so far, the sum of e^(z - largest) and the sum of
// e^(z - largest)·W, and each row of the head is decoded only once. A small vocabulary is one block, of which the
// exponentials are still there for the gradient of the head: they are not made again.

const (
	lossPositions = 1024 // positions at a time
	lossRows      = 3072 // of the head at a time
	lossWhole     = 4096 // a vocabulary of so many rows is one block
)

// headBlock is the number of rows of the head that are taken at a time.
func (m *model) headBlock() int {
	if m.cfg.Vocab <= lossWhole {
		return m.cfg.Vocab
	}
	return lossRows
}

// lossState has the memory of one chunk of M positions and one block of Vb rows of the head.
type lossState struct {
	rows   []int          // [M] of the batch
	target []tokenizer.ID // [M]
	h      []float32      // [M][E] normed
	dh     []float32      // [M][E]
	x      []float32      // [M][E] before the norm
	logits []float32      // [M][Vb]
	weight []float32      // [Vb][E] decoded
	top    []float32      // [M] largest logit so far
	sum    []float64      // [M] Σ e^(z - top)
	hit    []float32      // [M] logit of the target
	slope  []float32      // [M] of the soft cap at the target
}

// crossEntropy returns the sum of the losses of the batch. With grad it sets dx to the gradient of that sum times unit, and
// adds those of the head and of the last norm.
func (s *state) crossEntropy(ctx context.Context, grad bool, unit float32) (total float64, err error) {
	l, e := &s.loss, s.m.cfg.Hidden
	last := s.x[len(s.m.layers)][:s.t*e]
	if grad {
		clear(s.dx[:s.t*e])
	}
	for first := 0; first < s.t; {
		l.rows, l.target = l.rows[:0], l.target[:0]
		for ; first < s.t && len(l.rows) < lossPositions; first++ {
			if id := s.batch.target[first]; id >= 0 {
				l.rows, l.target = append(l.rows, first), append(l.target, id)
			}
		}
		n := len(l.rows)
		if n == 0 {
			break
		}
		x := grown(&l.x, n*e)
		for i, row := range l.rows {
			copy(x[i*e:][:e], last[row*e:])
		}
		s.norm(grown(&l.h, n*e), s.m.outputNorm, x, false)
		if err := s.headPass(ctx, grad); err != nil {
			return 0, err
		}
		for i := range n {
			total += math.Log(l.sum[i]) + float64(l.top[i]) - float64(l.hit[i])
		}
		if !grad {
			continue
		}
		if err := s.finishHead(ctx, unit); err != nil {
			return 0, err
		}
		s.normGrad(l.dh[:n*e], s.m.outputNorm, x, l.dh[:n*e], false)
		for i, row := range l.rows {
			copy(s.dx[row*e:][:e], l.dh[i*e:])
		}
	}
	return total, nil
}

// headPass computes top, sum and hit, and with grad dh = Σ e^(z - top)·W.
func (s *state) headPass(ctx context.Context, grad bool) error {
	l, e, n := &s.loss, s.m.cfg.Hidden, len(s.loss.rows)
	l.top, l.hit, l.slope, l.sum = l.top[:0], l.hit[:0], l.slope[:0], l.sum[:0]
	for range n {
		l.top, l.hit = append(l.top, float32(math.Inf(-1))), append(l.hit, 0)
		l.slope, l.sum = append(l.slope, 1), append(l.sum, 0)
	}
	dh := grown(&l.dh, n*e)
	clear(dh)
	block := s.m.headBlock()
	for v := 0; v < s.m.cfg.Vocab; v += block {
		if err := s.ready(ctx); err != nil {
			return err
		}
		rows := min(block, s.m.cfg.Vocab-v)
		w := s.headRows(v, rows)
		z := s.headLogits(w, rows)
		s.share(n, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				s.fold(z[i*rows:][:rows], i, v, dh[i*e:][:e], grad)
			}
		})
		if grad {
			s.m.gemm.Add(dense(dh, n, e), dense(z, n, rows), w)
		}
	}
	return nil
}

// headRows returns the rows [v, v+rows) of the head, decoded once for all products in float32. Those that round decode what
// they pack, which takes no longer and no memory.
func (s *state) headRows(v, rows int) kernels.Operand {
	h, e := s.m.head, s.m.cfg.Hidden
	if h.w != nil || h.rounds {
		return h.part(v, rows)
	}
	w := grown(&s.loss.weight, s.m.headBlock()*e)[:rows*e]
	s.share(rows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			kernels.Decode(h.frozen.Type, w[i*e:][:e], h.frozen.Row(v+i))
		}
	})
	return dense(w, rows, e)
}

// headLogits returns the logits [M][rows] of rows w of the head, before the soft cap.
func (s *state) headLogits(w kernels.Operand, rows int) []float32 {
	e, n := s.m.cfg.Hidden, len(s.loss.rows)
	z := grown(&s.loss.logits, n*s.m.headBlock())[:n*rows]
	s.m.gemm.Mul(dense(z, n, rows), dense(s.loss.h, n, e), w.T())
	return z
}

// fold takes the logits z of position i by the rows from v on into top, sum and hit, and replaces them by what the rows are
// to be added to dh with.
func (s *state) fold(z []float32, i, v int, dh []float32, grad bool) {
	l, limit := &s.loss, s.m.cfg.FinalSoftcap
	softcap(z, limit)
	if at := int(l.target[i]) - v; at >= 0 && at < len(z) {
		l.hit[i] = z[at]
		l.slope[i] = softcapGrad(z[at], limit)
	}
	top := max(l.top[i], s.m.k.Largest(z))
	if top > l.top[i] {
		shrink := math.Exp(float64(l.top[i] - top)) // 0 in the first block
		l.sum[i] *= shrink
		if grad && shrink > 0 {
			scale(dh, float32(shrink))
		}
		l.top[i] = top
	}
	if !grad || limit == 0 {
		l.sum[i] += float64(s.m.k.ExpSum(z, top))
		return
	}
	for j, y := range z {
		p := math.Exp(float64(y - top))
		l.sum[i] += p
		z[j] = float32(p) * softcapGrad(y, limit)
	}
}

// softcap bends logits into (-limit, limit); softcapGrad is its derivative where the result is y.
func softcap(z []float32, limit float32) {
	if limit > 0 {
		for i, v := range z {
			z[i] = limit * float32(math.Tanh(float64(v/limit)))
		}
	}
}

func softcapGrad(y, limit float32) float32 {
	if limit == 0 {
		return 1
	}
	return 1 - y/limit*(y/limit)
}

// finishHead completes dh = unit·(softmax(z) - onehot)·W, and adds the gradient of the head where it is trained, for
// which the logits are made again.
func (s *state) finishHead(ctx context.Context, unit float32) error {
	l, h, e, n := &s.loss, s.m.head, s.m.cfg.Hidden, len(s.loss.rows)
	s.share(n, func(lo, hi int) {
		row := make([]float32, e)
		for i := lo; i < hi; i++ {
			h.row(row, int(l.target[i])) // with the rounding of dh: they cancel out where the target is certain
			dh, part := l.dh[i*e:][:e], float32(1/l.sum[i])
			for j, w := range row {
				dh[j] = unit * (dh[j]*part - l.slope[i]*w)
			}
		}
	})
	if h.w == nil {
		return nil
	}
	block := s.m.headBlock()
	kept := block == s.m.cfg.Vocab && s.m.cfg.FinalSoftcap == 0 // headPass has left e^(z - top)
	for v := 0; v < s.m.cfg.Vocab; v += block {
		if err := s.ready(ctx); err != nil {
			return err
		}
		rows := min(block, s.m.cfg.Vocab-v)
		var z []float32
		if kept {
			z = l.logits[:n*rows]
		} else {
			z = s.headLogits(s.headRows(v, rows), rows)
		}
		s.share(n, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				s.logitGrad(z[i*rows:][:rows], i, v, unit, kept)
			}
		})
		s.m.gemm.Add(dense(h.w.Grad[v*e:], rows, e), dense(z, n, rows).T(), dense(l.h, n, e))
	}
	return nil
}

// logitGrad replaces the logits z of position i by the rows from v on by their gradients. exps says that they are
// e^(z - top) already.
func (s *state) logitGrad(z []float32, i, v int, unit float32, exps bool) {
	l, limit := &s.loss, s.m.cfg.FinalSoftcap
	softcap(z, limit)
	part := unit / float32(l.sum[i])
	if limit == 0 {
		if !exps {
			s.m.k.ExpSum(z, l.top[i])
		}
		scale(z, part)
	} else {
		for j, y := range z {
			z[j] = part * float32(math.Exp(float64(y-l.top[i]))) * softcapGrad(y, limit)
		}
	}
	if at := int(l.target[i]) - v; at >= 0 && at < len(z) {
		z[at] -= unit * l.slope[i]
	}
}
