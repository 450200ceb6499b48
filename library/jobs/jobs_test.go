package jobs

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lamplight/assets"
	"lamplight/engine/measure"
	"lamplight/internal/fixture"
	"lamplight/library"
)

// place is a library with one model, and a folder for the queue.
type place struct {
	dir   string
	lib   *library.Library
	model string // ID
}

func newPlace(t *testing.T) *place {
	t.Helper()
	root := t.TempDir()
	p := &place{dir: filepath.Join(root, "jobs")}
	lib, err := library.Open(filepath.Join(root, "library"))
	if err != nil {
		t.Fatal(err)
	}
	p.lib = lib
	p.model = p.add(t, fixture.Folder(t, fixture.Options{}))
	return p
}

func (p *place) add(t *testing.T, path string) string {
	t.Helper()
	for progress, err := range p.lib.Import(t.Context(), path, library.ImportOptions{Name: "Tiny"}) {
		if err != nil {
			t.Fatal(err)
		}
		if progress.Stage == library.Done {
			return progress.Model.ID
		}
	}
	t.Fatal("no end")
	return ""
}

func (p *place) open(t *testing.T, o Options) *Queue {
	t.Helper()
	o.Threads = 2
	q, err := Open(p.dir, p.lib, o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// start runs the queue; stop ends that, as the end of the program does.
func start(t *testing.T, q *Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	var stopped atomic.Bool
	stop = func() {
		if stopped.Swap(true) {
			return
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// until waits until is holds of the list of jobs. Whoever uses it makes the queue with the Options of a watcher.
type watcher chan struct{}

func newWatcher() watcher { return make(watcher, 1) }

func (w watcher) changed() {
	select {
	case w <- struct{}{}:
	default:
	}
}

func (w watcher) until(t *testing.T, q *Queue, is func([]Job) bool) []Job {
	t.Helper()
	for {
		if list := q.List(); is(list) {
			return list
		}
		select {
		case <-w:
		case <-t.Context().Done():
			t.Fatalf("the jobs are %+v", q.List())
		}
	}
}

func allEnded(list []Job) bool {
	return !slices.ContainsFunc(list, func(j Job) bool { return !j.ended() })
}

func mustAdd(t *testing.T, q *Queue, s Spec) int64 {
	t.Helper()
	id, err := q.Add(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func empty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("%s has %v, %v", dir, entries, err)
	}
}

// A model is quantized, gets its receipt, is verified and exported, and the folder it came from becomes a file.
func TestJobs(t *testing.T) {
	p, w := newPlace(t), newWatcher()
	q := p.open(t, Options{Changed: w.changed})
	out := filepath.Join(t.TempDir(), "out.gguf")
	quantize := mustAdd(t, q, Spec{Kind: Quantize, Model: p.model, Recipe: "q4_0", Text: textFile(t)})
	mustAdd(t, q, Spec{Kind: Verify, Model: p.model})
	mustAdd(t, q, Spec{Kind: Export, Model: p.model, Path: out})
	convert := mustAdd(t, q, Spec{Kind: Convert, Model: p.model, Recipe: library.Original, Name: "One file"})
	start(t, q)
	list := w.until(t, q, allEnded)
	if len(list) != 5 || list[4].Kind != Receipt {
		t.Fatalf("%+v", list)
	}
	for _, j := range list {
		if j.State != Done || j.Failure != nil || j.Ended.IsZero() {
			t.Errorf("%+v: %v", j, j.Failure)
		}
		if made := j.ID == quantize || j.ID == convert; made != (j.Result != "") {
			t.Errorf("job %d, %s, made %q", j.ID, j.Kind, j.Result)
		}
	}
	m, err := p.lib.Get(list[0].Result)
	if err != nil {
		t.Fatal(err)
	}
	base, err := p.lib.Get(p.model)
	if err != nil {
		t.Fatal(err)
	}
	if m.Card.Name != "Tiny Q4_0" || m.Card.Quantization != "Q4_0" || m.Card.Linked || m.Card.Source != base.Path {
		t.Errorf("%+v", m.Card)
	}
	r := m.Card.Receipt
	if r == nil || r.Source != "Tiny" || r.SourceSHA256 != base.Card.SHA256 || r.Text != "text.txt" || r.Tokens < 100 ||
		!(r.MeanKL > 0 && r.MeanKL < r.TailKL) || !(r.SameTop > 0.1) || !(r.Model.Perplexity > 1 && r.Base.Perplexity > 1) ||
		!(r.Model.BitsPerWeight < r.Base.BitsPerWeight) || !(r.Model.Decode > 0 && r.Base.Prefill > 0) {
		t.Errorf("%+v", r)
	}
	if one, err := p.lib.Get(list[3].Result); err != nil || one.Card.Name != "One file" || one.Card.Quantization != "BF16" || one.Card.Receipt != nil {
		t.Errorf("%+v, %v", one.Card, err)
	}
	if _, err := measure.ReadText(t.Context(), out, fixture.Text(30), measure.TextOptions{}); err != nil {
		t.Errorf("what was exported: %v", err)
	}
	empty(t, filepath.Join(p.dir, workName))

	// What has ended is still there after a restart, until it is dismissed.
	again := p.open(t, Options{})
	if got := again.List(); len(got) != 5 || !slices.EqualFunc(got, list, func(a, b Job) bool { return a.ID == b.ID && a.State == b.State && a.Result == b.Result }) {
		t.Errorf("after a restart: %+v", got)
	}
	for _, j := range list {
		if err := again.Cancel(j.ID); err != nil {
			t.Error(err)
		}
	}
	if got := again.List(); len(got) != 0 {
		t.Errorf("dismissed: %+v", got)
	}
	if id := mustAdd(t, again, Spec{Kind: Verify, Model: p.model}); id <= list[4].ID {
		t.Errorf("the number %d was given twice", id)
	}
}

// textFile is a text to compare on, much shorter than the one that comes with the program.
func textFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(path, []byte(fixture.Text(300)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadText(t *testing.T) {
	if name, text, err := readText(""); name != assets.ReceiptName || text != assets.ReceiptText() || err != nil {
		t.Errorf("%q, %d bytes, %v", name, len(text), err)
	}
	if name, text, err := readText(textFile(t)); name != "text.txt" || text != fixture.Text(300) || err != nil {
		t.Errorf("%q, %d bytes, %v", name, len(text), err)
	}
	long := filepath.Join(t.TempDir(), "long.txt")
	if err := os.WriteFile(long, make([]byte, maxText+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readText(long); !errors.Is(err, ErrLongText) {
		t.Error(err)
	}
	if _, _, err := readText(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}

// gate stops a queue in the middle of a job until it is opened: the model that answers the user is busy.
type gate struct {
	reached chan struct{}
	open    atomic.Bool
	after   int64 // steps
}

func newGate(after int64) *gate { return &gate{reached: make(chan struct{}), after: after} }

func (g *gate) busy() bool {
	if g.open.Load() || atomic.AddInt64(&g.after, -1) > 0 {
		return false
	}
	if atomic.LoadInt64(&g.after) == 0 {
		close(g.reached)
	}
	return true
}

// A job waits while an answer is being written, and goes on after it.
func TestGivesWay(t *testing.T) {
	p, w, g := newPlace(t), newWatcher(), newGate(20)
	q := p.open(t, Options{Changed: w.changed, Busy: g.busy})
	mustAdd(t, q, Spec{Kind: Convert, Model: p.model, Recipe: "f16"})
	start(t, q)
	<-g.reached
	list := q.List()
	if list[0].State != Running || list[0].StepsTotal == 0 || list[0].Step == "" {
		t.Errorf("%+v", list[0])
	}
	g.open.Store(true)
	if list := w.until(t, q, allEnded); list[0].State != Done {
		t.Errorf("%+v", list)
	}
}

// A job that is paused midway keeps its turn, goes on where it was, or is cancelled without a trace.
func TestPauseMidway(t *testing.T) {
	for _, cancel := range []bool{false, true} {
		p, w, g := newPlace(t), newWatcher(), newGate(20)
		q := p.open(t, Options{Changed: w.changed, Busy: g.busy})
		id := mustAdd(t, q, Spec{Kind: Convert, Model: p.model, Recipe: "f16"})
		next := mustAdd(t, q, Spec{Kind: Verify, Model: p.model})
		start(t, q)
		<-g.reached
		if err := q.Pause(id); err != nil {
			t.Fatal(err)
		}
		g.open.Store(true)
		if list := q.List(); list[0].State != Paused || list[1].State != Waiting {
			t.Errorf("%+v", list)
		}
		if cancel {
			if err := q.Cancel(id); err != nil {
				t.Fatal(err)
			}
		} else if err := q.Resume(id); err != nil {
			t.Fatal(err)
		}
		list := w.until(t, q, allEnded)
		if list[len(list)-1].ID != next || list[len(list)-1].State != Done {
			t.Errorf("%+v", list)
		}
		if models, err := p.lib.List(); err != nil || (len(models) == 1) != cancel {
			t.Errorf("cancelled: %v, %d models, %v", cancel, len(models), err)
		}
		empty(t, filepath.Join(p.dir, workName))
	}
}

// A job that the end of the program interrupts begins anew, also when it was paused, and leaves nothing meanwhile.
func TestRestart(t *testing.T) {
	for _, pause := range []bool{false, true} {
		p, w, g := newPlace(t), newWatcher(), newGate(20)
		q := p.open(t, Options{Changed: w.changed, Busy: g.busy})
		id := mustAdd(t, q, Spec{Kind: Convert, Model: p.model, Recipe: "f16"})
		stop := start(t, q)
		<-g.reached
		if pause {
			if err := q.Pause(id); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		empty(t, filepath.Join(p.dir, workName))

		// As after a kill: something of the job is still there.
		rest := filepath.Join(p.dir, workName, "1", "model.gguf")
		if err := os.MkdirAll(filepath.Dir(rest), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(rest, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		again := p.open(t, Options{Changed: w.changed})
		empty(t, filepath.Join(p.dir, workName))
		want := Waiting
		if pause {
			want = Paused
		}
		if list := again.List(); len(list) != 1 || list[0].State != want {
			t.Fatalf("%+v, want %s", list, want)
		}
		start(t, again)
		if pause {
			if err := again.Resume(id); err != nil {
				t.Fatal(err)
			}
		}
		if list := w.until(t, again, allEnded); list[0].State != Done {
			t.Errorf("%+v", list)
		}
	}
}

// A job that fails keeps its error, also for the next start of the program, and can be tried again.
func TestFailure(t *testing.T) {
	p, w := newPlace(t), newWatcher()
	q := p.open(t, Options{Changed: w.changed})
	m, err := p.lib.Get(p.model)
	if err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(m.Path, "model.safetensors")
	if err := os.Rename(weights, weights+".away"); err != nil {
		t.Fatal(err)
	}
	id := mustAdd(t, q, Spec{Kind: Quantize, Model: p.model, Recipe: "q8_0", Text: textFile(t)})
	mustAdd(t, q, Spec{Kind: Verify, Model: "nobody"})
	mustAdd(t, q, Spec{Kind: Receipt, Model: p.model, Base: p.model, Text: filepath.Join(t.TempDir(), "none.txt")})
	stop := start(t, q)
	w.until(t, q, allEnded)
	stop()
	again := p.open(t, Options{Changed: w.changed})
	for i, want := range []error{library.ErrGone, library.ErrNotFound, library.ErrGone} {
		j := again.List()[i]
		if j.State != Failed || !errors.Is(j.Failure, want) || j.Failure.Text == "" {
			t.Errorf("%+v, %v; want %v", j, j.Failure, want)
		}
	}
	if err := os.Rename(weights+".away", weights); err != nil {
		t.Fatal(err)
	}
	if err := again.Resume(id); err != nil {
		t.Fatal(err)
	}
	start(t, again)
	w.until(t, again, allEnded)
	if j := again.List()[0]; j.State != Done || j.Failure != nil {
		t.Errorf("%+v", j)
	}
}

func TestAdd(t *testing.T) {
	p := newPlace(t)
	q := p.open(t, Options{})
	long := strings.Repeat("x", maxField+1)
	for name, s := range map[string]Spec{
		"nothing":        {},
		"no model":       {Kind: Verify},
		"unknown":        {Kind: "bake", Model: p.model},
		"no recipe":      {Kind: Quantize, Model: p.model},
		"strange recipe": {Kind: Quantize, Model: p.model, Recipe: "q3_k_m"},
		"no base":        {Kind: Receipt, Model: p.model},
		"no path":        {Kind: Export, Model: p.model},
		"relative path":  {Kind: Export, Model: p.model, Path: "out.gguf"},
		"relative text":  {Kind: Receipt, Model: p.model, Base: p.model, Text: "text.txt"},
		"long name":      {Kind: Convert, Model: p.model, Recipe: "f16", Name: long},
	} {
		if id, err := q.Add(s); err == nil {
			t.Errorf("%s: job %d", name, id)
		}
	}
	for range maxJobs {
		mustAdd(t, q, Spec{Kind: Verify, Model: p.model})
	}
	if _, err := q.Add(Spec{Kind: Verify, Model: p.model}); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	for _, f := range []func(int64) error{q.Pause, q.Resume, q.Cancel} {
		if err := f(1 << 40); !errors.Is(err, ErrNoJob) {
			t.Error(err)
		}
	}
}

// What cannot be kept is not added.
func TestAddFails(t *testing.T) {
	p := newPlace(t)
	q := p.open(t, Options{})
	if err := os.RemoveAll(p.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Add(Spec{Kind: Verify, Model: p.model}); err == nil || len(q.List()) != 0 {
		t.Errorf("%v, %+v", err, q.List())
	}
}
