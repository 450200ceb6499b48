package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// digest identifies a model's content: the SHA-256 of its only file, or for several files the SHA-256 of
// their digests in hexadecimal, one a line, in order of name, which is what
//
//	sha256sum FILES | cut -c-64 | sha256sum
//
// prints. Names are no part of it, so that a renamed model is the same model.
func digest(files []File) string {
	if len(files) == 1 {
		return files[0].SHA256
	}
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintln(h, f.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// hash reads the source and completes the card with its digests.
func (im *importer) hash() error {
	if err := im.hashParts(im.parts); err != nil {
		return err
	}
	for i, p := range im.parts {
		im.card.Files[i].SHA256, im.card.Files[i].Modified = p.sum, modified(p.info)
	}
	im.card.SHA256 = digest(im.card.Files)
	return nil
}

// digestUnknown hashes the models whose cards had to be rebuilt, as far as their size makes it possible that
// they are the one that is being imported. The library is not locked.
func (l *Library) digestUnknown(ctx context.Context, bytes int64) error {
	models, err := l.models(l.look)
	if err != nil {
		return err
	}
	for _, m := range models {
		if m.Card.SHA256 != "" || m.Card.Bytes != bytes || m.Err() != nil {
			continue
		}
		folder := filepath.Join(l.dir, m.ID)
		if err := hashModel(ctx, folder, &m.Card); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			continue // it cannot be read, so it is not the model that is being imported
		}
		err := l.locked(func() error {
			if now, err := readCard(folder); err == nil { // the user may have written on it in the meantime
				now.Files, now.SHA256 = m.Card.Files, m.Card.SHA256
				m.Card = now
			}
			return l.writeCard(folder, &m.Card)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hashModel fills in the digests of a card from the files in folder.
func hashModel(ctx context.Context, folder string, c *Card) error {
	for i := range c.Files {
		f, err := os.Open(c.at(folder, i))
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err == nil {
			c.Files[i].Modified = modified(info)
			c.Files[i].SHA256, err = pour(io.Discard, f, func(int) error { return ctx.Err() })
		}
		f.Close()
		if err != nil {
			return err
		}
	}
	c.SHA256 = digest(c.Files)
	return nil
}
