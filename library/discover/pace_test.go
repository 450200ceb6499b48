package discover

import (
	"slices"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Moments at which something appears (a) or is written (w), and those at which it is told of.
func TestPace(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		name string
		a, w []int
		told []int
	}{
		{"nothing", nil, nil, nil},
		{"one", []int{3}, nil, []int{5}},
		{"two together", []int{3, 4}, nil, []int{6}},
		{"two apart", []int{3, 20}, nil, []int{5, 22}},
		{"many", moments(0, 24), nil, []int{10, 20, 25}},
		{"a write", nil, []int{3}, []int{13}},
		{"a download", []int{0}, moments(0, 60), []int{2, 69}},
		{"a slow download", nil, []int{0, 4, 8, 12}, []int{22}},
		{"another file during a download", []int{0, 30}, moments(0, 60), []int{2, 32, 69}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pace{quiet: 2 * time.Second, longest: 10 * time.Second, still: 10 * time.Second}
			var told []int
			for s := range 100 {
				now := start.Add(time.Duration(s) * time.Second)
				if p.tell(now) {
					told = append(told, s)
				}
				if slices.Contains(c.a, s) {
					p.appeared(now)
				}
				if slices.Contains(c.w, s) {
					p.wrote(now)
				}
			}
			if !slices.Equal(told, c.told) {
				t.Errorf("told of at %v, want %v", told, c.told)
			}
			if due, ok := p.due(); ok {
				t.Errorf("something is due at %v after all was told", due)
			}
		})
	}
}

func moments(from, to int) []int {
	var list []int
	for s := from; s < to; s++ {
		list = append(list, s)
	}
	return list
}

func TestLooker(t *testing.T) {
	l := looker{}
	for i, c := range []struct {
		sight sight
		want  bool
	}{
		{sight{0, 0}, false},
		{sight{1, 1}, true}, // a file appears
		{sight{1, 2}, false},
		{sight{1, 3}, false}, // it grows
		{sight{1, 3}, true},  // no longer
		{sight{1, 3}, false},
		{sight{2, 3}, true},
		{sight{1, 3}, true},
	} {
		if got := l.changed(c.sight); got != c.want {
			t.Errorf("look %d: %v", i, got)
		}
	}
}

// What happens beside models is not told of.
func TestNote(t *testing.T) {
	root := t.TempDir()
	o := ollama{t, root + "/ollama"}
	o.tag("h/n/m/tag", ggufConfig, o.blob(modelLayer, tiny(t, 1)))
	write(t, root+"/m/below/a.gguf", tiny(t, 1))
	w := watcher{places: []Place{{Path: root + "/m"}, {Path: o.dir}, {App: GPT4All, Path: root + "/not/there"}}, most: maxWatches}
	w.arrange(t.Context())
	const nothing, soon, still = "nothing", "soon", "when it is still"
	for _, c := range []struct {
		path string
		op   fsnotify.Op
		want string
	}{
		{"m/a.gguf", fsnotify.Create, soon},
		{"m/a.gguf", fsnotify.Remove, soon},
		{"m/a.gguf", fsnotify.Rename, soon},
		{"m/a.gguf", fsnotify.Write, still},
		{"m/a.gguf", fsnotify.Chmod, still},
		{"m/below/model.safetensors", fsnotify.Create, soon},
		{"m/below", fsnotify.Remove, soon},
		{"m/below", fsnotify.Chmod, soon},
		{"m", fsnotify.Rename, soon},
		{"m/letter.txt", fsnotify.Create, nothing},
		{"m/.hidden.gguf", fsnotify.Create, nothing},
		{"m/a.gguf.part", fsnotify.Create, soon},
		{"m/a.gguf.part", fsnotify.Write, nothing},
		{"m/elsewhere/a.gguf", fsnotify.Create, nothing},
		{"ollama/manifests/h/n/m/other", fsnotify.Create, soon},
		{"ollama/manifests/h/n/m/tag", fsnotify.Write, still},
		{"ollama/blobs/sha256-x-partial", fsnotify.Write, nothing},
		{"not", fsnotify.Create, soon},
		{"nothing", fsnotify.Create, nothing},
		{"a.gguf", fsnotify.Create, nothing},
	} {
		w.pace = pace{}
		w.note(fsnotify.Event{Name: root + "/" + c.path, Op: c.op})
		got := nothing
		switch {
		case !w.pace.first.IsZero():
			got = soon
		case !w.pace.written.IsZero():
			got = still
		}
		if got != c.want {
			t.Errorf("%v of %s is told of %s, want %s", c.op, c.path, got, c.want)
		}
	}
}
