package kernels

// Span is a run of consecutive slots [From, To) of a KV cache.
type Span struct{ From, To int }

// Attend computes causal attention of one query head over the visible slots of one KV head:
// dst = softmax(keys·q)ᵀ·values (Vaswani et al., arXiv 1706.03762).
//
// q and dst are [headDim], q already scaled; keys and values are [slots][headDim] IEEE halves. The spans
// are walked in the order given: a ring cache passes its older part first and leaves the second empty when
// there is one part only, so that the sums run over positions in ascending order and the result does not
// depend on where in the ring they lie. scores has
// room for one value per visible slot.
func Attend(dst, q []float32, keys, values []uint16, spans [2]Span, scores []float32) {
	dim := len(q)
	n := 0
	for _, s := range spans {
		for slot := s.From; slot < s.To; slot++ {
			scores[n] = dotF16(keys[slot*dim:][:dim], q)
			n++
		}
	}
	Softmax(scores[:n])

	clear(dst)
	n = 0
	for _, s := range spans {
		for slot := s.From; slot < s.To; slot++ {
			addF16(dst, scores[n], values[slot*dim:][:dim])
			n++
		}
	}
}

// dotF16 returns a·x over halves a and floats x of the same length.
func dotF16(a []uint16, x []float32) float32 {
	x = x[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += F16ToF32(a[i]) * x[i]
		s1 += F16ToF32(a[i+1]) * x[i+1]
		s2 += F16ToF32(a[i+2]) * x[i+2]
		s3 += F16ToF32(a[i+3]) * x[i+3]
	}
	for ; i < len(a); i++ {
		s0 += F16ToF32(a[i]) * x[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// addF16 adds w·a to dst, both of the same length.
func addF16(dst []float32, w float32, a []uint16) {
	a = a[:len(dst)]
	for i, h := range a {
		dst[i] += w * F16ToF32(h)
	}
}
