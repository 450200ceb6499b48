package gguf

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
)

// Metadata of the parts of a split file, as llama.cpp's gguf-split writes it.
const (
	splitNoKey      = "split.no"            // 0-based
	splitCountKey   = "split.count"         // parts
	splitTensorsKey = "split.tensors.count" // in all parts together
)

const maxParts = 99_999 // what five digits of the name can count

// splitName is the name of a part: PREFIX-00001-of-00003.gguf.
var splitName = regexp.MustCompile(`^(.+)-(\d{5})-of-(\d{5})(\.(?i:gguf))$`)

// split returns the 0-based number of this part and how many there are; 0, 1 for a file that is not split.
func (f *File) split() (no, count int, err error) {
	parts, err := f.Uint(splitCountKey)
	if errors.Is(err, ErrNoKey) {
		return 0, 1, nil
	}
	if err != nil {
		return 0, 0, err
	}
	if parts <= 1 {
		return 0, 1, nil
	}
	n, err := f.Uint(splitNoKey)
	if err != nil && !errors.Is(err, ErrNoKey) {
		return 0, 0, err
	}
	if parts > maxParts || n >= parts || err != nil {
		return 0, 0, fmt.Errorf("gguf: %s: part %d of %d: %w", f.name, n, parts, ErrCorrupt)
	}
	return int(n), int(parts), nil
}

// openSplit opens the other parts of a split file, of which first is number no, and joins them. It owns
// first.
func openSplit(first *File, no, count int) (_ *File, err error) {
	parts := make([]*File, count)
	parts[no] = first
	defer func() {
		if err == nil {
			return
		}
		for _, p := range parts {
			if p != nil {
				p.Close()
			}
		}
	}()
	path := first.paths[0]
	m := splitName.FindStringSubmatch(filepath.Base(path))
	if m == nil || m[2] != fmt.Sprintf("%05d", no+1) || m[3] != fmt.Sprintf("%05d", count) {
		return nil, fmt.Errorf("gguf: %s is part %d of %d and should be called NAME-%05d-of-%05d.gguf: %w",
			path, no+1, count, no+1, count, ErrMissingPart)
	}
	for i := range parts {
		if parts[i] != nil {
			continue
		}
		name := fmt.Sprintf("%s-%05d-of-%s%s", m[1], i+1, m[3], m[4])
		if parts[i], err = openPart(filepath.Join(filepath.Dir(path), name), i, count); err != nil {
			return nil, err
		}
	}
	return join(parts)
}

func openPart(path string, no, count int) (*File, error) {
	f, err := openOne(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("gguf: %s is not there: %w", path, ErrMissingPart)
	}
	if err != nil {
		return nil, err
	}
	n, c, err := f.split()
	if err == nil && (n != no || c != count) {
		err = fmt.Errorf("gguf: %s says it is part %d of %d: %w", path, n+1, c, ErrMissingPart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// join makes one file of the parts: the metadata of the first and all tensors.
func join(parts []*File) (*File, error) {
	whole := *parts[0]
	whole.tensors, whole.mapped, whole.paths, whole.size = nil, nil, nil, 0
	whole.index = map[string]int{}
	for _, p := range parts {
		for _, t := range p.tensors {
			if _, twice := whole.index[t.Name]; twice {
				return nil, fmt.Errorf("gguf: %s: tensor %q is in another part too: %w", p.name, t.Name, ErrCorrupt)
			}
			whole.index[t.Name] = len(whole.tensors)
			whole.tensors = append(whole.tensors, t)
		}
		whole.mapped = append(whole.mapped, p.mapped...)
		whole.paths = append(whole.paths, p.paths...)
		whole.size += p.size
	}
	for _, p := range parts {
		total, err := p.Uint(splitTensorsKey)
		if err != nil && !errors.Is(err, ErrNoKey) {
			return nil, err
		}
		if err == nil && total != uint64(len(whole.tensors)) {
			return nil, fmt.Errorf("gguf: %s: its set has %s tensors and %d were found: %w",
				p.name, strconv.FormatUint(total, 10), len(whole.tensors), ErrMissingPart)
		}
	}
	return &whole, nil
}
