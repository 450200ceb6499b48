package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"lamplight/engine/internal/container"
	"lamplight/engine/source"
	"lamplight/kernels"
)

// This file keeps arranged weights on disk, so that they are arranged once and only read ever after. They are read
// into memory of huge pages rather than mapped: decoding reads all of them for every token, and is a seventh slower
// from a mapped file, whose pages are small. A file is called after the SHA-256 of the model's content, the kernels
// and the layout's version, and holds:
//
//	magic [8], version u32, parts u32, name of the kernels [16], SHA-256 of the model [32]
//	for each part: offset u64, size u64, CRC-32C u32, zero u32
//	CRC-32C of all of this u32, zeros up to a multiple of 4,096, then the parts, each at a multiple of 64
//
// All numbers are little endian. Every checksum is looked at when the file is read; a file that is not as it should be
// is made anew. Nothing is lost when it is deleted.

const (
	packedMagic = "LAMPPACK"
	packedHead  = 64
	packedEntry = 24
	packedAlign = 64
	packedPage  = 4096 // the parts begin at a multiple of it
)

// arranged is where the arranged form of one matrix goes, in the order of the forward pass.
type arranged struct {
	m    kernels.Matrix
	to   *kernels.Packed
	head *kernels.Head // instead of to
}

func (a arranged) size(k kernels.Kernels) int {
	if a.head != nil {
		return k.HeadSize(a.m)
	}
	return k.PackedSize(a.m)
}

// arrange fills in the arranged form from memory, computing it if it is not there yet.
func (a arranged) arrange(ctx context.Context, k kernels.Kernels, memory []byte, there bool, pool *kernels.Pool) {
	switch {
	case a.head != nil && there:
		*a.head = k.ArrangedHead(a.m, memory)
	case a.head != nil:
		*a.head = k.PackHead(ctx, a.m, memory, pool)
	case there:
		*a.to = k.Arranged(a.m, memory)
	default:
		*a.to = k.Pack(ctx, a.m, memory, pool)
	}
}

// packing is the arranging of one model.
type packing struct {
	ctx   context.Context
	src   *source.Source
	parts []arranged
	k     kernels.Kernels
	pool  *kernels.Pool
	key   string // SHA-256 of the model, hexadecimal
}

// load arranges all parts in memory that the caller closes, nil if there is nothing to arrange. With a folder they are
// taken from there, or kept there for the next time.
func (p packing) load(folder string) (_ *container.Memory, err error) {
	header, offsets, size := p.layout()
	if size == 0 {
		p.arrange(nil, offsets, false)
		return nil, nil
	}
	m, err := container.NewMemory(size)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	data := m.Bytes()[:size]
	path := filepath.Join(folder, fmt.Sprintf("%s-%s-%d", p.key, p.k.Name, kernels.LayoutVersion))
	if folder != "" && p.read(path, header, data, offsets) == nil {
		p.arrange(data, offsets, true)
		now := time.Now()
		_ = os.Chtimes(path, now, now) // for tidy
		return m, p.ctx.Err()
	}
	clear(data)
	err = container.Guard(func() error { // of the model's file, which may be cut short while it is read
		p.arrange(data, offsets, false)
		return p.ctx.Err()
	})
	if err == nil && folder != "" && p.write(path, header, data, offsets) == nil {
		tidy(folder, path)
	}
	return m, err
}

// arrange fills in the parts, from data or, if they are not there yet, from the model.
func (p packing) arrange(data []byte, offsets []int, there bool) {
	defer p.releasing()()
	for i, a := range p.parts {
		a.arrange(p.ctx, p.k, data[offsets[i]:][:a.size(p.k)], there, p.pool)
	}
}

// releasing gives back the memory of the model's files, of which nothing is read twice, again and again until the
// function that it returns is called: most of a model is one matrix, as large as all that is made of it.
func (p packing) releasing() (end func()) {
	const every = 10 * time.Millisecond // some megabytes
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.src.Release()
			case <-done:
				p.src.Release()
				return
			}
		}
	})
	return func() {
		close(done)
		ended.Wait()
	}
}

// layout returns the header with all checksums zero, where every part begins in the data behind it, and how much that
// is; 0 if no part needs any.
func (p packing) layout() (header []byte, offsets []int, size int) {
	le := binary.LittleEndian
	header = append(header, packedMagic...)
	header = le.AppendUint32(header, kernels.LayoutVersion)
	header = le.AppendUint32(header, uint32(len(p.parts)))
	header = append(header, make([]byte, 16+32)...)
	copy(header[16:32], p.k.Name)
	key, _ := hex.DecodeString(p.key)
	copy(header[32:64], key)
	for _, a := range p.parts {
		n := a.size(p.k)
		offsets = append(offsets, size)
		header = le.AppendUint64(header, uint64(size))
		header = le.AppendUint64(header, uint64(n))
		header = le.AppendUint64(header, 0)
		size = align(size+n, packedAlign)
	}
	return header, offsets, size
}

func align(n, to int) int { return (n + to - 1) / to * to }

var errPacked = errors.New("not the arranged weights of this model")

// read fills data from the file at path and checks it.
func (p packing) read(path string, header, data []byte, offsets []int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	start := align(len(header)+4, packedPage)
	if info, err := f.Stat(); err != nil || info.Size() != int64(start+len(data)) {
		return errPacked
	}
	found := make([]byte, len(header)+4)
	if _, err := f.ReadAt(found, 0); err != nil {
		return err
	}
	sums, err := p.checksums(data, offsets, func(chunk []byte, at int) error {
		_, err := f.ReadAt(chunk, int64(start+at))
		return err
	})
	if err == nil && !bytes.Equal(found, seal(header, sums)) {
		err = errPacked
	}
	return err
}

// write puts data into the file at path, whole or not at all.
func (p packing) write(path string, header, data []byte, offsets []int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".draft-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	sums, _ := p.checksums(data, offsets, func([]byte, int) error { return nil })
	head := make([]byte, align(len(header)+4, packedPage))
	copy(head, seal(header, sums))
	_, err = f.Write(head)
	if err == nil {
		_, err = f.Write(data)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// seal returns the header with the checksums of the parts and its own.
func seal(header []byte, sums []uint32) []byte {
	header = slices.Clone(header)
	for i, s := range sums {
		binary.LittleEndian.PutUint32(header[packedHead+packedEntry*i+16:], s)
	}
	return binary.LittleEndian.AppendUint32(header, crc32.Checksum(header, castagnoli))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksumChunk is how much of a part one thread takes at a time. The checksum of a part is that of the checksums of
// its chunks, so that all threads can work on one part.
const checksumChunk = 4 << 20

// checksums returns the checksum of every part of data, after fill has brought a chunk and its place in data.
func (p packing) checksums(data []byte, offsets []int, fill func(chunk []byte, at int) error) ([]uint32, error) {
	type chunk struct{ part, from, to int }
	var chunks []chunk
	for i, a := range p.parts {
		end := offsets[i] + a.size(p.k)
		for from := offsets[i]; from < end; from += checksumChunk {
			chunks = append(chunks, chunk{i, from, min(from+checksumChunk, end)})
		}
	}
	sums, errs := make([]uint32, len(chunks)), make([]error, len(chunks))
	p.pool.Run(len(chunks), 1, kernels.Range(func(lo, hi int) {
		for i := lo; i < hi; i++ {
			c := data[chunks[i].from:chunks[i].to]
			errs[i] = cmp.Or(p.ctx.Err(), fill(c, chunks[i].from))
			sums[i] = crc32.Checksum(c, castagnoli)
		}
	}))
	out := make([]uint32, len(p.parts))
	for i, c := range chunks {
		out[c.part] = crc32.Update(out[c.part], castagnoli, binary.LittleEndian.AppendUint32(nil, sums[i]))
	}
	return out, errors.Join(errs...)
}

// Files of arranged weights that were not used for so long, or of which there are more than so many, are deleted
// when another one is made.
const (
	packedAge  = 60 * 24 * time.Hour
	packedMost = 12
)

// tidy deletes old files in the folder, and drafts that a crash has left behind, but not keep.
func tidy(folder, keep string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	type file struct {
		path string
		used time.Time
	}
	var files []file
	for _, e := range entries {
		info, err := e.Info()
		path := filepath.Join(folder, e.Name())
		if err != nil || !info.Mode().IsRegular() || path == keep {
			continue
		}
		if strings.HasPrefix(e.Name(), ".draft-") {
			if time.Since(info.ModTime()) > time.Hour {
				os.Remove(path)
			}
			continue
		}
		files = append(files, file{path, info.ModTime()})
	}
	slices.SortFunc(files, func(a, b file) int { return b.used.Compare(a.used) })
	for i, f := range files {
		if i >= packedMost-1 || time.Since(f.used) > packedAge {
			os.Remove(f.path)
		}
	}
}

// contentKey returns the SHA-256 of the model's files, hexadecimal. Reading them all takes longer than mapping what
// was made of them, so the result is remembered in the folder under what the system says of the files.
func contentKey(folder string, files []string) (string, error) {
	identity := sha256.New()
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(identity, "%s\x00%d\x00%d\x00%v\x00", path, info.Size(), info.ModTime().UnixNano(), inode(info))
	}
	note := filepath.Join(folder, "key-"+hex.EncodeToString(identity.Sum(nil)))
	if data, err := os.ReadFile(note); err == nil && len(data) == 2*sha256.Size {
		return string(data), nil
	}
	content := sha256.New()
	for _, path := range slices.SortedFunc(slices.Values(files), cmp.Compare[string]) {
		if err := addContent(content, path); err != nil {
			return "", err
		}
	}
	key := hex.EncodeToString(content.Sum(nil))
	if os.MkdirAll(folder, 0o700) == nil {
		_ = os.WriteFile(note, []byte(key), 0o600) // half a note has the wrong length, and a lost one costs time only
	}
	return key, nil
}

func addContent(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
