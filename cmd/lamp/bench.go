package main

import (
	"fmt"

	"lamplight/engine/measure"
)

func bench(c *call) error {
	model := c.modelFlag()
	var o measure.Options
	c.IntVar(&o.Prompt, "p", 512, "tokens of the prompt")
	c.IntVar(&o.Decode, "n", 128, "tokens of the answer, after the first")
	c.IntVar(&o.Threads, "t", 0, "threads; 0: one for each physical core")
	c.IntVar(&o.Repeat, "r", 5, "repetitions; the medians are shown")
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
	r, err := measure.Run(ctx, path, o)
	if err != nil {
		return about(path, err)
	}
	if *asJSON {
		return c.printJSON(r, "")
	}
	fmt.Fprintf(c.err, "prefill     %8.1f tokens/s, %d tokens\n", r.PrefillTokensPerSecond, r.PromptTokens)
	fmt.Fprintf(c.err, "decode      %8.1f tokens/s, %d tokens\n", r.DecodeTokensPerSecond, r.DecodeTokens)
	fmt.Fprintf(c.err, "load        %8.2f s\n", r.LoadSeconds)
	fmt.Fprintf(c.err, "first token %8.2f s\n", r.FirstTokenSeconds)
	fmt.Fprintf(c.err, "memory      %8.0f MB at most, threads %d, kernels %s\n", float64(r.PeakRSSBytes)/1e6, r.Threads, r.Kernels)
	return nil
}
