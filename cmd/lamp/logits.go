package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lamplight/engine"
	"lamplight/tokenizer"
)

func logits(c *call) error {
	model := c.modelFlag()
	list := c.String("ids", "", "token `IDS`, separated by commas")
	out := c.String("o", "", "`FILE` for float32, little endian, a row of the vocabulary for each position; - is standard output")
	adapters := c.adapterFlag()
	if _, err := c.parse(); err != nil {
		return err
	}
	ids, err := parseIDs(*list)
	if err != nil {
		return err
	}
	if *out == "" {
		return wrongUse("-o is missing")
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
	applied, err := adapted(m, *adapters)
	if err != nil {
		return err
	}
	s, err := m.NewSession(engine.SessionOptions{ContextLength: len(ids), Adapters: applied})
	if err != nil {
		return about(path, err)
	}
	defer s.Close()
	write := func(w io.Writer) error { return writeLogits(ctx, w, s, ids) }
	if *out == "-" {
		return about(path, write(c.out))
	}
	return about(path, writeAtomically(*out, write))
}

func parseIDs(list string) ([]tokenizer.ID, error) {
	if list == "" {
		return nil, wrongUse("-ids is missing")
	}
	var ids []tokenizer.ID
	for text := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
		if err != nil {
			return nil, wrongUse("-ids: %q is not a token id", text)
		}
		ids = append(ids, tokenizer.ID(id))
	}
	return ids, nil
}

func writeLogits(ctx context.Context, w io.Writer, s *engine.Session, ids []tokenizer.ID) error {
	b := bufio.NewWriterSize(w, 1<<20)
	for row, err := range s.Logits(ctx, ids) {
		if err != nil {
			return err
		}
		if err := binary.Write(b, binary.LittleEndian, row); err != nil {
			return err
		}
	}
	return b.Flush()
}

// writeAtomically makes the file at path, which is complete or not there.
func writeAtomically(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".lamp-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
