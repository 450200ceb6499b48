package library

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A cancelled context ends the import with its error, at whatever step, and nothing is left behind.
func TestImportCancelled(t *testing.T) {
	forEachStep(t, func(t *testing.T, l *Library, path string, step int) bool {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n, finished := 0, false
		_, _, err := drain(t, ctx, l, path, func(p Progress) {
			if n++; n == step {
				cancel()
			}
			finished = p.Stage == Done
		})
		if !finished {
			wantIs(t, err, context.Canceled)
		}
		return finished
	})
}

// Leaving the loop cancels too.
func TestImportLeft(t *testing.T) {
	forEachStep(t, func(t *testing.T, l *Library, path string, step int) bool {
		n, finished := 0, false
		for p, err := range l.Import(t.Context(), path, ImportOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			finished = p.Stage == Done
			if n++; n == step {
				break
			}
		}
		return finished
	})
}

// A panic in the loop's body cleans up as well.
func TestImportPanic(t *testing.T) {
	forEachStep(t, func(t *testing.T, l *Library, path string, step int) bool {
		n, finished := 0, false
		defer func() { recover() }()
		for p := range l.Import(t.Context(), path, ImportOptions{}) {
			finished = p.Stage == Done
			if n++; n == step && !finished {
				panic("in the body")
			}
		}
		return finished
	})
}

// forEachStep interrupts an import of a model that must be copied at its first step, its second and so on to
// the one that says Done, which is too late, and expects the library's folder to be as it was each time.
// Interrupt reports whether the import reached Done.
func forEachStep(t *testing.T, interrupt func(t *testing.T, l *Library, path string, step int) bool) {
	l, sources := openTemp(t)
	noLinks(l)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	steps := 0
	if _, _, err := drain(t, t.Context(), l, path, func(Progress) { steps++ }); err != nil {
		t.Fatal(err)
	}
	path = write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 2))
	before := tree(t, l.dir)
	for step := 1; step < steps; step++ {
		if interrupt(t, l, path, step) {
			t.Errorf("interrupted at step %d of %d, it went on to its end", step, steps)
		}
		wantTree(t, l.dir, before...)
		if t.Failed() {
			return
		}
	}
	if !interrupt(t, l, path, steps) {
		t.Error("it did not reach its end")
	}
}

func TestImportChangedSource(t *testing.T) {
	for _, links := range []bool{true, false} {
		for _, late := range []bool{false, true} { // after checking, after hashing
			t.Run(fmt.Sprint("linked=", links, ",late=", late), func(t *testing.T) {
				l, sources := openTemp(t)
				if !links {
					noLinks(l)
				}
				path := write(t, filepath.Join(sources, "tiny.gguf"), tinyGGUF(t, 1))
				old := stat(t, path).ModTime()
				_, _, err := drain(t, t.Context(), l, path, func(p Progress) {
					if p.Stage == Hashing && (late && p.Done == p.Total || !late && p.Done == 0) {
						write(t, path, tinyGGUF(t, 2))
						if err := os.Chtimes(path, old.Add(time.Second), old.Add(time.Second)); err != nil {
							t.Fatal(err)
						}
					}
				})
				wantIs(t, err, ErrChanged)
				wantTree(t, l.dir)
			})
		}
	}
}

// The hash is computed again while copying: a change that keeps size and time is seen.
func TestImportChangedBetweenHashAndCopy(t *testing.T) {
	l, sources := openTemp(t)
	noLinks(l)
	path := write(t, filepath.Join(sources, "tiny.gguf"), tinyGGUF(t, 1))
	old := stat(t, path).ModTime()
	_, _, err := drain(t, t.Context(), l, path, func(p Progress) {
		if p.Stage == Copying && p.Done == 0 {
			data := read(t, path)
			data[len(data)-1] ^= 1
			write(t, path, data)
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
		}
	})
	wantIs(t, err, ErrChanged)
	wantTree(t, l.dir)
}

// What the file system stored must be the file that was hashed.
func TestImportLinksAnotherFile(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "tiny.gguf"), tinyGGUF(t, 1))
	l.link = func(oldname, newname string) error {
		return os.WriteFile(newname, read(t, oldname), 0o600)
	}
	_, _, err := drain(t, t.Context(), l, path, nil)
	wantIs(t, err, ErrChanged)
	wantTree(t, l.dir)
}
