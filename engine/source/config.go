package source

import (
	"fmt"
	"math"
)

// Config has the numbers of a Gemma 3 text model. E is Hidden, D is HeadDim.
type Config struct {
	Architecture  string // "gemma3"
	Layers        int
	Hidden        int // E, width of the residual stream
	Heads         int // query heads
	KVHeads       int // divides Heads
	HeadDim       int // D, even; Heads·D need not be E
	FeedForward   int // width of the feed-forward network
	Vocab         int // rows of the embedding; at least as many as tokens are in use
	ContextLength int // positions the model was trained for

	// Attention: layer i sees every earlier position if Global[i], else the last Window, itself included.
	Window int
	Global []bool // one for each layer

	RMSEpsilon     float32 // added to the mean square in RMSNorm
	RopeBase       float32 // of global layers
	RopeBaseLocal  float32 // of the others
	RopeScale      float32 // positions of global layers are divided by it; 1: none
	QueryScale     float32 // on queries after RoPE; commonly 1/√D
	EmbeddingScale float32 // √E, on the embeddings of tokens
	FinalSoftcap   float32 // c in c·tanh(logits/c); 0: none
}

// Limits that no model comes near; they keep every product below of a size that can be computed.
const (
	maxLayers  = 512
	maxHeads   = 1024
	maxHeadDim = 1024
	maxWidth   = 1 << 20 // Hidden, FeedForward
	maxVocab   = 1 << 24
	maxContext = 1 << 26 // also Window
)

// defaultPeriod: every sixth layer of Gemma 3 is global.
const defaultPeriod = 6

// periodic marks every period-th layer as global, the last of each period.
func periodic(layers, period int) []bool {
	global := make([]bool, layers)
	for i := range global {
		global[i] = (i+1)%period == 0
	}
	return global
}

// derive fills in what follows from the rest.
func (c *Config) derive(queryPreAttention float64) {
	c.Architecture = gemma3
	c.EmbeddingScale = float32(math.Sqrt(float64(c.Hidden)))
	c.QueryScale = float32(1 / math.Sqrt(queryPreAttention))
}

// check returns an error that wraps ErrInvalid for numbers that no model can have.
func (c *Config) check() error {
	for _, v := range []struct {
		name      string
		n, lo, hi int
	}{
		{"number of layers", c.Layers, 1, maxLayers},
		{"hidden size", c.Hidden, 1, maxWidth},
		{"number of heads", c.Heads, 1, maxHeads},
		{"number of KV heads", c.KVHeads, 1, c.Heads},
		{"head dimension", c.HeadDim, 2, maxHeadDim},
		{"feed-forward size", c.FeedForward, 1, maxWidth},
		{"vocabulary", c.Vocab, 1, maxVocab},
		{"context length", c.ContextLength, 1, maxContext},
		{"sliding window", c.Window, 1, maxContext},
	} {
		if v.n < v.lo || v.n > v.hi {
			return fmt.Errorf("%s is %d and should be %d to %d: %w", v.name, v.n, v.lo, v.hi, ErrInvalid)
		}
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%d heads cannot share %d KV heads: %w", c.Heads, c.KVHeads, ErrInvalid)
	case c.HeadDim%2 != 0:
		return fmt.Errorf("head dimension %d is odd: %w", c.HeadDim, ErrInvalid)
	case len(c.Global) != c.Layers:
		return fmt.Errorf("%d kinds of attention for %d layers: %w", len(c.Global), c.Layers, ErrInvalid)
	case c.FinalSoftcap < 0 || math.IsInf(float64(c.FinalSoftcap), 0) || c.FinalSoftcap != c.FinalSoftcap:
		return fmt.Errorf("logit soft cap %g: %w", c.FinalSoftcap, ErrInvalid)
	}
	for _, v := range []struct {
		name string
		x    float32
	}{
		{"RMS epsilon", c.RMSEpsilon},
		{"RoPE base", c.RopeBase},
		{"local RoPE base", c.RopeBaseLocal},
		{"RoPE scale", c.RopeScale},
		{"query scale", c.QueryScale},
	} {
		if !(v.x > 0) || math.IsInf(float64(v.x), 0) {
			return fmt.Errorf("%s is %g and should be above 0: %w", v.name, v.x, ErrInvalid)
		}
	}
	return nil
}
