package ui

import (
	"context"
	"errors"
	"sync"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// verdict is whether a model fits into memory now.
type verdict struct {
	asked   bool  // it was asked what the model needs
	need    int64 // bytes; 0: not known, or the model cannot be loaded
	free    int64 // bytes that are free for it, 0 while not known
	length  int   // tokens of the context that this is about
	working bool  // it is in memory
}

// short reports whether there is not enough memory.
func (v verdict) short() bool { return !v.working && v.free > 0 && v.need > v.free }

// text is the verdict in a line, "" if there is none.
func (v verdict) text() string {
	data := map[string]any{"Need": byteSize(v.need), "Free": byteSize(v.free), "Tokens": grouped(int64(v.length))}
	switch {
	case !v.asked:
		return ""
	case v.need == 0:
		return "…"
	case v.short():
		return lang.L("{{.Need}} needed, {{.Free}} free", data)
	}
	return lang.L("{{.Need}} with {{.Tokens}} tokens", data)
}

// needs finds out, in the background, how much memory models need under the settings in force. The answers are kept:
// a model's description does not change.
type needs struct {
	w     *Window
	known map[needKey]engine.Memory // zero: being asked for, or not to be had

	mu      sync.Mutex // guards what the worker takes from and gives to
	queue   []needKey  // the last one is asked about first: it was looked at last
	found   map[needKey]engine.Memory
	running bool
	update  coalescer
}

type needKey struct {
	path, sha       string
	threads, length int
}

func newNeeds(w *Window) *needs {
	n := &needs{w: w, known: map[needKey]engine.Memory{}, found: map[needKey]engine.Memory{}}
	n.update = coalescer{do: w.do, f: n.take}
	return n
}

// of returns what is known of the need of a model, and asks for it the first time.
func (n *needs) of(m library.Model) verdict {
	if m.Err() != nil {
		return verdict{}
	}
	s := n.w.Settings
	key := needKey{m.Path, m.Card.SHA256, s.Threads, s.ContextLength}
	memory, asked := n.known[key]
	if !asked {
		n.known[key] = engine.Memory{}
		n.ask(key)
	}
	v := verdict{asked: true, need: memory.Total(), free: n.w.shelf.free, length: contextLength(s, m.Card)}
	if c := n.w.chat; c != nil { // else it is being made
		v.working = c.loading.what.id == m.ID && c.loading.stop == nil && c.loading.err == nil
	}
	return v
}

// contextLength is that of the sessions of a model.
func contextLength(s assistant.Settings, c library.Card) int {
	const usual = 4096
	length := usual
	if s.ContextLength > 0 {
		length = s.ContextLength
	}
	if c.ContextLength > 0 {
		length = min(length, c.ContextLength)
	}
	return length
}

func (n *needs) ask(key needKey) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, key)
	if n.running {
		return
	}
	n.running = true
	n.w.work(n.answer)
}

// answer is the worker: it ends when nothing is asked any more.
func (n *needs) answer(ctx context.Context) {
	for {
		n.mu.Lock()
		last := len(n.queue) - 1
		if last < 0 || ctx.Err() != nil {
			n.running = false
			n.mu.Unlock()
			n.w.do(n.take) // at once: the coalescer may be late
			return
		}
		key := n.queue[last]
		n.queue = n.queue[:last]
		n.mu.Unlock()
		memory, err := engine.Need(key.path, engine.LoadOptions{Threads: key.threads}, engine.SessionOptions{ContextLength: key.length})
		if err != nil {
			continue // loading says it better
		}
		n.mu.Lock()
		n.found[key] = memory
		n.mu.Unlock()
		n.update.touch()
	}
}

// take shows what the worker has found.
func (n *needs) take() {
	n.mu.Lock()
	found := n.found
	n.found = map[needKey]engine.Memory{}
	n.mu.Unlock()
	if len(found) == 0 {
		return
	}
	for key, memory := range found {
		n.known[key] = memory
	}
	n.w.models.shelfChanged()
	n.w.chat.showChoice()
}

// refuse shows why a model is not loaded into the memory that is free, and what can be done. It reports whether that
// is what err says.
func (w *Window) refuse(err error) bool {
	var short *assistant.MemoryError
	if !errors.As(err, &short) {
		return false
	}
	m, ok := w.chat.model()
	if !ok || m.ID != short.ID || w.dialog != nil {
		return ok
	}
	length := w.Settings.ContextLength
	data := map[string]any{"Name": m.Card.Name, "Need": byteSize(short.Need), "Free": byteSize(short.Free), "Tokens": grouped(int64(contextLength(w.Settings, m.Card)))}
	other := widgets.NewChipButton(icon("models"), lang.L("Choose another"), func() {
		w.closeDialog()
		w.show(modelsPage)
	})
	shorter := widgets.NewChipButton(icon("settings"), lang.L("Shorter context"), func() {
		w.closeDialog()
		w.show(settingsPage)
	})
	anyway := widgets.NewChipButton(nil, lang.L("Load it anyway"), func() {
		w.closeDialog()
		w.runner.Insist(m.ID, length)
		w.chat.loading.what = demand{}
		w.chat.preload()
		w.focus(w.chat.prompt)
	})
	text := lang.L("With a context of {{.Tokens}} tokens it needs {{.Need}} of memory, and {{.Free}} are free. Loaded all the same it would be very slow, and the system might end it or other programs. What you wrote is kept.", data)
	w.showDialog(subheading(lang.L("{{.Name}} does not fit into memory now", data)),
		container.NewVBox(paragraph(text), muted(lang.L("Closing other programs makes room. A shorter context takes less."))), other, other, shorter, anyway)
	return true
}
