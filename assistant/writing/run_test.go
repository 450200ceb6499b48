package writing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"lamplight/assistant/review"
	"lamplight/engine"
	"lamplight/internal/fixture"
)

// lender lends a tiny model. With impatience somebody else waits for it all the time.
func lender(t testing.TB, impatience bool) (lend Lend, times *int) {
	t.Helper()
	m, err := engine.Load(t.Context(), fixture.GGUF(t, fixture.Options{}), engine.LoadOptions{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	times = new(int)
	return func(ctx context.Context, f func(*engine.Model, func() bool) error) error {
		*times++
		return f(m, func() bool { return impatience })
	}, times
}

// short is an action whose prompt fits a tiny model.
func short(does Deed) Action { return Action{ID: "x", Name: "X", Does: does, Task: "Go:", Longer: 1} }

func TestRun(t *testing.T) {
	text := strings.Repeat("One line.\nTwo.\n\n", 9)
	var first []Result
	for _, impatient := range []bool{false, true} {
		lend, times := lender(t, impatient)
		var results []Result
		done := 0
		for step, err := range Run(t.Context(), lend, Job{Action: short(Edits), Text: text, Part: Part{0, len(text)}}) {
			if err != nil {
				t.Fatal(err)
			}
			if step.Total != 18 || step.Done < done {
				t.Fatalf("%d of %d after %d", step.Done, step.Total, done)
			}
			done = step.Done
			if step.Result != nil {
				results = append(results, *step.Result)
			}
		}
		if done != 18 || len(results) != 18 || (*times > 1) != impatient {
			t.Fatalf("%d done, %d results, %d times", done, len(results), *times)
		}
		slices.SortFunc(results, func(a, b Result) int { return a.Part.Start - b.Part.Start })
		for i, p := range passages(text, Part{0, len(text)}) {
			r := results[i]
			if r.Part != p.Part || len(r.Touched) != len(r.Changes) {
				t.Fatalf("result %d is about %v, want %v", i, r.Part, p.Part)
			}
			whole := review.Apply(text, r.Changes, func(int) bool { return true })
			if want := text[:p.Start] + r.Answer + text[p.End:]; len(r.Changes) > 0 && whole != want {
				t.Fatalf("changes make %q, want %q", whole, want)
			}
		}
		if first == nil {
			first = results
		} else if !slices.EqualFunc(first, results, func(a, b Result) bool { return a.Part == b.Part && a.Answer == b.Answer }) {
			t.Error("whoever has to make room gets another result")
		}
	}
}

func TestRunLeavesOutWhatIsDone(t *testing.T) {
	text := "One line.\nTwo.\nThree."
	lend, _ := lender(t, false)
	var got []string
	for step, err := range Run(t.Context(), lend, Job{Action: short(Edits), Text: text, Part: Part{0, len(text)}, Done: []Part{{0, 9}, {10, 14}}}) {
		if err != nil {
			t.Fatal(err)
		}
		if r := step.Result; r != nil {
			got = append(got, text[r.Part.Start:r.Part.End])
		}
	}
	if want := []string{"Three."}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRunStops(t *testing.T) {
	text := strings.Repeat("One line.\n", 40)
	lend, _ := lender(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	results := 0
	var last error
	for step, err := range Run(ctx, lend, Job{Action: short(Edits), Text: text, Part: Part{0, len(text)}}) {
		last = err
		if step.Result != nil && err == nil {
			if results++; results == 3 {
				cancel()
			}
		}
	}
	if !errors.Is(last, context.Canceled) || results < 3 || results >= 40 {
		t.Errorf("%d results, then %v", results, last)
	}
	for range Run(t.Context(), lend, Job{Action: short(Edits), Text: text, Part: Part{0, len(text)}}) {
		break
	}
}

func TestRunAnswersInOnePiece(t *testing.T) {
	text := "One line.\n\nTwo."
	lend, _ := lender(t, false)
	for _, does := range []Deed{Answers, Continues} {
		added := ""
		var r *Result
		for step, err := range Run(t.Context(), lend, Job{Action: short(does), Text: text, Part: Part{0, len(text)}}) {
			if err != nil {
				t.Fatal(err)
			}
			added += step.Added
			if step.Result != nil {
				r = step.Result
			}
		}
		if r == nil || r.Changes != nil || clean(added, text) != r.Answer {
			t.Errorf("%s: %+v of %q", does, r, added)
		}
	}
}

func TestRunTooLong(t *testing.T) {
	lend, _ := lender(t, false)
	text := strings.Repeat("word ", 20_000)
	whole := short(Edits)
	whole.Whole = true
	var last error
	for _, err := range Run(t.Context(), lend, Job{Action: whole, Text: text, Part: Part{0, len(text)}}) {
		last = err
	}
	if !errors.Is(last, ErrTooLong) {
		t.Errorf("%v, want %v", last, ErrTooLong)
	}
}

// TestRunCondenses asks about a text that is longer than the context.
func TestRunCondenses(t *testing.T) {
	lend, _ := lender(t, false)
	text := strings.Repeat("Some words that say something. ", 250)
	var r *Result
	total := 0
	for step, err := range Run(t.Context(), lend, Job{Action: short(Answers), Text: text, Part: Part{0, len(text)}}) {
		if errors.Is(err, ErrTooLong) {
			t.Skip("the tiny model's summaries are not shorter than the text")
		}
		if err != nil {
			t.Fatal(err)
		}
		total = step.Total
		if step.Result != nil {
			r = step.Result
		}
	}
	if total < 3 || r == nil || r.Part != (Part{0, len(text)}) {
		t.Errorf("%d passages, %+v", total, r)
	}
}

func TestComplete(t *testing.T) {
	lend, _ := lender(t, false)
	for _, text := range []string{"", "Once upon a time", "Once upon a time ", strings.Repeat("日本", 40)} {
		got, err := Complete(t.Context(), lend, text)
		if err != nil || strings.Contains(got, "\n") || got != strings.TrimRight(got, " ") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		again, _ := Complete(t.Context(), lend, text)
		if got != again {
			t.Errorf("%q: %q, and then %q", text, got, again)
		}
	}
	for text, want := range map[string]int{" and so": -1, " it was. Then": 8, "3.5 of": -1, "a\nb": 1, "です。次": 9, "end.": -1} {
		if got := completed(text); got != want {
			t.Errorf("%q ends at %d, want %d", text, got, want)
		}
	}
}
