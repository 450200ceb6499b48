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
	"unsafe"

	"lamplight/engine/internal/container"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// A prefix that many prompts share, such as a long instruction, can be kept on disk instead of being read by the
// model again. The file, little endian:
//
//	magic [8], number of tokens u32, zero u32, identity of the model and the cache's shape [32]
//	token ids, u32 each
//	for every layer and KV head: keys and values of the tiles that the next token sees, IEEE halves as kernels.Cache
//	has them
//	CRC-32C of all of this u32

const prefixMagic = "LAMPPRE1"

// ErrPrefix is returned for a file that is no prefix of this model, or a damaged one.
var ErrPrefix = errors.New("not a saved prefix of this model")

// identity is the model and the kernels, whose caches differ in their last bits, and how the cache lies.
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
	return h.Sum(nil)
}

// eachRun calls f with all keys and values that the token after the first n sees.
func (s *Session) eachRun(n int, f func(run []uint16) error) (err error) {
	for l := range s.cache.layers {
		layer := &s.cache.layers[l]
		for h := range layer.heads {
			layer.heads[h].EachTile(max(0, n+1-layer.window), n, func(run []uint16) {
				if err == nil {
					err = f(run)
				}
			})
		}
	}
	return err
}

// bytesOf returns the memory of halves. Files hold them as this processor does: little endian, which all are that
// the program runs on.
func bytesOf(h []uint16) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(h))), 2*len(h))
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
	head = append(binary.LittleEndian.AppendUint32(head, 0), s.identity()...)
	for _, id := range s.ids {
		head = binary.LittleEndian.AppendUint32(head, uint32(id))
	}
	if _, err = out.Write(head); err == nil {
		err = s.eachRun(len(s.ids), func(run []uint16) error {
			_, err := out.Write(bytesOf(run))
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
// ErrPrefix for a file of another model, of other kernels, or a damaged one, with ErrContextFull if the session is too
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
	body, n := data[:len(data)-4], int(binary.LittleEndian.Uint32(data[8:]))
	if n > s.context {
		return fmt.Errorf("%d tokens, context of %d: %w", n, s.context, ErrContextFull)
	}
	want := head + 4*n
	s.eachRun(n, func(run []uint16) error { want += 2 * len(run); return nil })
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
	err := s.eachRun(n, func(run []uint16) error {
		rest = rest[copy(bytesOf(run), rest):]
		return nil
	})
	s.oldest = s.seen(n)
	return err
}
