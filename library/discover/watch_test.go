package discover

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"lamplight/internal/fixture"
)

// watching is a Watch under test.
type watching struct {
	t      *testing.T
	places []Place
	calls  chan bool
}

// watch starts a watch that waits only as long as it must, and ends it with the test.
func watch(t *testing.T, most int, places ...Place) *watching {
	t.Helper()
	u := &watching{t, places, make(chan bool, 100)}
	const moment = 5 * time.Millisecond
	w := watcher{places: places, most: most, between: moment, changed: func() { u.calls <- true },
		pace: pace{quiet: moment, longest: 10 * moment, still: moment}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan bool)
	go func() {
		w.run(ctx)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		for {
			select {
			case <-u.calls: // makes room for one that is being made
			case <-done:
				return
			}
		}
	})
	return u
}

// until waits to be called and scans, until these models are found.
func (u *watching) until(names ...string) {
	u.t.Helper()
	late := time.After(time.Minute) // a watch that never calls; nothing is measured
	var got []string
	for {
		select {
		case <-u.calls:
		case <-late:
			u.t.Fatalf("the last scan found %q, want %q", got, names)
		}
		got = nil
		for f := range Scan(context.Background(), u.places) {
			if f.Problem == nil {
				got = append(got, f.Name)
			}
		}
		slices.Sort(got)
		if slices.Equal(got, names) {
			return
		}
	}
}

func TestWatch(t *testing.T) {
	for name, most := range map[string]int{"told by the system": maxWatches, "looking every minute": 0} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			o := ollama{t, filepath.Join(root, "later", "ollama")}
			models, elsewhere := filepath.Join(root, "models"), filepath.Join(root, "elsewhere")
			if err := os.Mkdir(models, 0o755); err != nil {
				t.Fatal(err)
			}
			ready := write(t, filepath.Join(elsewhere, "ready.gguf"), tiny(t, 1))

			u := watch(t, most, Place{Path: models}, Place{App: Ollama, Path: o.dir})
			u.until()
			rename(t, ready, filepath.Join(models, "a.gguf")) // as at the end of a download
			u.until("a")
			write(t, filepath.Join(models, "x", "y", "b.gguf"), tiny(t, 2)) // in folders that were not there
			u.until("a", "b")
			o.tag(defaultHost+"/library/tiny/270m", ggufConfig, o.blob(modelLayer, tiny(t, 3))) // neither was the place
			u.until("a", "b", "tiny:270m")
			o.tag(defaultHost+"/library/tiny/1b", ggufConfig, o.blob(modelLayer, tiny(t, 4)))
			u.until("a", "b", "tiny:1b", "tiny:270m")
			remove(t, filepath.Join(models, "a.gguf"))
			u.until("b", "tiny:1b", "tiny:270m")
			rename(t, filepath.Join(models, "x"), filepath.Join(models, "z")) // the folder with b
			grow(t, filepath.Join(models, "z", "c.gguf"), tiny(t, 5))
			u.until("b", "c", "tiny:1b", "tiny:270m")
			rename(t, models, filepath.Join(root, "gone"))
			u.until("tiny:1b", "tiny:270m")
			write(t, filepath.Join(root, "gone", "d.gguf"), tiny(t, 7)) // else nothing has changed for who did not look meanwhile
			rename(t, filepath.Join(root, "gone"), models)
			u.until("b", "c", "d", "tiny:1b", "tiny:270m")
			if err := fixture.New(fixture.Options{Seed: 6}).WriteFolder(filepath.Join(models, "hf")); err != nil {
				t.Fatal(err)
			}
			u.until("b", "c", "d", "hf", "tiny:1b", "tiny:270m")
			remove(t, filepath.Join(root, "later"))
			u.until("b", "c", "d", "hf")
		})
	}
}

// A few folders more than may be watched: the rest is looked at.
func TestWatchesRunOut(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"1", "2", "3", "4"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	u := watch(t, 3, Place{Path: root})
	u.until()
	for i, name := range []string{"1", "4"} {
		write(t, filepath.Join(root, name, name+".gguf"), tiny(t, uint64(i)))
	}
	u.until("1", "4")
}

// What is watched is what a search reads, and no more than may be.
func TestArrange(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a", "b"} {
		write(t, filepath.Join(root, "m", name, "x.gguf"), nil)
	}
	places := []Place{{Path: filepath.Join(root, "m")}, {Path: filepath.Join(root, "no", "t")}, {Path: filepath.Join(root, "no", "r")}}
	w := watcher{places: places, most: 100}
	if w.arrange(t.Context()); !w.incomplete {
		t.Error("the system watches nothing, and nothing says that places must be looked at")
	}
	if watchesFiles {
		t.Skip("how much may be watched depends on the files here")
	}
	for _, c := range []struct {
		most    int
		watched []string
	}{{100, []string{".", "m", "m/a", "m/b"}}, {4, []string{".", "m", "m/a", "m/b"}}, {3, []string{"m", "m/a", "m/b"}}, {0, nil}} {
		notify, err := fsnotify.NewWatcher()
		if err != nil {
			t.Skip("the system has no watcher to give: ", err)
		}
		defer notify.Close()
		w := watcher{places: places, most: c.most, notify: notify}
		for range 2 { // the second time, nothing changes
			w.arrange(t.Context())
			var got []string
			for _, path := range notify.WatchList() {
				rel, err := filepath.Rel(root, path)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, filepath.ToSlash(rel))
			}
			if slices.Sort(got); !slices.Equal(got, c.watched) || w.incomplete != (len(c.watched) < 4) {
				t.Errorf("at most %d: %q are watched, incomplete %v", c.most, got, w.incomplete)
			}
		}
		w.places = nil
		if w.arrange(t.Context()); len(notify.WatchList()) > 0 {
			t.Errorf("%q are still watched", notify.WatchList())
		}
	}
}

// grow writes a file as a download does.
func grow(t *testing.T, path string, data []byte) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := range slices.Chunk(data, len(data)/20) {
		if _, err := f.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}
