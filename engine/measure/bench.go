package measure

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"lamplight/engine"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// Options says what a benchmark measures.
type Options struct {
	Prompt  int // tokens read before an answer, at least 1
	Decode  int // tokens of an answer, at least 1
	Threads int // 0: one for each physical core
	Repeat  int // times that prefill and decode are measured, at least 1

	Cache     string       // see engine.LoadOptions
	CacheType kernels.Type // see engine.SessionOptions
	Sessions  int          // so many sessions decode together; 0: that is not measured
	Edit      bool         // an answer that repeats its prompt but for three tokens
	Roofline  bool         // what the machine can do at most

	// Adapt, if set, makes the adapters with which the same is measured beside the model without them.
	Adapt func(*engine.Model) ([]engine.Applied, error)
}

// Result is what a benchmark has measured.
type Result struct {
	// PrefillTokensPerSecond is the rate at which a prompt is read into an empty KV cache, the logits of its
	// last position included: the median of the repetitions.
	PrefillTokensPerSecond float64 `json:"prefill_tokens_per_second"`
	// DecodeTokensPerSecond is the rate of the tokens of an answer after the first one, which follows the
	// prompt, sampled as the model's makers recommend: the median of the repetitions.
	DecodeTokensPerSecond float64 `json:"decode_tokens_per_second"`
	// LoadSeconds is the time until a session is ready. It depends on whether the system has the file in
	// memory, which a benchmark leaves as it is.
	LoadSeconds float64 `json:"load_seconds"`
	// FirstTokenSeconds is the time from then to the first token of the answer to the first prompt, so it
	// includes what happens only once, such as reading weights from the disk.
	FirstTokenSeconds float64 `json:"first_token_seconds"`
	PeakRSSBytes      int64   `json:"peak_rss_bytes"` // see PeakRSS
	Threads           int     `json:"threads"`
	Kernels           string  `json:"kernels"`
	CacheType         string  `json:"cache_type"` // of the KV cache
	PromptTokens      int     `json:"prompt_tokens"`
	DecodeTokens      int     `json:"decode_tokens"`

	// The ratios are medians of those of the repetitions: what is compared was measured side by side, because the speed
	// of a machine changes from second to second.

	// With Options.Sessions: the tokens of all sessions together, and as a multiple of what one session decodes.
	Sessions                int     `json:"sessions,omitempty"`
	TogetherTokensPerSecond float64 `json:"together_tokens_per_second,omitempty"`
	TogetherOfOne           float64 `json:"together_of_one,omitempty"`
	// With Options.Edit: with prompt lookup, and as a multiple of the rate without.
	EditTokensPerSecond float64 `json:"edit_tokens_per_second,omitempty"`
	EditOfPlain         float64 `json:"edit_of_plain,omitempty"`
	// With Options.Adapt: decoding with the adapters, and as a multiple of the rates without.
	AdaptedTokensPerSecond float64 `json:"adapted_tokens_per_second,omitempty"`
	AdaptedOfPlain         float64 `json:"adapted_of_plain,omitempty"`
	AdaptedPrefillOfPlain  float64 `json:"adapted_prefill_of_plain,omitempty"`
	// With Options.Roofline, by the threads of the model: reading memory, and multiply-adds of bytes; the bytes of the
	// file times the rate of decoding as a part of the former, the layers' multiply-adds of prefill of the latter.
	ReadBytesPerSecond float64 `json:"read_bytes_per_second,omitempty"`
	Int8MACsPerSecond  float64 `json:"int8_macs_per_second,omitempty"`
	DecodeOfBandwidth  float64 `json:"decode_of_bandwidth,omitempty"`
	PrefillOfPeak      float64 `json:"prefill_of_peak,omitempty"`
}

// Run measures the model at path. The prompt is random ordinary tokens, the same in every run, because which
// tokens they are does not matter to the time. One run that is not counted comes before the repetitions.
func Run(ctx context.Context, path string, o Options) (Result, error) {
	if o.Prompt < 1 || o.Decode < 1 || o.Repeat < 1 {
		return Result{}, fmt.Errorf("measure: %d prompt tokens, %d decoded, %d times: must be at least 1 each", o.Prompt, o.Decode, o.Repeat)
	}
	start := time.Now()
	m, err := engine.Load(ctx, path, engine.LoadOptions{Threads: o.Threads, Cache: o.Cache})
	if err != nil {
		return Result{}, err
	}
	defer m.Close()
	s, err := m.NewSession(engine.SessionOptions{ContextLength: o.Prompt + o.Decode, CacheType: o.CacheType})
	if err != nil {
		return Result{}, err
	}
	defer s.Close()
	r := Result{
		LoadSeconds:  time.Since(start).Seconds(),
		Threads:      m.Info().Threads,
		Kernels:      m.Info().Kernels,
		CacheType:    s.CacheType().String(),
		PromptTokens: o.Prompt,
		DecodeTokens: o.Decode,
	}

	b := bench{model: m, session: s, cacheType: o.CacheType, prompt: randomPrompt(m, o.Prompt), decode: o.Decode}
	warm, err := b.run(ctx)
	if err != nil {
		return Result{}, err
	}
	r.FirstTokenSeconds = warm.first.Seconds()

	for range o.Repeat {
		if err := b.repeat(ctx, o); err != nil {
			return Result{}, err
		}
	}
	r.PeakRSSBytes = PeakRSS()
	if err := b.more(ctx, o); err != nil {
		return Result{}, err
	}
	b.fill(&r, o)
	return r, nil
}

// repeat measures prefill and decode once, between two looks at what the machine can do.
func (b *bench) repeat(ctx context.Context, o Options) error {
	var before, after kernels.Roofline
	if o.Roofline {
		before = b.model.Roofline()
	}
	t, err := b.run(ctx)
	if err != nil {
		return err
	}
	prefill, decode := float64(o.Prompt)/t.prefill.Seconds(), float64(o.Decode)/t.decode.Seconds()
	b.prefills, b.decodes = append(b.prefills, prefill), append(b.decodes, decode)
	if o.Roofline {
		after = b.model.Roofline()
		read, macs := (before.ReadBytes+after.ReadBytes)/2, (before.Int8MACs+after.Int8MACs)/2
		info := b.model.Info()
		b.reads, b.macs = append(b.reads, read), append(b.macs, macs)
		b.ofBandwidth = append(b.ofBandwidth, float64(info.Bytes)*decode/read)
		b.ofPeak = append(b.ofPeak, float64(info.LayerParameters)*prefill/macs)
	}
	return nil
}

// fill enters the medians into the result.
func (b *bench) fill(r *Result, o Options) {
	r.PrefillTokensPerSecond, r.DecodeTokensPerSecond = median(b.prefills), median(b.decodes)
	if o.Sessions > 0 {
		r.Sessions = o.Sessions
		r.TogetherTokensPerSecond, r.TogetherOfOne = median(b.together), median(b.ofOne)
	}
	if o.Edit {
		r.EditTokensPerSecond, r.EditOfPlain = median(b.edits), median(b.ofPlain)
	}
	if o.Adapt != nil {
		r.AdaptedTokensPerSecond, r.AdaptedOfPlain, r.AdaptedPrefillOfPlain = median(b.adapted), median(b.adaptedOf), median(b.adaptedRead)
	}
	if o.Roofline && b.reads[0] > 0 {
		r.ReadBytesPerSecond, r.Int8MACsPerSecond = median(b.reads), median(b.macs)
		r.DecodeOfBandwidth, r.PrefillOfPeak = median(b.ofBandwidth), median(b.ofPeak)
	}
}

// randomPrompt makes a prompt of n tokens: BOS where the model wants it, then ordinary pieces.
func randomPrompt(m *engine.Model, n int) []tokenizer.ID {
	ids := randomText(m, n, 0)
	if bos, ok := m.BOS(); ok {
		ids[0] = bos
	}
	return ids
}

// randomText returns n ordinary tokens.
func randomText(m *engine.Model, n int, seed uint64) []tokenizer.ID {
	t := m.Tokenizer()
	r := rand.New(rand.NewPCG(seed, 0))
	ids := make([]tokenizer.ID, n)
	for i := range ids {
		for try := 0; try < 1000; try++ { // a vocabulary without ordinary pieces is no reason to hang
			ids[i] = tokenizer.ID(r.IntN(min(t.Size(), m.Info().Vocabulary)))
			if t.Kind(ids[i]) == tokenizer.Normal {
				break
			}
		}
	}
	return ids
}

// bench is one prompt and answer, to be timed again and again, and what was found each time.
type bench struct {
	model     *engine.Model
	session   *engine.Session
	cacheType kernels.Type
	prompt    []tokenizer.ID
	decode    int

	prefills, decodes, together, edits  []float64 // tokens/s
	adapted, adaptedOf, adaptedRead     []float64 // tokens/s, multiples
	reads, macs                         []float64 // a second
	ofBandwidth, ofPeak, ofOne, ofPlain []float64
}

// times of one run.
type times struct {
	prefill time.Duration // until the prompt is in the cache and its last logits are there
	first   time.Duration // until the first token is sampled
	decode  time.Duration // for the tokens after the first
}

// run answers the prompt from an empty cache. Where a stop token ends the answer, a token of the prompt takes
// its place and the answer goes on, so that always the same number of positions is computed.
func (b *bench) run(ctx context.Context) (times, error) {
	b.session.Reset()
	var t times
	var sampled time.Time // the first token
	start := time.Now()
	o := engine.GenerateOptions{Sampling: b.model.Sampling(), NoLookup: true}
	o.Sampling.Seed = 1
	o.Prefill = func(done, total int) {
		if done == total && t.prefill == 0 {
			t.prefill = time.Since(start)
		}
	}

	text := slices.Clone(b.prompt)
	add := func(id tokenizer.ID) (more bool) {
		if sampled.IsZero() {
			sampled = time.Now()
		}
		text = append(text, id)
		return len(text) <= len(b.prompt)+b.decode
	}
	for more := true; more; {
		for token, err := range b.session.Generate(ctx, text, o) {
			if err != nil {
				return t, err
			}
			if more = add(token.ID); !more {
				break
			}
		}
		if more { // a stop token ended the answer
			more = add(b.prompt[len(b.prompt)-1])
		}
	}
	t.first, t.decode = sampled.Sub(start), time.Since(sampled)
	return t, nil
}

// median of at least one number; the mean of the middle two when their count is even.
func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[n/2] + x[(n-1)/2]) / 2
}
