package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"lamplight/kernels"
	"lamplight/library"
)

func quantize(c *call) error {
	var names []string
	for _, r := range library.Recipes() {
		names = append(names, r.Name)
	}
	name := c.String("type", "", "`TYPE` of the result: "+strings.Join(names, ", ")+"; original keeps the weights as they are")
	paths, err := c.parse("IN", "OUT.gguf")
	if err != nil {
		return err
	}
	if *name == "" {
		return wrongUse("-type is missing: %s", strings.Join(names, ", "))
	}
	recipe, err := library.ParseRecipe(*name)
	if err != nil {
		return usageError{err}
	}
	in, out := paths[0], paths[1]

	ctx, stop := interruptible()
	defer stop()
	pool := kernels.NewPool(runtime.GOMAXPROCS(0))
	defer pool.Close()
	meter := newMeter(c.err)
	for p, err := range library.Quantize(ctx, in, out, recipe, pool) {
		if err != nil {
			meter.clear()
			return about(in, err)
		}
		meter.show(p.Done, p.Total, p.Tensor)
	}
	meter.clear()
	return c.reportFile(out)
}

// reportFile says how large a file is that was written.
func (c *call) reportFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.err, "%s: %.1f MB\n", path, float64(info.Size())/1e6)
	return nil
}
