package engine

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"lamplight/engine/internal/container"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// A prefix that many prompts share, such as a long instruction, can be kept on disk instead of being read by the
// model again. The file, little endian:
//
//	magic [8], number of tokens u32, type of keys and values u32 (1: F16, 8: Q8_0), identity of the model and the cache's shape [32]
//	token ids, u32 each
//	for every layer and KV head: keys and values of the tiles that the next token sees, as kernels.Cache has them in
//	memory: all processors that the program runs on are little endian
//	CRC-32C of all of this u32

const prefixMagic = "LAMPPRE1"

// ErrPrefix is returned for a file that is no prefix of this model and type of KV cache, or a damaged one.
var ErrPrefix = errors.New("not a saved prefix of this model")

// identity is the model with the session's adapters, the kernels, whose caches differ in their last bits, and how the
// cache lies.
func (s *Session) identity() []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%v|%v|%s|%d", s.m.cfg, s.m.info.Bytes, s.m.k.Name, kernels.CacheTile)
	w := &s.m.w.layers[0]
	for _, v := range [][]float32{w.attnNorm, w.ffnNorm, s.m.w.outputNorm} {
		binary.Write(h, binary.LittleEndian, v)
	}
	row := make([]float32, s.m.cfg.Hidden)
	for id := 0; id < s.m.cfg.Vocab; id += max(1, s.m.cfg.Vocab/64) {
		s.m.w.embedding(row, id)
		binary.Write(h, binary.LittleEndian, row)
	}
	for _, a := range s.applied {
		h.Write(a.Adapter.digest[:])
		binary.Write(h, binary.LittleEndian, a.Strength)
	}
	return h.Sum(nil)
}

// eachRun calls f with all keys and values that the token after the first n sees.
func (s *Session) eachRun(n int, f func(run []byte) error) (err error) {
	for l := range s.cache.layers {
		layer := &s.cache.layers[l]
		for h := range layer.heads {
			layer.heads[h].EachTile(max(0, n+1-layer.window), n, func(run []byte) {
				if err == nil {
					err = f(run)
				}
			})
		}
	}
	return err
}

// SavePrefix writes what the session's cache holds to path, whole or not at all, with mode 0600: keys and values are
// the user's words in another form. It fails with ErrBusy while a generation runs.
func (s *Session) SavePrefix(path string) (err error) {
	if err := s.acquire(); err != nil {
		return err
	}
	defer s.release()
	f, err := os.CreateTemp(filepath.Dir(path), ".prefix-*")
	if err != nil {
		return fmt.Errorf("engine: save prefix: %w", err)
	}
	defer os.Remove(f.Name())
	sum := crc32.New(castagnoli)
	buffer := bufio.NewWriterSize(f, 1<<20)
	out := io.MultiWriter(buffer, sum)
	head := binary.LittleEndian.AppendUint32([]byte(prefixMagic), uint32(len(s.ids)))
	head = append(binary.LittleEndian.AppendUint32(head, uint32(s.cache.kind())), s.identity()...)
	for _, id := range s.ids {
		head = binary.LittleEndian.AppendUint32(head, uint32(id))
	}
	if _, err = out.Write(head); err == nil {
		err = s.eachRun(len(s.ids), func(run []byte) error {
			_, err := out.Write(run)
			return err
		})
	}
	if err == nil {
		_, err = buffer.Write(sum.Sum(nil))
	}
	for _, step := range []func() error{buffer.Flush, f.Sync, f.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("engine: save prefix: %w", err)
	}
	return nil
}

// LoadPrefix replaces what the session's cache holds by what SavePrefix has written, so that a prompt which begins
// with these tokens is read from there on. The file is mapped and checked before anything changes. It fails with
// ErrPrefix for a file of another model, of other kernels, of another type of KV cache, or a damaged one, with ErrContextFull if the session is too
// short for it, and with ErrBusy while a generation runs.
func (s *Session) LoadPrefix(path string) error {
	if err := s.acquire(); err != nil {
		return err
	}
	defer s.release()
	f, err := container.Open(path)
	if err != nil {
		return fmt.Errorf("engine: load prefix: %w", err)
	}
	defer f.Close()
	if err := container.Guard(func() error { return s.restorePrefix(f.Bytes()) }); err != nil {
		s.forget()
		return fmt.Errorf("engine: load prefix: %s: %w", path, err)
	}
	return nil
}

func (s *Session) restorePrefix(data []byte) error {
	const head = 48
	if len(data) < head+4 || string(data[:8]) != prefixMagic || string(data[16:48]) != string(s.identity()) {
		return ErrPrefix
	}
	if t := binary.LittleEndian.Uint32(data[12:]); t != uint32(s.cache.kind()) {
		return fmt.Errorf("keys and values of type %d, the KV cache has %d (%s): %w", t, s.cache.kind(), s.cache.kind(), ErrPrefix)
	}
	body, n := data[:len(data)-4], int(binary.LittleEndian.Uint32(data[8:]))
	if n > s.context {
		return fmt.Errorf("%d tokens, context of %d: %w", n, s.context, ErrContextFull)
	}
	want := head + 4*n
	s.eachRun(n, func(run []byte) error { want += len(run); return nil })
	sum := crc32.New(castagnoli)
	sum.Write(body)
	if len(body) != want || string(sum.Sum(nil)) != string(data[len(body):]) {
		return ErrPrefix
	}
	s.forget()
	for i := range n {
		id := tokenizer.ID(binary.LittleEndian.Uint32(body[head+4*i:]))
		if id < 0 || int(id) >= s.m.cfg.Vocab {
			return ErrPrefix
		}
		s.ids = append(s.ids, id)
	}
	rest := body[head+4*n:]
	err := s.eachRun(n, func(run []byte) error {
		rest = rest[copy(run, rest):]
		return nil
	})
	s.oldest = s.seen(n)
	return err
}
