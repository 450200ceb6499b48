package engine

import (
	"cmp"
	"context"
	"fmt"

	"lamplight/engine/source"
	"lamplight/kernels"
)

// Memory is what a model needs beside the program, in bytes, once a session has used its whole context.
type Memory struct {
	Weights    int64 // arranged for this processor, or as the file has them where they are read there
	Vocabulary int64
	Cache      int64 // keys and values of one session
	Turns      int64 // copies of what rings forget, as many as a long conversation may keep
	Buffers    int64 // of a pass over the weights
}

// Total is all of it together.
func (m Memory) Total() int64 { return m.Weights + m.Vocabulary + m.Cache + m.Turns + m.Buffers }

// Need says what Load and NewSession would need with these options, without loading: it reads the description of the
// model and none of its weights. A context length of 0, or one above the model's own, is what NewSession and its
// callers make of it. Errors are those of Load.
func Need(path string, o LoadOptions, s SessionOptions) (Memory, error) {
	need, err := needed(path, o, s)
	if err != nil {
		return Memory{}, fmt.Errorf("engine: %w", err)
	}
	return need, nil
}

func needed(path string, o LoadOptions, s SessionOptions) (need Memory, err error) {
	k, err := kernels.Detect()
	if err != nil {
		return need, err
	}
	src, err := source.Open(path)
	if err != nil {
		return need, err
	}
	defer src.Close()
	if err := src.Check(); err != nil {
		return need, err
	}
	_, parts, err := loadWeights(src)
	if err != nil {
		return need, err
	}
	c := src.Config()
	length := min(cmp.Or(s.ContextLength, defaultContext), c.ContextLength)
	kind := cmp.Or(s.CacheType, kernels.F16)
	if err := kernels.CheckCache(kind, c.HeadDim); err != nil || length < 1 {
		return need, cmp.Or(err, fmt.Errorf("context of %d positions", length))
	}
	_, _, arranged := packing{ctx: context.Background(), parts: parts, k: k}.layout()
	need.Weights = int64(arranged) + mappedBytes(src, parts, k)
	need.Vocabulary = int64(c.Vocab) * vocabularyBytes
	need.Cache, need.Turns = cacheBytes(c, kind, length)
	need.Buffers = passBytes(c, k, cmp.Or(o.Threads, physicalCores()), length)
	return need, nil
}

// mappedBytes is what is read from the model's file again and again: matrices in types that the kernels take as they
// are, a head of floats beside its sketch, and an embedding that is not the head.
func mappedBytes(src *source.Source, parts []arranged, k kernels.Kernels) (n int64) {
	for _, a := range parts {
		if a.size(k) == 0 || a.head != nil && a.m.Type.BlockSize() == 1 {
			n += int64(len(a.m.Data))
		}
	}
	if src.Has("output.weight") {
		if embedding, err := src.Matrix("token_embd.weight"); err == nil {
			n += int64(len(embedding.Data))
		}
	}
	return n
}

// vocabularyBytes is what a token takes in memory: its spelling, a score, a kind, where it is in a table at most half
// full; and now and then one that is matched as a whole.
const vocabularyBytes = 40

// cacheBytes is the size of the keys and values of a session, and of the copies that it may keep of rings.
func cacheBytes(c source.Config, t kernels.Type, length int) (cache, turns int64) {
	slot := int64(2 * c.KVHeads * c.HeadDim) // of a layer: a key and a value, elements
	if t == kernels.Q8_0 {
		slot += slot / 32 * 2
	} else {
		slot *= 2
	}
	var mark int64 // a copy of the windows of all rings
	for i := range c.Layers {
		slots := layerSlots(c, i, length)
		cache += int64(slots) * slot
		if slots < length {
			mark += int64(c.Window+markSlack) * slot
		}
	}
	const shortTurn = 64 // tokens
	return cache, min(markBytes, mark*int64(length/shortTurn))
}

// passBytes is the size of the working memory of newPass, of the first pass over the head for as many rows as drafts
// ask for, and of a session's tokens.
func passBytes(c source.Config, k kernels.Kernels, threads, length int) int64 {
	n := min(maxBatch, c.ContextLength)
	queries, keys := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	const activation = 5.5 // bytes of an element: a float, its quant, and for every 32 of them four more floats
	floats := n*c.Hidden + n*max(queries+2*keys, c.FeedForward, c.Hidden) + 2*n*c.HeadDim
	floats += threads * k.AttendScratch(c.HeadDim, tileQueries, c.Heads/c.KVHeads, length)
	floats += (longestGuess + 1) * c.Vocab
	floats += 2 * length // ids
	return 4*int64(floats) + int64(activation*float64(n*(c.Hidden+max(queries, c.FeedForward))+maxAsked*c.Hidden))
}

// SessionBytes is what the KV cache of a session with these options takes once it is full.
func (m *Model) SessionBytes(o SessionOptions) int64 {
	length := min(cmp.Or(o.ContextLength, defaultContext), m.cfg.ContextLength)
	cache, _ := cacheBytes(m.cfg, cmp.Or(o.CacheType, kernels.F16), length)
	return cache
}
