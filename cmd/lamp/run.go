package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/engine/sample"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

func run(c *call) error {
	model := c.modelFlag()
	text := c.String("p", "", "the prompt's `TEXT`")
	length := c.Int("n", 0, "most tokens of the answer; 0: as many as there is room for")
	raw := c.Bool("raw", false, "go on with the text as it stands, without the layout of a chat")
	stats := c.Bool("stats", false, "tell at the end, on standard error, how fast it was")
	cache := c.cacheFlag()
	adapters := c.adapterFlag()
	sampling := samplingFlags(c)
	if _, err := c.parse(); err != nil {
		return err
	}
	if *text == "" {
		return wrongUse("-p is missing")
	}
	if *length < 0 {
		return wrongUse("-n is %d: it must be at least 0", *length)
	}
	path, err := findModel(*model)
	if err != nil {
		return err
	}

	ctx, stop := interruptible()
	defer stop()
	m, err := engine.Load(ctx, path, engine.LoadOptions{Cache: packedFolder()})
	if err != nil {
		return err
	}
	defer m.Close()
	ids, err := promptOf(m, *text, *raw)
	if err != nil {
		return about(path, err)
	}
	a := answer{model: m, cache: *cache, prompt: ids}
	if a.adapters, err = adapted(m, *adapters); err != nil {
		return err
	}
	a.options.MaxTokens = *length
	a.options.Sampling = m.Sampling()
	a.options.Sampling.Seed = rand.Uint64()
	for _, set := range *sampling {
		set(&a.options.Sampling)
	}
	err = a.write(ctx, c.out)
	if *stats && a.tokens > 0 {
		fmt.Fprintln(c.err, a.stats())
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // the user has read enough
	}
	return about(path, err)
}

// samplingFlags adds the flags that override the model's own sampling, and returns what they do.
func samplingFlags(c *call) *[]func(*sample.Params) {
	overrides := &[]func(*sample.Params){}
	number := func(name, usage string, set func(p *sample.Params, x float32)) {
		c.Func(name, usage, func(s string) error {
			x, err := strconv.ParseFloat(s, 32)
			if err != nil {
				return errors.New("not a number")
			}
			*overrides = append(*overrides, func(p *sample.Params) { set(p, float32(x)) })
			return nil
		})
	}
	number("temp", "`TEMPERATURE`; 0: always the most likely token", func(p *sample.Params, x float32) { p.Temperature = x })
	number("top-p", "sample from the most likely tokens with this `SHARE` of the probability", func(p *sample.Params, x float32) {
		p.TopP = cmp.Or(x, math.SmallestNonzeroFloat32) // 0 leaves the most likely token; in Params it is off
	})
	number("min-p", "sample from tokens with this `SHARE` of the most likely one's probability", func(p *sample.Params, x float32) { p.MinP = x })
	c.Func("top-k", "sample from the `K` most likely tokens; 0: from all", func(s string) error {
		k, err := strconv.Atoi(s)
		*overrides = append(*overrides, func(p *sample.Params) { p.TopK = k })
		return err
	})
	c.Func("seed", "`SEED` of the random numbers, for the same answer again", func(s string) error {
		seed, err := strconv.ParseUint(s, 10, 64)
		*overrides = append(*overrides, func(p *sample.Params) { p.Seed = seed })
		return err
	})
	return overrides
}

// promptOf turns the user's text into ids: as the only message of a chat, or raw behind the BOS token.
func promptOf(m *engine.Model, text string, raw bool) ([]tokenizer.ID, error) {
	t := m.Tokenizer()
	if raw {
		var ids []tokenizer.ID
		if bos, ok := m.BOS(); ok {
			ids = append(ids, bos)
		}
		return append(ids, t.Encode(text)...), nil
	}
	segments, err := m.Chat().Render([]chat.Message{{Role: chat.User, Text: text}}, true)
	if err != nil {
		return nil, err
	}
	return chat.Encode(t, segments), nil
}

// answer is one answer of a model and, when it has been written, how long that took.
type answer struct {
	model    *engine.Model
	cache    kernels.Type
	adapters []engine.Applied
	prompt   []tokenizer.ID
	options  engine.GenerateOptions

	tokens int
	first  time.Duration // from the start to the first token
	rest   time.Duration // for the others
}

// write streams the answer to w and ends it with a line break, also when it breaks off.
func (a *answer) write(ctx context.Context, w io.Writer) error {
	s, err := a.model.NewSession(engine.SessionOptions{ContextLength: a.contextLength(), CacheType: a.cache, Adapters: a.adapters})
	if err != nil {
		return err
	}
	defer s.Close()
	decoder := tokenizer.NewDecoder(a.model.Tokenizer())
	start := time.Now()
	for token, failure := range s.Generate(ctx, a.prompt, a.options) {
		if failure != nil {
			err = failure
			break
		}
		if a.tokens++; a.tokens == 1 {
			a.first = time.Since(start)
		}
		if _, err := io.WriteString(w, decoder.Push(token.ID)); err != nil {
			return err
		}
		a.rest = time.Since(start) - a.first
	}
	if _, writeErr := io.WriteString(w, decoder.Flush()+"\n"); err == nil {
		err = writeErr
	}
	return err
}

// contextLength has room for the prompt and the answer, as far as the model has it.
func (a *answer) contextLength() int {
	const usual, answer = 4096, 1024
	n := len(a.prompt) + answer
	if a.options.MaxTokens > 0 {
		n = len(a.prompt) + a.options.MaxTokens
	}
	return min(max(n, usual), a.model.Info().ContextLength)
}

func (a *answer) stats() string {
	info := a.model.Info()
	return fmt.Sprintf("prompt %d tokens, first token after %.2f s; answer %d tokens, %.1f tokens/s; seed %d, %d threads, kernels %s",
		len(a.prompt), a.first.Seconds(), a.tokens, float64(a.tokens-1)/max(a.rest.Seconds(), 1e-9),
		a.options.Sampling.Seed, info.Threads, info.Kernels)
}
