package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/assistant/tuning"
	"lamplight/assistant/writing"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// lessonFile is a file of n questions with their answers, and a line that is none.
func lessonFile(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"prompt\": \"the secret %d\", \"completion\": \"a little light\"}\n", i)
	}
	path := filepath.Join(t.TempDir(), "lesson.jsonl")
	if err := os.WriteFile(path, []byte(b.String()+"nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// learning drops examples on the page Tune, on which nothing runs on a battery, and begins.
func learning(t *testing.T, n int, o func(*Options)) *session {
	t.Helper()
	u := begin(t, setup{models: []fixture.Options{{}}, options: func(opt *Options) {
		opt.battery = func() (bool, bool) { return false, true }
		if o != nil {
			o(opt)
		}
	}})
	u.show(tunePage)
	u.settle()
	u.mustSee("Teach a model by examples", "Add examples…")
	u.drop(lessonFile(t, n))
	u.settle()
	u.mustSee("lesson.jsonl", "examples to learn from", "Tiny", "lesson.jsonl, line", "it cannot be read as an example", "of memory", "It pauses on battery.")
	return u
}

// begun presses the button and waits for a phase.
func (u *session) begun(phase tuning.Phase) {
	u.t.Helper()
	u.tap("Start learning")
	u.until("the training", func() bool { return u.tune.tuner.Status().Phase == phase })
	u.q.drain()
}

func TestTune(t *testing.T) {
	u := learning(t, 12, nil)
	learnt, read := "", ""
	each(u.tune.root, func(o fyne.CanvasObject) {
		if text, ok := o.(*widget.RichText); ok {
			for _, s := range text.Segments {
				if s := s.(*widget.TextSegment); s.Style.TextStyle.Bold {
					learnt += s.Text
				} else {
					read += s.Text
				}
			}
		}
	})
	if want := strings.Repeat("a little light<end_of_turn>", onPaper); learnt != want || !strings.Contains(read, "<start_of_turn>user\nthe secret") {
		t.Errorf("%q is learnt, %q is read", learnt, read)
	}
	u.mustSee("1 to 3 of 12")
	u.tap("The examples after")
	u.mustSee("4 to 6 of 12")
	u.mustNotSee("How often every example")
	u.tap("Advanced")
	u.mustSee("How often every example", "Usual (12)")
	u.tune.lesson.knobs[0].box.SetSelected("1")
	u.settle()
	u.mustSee("Usual")

	u.tap("Start learning")
	u.until("the end", func() bool { return u.tune.tuner.Status().Phase == tuning.Done })
	u.settle()
	u.mustSee("Tiny has learnt", "exactly as expected before", "Before", "After", "Expected: a little light", "Discard…")
	if s := u.tune.tuner.Status(); s.Steps != 3 {
		t.Errorf("%+v", s)
	}
	u.drop(lessonFile(t, 2))
	u.settle()
	u.mustSee("Keep or discard it before you add examples.")
	u.tap("Keep it…")
	u.tap("Keep it")
	u.settle()
	u.mustSee("is kept, and off until", "lesson.jsonl", "Start learning")
	u.tap("Switch it on")
	u.settle()
	u.mustSee("is on.")
	if m, _ := u.shelf.model(u.shelf.active); len(m.Card.Adapters) != 1 {
		t.Errorf("%+v", m.Card)
	}
	if strings.Contains(u.log.String(), "secret") || strings.Contains(u.log.String(), "lesson") {
		t.Errorf("the log has the user's words:\n%s", u.log)
	}

	u.tap("Leave out lesson.jsonl")
	u.settle()
	u.mustSee("Teach a model by examples")
}

// A training rests when its user or the battery wants that, and can be thrown away.
func TestTuneRests(t *testing.T) {
	var battery atomic.Bool
	battery.Store(true)
	u := begin(t, setup{models: []fixture.Options{{}}, options: func(o *Options) {
		o.battery = func() (bool, bool) { return battery.Load(), true }
	}})
	u.show(tunePage)
	u.drop(lessonFile(t, 30))
	u.settle()
	u.mustSee("now it would wait for the plug")
	u.begun(tuning.Asking)
	u.until("the battery", func() bool { return u.sees("waits for the plug") })
	u.tap("Pause")
	u.until("the pause", func() bool { return u.sees("paused") && u.sees("Go on") })
	battery.Store(false)
	u.tap("Cancel…")
	u.tap("Discard")
	u.settle()
	u.mustSee("What was learnt is gone.", "Start learning")
	if _, err := os.Stat(u.tuningDir()); !os.IsNotExist(err) {
		t.Errorf("something is left: %v", err)
	}
}

// A lock interrupts a training, and it goes on when the vault is open again. So does the end of the program, after which its
// user is asked.
func TestTuneIsInterrupted(t *testing.T) {
	dir, models := t.TempDir(), t.TempDir()
	s := opener(vault.File, dir, nil, setup{models: []fixture.Options{{}}})
	options := s.options
	s.options = func(o *Options) {
		options(o)
		o.battery = func() (bool, bool) { return false, false }
		o.Models = filepath.Join(models, "models") // the folder for trainings is beside it
	}
	u := begin(t, s)
	u.show(tunePage)
	u.drop(lessonFile(t, 60))
	u.settle()
	u.mustSee("is not known, so it does not pause")
	u.begun(tuning.Training)
	u.until("a step", func() bool { return u.tune.tuner.Status().Step > 0 })
	<-u.lockVault("user")
	u.q.drain()
	if st := u.tune.tuner.Status(); st.Phase != tuning.Idle || u.tune.tuner.Lesson().Rows() > 0 || u.tune.prepared != nil {
		t.Errorf("it is in memory after a lock: %+v", st)
	}
	u.tap("Open")
	u.until("the training to go on", func() bool { return u.lock == nil && u.tune.tuner.Status().Phase == tuning.Training })
	u.close()
	u.q.drain()

	again := begin(t, s)
	again.show(tunePage)
	again.settle()
	again.mustSee("Tiny is learning", "It was interrupted after step", "Go on")
	before := again.tune.tuner.Status().Record
	again.tap("Go on")
	again.settle()
	again.mustSee("Tiny has learnt", "Keep it…")
	if after := again.tune.tuner.Status().Record; len(before.Curve) == 0 || after.Curve[0] != before.Curve[0] || after.Began != before.Began {
		t.Errorf("it began anew: %+v, %+v", before, after)
	}
	again.tap("Discard…")
	again.tap("Discard")
	again.settle()
	again.mustSee("lesson.jsonl")
}

// What was accepted on the page Write can be learnt.
func TestTuneAcceptedEdits(t *testing.T) {
	s := opener(vault.File, t.TempDir(), nil, setup{models: []fixture.Options{{}}})
	u := begin(t, s)
	d := writing.Decision{Action: "proofread", Task: "Correct it.", Passage: "teh secret", Edits: []writing.Edit{{Start: 0, End: 3, New: "the"}}}
	if _, err := writing.Keep(t.Context(), u.Vault, true, []writing.Decision{d}); err != nil {
		t.Fatal(err)
	}
	u.show(tunePage)
	u.settle()
	u.tap("Add your accepted edits")
	u.settle()
	u.tap("Add your accepted edits") // once more is the same
	u.settle()
	u.mustSee("Your accepted edits", "1 example to learn from.")
	u.drop(filepath.Join(t.TempDir(), "none.jsonl"))
	u.settle()
	u.mustSee("no longer there")
}

// The cards of a lesson and of a training have room in the narrowest window and with the largest text, in every language.
func TestTuneHasRoom(t *testing.T) {
	for _, tongue := range tongues {
		for _, c := range []struct {
			scale int
			width float32
		}{{100, 760}, {assistant.MaxTextScale, 1100}} {
			s := setup{size: fyne.NewSize(c.width, 520)}
			s.settings.Language, s.settings.TextScale = tongue.tag, c.scale
			speaking(t, tongue.tag)
			u := begin(t, s)
			u.show(tunePage)
			rail := u.rail[tunePage].MinSize().Width + 8
			u.tune.lesson.advanced.Show()
			for _, o := range slices.Concat(u.tune.lesson.cards, u.tune.run.cards) {
				if need := o.MinSize().Width + rail + 32; need > c.width {
					t.Errorf("%s, %d %%: a card needs %v of %v", tongue.tag, c.scale, need, c.width)
				}
			}
			u.close()
		}
	}
}
