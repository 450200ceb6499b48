package library

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"testing"
)

// fullDisk takes limit bytes and then fails as a full file system does.
type fullDisk struct {
	bytes.Buffer
	limit int
}

func (d *fullDisk) Write(p []byte) (int, error) {
	if room := d.limit - d.Len(); len(p) > room {
		n, _ := d.Buffer.Write(p[:room])
		return n, &os.PathError{Op: "write", Path: "model.gguf", Err: syscall.ENOSPC}
	}
	return d.Buffer.Write(p)
}

func TestPourOntoFullDisk(t *testing.T) {
	steps := 0
	_, err := pour(&fullDisk{limit: copyChunk + 10}, bytes.NewReader(make([]byte, 3*copyChunk)), func(int) error {
		steps++
		return nil
	})
	if !isFull(err) || steps != 1 {
		t.Errorf("after %d chunks: %v", steps, err)
	}
}

func TestPourStops(t *testing.T) {
	stop := errors.New("stop")
	var w bytes.Buffer
	_, err := pour(&w, bytes.NewReader(make([]byte, 3*copyChunk)), func(int) error { return stop })
	if !errors.Is(err, stop) || w.Len() != copyChunk {
		t.Errorf("%d bytes, %v", w.Len(), err)
	}
}
