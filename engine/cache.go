package engine

import (
	"lamplight/engine/source"
	"lamplight/kernels"
)

// ringSlack is how many positions a ring keeps beyond its window: room for the batch being written, and
// how far a conversation can be rolled back without reading it again.
const ringSlack = maxBatch + 32

// kvCache holds the keys and values of one session. A global layer has a slot for every position of the
// context; a sliding-window layer has a ring that keeps the last window and a little more, so that only global
// layers grow with the context.
type kvCache struct {
	layers []kvLayer
	ring   *kvLayer // one of the layers that are rings, which are all alike; nil if none is
}

// kvLayer stores position p in slot p mod the slots of its heads.
type kvLayer struct {
	window int             // positions a query sees, itself included; the whole context for a global layer
	heads  []kernels.Cache // [Hk]
}

func newCache(cfg source.Config, t kernels.Type, context int) kvCache {
	c := kvCache{layers: make([]kvLayer, cfg.Layers)}
	for i := range c.layers {
		l := kvLayer{window: context}
		if !cfg.Global[i] {
			l.window = min(cfg.Window, context)
		}
		for range cfg.KVHeads {
			l.heads = append(l.heads, kernels.NewCache(t, layerSlots(cfg, i, context), cfg.HeadDim))
		}
		c.layers[i] = l
		if l.slots() < context {
			c.ring = &c.layers[i]
		}
	}
	return c
}

// layerSlots is how many positions layer i has room for: all of the context, or those of its ring.
func layerSlots(cfg source.Config, i, context int) int {
	slots := kernels.Slots(context)
	if cfg.Global[i] {
		return slots
	}
	return min(kernels.Slots(min(cfg.Window, context)-1+ringSlack), slots)
}

// kind returns the type of keys and values.
func (c *kvCache) kind() kernels.Type { return c.layers[0].heads[0].Type }

// slots returns the positions that the layer has room for.
func (l *kvLayer) slots() int { return l.heads[0].Slots }
