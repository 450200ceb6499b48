package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lamplight/assets"
	"lamplight/engine/measure"
)

// maxText is the most bytes of a text to measure on: a long novel.
const maxText = 4 << 20

// reading is a text and how it is to be read.
type reading struct {
	file    *string
	options measure.TextOptions
}

func (c *call) readingFlags() *reading {
	r := &reading{}
	r.file = c.String("text", "", "`FILE` to read; without it, a text that comes with lamp")
	c.IntVar(&r.options.Chunk, "c", 0, "tokens that are read at a time; 0: 512, or less for a model with a short context")
	c.IntVar(&r.options.Threads, "t", 0, "threads; 0: one for each physical core")
	return r
}

// textFacts say which text was read.
type textFacts struct {
	Text   string `json:"text"`
	SHA256 string `json:"text_sha256"`
}

// open returns the text.
func (r *reading) open() (text string, facts textFacts, err error) {
	text, facts.Text = assets.ReceiptText(), assets.ReceiptName
	if *r.file != "" {
		f, err := os.Open(*r.file)
		if err != nil {
			return "", facts, err
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxText+1))
		if err != nil {
			return "", facts, err
		}
		if len(data) > maxText {
			return "", facts, fmt.Errorf("%s is longer than %d MiB: use a part of it", *r.file, maxText>>20)
		}
		text, facts.Text = strings.ToValidUTF8(string(data), "\uFFFD"), filepath.Base(*r.file)
	}
	sum := sha256.Sum256([]byte(text))
	facts.SHA256 = hex.EncodeToString(sum[:])
	return text, facts, nil
}

// measure reads the text with the model at path, shows how far f is with it, and prints what f returns. Facts are
// those of the text.
func (r *reading) measure(c *call, path string, f func(ctx context.Context, text string, facts textFacts) (any, error)) error {
	text, facts, err := r.open()
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	meter := newMeter(c.err)
	r.options.Step = func(done, total int) error {
		meter.show(int64(done), int64(total), "read")
		return nil
	}
	result, err := f(ctx, text, facts)
	meter.clear()
	if err != nil {
		return about(path, err)
	}
	return c.printJSON(result, "  ")
}

func perplexity(c *call) error {
	model := c.modelFlag()
	r := c.readingFlags()
	if _, err := c.parse(); err != nil {
		return err
	}
	path, err := findModel(*model)
	if err != nil {
		return err
	}
	return r.measure(c, path, func(ctx context.Context, text string, facts textFacts) (any, error) {
		p, err := measure.ReadText(ctx, path, text, r.options)
		return struct {
			textFacts
			measure.Perplexity
		}{facts, p}, err
	})
}

func kl(c *call) error {
	model := c.modelFlag()
	base := c.String("ref", "", "`MODEL` that the other one is held against")
	speed := c.Bool("speed", false, "measure the tokens per second of both as well")
	r := c.readingFlags()
	if _, err := c.parse(); err != nil {
		return err
	}
	if *base == "" {
		return wrongUse("-ref is missing")
	}
	path, err := findModel(*model)
	if err != nil {
		return err
	}
	basePath, err := findModel(*base)
	if err != nil {
		return err
	}
	return r.measure(c, path, func(ctx context.Context, text string, facts textFacts) (any, error) {
		result, err := measure.Compare(ctx, path, basePath, text, measure.CompareOptions{TextOptions: r.options, Speed: *speed})
		return struct {
			textFacts
			measure.Comparison
		}{facts, result}, err
	})
}
