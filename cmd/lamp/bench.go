package main

import (
	"fmt"

	"lamplight/engine"
	"lamplight/engine/measure"
)

func bench(c *call) error {
	model := c.modelFlag()
	var o measure.Options
	c.IntVar(&o.Prompt, "p", 512, "tokens of the prompt")
	c.IntVar(&o.Decode, "n", 128, "tokens of the answer, after the first")
	c.IntVar(&o.Threads, "t", 0, "threads; 0: one for each physical core")
	c.IntVar(&o.Repeat, "r", 5, "repetitions; the medians are shown")
	c.IntVar(&o.Sessions, "sessions", 0, "so many sessions that decode together are measured too")
	c.BoolVar(&o.Edit, "edit", false, "a text of 400 tokens repeated with three of them changed is measured too")
	c.BoolVar(&o.Roofline, "roofline", false, "what memory and multipliers can do at most is measured too")
	cache := c.cacheFlag()
	adapters := c.adapterFlag()
	asJSON := c.Bool("json", false, "print one JSON object to standard output")
	if _, err := c.parse(); err != nil {
		return err
	}
	if o.Prompt < 1 || o.Decode < 1 || o.Repeat < 1 {
		return wrongUse("-p, -n and -r must be at least 1")
	}
	path, err := findModel(*model)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	o.Cache, o.CacheType = packedFolder(), *cache
	if len(*adapters) > 0 {
		o.Adapt = func(m *engine.Model) ([]engine.Applied, error) { return adapted(m, *adapters) }
	}
	r, err := measure.Run(ctx, path, o)
	if err != nil {
		return about(path, err)
	}
	if *asJSON {
		return c.printJSON(r, "")
	}
	fmt.Fprintf(c.err, "prefill     %8.1f tokens/s, %d tokens\n", r.PrefillTokensPerSecond, r.PromptTokens)
	fmt.Fprintf(c.err, "decode      %8.1f tokens/s, %d tokens\n", r.DecodeTokensPerSecond, r.DecodeTokens)
	if r.Sessions > 0 {
		fmt.Fprintf(c.err, "together    %8.1f tokens/s, %d sessions, %.2f times one\n", r.TogetherTokensPerSecond, r.Sessions, r.TogetherOfOne)
	}
	if r.EditTokensPerSecond > 0 {
		fmt.Fprintf(c.err, "edit        %8.1f tokens/s, %.2f times without lookup\n", r.EditTokensPerSecond, r.EditOfPlain)
	}
	if r.AdaptedTokensPerSecond > 0 {
		fmt.Fprintf(c.err, "adapted     %8.1f tokens/s, %.3f times without adapters; reading a prompt %.3f times\n", r.AdaptedTokensPerSecond, r.AdaptedOfPlain, r.AdaptedPrefillOfPlain)
	}
	if r.ReadBytesPerSecond > 0 {
		fmt.Fprintf(c.err, "memory read %8.1f GB/s; decoding takes the file's bytes %.2f times as fast\n", r.ReadBytesPerSecond/1e9, r.DecodeOfBandwidth)
		fmt.Fprintf(c.err, "int8 peak   %8.1f GMAC/s; prefill reaches %.2f of it\n", r.Int8MACsPerSecond/1e9, r.PrefillOfPeak)
	}
	fmt.Fprintf(c.err, "load        %8.2f s\n", r.LoadSeconds)
	fmt.Fprintf(c.err, "first token %8.2f s\n", r.FirstTokenSeconds)
	fmt.Fprintf(c.err, "memory      %8.0f MB at most, threads %d, kernels %s\n", float64(r.PeakRSSBytes)/1e6, r.Threads, r.Kernels)
	return nil
}
