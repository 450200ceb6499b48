package ui

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lamplight/assistant"
	"lamplight/engine"
	"lamplight/internal/fixture"
	"lamplight/library"
)

// tight is a session on a computer with so many bytes of free memory, which the test may change.
func tight(t *testing.T, bytes int64, models ...fixture.Options) (*session, *atomic.Int64) {
	free := &atomic.Int64{}
	free.Store(bytes)
	return begin(t, setup{models: models, options: func(o *Options) {
		o.free = func() (int64, bool) { return free.Load(), true }
	}}), free
}

func TestTooLargeIsSaid(t *testing.T) {
	u, free := tight(t, 1000, fixture.Options{Name: "One"}, fixture.Options{Name: "Two", Seed: 1})
	u.mustSee("The model needs more memory than is free.", "One (too large now)")
	if u.dialog != nil {
		t.Error("the window begins with a question")
	}
	u.show(modelsPage)
	u.settle()
	u.mustSee(" needed, 1 kB free")
	free.Store(8 << 30)
	u.show(chatPage)
	u.settle()
	u.mustNotSee("too large now")
}

// Choosing a model that does not fit, and asking one, leads to a question; the words stay.
func TestTooLargeIsAsked(t *testing.T) {
	u, free := tight(t, 8<<30, fixture.Options{Name: "One"}, fixture.Options{Name: "Two", Seed: 1})
	free.Store(1000)
	u.show(modelsPage)
	u.settle()
	u.tapOn("Two", "Use")
	u.mustSee("Two does not fit into memory now", "and 1 kB are free")
	u.tap("Choose another")
	u.settle()
	if u.dialog != nil || u.current != modelsPage {
		t.Errorf("page %d, dialog %v", u.current, u.dialog != nil)
	}
	u.show(chatPage)
	u.settle()
	u.ask("the cat")
	u.settle()
	u.mustSee("Two does not fit into memory now")
	if u.chat.prompt.Text != "the cat" || len(u.chat.shown.Turns()) != 0 {
		t.Errorf("the question is %q, %d turns", u.chat.prompt.Text, len(u.chat.shown.Turns()))
	}
	u.tap("Shorter context")
	u.settle()
	if u.current != settingsPage {
		t.Errorf("page %d", u.current)
	}
	u.show(chatPage)
	u.ask("the cat")
	u.settle()
	u.tap("Load it anyway")
	u.settle()
	u.mustNotSee("more memory than is free")
	if info, err := u.runner.Load(t.Context()); err != nil || info.Name != "Two" {
		t.Errorf("loaded %q, %v", info.Name, err)
	}
	// It is remembered for this run, for this length of the context.
	u.chooseModel("One")
	u.tap("Choose another")
	u.show(chatPage)
	u.chooseModel("Two")
	u.mustNotSee("does not fit into memory")
}

// chooseModel picks a model at the top of the page Chat.
func (u *session) chooseModel(name string) {
	u.t.Helper()
	for i, label := range u.chat.choice.Options {
		if strings.HasPrefix(label, name) {
			u.chat.choice.SetSelectedIndex(i)
			u.settle()
			return
		}
	}
	u.t.Fatalf("one can pick %q", u.chat.choice.Options)
}

func TestNeed(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}}})
	u.show(modelsPage)
	u.settle()
	m := u.shelf.models[0]
	want, err := engine.Need(m.Path, engine.LoadOptions{}, engine.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := u.needs.of(m); got.need != want.Total() || got.length != 2048 {
		t.Errorf("the window knows %+v, the engine %d", got, want.Total())
	}
	u.mustSee(byteSize(want.Total()) + " with 2,048 tokens")
	s := u.Settings
	s.ContextLength = 128
	u.changeSettings(s)
	u.models.build()
	u.settle()
	u.mustSee("with 128 tokens")
}

// touch gives a model's file another time, and other content if it is damaged.
func (u *session) touch(id string, damage bool) {
	u.t.Helper()
	path := filepath.Join(u.dir, id, "model.gguf")
	if damage {
		data, err := os.ReadFile(path)
		if err != nil {
			u.t.Fatal(err)
		}
		data[len(data)-1] ^= 1
		if err := os.Remove(path); err != nil { // the file may be mapped, and linked
			u.t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			u.t.Fatal(err)
		}
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		u.t.Fatal(err)
	}
}

func TestVerify(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}}})
	u.show(modelsPage)
	u.settle()
	u.pick("One", "Verify")
	u.mustSee("One is as it was when it was added.")
	if u.shelf.models[0].Card.Verified.IsZero() {
		t.Error("the card does not say that it was verified")
	}
}

func TestChangedIsChecked(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}}})
	u.touch("one-f32", false)
	u.touch("two-f32", true)
	u.look()
	u.settle()
	for _, m := range u.shelf.models {
		if m.Changed && m.Card.Name == "One" || (m.Err() != nil) != (m.Card.Name == "Two") {
			t.Errorf("%s: changed %v, %v", m.Card.Name, m.Changed, m.Err())
		}
	}
	u.mustSee("Two is damaged: its file has other content than when it was added. Remove it and drop the model again.")
	u.mustNotSee("One is as it was")
	if info, err := u.runner.Load(t.Context()); err != nil || info.Name != "One" {
		t.Errorf("loaded %q, %v", info.Name, err)
	}
	u.tap("Models")
	u.settle()
	if _, buttons := u.card("Two"); buttons["Use"] != nil {
		t.Error("a damaged model can be used")
	}
	if err := u.Library.SetActive("two-f32"); err == nil {
		t.Error("a damaged model was chosen")
	}
}

// endlessly reads until it is stopped.
func endlessly(ctx context.Context) iter.Seq2[library.Progress, error] {
	return func(yield func(library.Progress, error) bool) {
		<-ctx.Done()
		yield(library.Progress{}, ctx.Err())
	}
}

// A model is not used before it was read again, and reading it can be stopped.
func TestChangedIsNotUsed(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}}})
	u.touch("one-f32", false)
	u.importer.run(errand{name: "before", path: "before", read: endlessly, done: func(*library.Model, bool, error) {}})
	u.look()
	u.until("a check to wait", func() bool { return u.checks["one-f32"] })
	u.ask("the cat")
	u.mustSee("is checked again before it is used")
	if u.chat.prompt.Text != "the cat" {
		t.Errorf("the question is %q", u.chat.prompt.Text)
	}
	u.importer.stopAll()
	u.until("the check", func() bool { return !u.checks["one-f32"] && u.importer.stop == nil })
	u.settle()
	if u.shelf.models[0].Changed || len(u.unchecked) != 0 {
		t.Errorf("%+v, unchecked %v", u.shelf.models[0], u.unchecked)
	}
}

func TestRemembered(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}}})
	id := u.shelf.active
	if err := u.Library.SetSpeed(id, library.Speed{Decode: 1, Prefill: 77}); err != nil {
		t.Fatal(err)
	}
	u.remember(assistant.Stats{Answer: worthMeasuring - 1, AnswerSeconds: 1, Model: id})
	u.settle()
	if c := u.shelf.models[0].Card; c.LastUsed.IsZero() || c.Speed.Decode != 1 {
		t.Errorf("after a few words: used %v, speed %+v", c.LastUsed, c.Speed)
	}
	u.remember(assistant.Stats{Answer: 100, AnswerSeconds: 2, Model: id, Kernels: "go", Threads: 2})
	u.settle()
	if s := u.shelf.models[0].Card.Speed; s.Decode != 50 || s.Prefill != 77 || s.Kernels != "go" || s.Threads != 2 || s.Measured.IsZero() {
		t.Errorf("speed %+v", s)
	}
	u.remember(assistant.Stats{Model: "gone", Answer: 100, AnswerSeconds: 2})
	u.settle()
	u.mustNotSee("could not be")
}

func TestAnswerIsRemembered(t *testing.T) {
	u := begin(t, endless)
	u.ask("the cat")
	u.until("enough words", func() bool {
		return len(u.streamed()) > 0 && u.chat.running != nil && u.chat.running.used > 4*worthMeasuring
	})
	u.chat.stop()
	u.answered()
	u.settle()
	c := u.shelf.models[0].Card
	if c.LastUsed.IsZero() || c.Speed == nil || c.Speed.Decode <= 0 || c.Speed.Kernels == "" || c.Speed.Threads < 1 {
		t.Errorf("used %v, speed %+v", c.LastUsed, c.Speed)
	}
	u.show(modelsPage)
	u.settle()
	u.mustSee("Speed here", "Last used", "Today")
}
