package ui

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lamplight/engine/measure"
	"lamplight/internal/fixture"
	"lamplight/kernels"
	"lamplight/library"
	"lamplight/library/jobs"
	"lamplight/ui/widgets"
)

// theModel returns the model of the shelf with a name.
func (u *session) theModel(name string) library.Model {
	u.t.Helper()
	for _, m := range u.shelf.models {
		if m.Card.Name == name {
			return m
		}
	}
	u.t.Fatalf("there is no model %q", name)
	return library.Model{}
}

// name returns the field with a text.
func (u *session) name(text string) *field {
	u.t.Helper()
	var found *field
	for _, root := range u.roots() {
		each(root, func(o fyne.CanvasObject) {
			if f, ok := o.(*field); ok && f.Text == text {
				found = f
			}
		})
	}
	if found == nil {
		u.t.Fatalf("no field has the text %q", text)
	}
	return found
}

// tall shows all that is in a panel or dialog at once.
var tall = fyne.NewSize(1100, 1200)

// A smaller model is made, then compared with its source; both are said where they are made and can be used.
func TestMakeSmaller(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}, size: tall})
	u.show(modelsPage)
	u.askQuantize(u.theModel("Tiny"))
	u.until("the dialog", func() bool { return u.dialog != nil })
	u.mustSee("Make Tiny smaller", "F16", "Q8_0", "Q5_K_M", "Q4_K_M", "Q4_0", "8.7 bits per weight",
		"English of many kinds that comes with Lamplight", "Tiny stays as it is.", "Tiny Q4_K_M")
	u.mustNotSee("Original", "quantized already", "Q6_K") // with rows of 64 it is Q8_0
	u.tap("Q8_0")
	u.mustSee("Tiny Q8_0")
	u.tap("Make it")
	u.until("the result", func() bool { return u.sees("Tiny Q8_0 is in your library") })
	u.mustSee("Make Q8_0 of Tiny", "Use it")
	u.until("the receipt", func() bool { return u.sees("the likeliest next word is the same") })
	u.mustSee("Compare Tiny Q8_0 with Tiny", "Show it")
	if u.jobs.panel.mark.Visible() {
		t.Error("the rail says that something is being done")
	}

	u.tap("Show it")
	u.mustSee("Receipt of Tiny Q8_0", "Bits per weight", "Mean KL divergence", "Same likeliest token", "en.txt", "tokens/s", "Perplexity")
	r := u.theModel("Tiny Q8_0").Card.Receipt
	u.tap("Copy")
	got := fyne.CurrentApp().Clipboard().Content()
	for _, want := range []string{"Receipt of Tiny Q8_0", fmt.Sprintf("%.4f nats", r.MeanKL), fmt.Sprintf("%.2f ± %.2f", r.Base.Perplexity, r.Base.PerplexityError), byteSize(r.Model.Bytes)} {
		if !strings.Contains(got, want) {
			t.Errorf("the clipboard lacks %q: %s", want, got)
		}
	}
	u.tap("Measure again…")
	u.mustSee("What did Tiny Q8_0 lose?", "Tiny")
	u.until("what it needs", func() bool { return u.sees("Both are in memory meanwhile") })
	u.closeDialog()

	u.jobs.panel.rows[2].closing.Tapped(nil)
	u.until("the receipt's line to go", func() bool { return len(u.jobs.list) == 1 })
	u.tap("Use it")
	u.until("the other model", func() bool { return u.shelf.active == u.theModel("Tiny Q8_0").ID })
	if u.current != chatPage {
		t.Error("the chat is not shown")
	}
}

// A model in a folder becomes one file, with its types or smaller.
func TestConvertFolder(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "Other"}}, size: tall})
	m := put(t, u.Library, fixture.Folder(t, fixture.Options{Seed: 3}))
	u.look()
	u.settle()
	u.askQuantize(m)
	u.until("the dialog", func() bool { return u.dialog != nil })
	u.mustSee("Original", "The weights as they are, in one file.", "Q8_0", "Afterwards both are compared")
	u.tap("Original")
	u.mustNotSee("Afterwards both are compared", "F16")
	u.dialog.fit()
	u.tap("Make it")
	u.until("the result", func() bool { return u.sees("Original is in your library") })
	if made := u.theModel(m.Card.Name + " Original"); !strings.HasSuffix(made.Path, ".gguf") || made.Card.Source != m.Path {
		t.Errorf("made %s from %s", made.Path, made.Card.Source)
	}
	u.mustSee("Make one file of " + m.Card.Name)
}

// Nothing begins that would not fit on the disk, or has no name, and nobody is told to quantize twice.
func TestQuantizeIsRefused(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Type: kernels.Q8_0}}, size: tall})
	m := u.theModel("Tiny")
	list, bits, err := library.Estimates(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	u.showQuantize(m, smaller(m, list), bits, 1000)
	u.mustSee("Tiny is quantized already", "1 kB are free. Make room, or choose a smaller one.")
	u.mustNotSee("Q8_0", "F16", "Original")
	start := u.control("Make it").(*widgets.ChipButton)
	if !start.Disabled() {
		t.Error("it begins although the disk is too full")
	}
	u.closeDialog()
	u.showQuantize(m, smaller(m, list), bits, -1)
	start = u.control("Make it").(*widgets.ChipButton)
	if start.Disabled() {
		t.Error("it does not begin where nobody knows how full the disk is")
	}
	u.name("Tiny Q4_K_M").SetText("  ")
	if !start.Disabled() {
		t.Error("a model without a name is made")
	}
	u.tap("Q5_K_M")
	u.name("  ") // what the user has written stays
	u.closeDialog()
	u.showQuantize(m, nil, bits, -1)
	u.mustSee("Tiny cannot be made smaller than it is.")
}

// A job gives way to an answer, and is paused, resumed and cancelled.
func TestPauseJob(t *testing.T) {
	u := begin(t, endless)
	u.ask("go on")
	u.until("some words", func() bool { return u.chat.running != nil && u.chat.running.shown > 0 })
	m := u.theModel("Tiny")
	u.jobs.add(jobs.Spec{Kind: jobs.Quantize, Model: m.ID, Recipe: "q8_0"})
	u.jobs.add(jobs.Spec{Kind: jobs.Quantize, Model: m.ID, Recipe: "q4_0"})
	u.until("a job that gives way", func() bool { return u.sees("waits while the model works for you") })
	u.mustSee("Waits for its turn.")
	if !u.jobs.panel.mark.Visible() {
		t.Error("the rail does not say that something is being done")
	}
	pause := func(id int64) { u.jobs.panel.rows[id].pause.Tapped(nil) }
	pause(1)
	u.until("the pause", func() bool { return u.sees("Paused at") })
	u.mustSee("What comes after it waits too.", "Resume")
	pause(2)
	u.until("the pause", func() bool { return u.sees("Paused before it began.") })
	u.jobs.panel.rows[2].closing.Tapped(nil)
	u.until("the end of it", func() bool { return len(u.jobs.list) == 1 })
	u.chat.stop()
	u.until("the end of the answer", func() bool { return u.chat.running == nil })
	u.mustSee("Paused at")
	u.tap("Resume")
	u.until("the result", func() bool { return u.sees("Tiny Q8_0 is in your library") })
	if strings.Contains(u.log.String(), "Q4_0") {
		t.Error("what was cancelled was done")
	}
}

// What has failed stays with its sentence until it is tried again or dismissed.
func TestFailedJob(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}, {Seed: 2, Name: "Source"}}})
	m, text := u.theModel("Tiny"), filepath.Join(t.TempDir(), "text.txt")
	u.jobs.add(jobs.Spec{Kind: jobs.Receipt, Model: m.ID, Base: u.theModel("Source").ID, Text: text})
	u.show(chatPage)
	u.until("the failure", func() bool { return len(u.jobs.list) == 1 && u.jobs.list[0].State == jobs.Failed })
	u.mustSee("Compare Tiny with Source: A file or folder that this needs is no longer there.") // on the other page too
	u.notices.clear()
	u.show(modelsPage)
	u.mustSee("A file or folder that this needs is no longer there.", "Try again", "Copy the details")
	u.tap("Copy the details")
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.Contains(got, text) {
		t.Errorf("the details are %q", got)
	}
	if strings.Contains(u.log.String(), text) {
		t.Error("the log has a path of the user's")
	}
	if err := os.WriteFile(text, []byte(strings.Repeat("the tide comes twice a day. ", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	u.tap("Try again")
	u.until("the receipt", func() bool { return u.sees("the likeliest next word is the same") })
	if r := u.theModel("Tiny").Card.Receipt; r == nil || r.Text != "text.txt" || r.Source != "Source" {
		t.Errorf("the receipt is %+v", r)
	}
	u.tap("Dismiss")
	u.until("the panel to go", func() bool { return !u.jobs.panel.root.Visible() })
}

func TestExportModel(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}})
	m, out := u.theModel("Tiny"), filepath.Join(t.TempDir(), "out.gguf")
	u.show(modelsPage)
	u.askExportModel(m)
	u.mustSee("Export Tiny", m.ID+".gguf", "The library keeps the model.")
	path := u.win.Canvas().Focused().(*field)
	path.SetText(filepath.Join(t.TempDir(), "missing", "out.gguf"))
	u.tap("Export")
	u.mustSee("There is no such folder.")
	path.SetText(out)
	u.tap("Export")
	u.until("the file", func() bool { return u.sees("out.gguf is written.") })
	want, err := os.ReadFile(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || string(got) != string(want) {
		t.Errorf("%d bytes were written of %d: %v", len(got), len(want), err)
	}
	if strings.Contains(u.log.String(), out) {
		t.Error("the log has a path of the user's")
	}

	u.askExportModel(m) // over the model's own file
	u.win.Canvas().Focused().(*field).SetText(m.Path)
	u.tap("Export")
	u.mustSee("There is a file of this name already.")
	u.tap("Export")
	u.until("the failure", func() bool { return u.sees("This is the model's own file, which stays as it is.") })
	if m := u.theModel("Tiny"); m.Err() != nil {
		t.Error("the model is gone")
	}
}

// A job that was interrupted goes on with the next window, and what was done before it is not shown again.
func TestJobsOutliveTheWindow(t *testing.T) {
	var dir string
	u := begin(t, setup{models: []fixture.Options{{}}, options: func(o *Options) {
		dir = filepath.Join(filepath.Dir(o.Models), jobsFolder)
		q, err := jobs.Open(dir, o.Library, jobs.Options{})
		if err != nil {
			t.Fatal(err)
		}
		list, err := o.Library.List()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Add(jobs.Spec{Kind: jobs.Quantize, Model: list[0].ID, Recipe: "q8_0", Text: filepath.Join(dir, "missing")}); err != nil {
			t.Fatal(err)
		}
		if _, err := q.Add(jobs.Spec{Kind: jobs.Verify, Model: list[0].ID}); err != nil {
			t.Fatal(err)
		}
	}})
	u.show(modelsPage)
	u.until("the end of all", func() bool {
		return len(u.jobs.list) == 3 && u.jobs.list[0].State == jobs.Done && u.jobs.list[1].State == jobs.Done && u.jobs.list[2].State == jobs.Failed
	})
	u.until("what came of it", func() bool {
		return u.sees("Tiny is as it was when it was added.") && u.sees("Tiny Q8_0 is in your library")
	})
	u.close()
	next := newBackground(&Window{Options: u.Options, runner: u.runner, sched: u.q, ctx: u.ctx})
	if len(next.list) != 1 || next.list[0].State != jobs.Failed {
		t.Errorf("the next window shows %+v", next.list)
	}
}

func TestJobsWithoutAFolder(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}, options: func(o *Options) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(o.Models), jobsFolder), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}})
	u.jobs.add(jobs.Spec{Kind: jobs.Verify, Model: u.theModel("Tiny").ID})
	u.mustSee("Work in the background is not possible now")
}

func TestPace(t *testing.T) {
	begun := time.Unix(0, 0)
	at := func(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }
	var p pace
	for _, c := range []struct {
		second      int
		done, total int64
		want        time.Duration // 0: not known
	}{
		{0, 0, 100, 0},
		{2, 50, 100, 0}, // too early
		{5, 50, 100, 5 * time.Second},
		{10, 80, 100, 2500 * time.Millisecond},
		{11, 0, 900, 0}, // something else is counted
		{21, 20, 900, 0},
		{31, 90, 900, 3 * time.Minute},
		{32, 10, 900, 0}, // it has begun anew
		{42, 110, 900, 79 * time.Second},
	} {
		got, known := p.left(at(c.second), c.done, c.total)
		if known != (c.want > 0) || got != c.want {
			t.Errorf("after %d s, at %d of %d: %v, %v", c.second, c.done, c.total, got, known)
		}
	}
	p.rest()
	if _, known := p.left(at(100), 800, 900); known {
		t.Error("a pause counts")
	}
	if got, known := p.left(at(104), 850, 900); !known || got != 4*time.Second {
		t.Errorf("after a pause: %v, %v", got, known)
	}
}

func TestLeftText(t *testing.T) {
	begin(t, setup{})
	for left, want := range map[time.Duration]string{
		0: "less than a minute left", 59 * time.Second: "less than a minute left", time.Minute: "about 1 minute left",
		89 * time.Second: "about 1 minute left", 90 * time.Second: "about 2 minutes left", time.Hour: "about 60 minutes left",
	} {
		if got := leftText(left); got != want {
			t.Errorf("%v is %q, want %q", left, got, want)
		}
	}
}

func TestJobsInView(t *testing.T) {
	at := func(minute int) time.Time { return time.Unix(int64(60*minute), 0) }
	var got []int64
	for _, j := range inView([]jobs.Job{
		{ID: 1, State: jobs.Done, Ended: at(1)}, {ID: 2, State: jobs.Failed, Ended: at(2)}, {ID: 3, State: jobs.Done, Ended: at(3)},
		{ID: 4, State: jobs.Waiting}, {ID: 5, State: jobs.Paused, StepsTotal: 9}, {ID: 6, State: jobs.Paused}, {ID: 7, State: jobs.Waiting},
	}) {
		got = append(got, j.ID)
	}
	if want := "[5 2 3 1 4 6 7]"; fmt.Sprint(got) != want {
		t.Errorf("in view: %v, want %s", got, want)
	}
}

// Whatever a job fails with has a sentence that fits.
func TestExplainJob(t *testing.T) {
	for err, want := range map[error]string{
		library.ErrNoSpace: "Make room and try again.", measure.ErrShort: "too short", jobs.ErrLongText: "longer than 4 MiB",
		measure.ErrVocabulary: "Choose the model that this one was made from.", errors.New("/home/ana"): "for a reason that Lamplight does not know",
	} {
		if got := explainJob(jobs.Job{Failure: failure(t, err)}); !strings.Contains(got.text, want) || strings.Contains(got.text, "/home") {
			t.Errorf("%v: %q", err, got.text)
		}
	}
}

// failure makes of an error what a job keeps of it.
func failure(t *testing.T, err error) *jobs.Failure {
	t.Helper()
	for _, cause := range []string{"no space", "short text", "long text", "vocabularies differ"} {
		if f := (&jobs.Failure{Text: err.Error(), Cause: cause}); errors.Is(err, f.Unwrap()) {
			return f
		}
	}
	return &jobs.Failure{Text: err.Error()}
}
