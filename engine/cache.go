package engine

import (
	"lamplight/engine/source"
	"lamplight/kernels"
)

// ringSlack is how many positions a ring keeps beyond its window: room for the batch being written, and
// how far a conversation can be rolled back without reading it again.
const ringSlack = 256

// kvCache holds the keys and values of one session in IEEE halves. A global layer has a slot for every
// position of the context; a sliding-window layer has a ring that keeps the last window and a little more,
// so that only global layers grow with the context.
type kvCache struct {
	layers []kvLayer
}

// kvLayer stores position p in slot p mod slots.
type kvLayer struct {
	window int        // positions a query sees, itself included; the whole context for a global layer
	slots  int        // ≥ min(window-1+batch, context)
	k, v   [][]uint16 // [Hk][slots][D]
}

func newCache(cfg source.Config, context int) kvCache {
	c := kvCache{layers: make([]kvLayer, cfg.Layers)}
	for i := range c.layers {
		l := kvLayer{window: context, slots: context}
		if !cfg.Global[i] {
			l.window = min(cfg.Window, context)
			l.slots = min(l.window-1+ringSlack, context)
		}
		for range cfg.KVHeads {
			l.k = append(l.k, make([]uint16, l.slots*cfg.HeadDim))
			l.v = append(l.v, make([]uint16, l.slots*cfg.HeadDim))
		}
		c.layers[i] = l
	}
	return c
}

// put stores key and value [Hk·D] of one position.
func (l *kvLayer) put(position int, key, value []float32) {
	dim := len(key) / len(l.k)
	at := position % l.slots * dim
	for h := range l.k {
		k, v := l.k[h][at:at+dim], l.v[h][at:at+dim]
		for i := range dim {
			k[i] = kernels.F32ToF16(key[h*dim+i])
			v[i] = kernels.F32ToF16(value[h*dim+i])
		}
	}
}

// visible returns the slots that the query at position attends to, oldest position first; the second run
// is empty unless the ring wraps between them.
func (l *kvLayer) visible(position int) [2]kernels.Span {
	first := max(0, position+1-l.window)
	from, to := first%l.slots, position%l.slots+1
	if from < to {
		return [2]kernels.Span{{From: from, To: to}}
	}
	return [2]kernels.Span{{From: from, To: l.slots}, {From: 0, To: to}}
}

// keeps reports whether, after written positions were written, every position that the query at position
// sees is still there.
func (c *kvCache) keeps(written, position int) bool {
	for i := range c.layers {
		l := &c.layers[i]
		if oldest := max(0, position+1-l.window); oldest < written-l.slots {
			return false
		}
	}
	return true
}
