// Package sample picks the next token from a model's logits.
//
//	s, err := sample.New(sample.Defaults("gemma3"))
//	id, err := s.Next(logits, idsSoFar)
//
// The steps and their order are those of llama.cpp, because people compare with it: penalties, DRY, top-k,
// top-p, min-p, temperature, draw. Truncation therefore sees the distribution before temperature. The same
// parameters, seed and logits give the same tokens.
package sample

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"lamplight/kernels"
	"lamplight/tokenizer"
)

// Params are the settings of a sampler. The zero value is greedy: always the most likely token. They are written down with
// answers, so the names in JSON stay.
type Params struct {
	Temperature float32 `json:"temperature,omitempty"` // divides the logits; 0: the most likely token
	TopK        int     `json:"top_k,omitempty"`       // keep the k most likely tokens; 0: all
	TopP        float32 `json:"top_p,omitempty"`       // keep the smallest set whose probabilities sum to p; 0 or 1: all
	MinP        float32 `json:"min_p,omitempty"`       // keep tokens at least p times as likely as the most likely one; 0: all

	RepeatPenalty    float32 `json:"repeat_penalty,omitempty"`    // divides positive logits of recent tokens, multiplies negative ones; 0 or 1: off
	RepeatLastN      int     `json:"repeat_last_n,omitempty"`     // how many recent tokens the penalties look at; 0: 64, -1: all
	FrequencyPenalty float32 `json:"frequency_penalty,omitempty"` // taken from a recent token's logit for each time it occurred
	PresencePenalty  float32 `json:"presence_penalty,omitempty"`  // taken from a recent token's logit if it occurred

	DRY    DRY            `json:"dry,omitzero"`
	Exempt []tokenizer.ID `json:"exempt,omitempty"` // no penalty applies to them: a prompt is full of the tokens that end a turn
	Seed   uint64         `json:"seed,string"`      // a number of 64 bits is not safe in JSON
}

// defaultLastN is how far penalties look back unless told otherwise.
const defaultLastN = 64

// DRY penalizes tokens that would continue a repetition (https://github.com/oobabooga/text-generation-webui/pull/5677).
type DRY struct {
	Multiplier    float32          `json:"multiplier,omitempty"`     // 0: off; 0.8 is usual
	Base          float32          `json:"base,omitempty"`           // growth for each repeated token; 0: 1.75
	AllowedLength int              `json:"allowed_length,omitempty"` // repetitions up to this long are free; 0: 2
	Window        int              `json:"window,omitempty"`         // recent tokens looked at; 0: all
	Breakers      [][]tokenizer.ID `json:"breakers,omitempty"`       // sequences that end a repetition, such as a line break
}

// Defaults returns what the makers of an architecture recommend.
func Defaults(architecture string) Params {
	switch architecture {
	case "gemma3", "gemma3n":
		return Params{Temperature: 1, TopK: 64, TopP: 0.95}
	case "qwen2":
		return Params{Temperature: 0.7, TopK: 20, TopP: 0.8, RepeatPenalty: 1.1}
	case "llama":
		return Params{Temperature: 0.6, TopP: 0.9}
	}
	return Params{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05}
}

// check refuses settings that mean nothing.
func (p *Params) check() error {
	for _, f := range []struct {
		name          string
		value         float32
		lowest, limit float32
	}{
		{"temperature", p.Temperature, 0, 100},
		{"top-p", p.TopP, 0, 1},
		{"min-p", p.MinP, 0, 1},
		{"repetition penalty", p.RepeatPenalty, 0, 100},
		{"frequency penalty", p.FrequencyPenalty, -100, 100},
		{"presence penalty", p.PresencePenalty, -100, 100},
		{"DRY multiplier", p.DRY.Multiplier, 0, 100},
		{"DRY base", p.DRY.Base, 0, 100},
	} {
		if !(f.value >= f.lowest && f.value <= f.limit) {
			return fmt.Errorf("sample: %s %v: must be %v to %v", f.name, f.value, f.lowest, f.limit)
		}
	}
	for _, n := range []struct {
		name          string
		value, lowest int
	}{
		{"top-k", p.TopK, 0}, {"penalty window", p.RepeatLastN, -1},
		{"DRY allowed length", p.DRY.AllowedLength, 0}, {"DRY window", p.DRY.Window, 0},
	} {
		if n.value < n.lowest {
			return fmt.Errorf("sample: %s %d: must be at least %d", n.name, n.value, n.lowest)
		}
	}
	return nil
}

// ErrNaN is returned for logits that are not numbers: the model or its file is broken.
var ErrNaN = errors.New("sample: the model computed no probability for a token")

// Sampler picks tokens. It has one user at a time.
type Sampler struct {
	p     Params
	rand  *rand.Rand
	keys  []key                // of keepTop
	kept  []candidate          // the likeliest first
	count map[tokenizer.ID]int // occurrences of recent tokens
	dry   dry
}

// candidate is a token that may be drawn, with its logit and later its probability.
type candidate struct {
	id    tokenizer.ID
	logit float32
	p     float64
}

// New makes a sampler. It fails for parameters out of range, naming the parameter.
func New(p Params) (*Sampler, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.RepeatLastN == 0 {
		p.RepeatLastN = defaultLastN
	}
	p.DRY.Base = cmp.Or(p.DRY.Base, 1.75)
	p.DRY.AllowedLength = cmp.Or(p.DRY.AllowedLength, 2)
	return &Sampler{p: p, rand: rand.New(rand.NewPCG(p.Seed, 0)), count: map[tokenizer.ID]int{}}, nil
}

// Next picks the token that follows recent, the prompt and the answer so far. It changes logits [V]. A logit
// of -Inf excludes its token.
func (s *Sampler) Next(logits []float32, recent []tokenizer.ID) (tokenizer.ID, error) {
	kept, err := s.distribution(logits, recent)
	if err != nil {
		return 0, err
	}
	return s.draw(kept), nil
}

// distribution returns the tokens that may be drawn, the likeliest first, with probabilities that sum to 1.
func (s *Sampler) distribution(logits []float32, recent []tokenizer.ID) ([]candidate, error) {
	s.look(recent)
	penalize := func(id tokenizer.ID) {
		if id >= 0 && int(id) < len(logits) {
			logits[id] = s.penalized(id, logits[id])
		}
	}
	for id := range s.count {
		penalize(id)
	}
	for id := range s.dry.longest {
		if s.count[id] == 0 {
			penalize(id)
		}
	}
	if err := s.keepTop(logits, s.p.top()); err != nil {
		return nil, err
	}
	return s.cut(), nil
}

// Enough returns how many of the likeliest tokens decide what Pick returns: no other can be drawn. 0 means all, for
// which Next is made.
func (s *Sampler) Enough(recent []tokenizer.ID) int {
	k := s.p.top()
	if k == 0 || s.p.RepeatPenalty > 0 && s.p.RepeatPenalty < 1 || s.p.FrequencyPenalty < 0 || s.p.PresencePenalty < 0 {
		return 0 // a penalty that rewards can lift a token from anywhere
	}
	s.look(recent)
	return k + len(s.count) + len(s.dry.longest) // so many can fall out of the first k
}

// Pick is Next for the text that Enough has just looked at, and its likeliest tokens with their logits, in any order, at
// least as many as Enough has said where there are as many.
func (s *Sampler) Pick(top []kernels.Candidate) (tokenizer.ID, error) {
	keys := s.keys[:0]
	for _, c := range top {
		id := tokenizer.ID(c.ID)
		if l := s.penalized(id, c.Logit); l != l {
			return 0, fmt.Errorf("token %d: %w", id, ErrNaN)
		} else if !math.IsInf(float64(l), -1) {
			keys = append(keys, keyOf(id, l))
		}
	}
	if err := s.sorted(keys, s.p.top()); err != nil {
		return 0, err
	}
	return s.draw(s.cut()), nil
}

// top returns how many tokens the sampler keeps before anything else, 0 for all.
func (p *Params) top() int {
	if p.Temperature == 0 {
		return 1
	}
	return p.TopK
}

// cut drops the unlikely ones of the tokens that were kept, which are sorted, and gives the others their
// probabilities.
func (s *Sampler) cut() []candidate {
	s.cutTopP()
	s.cutMinP()
	normalize(s.kept, max(s.p.Temperature, minTemperature))
	return s.kept
}

// draw picks one of kept by its probability.
func (s *Sampler) draw(kept []candidate) tokenizer.ID {
	if len(kept) == 1 {
		return kept[0].id
	}
	u := s.rand.Float64()
	for _, c := range kept {
		if u -= c.p; u < 0 {
			return c.id
		}
	}
	return kept[len(kept)-1].id // what rounding left of 1
}

// minTemperature keeps the division finite; at it, one token has all the probability.
const minTemperature = 1e-4

// look notes which tokens the penalties are about.
func (s *Sampler) look(recent []tokenizer.ID) {
	clear(s.count)
	clear(s.dry.longest)
	if s.p.DRY.Multiplier > 0 {
		s.dry.look(&s.p.DRY, recent)
	}
	if r := s.p.RepeatPenalty; (r == 0 || r == 1) && s.p.FrequencyPenalty == 0 && s.p.PresencePenalty == 0 {
		return
	}
	if n := s.p.RepeatLastN; n > 0 && n < len(recent) {
		recent = recent[len(recent)-n:]
	}
	for _, id := range recent {
		s.count[id]++
	}
}

// penalized returns the logit l of a token with its penalties.
func (s *Sampler) penalized(id tokenizer.ID, l float32) float32 {
	n, repeated := s.count[id]
	if !repeated && s.dry.longest[id] == 0 || slices.Contains(s.p.Exempt, id) {
		return l
	}
	if repeated {
		switch r := s.p.RepeatPenalty; {
		case r == 0:
		case l > 0:
			l /= r
		default:
			l *= r
		}
		l = l - float32(n)*s.p.FrequencyPenalty - s.p.PresencePenalty
	}
	return l - s.dry.penalty(&s.p.DRY, id)
}

// keepTop collects the k likeliest tokens, all for k = 0, sorted.
func (s *Sampler) keepTop(logits []float32, k int) error {
	if k <= 0 || k > len(logits) {
		k = len(logits)
	}
	keys := s.keys[:0]
	floor := float32(math.Inf(-1)) // what a token must exceed once k are kept
	for id, l := range logits {
		switch {
		case l != l:
			return fmt.Errorf("token %d: %w", id, ErrNaN)
		case math.IsInf(float64(l), -1) || len(keys) >= k && l <= floor:
			continue
		}
		keys = append(keys, keyOf(tokenizer.ID(id), l))
		// Sorting when twice as many as wanted have come keeps the scan linear. Tokens come by id, so one that
		// ties with the floor is behind it in the order and can be dropped.
		if len(keys) >= 2*k+64 {
			slices.Sort(keys)
			keys = keys[:k]
			floor = keys[k-1].candidate().logit
		}
	}
	return s.sorted(keys, k)
}

// sorted makes the k smallest of keys the tokens that are kept.
func (s *Sampler) sorted(keys []key, k int) error {
	s.keys = keys
	if len(keys) == 0 {
		return fmt.Errorf("every token is excluded: %w", ErrNaN)
	}
	slices.Sort(keys)
	s.kept = s.kept[:0]
	for _, key := range keys[:min(k, len(keys))] {
		s.kept = append(s.kept, key.candidate())
	}
	return nil
}

// key is a logit and its token in one number, the smaller the likelier: the highest logit first, of equals the
// lowest id. Numbers sort several times faster than pairs, which shows when all of a vocabulary is kept.
type key uint64

const signBit = 1 << 31

func keyOf(id tokenizer.ID, logit float32) key {
	bits := math.Float32bits(logit + 0) // +0 for -0
	if bits&signBit == 0 {
		bits = ^(bits | signBit)
	}
	return key(bits)<<32 | key(id)
}

func (k key) candidate() candidate {
	bits := uint32(k >> 32)
	if bits&signBit == 0 {
		bits = ^bits &^ signBit
	}
	return candidate{id: tokenizer.ID(uint32(k)), logit: math.Float32frombits(bits)}
}

// cutTopP keeps the smallest set of the likeliest tokens whose probabilities reach p.
func (s *Sampler) cutTopP() {
	if s.p.TopP <= 0 || s.p.TopP >= 1 {
		return
	}
	normalize(s.kept, 1)
	var sum float64
	for i, c := range s.kept {
		if sum += c.p; sum >= float64(s.p.TopP) {
			s.kept = s.kept[:i+1]
			return
		}
	}
}

// cutMinP keeps the tokens with p ≥ MinP·p_max, which is a bound on the logits.
func (s *Sampler) cutMinP() {
	if s.p.MinP <= 0 {
		return
	}
	bound := float64(s.kept[0].logit) + math.Log(float64(s.p.MinP))
	for i, c := range s.kept {
		if i > 0 && float64(c.logit) < bound {
			s.kept = s.kept[:i]
			return
		}
	}
}

// normalize sets the probabilities to the softmax of logits/temperature, in float64. The first is the
// highest.
func normalize(kept []candidate, temperature float32) {
	highest := float64(kept[0].logit)
	var sum float64
	for i := range kept {
		kept[i].p = math.Exp((float64(kept[i].logit) - highest) / float64(temperature))
		if math.IsInf(highest, 1) && kept[i].logit == kept[0].logit {
			kept[i].p = 1 // Inf - Inf
		}
		sum += kept[i].p
	}
	for i := range kept {
		kept[i].p /= sum
	}
}
