package main

import (
	"lamplight/engine/adapter"
	"lamplight/engine/train"
)

func merge(c *call) error {
	model := c.modelFlag()
	paths, err := c.parse("ADAPTER", "OUT")
	if err != nil {
		return err
	}
	base, err := findModel(*model)
	if err != nil {
		return err
	}
	a, err := adapter.Open(paths[0])
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	return train.Merge(ctx, base, a, paths[1])
}
