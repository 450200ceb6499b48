package train

import "context"

// backward adds the gradients of all parameters, given that of the residual stream after the last layer in dx [T][E],
// which it replaces by that of the embeddings. It stops between layers when ctx ends.
func (s *state) backward(ctx context.Context) error {
	for i := len(s.m.layers) - 1; i >= 0; i-- {
		if err := s.ready(ctx); err != nil {
			return err
		}
		if s.kept[i] == s.shared && i < len(s.m.layers)-1 { // it holds a later layer now
			s.layer(i, s.shared)
		}
		s.layerGrad(i, s.kept[i])
	}
	if s.m.embed.w != nil {
		s.embedGrad()
	}
	return ctx.Err()
}

// layerGrad takes dx from the output of layer i to its input. The activations a serve as memory for gradients.
func (s *state) layerGrad(i int, a *activations) {
	l, c, t := &s.m.layers[i], s.m.cfg, s.t
	e, h, f := c.Hidden, c.Heads*c.HeadDim, c.FeedForward
	x, dx := s.x[i][:t*e], s.dx[:t*e]
	in, dblock := s.in[:t*e], s.dblock[:t*e]

	// ---- feed-forward
	s.normGrad(dblock, l.postFFNNorm, a.down[:t*e], dx, false) // [T][E] of down
	dff := s.dff[:t*f]
	s.geglu(s.ff, a.gate, a.up)
	s.linearGrad(dff, l.down, dblock, s.ff[:t*f], false) // [T][F]
	s.gegluGrad(a.gate, a.up, dff)                       // gate and up are their gradients from here on
	s.norm(in, l.ffnNorm, a.mid[:t*e], false)
	s.linearGrad(dblock, l.gate, a.gate[:t*f], in, false) // [T][E] of ffn_norm's output
	s.linearGrad(dblock, l.up, a.up[:t*f], in, true)
	s.normGrad(dx, l.ffnNorm, a.mid[:t*e], dblock, true)

	// ---- attention
	s.normGrad(dblock, l.postAttnNorm, a.o[:t*e], dx, false) // [T][E] of o
	datt := s.heads[:t*h]
	s.linearGrad(datt, l.o, dblock, a.att[:t*h], false) // [T][H·D]
	s.attendGrad(i, a, datt)
	s.positionGrad(i, a) // q0 and k0 are their gradients from here on
	s.norm(in, l.attnNorm, x, false)
	kv := c.KVHeads * c.HeadDim
	if i == 0 && !s.m.trainsInput() {
		dblock = nil
	}
	s.linearGrad(dblock, l.q, a.q0[:t*h], in, false) // [T][E] of attn_norm's output
	s.linearGrad(dblock, l.k, a.k0[:t*kv], in, true)
	s.linearGrad(dblock, l.v, s.dv[:t*kv], in, true)
	if dblock != nil {
		s.normGrad(dx, l.attnNorm, x, dblock, true)
	}
}

// trainsInput reports whether anything below the linear layers of the first layer is trained.
func (m *model) trainsInput() bool { return m.embed.w != nil || m.layers[0].attnNorm.p != nil }

// positionGrad takes the gradients of queries and keys back through scale, rotation and norm, into q0 and k0.
func (s *state) positionGrad(i int, a *activations) {
	l, c, k := &s.m.layers[i], s.m.cfg, s.m.k
	n := s.t * c.HeadDim
	dq := s.heads[:n*c.Heads] // [T][H·D]
	s.rows(func(t int) {
		cos, sin := s.angles(i, t)
		back := make([]float32, len(sin))
		for j, v := range sin { // a rotation by the opposite angle
			back[j] = -v
		}
		for j := range c.Heads {
			d := dq[(t*c.Heads+j)*c.HeadDim:][:c.HeadDim]
			copy(d, s.grouped[1][s.group(t, j):])
			scale(d, c.QueryScale)
			k.Rotate(d, cos, back)
		}
		for j := range c.KVHeads {
			k.Rotate(s.dk[(t*c.KVHeads+j)*c.HeadDim:][:c.HeadDim], cos, back)
		}
	})
	s.headGrad(l.qNorm, a.q0[:n*c.Heads], dq)
	s.headGrad(l.kNorm, a.k0[:n*c.KVHeads], s.dk[:n*c.KVHeads])
}

// headGrad replaces the heads x by the gradients that dy, those of their norms, give them.
func (s *state) headGrad(g *gain, x, dy []float32) {
	s.normGrad(dy, g, x, dy, false)
	copy(x, dy)
}

// embedGrad adds the gradients dx of the embeddings to the rows of the tokens, one row after the other, because a token
// may be there many times.
func (s *state) embedGrad() {
	c := s.m.cfg
	for t, id := range s.batch.input {
		row := s.m.embed.w.Grad[int(id)*c.Hidden:][:c.Hidden]
		for j, v := range s.dx[t*c.Hidden:][:c.Hidden] {
			row[j] += v * c.EmbeddingScale
		}
	}
}

// step adds the gradients of the batch's loss times unit to the parameters, and returns the sum of its cross entropies.
func (s *state) step(ctx context.Context, b *batch, unit float32) (loss float64, err error) {
	s.training = true
	if err := s.forward(ctx, b); err != nil {
		return 0, err
	}
	if loss, err = s.crossEntropy(ctx, true, unit); err != nil {
		return 0, err
	}
	return loss, s.backward(ctx)
}

// evaluate returns the sum of the batch's cross entropies.
func (s *state) evaluate(ctx context.Context, b *batch) (loss float64, err error) {
	s.training = false
	if err := s.forward(ctx, b); err != nil {
		return 0, err
	}
	return s.crossEntropy(ctx, false, 0)
}
