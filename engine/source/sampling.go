package source

import (
	"math"

	"lamplight/engine/sample"
)

// Sampling returns how the makers of the model would have it sampled: the table of its family, overridden by
// what the model's own files say. Values that make no sense are passed over.
func (s *Source) Sampling() sample.Params {
	p := sample.Defaults(s.config.Architecture)
	s.files.sampling(&p)
	return p
}

// suggestion is a setting that a model's files may have, under the name of either container.
type suggestion struct {
	gguf, hf string
	set      func(p *sample.Params, x float64) // x is in range
	lo, hi   float64
}

var suggestions = []suggestion{
	{"temp", "temperature", func(p *sample.Params, x float64) { p.Temperature = float32(x) }, 0, 100},
	{"top_k", "top_k", func(p *sample.Params, x float64) { p.TopK = int(x) }, 0, maxVocab},
	{"top_p", "top_p", func(p *sample.Params, x float64) { p.TopP = float32(x) }, 1e-6, 1},
	{"min_p", "min_p", func(p *sample.Params, x float64) { p.MinP = float32(x) }, 0, 1},
	{"penalty_repeat", "repetition_penalty", func(p *sample.Params, x float64) { p.RepeatPenalty = float32(x) }, 0.1, 10},
	{"penalty_last_n", "", setLastN, -1, maxContext},
}

// setLastN sets how many tokens the repetition penalty looks at. In files 0 turns it off.
func setLastN(p *sample.Params, x float64) {
	if x == 0 {
		p.RepeatPenalty = 0
	}
	p.RepeatLastN = int(x)
}

func (s suggestion) apply(p *sample.Params, x float64) {
	if x >= s.lo && x <= s.hi { // not for NaN
		s.set(p, x)
	}
}

func (f ggufFiles) sampling(p *sample.Params) {
	for _, s := range suggestions {
		if x, err := f.Float("general.sampling." + s.gguf); err == nil {
			s.apply(p, x)
		}
	}
}

func (f *folderFiles) sampling(p *sample.Params) {
	config := f.generation.lenient()
	for _, s := range suggestions {
		if s.hf != "" {
			s.apply(p, config.number(s.hf, math.NaN()))
		}
	}
	if !config.truth("do_sample", true) {
		p.Temperature = 0
	}
}
