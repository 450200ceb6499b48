package library

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// copyChunk is how many bytes are read between two reports.
const copyChunk = 1 << 20

// store puts the files of the source into dir. A hard link is the same file under another name, so it is
// enough to see that it is still the file that was hashed; a copy is hashed again while it is written.
func (im *importer) store(dir string) error {
	var copies []*part
	var need int64
	for i := range im.parts {
		p := &im.parts[i]
		linked, err := im.linkPart(p, filepath.Join(dir, p.name))
		if err != nil {
			return err
		}
		if !linked {
			copies = append(copies, p)
			need += p.info.Size()
		}
	}
	if im.card.Linked = len(copies) == 0; im.card.Linked {
		return nil
	}
	if free, ok := freeSpace(dir); ok && need > free {
		return fmt.Errorf("%w: %d bytes are needed, %d are free", ErrNoSpace, need, free)
	}
	im.stage = Copying
	if err := im.report(0, need); err != nil {
		return err
	}
	var done int64
	for _, p := range copies {
		if err := im.copyPart(p, filepath.Join(dir, p.name), &done, need); err != nil {
			return fmt.Errorf("copy %s: %w", p.path, err)
		}
	}
	return im.dateFiles(dir)
}

// dateFiles writes on the card when the files in dir were changed, now that some are copies.
func (im *importer) dateFiles(dir string) error {
	for i := range im.card.Files {
		info, err := os.Stat(im.card.at(dir, i))
		if err != nil {
			return err
		}
		im.card.Files[i].Modified = modified(info)
	}
	return nil
}

// linkPart makes a hard link to a part. It reports false where that is not possible: on another file system,
// on one without hard links, or for a file of another user.
func (im *importer) linkPart(p *part, dst string) (bool, error) {
	file, err := filepath.EvalSymlinks(p.path) // a link to a symbolic link would be no link to the file
	if err != nil {
		return false, err
	}
	if err := im.l.link(file, dst); err != nil {
		return false, nil
	}
	info, err := os.Stat(dst)
	if err != nil {
		return false, err
	}
	return true, p.same(info)
}

// same reports with ErrChanged that a file is no longer the one that p was when the import began.
func (p *part) same(info os.FileInfo) error {
	if os.SameFile(p.info, info) && p.info.Size() == info.Size() && p.info.ModTime().Equal(info.ModTime()) {
		return nil
	}
	return fmt.Errorf("%s: %w", p.path, ErrChanged)
}

func (im *importer) copyPart(p *part, dst string, done *int64, total int64) error {
	f, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	sum, err := im.read(p, f, done, total)
	if err != nil {
		return err
	}
	if sum != p.sum {
		return ErrChanged
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// pour writes r to w, calls step with the size of every copyChunk, and returns the SHA-256 of what it wrote.
func pour(w io.Writer, r io.Reader, step func(n int) error) (string, error) {
	h := sha256.New()
	buf := make([]byte, copyChunk)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			h.Write(buf[:n])
			if _, err := w.Write(buf[:n]); err != nil {
				return "", err
			}
			if err := step(n); err != nil {
				return "", err
			}
		}
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
