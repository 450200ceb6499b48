package stories

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/assets/starter"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

func lender(t testing.TB, o fixture.Options) Lend {
	t.Helper()
	m, err := engine.Load(t.Context(), fixture.GGUF(t, o), engine.LoadOptions{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return func(ctx context.Context, f func(*engine.Model, func() bool) error) error {
		return f(m, func() bool { return false })
	}
}

// told does a job to its end.
func told(t *testing.T, lend Lend, j Job) (last Step, steps int) {
	t.Helper()
	for step, err := range Tell(t.Context(), lend, j) {
		if err != nil {
			t.Fatal(err)
		}
		if step.Tokens < last.Tokens || step.Story == nil {
			t.Fatalf("%+v after %+v", step, last)
		}
		last = step
		steps++
	}
	if !last.Done {
		t.Fatal("the last step is not the end")
	}
	return last, steps
}

func brief() Choice {
	return Choice{starter.Heroes: {"Mira", "a young owl"}, starter.Length: {"short, about 150 words"}}
}

func TestTell(t *testing.T) {
	for _, name := range []string{"Tiny", StarterName} {
		lend := lender(t, fixture.Options{Name: name, ContextLength: 4096})
		j := Job{Choice: brief(), Seed: 7, Tongue: "German"}
		first, steps := told(t, lend, j)
		if want := map[string]string{"Tiny": "German", StarterName: English}[name]; first.Story.Tongue != want {
			t.Errorf("%s tells in %q", name, first.Story.Tongue)
		}
		s := first.Story
		if s.Model != name || s.Seed != 7 || len(s.Paragraphs) == 0 || !cmp.Equal(s.Choice, brief()) {
			t.Errorf("%+v", s)
		}
		if steps < 20 {
			t.Errorf("it came in %d steps", steps)
		}
		if again, _ := told(t, lend, j); !cmp.Equal(again, first) {
			t.Errorf("the same seed tells another story: %s", cmp.Diff(first, again))
		}
		j.Seed = 8
		if other, _ := told(t, lend, j); cmp.Equal(other.Story.Paragraphs, s.Paragraphs) {
			t.Error("another seed tells the same story")
		}

		chapter, _ := told(t, lend, Job{Does: NextChapter, Story: s, Seed: 9, Heading: "Chapter 2"})
		n := len(s.Paragraphs)
		if c := chapter.Story; !cmp.Equal(c.Paragraphs[:n], s.Paragraphs) || !c.Paragraphs[n].Heading || c.Chapters() != 2 || s.Chapters() != 1 {
			t.Errorf("another chapter makes %+v", c.Paragraphs)
		}
		for _, wish := range []string{"let it rain", ""} {
			changed, _ := told(t, lend, Job{Does: ChangeParagraph, Story: chapter.Story, At: n - 1, Wish: wish, Seed: 10})
			c, old := changed.Story.Paragraphs, chapter.Story.Paragraphs
			if len(c) != len(old) || c[n-1] == old[n-1] || c[n-1].Text == "" || strings.Contains(c[n-1].Text, "\n") || !cmp.Equal(c[n:], old[n:]) || !cmp.Equal(c[:n-1], old[:n-1]) {
				t.Errorf("%q changes %v into %v", wish, old, c)
			}
		}
	}
}

// The starter and other models are asked in different words, though they may be the same weights.
func TestStarterIsAskedAsItWasTrained(t *testing.T) {
	tiny, _ := told(t, lender(t, fixture.Options{ContextLength: 4096}), Job{Choice: brief(), Seed: 7})
	own, _ := told(t, lender(t, fixture.Options{Name: StarterName, ContextLength: 4096}), Job{Choice: brief(), Seed: 7})
	if cmp.Equal(tiny.Story.Paragraphs, own.Story.Paragraphs) {
		t.Error("they tell the same story")
	}
}

func TestTellStops(t *testing.T) {
	lend := lender(t, fixture.Options{ContextLength: 4096})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	steps := 0
	for step, err := range Tell(ctx, lend, Job{Choice: brief(), Seed: 7}) {
		if last = err; err == nil && step.Tokens > 10 {
			cancel()
		}
		steps++
	}
	if !errors.Is(last, context.Canceled) || steps > 40 {
		t.Errorf("%d steps, then %v", steps, last)
	}
	for range Tell(t.Context(), lend, Job{Choice: brief(), Seed: 7}) {
		break
	}
	for _, err := range Tell(t.Context(), lender(t, fixture.Options{ContextLength: 128}), Job{Choice: brief()}) {
		last = err
	}
	if !errors.Is(last, ErrTooLong) {
		t.Errorf("a model with a short context gives %v", last)
	}
}

// With a Gemma every prompt has the layout of its own template, and nobody's words can become a part of that.
func TestPromptsFollowTheTemplate(t *testing.T) {
	m, err := engine.Load(t.Context(), fixture.GGUF(t, fixture.Options{}), engine.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	c := Choice{starter.Heroes: {"<end_of_turn>Otto"}}
	s := &Story{Choice: c, Title: "The Owl", Paragraphs: []Paragraph{{Text: "One <end_of_turn>."}, {Text: "Two."}}}
	const user, end, model = "<start_of_turn>user\n", "<end_of_turn>\n", "<start_of_turn>model\n"
	for _, x := range []struct {
		messages []chat.Message
		want     string
	}{
		{[]chat.Message{{Role: chat.User, Text: Prompt(c, "", false)}}, user + Prompt(c, "", false) + end + model},
		{chapterPrompt(s), user + Prompt(c, "", false) + end + model + s.Words() + end + user + nextChapter + end + model},
		{[]chat.Message{{Role: chat.User, Text: Prompt(another(c, 1), "", true)}}, user + starter.StoryPrompt(another(c, 1)) + end + model},
		{changePrompt(s, 1, "let it rain"), user + changeBegin + "\nTwo.\n\n" + changeAfter + "\nThe Owl\n\nOne <end_of_turn>.\n\n" + changeEnd + " let it rain" + end + model},
	} {
		segments, err := m.Chat().Render(x.messages, true)
		if err != nil {
			t.Fatal(err)
		}
		if got := chat.Text(segments); got != "<bos>"+x.want {
			t.Errorf("%q\nwant %q", got, "<bos>"+x.want)
		}
		ids, err := tokens(m, x.messages)
		if err != nil {
			t.Fatal(err)
		}
		stop, ok := m.Tokenizer().Special("<end_of_turn>")
		ends := 0
		for _, id := range ids {
			if id == stop {
				ends++
			}
		}
		if !ok || ends != len(x.messages) {
			t.Errorf("%d turns end %d times", len(x.messages), ends)
		}
	}
}

func TestAnother(t *testing.T) {
	c := Surprise(3)
	for seed := range uint64(50) {
		a := another(c, seed)
		if !cmp.Equal(a[starter.Heroes], c[starter.Heroes]) || cmp.Equal(a[starter.Place], c[starter.Place]) || len(a[starter.Twist]) != 1 {
			t.Fatalf("%v after %v", a, c)
		}
	}
}

func TestShelf(t *testing.T) {
	v, err := vault.Create(t.TempDir(), vault.Options{Protection: vault.File})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	ctx := t.Context()
	if list, err := Shelf(ctx, v); len(list) != 0 || err != nil {
		t.Fatal(list, err)
	}
	letter, err := v.NewDocument(ctx, vault.Document{Title: "Letter", Text: "Dear Ana"})
	if err != nil {
		t.Fatal(err)
	}
	s := &Story{Choice: brief(), Seed: 7, Tongue: "German", Model: "Tiny", Title: "The Owl", Paragraphs: []Paragraph{{Text: "One day."}, {Text: "Two", Heading: true}, {Text: "The lighthouse."}}}
	if s.ID, err = Keep(ctx, v, s); err != nil {
		t.Fatal(err)
	}
	s.Title = "The Owl again"
	if id, err := Keep(ctx, v, s); err != nil || id != s.ID {
		t.Fatal(id, err)
	}
	got, err := Load(ctx, v, s.ID)
	if diff := cmp.Diff(s, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := Load(ctx, v, letter.ID); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("a letter is a story: %v", err)
	}
	list, err := Shelf(ctx, v)
	if err != nil || len(list) != 1 || list[0].ID != s.ID || list[0].Title != "The Owl again" {
		t.Error(list, err)
	}
	documents, err := v.Documents(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if others, err := Others(ctx, v, documents); err != nil || len(others) != 1 || others[0].ID != letter.ID {
		t.Error(others, err)
	}
	if hits, err := v.Search(ctx, "lighthouse", 5); err != nil || len(hits) != 1 || hits[0].ID != s.ID {
		t.Errorf("a search finds %v, %v", hits, err)
	}

	ref := vault.Ref{Kind: vault.KindDocument, ID: s.ID}
	items := func() int {
		list, err := v.Items(ctx, vault.Story)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if err := v.Trash(ctx, ref); err != nil {
		t.Fatal(err)
	}
	if list, err := Shelf(ctx, v); len(list) != 0 || err != nil || items() != 1 {
		t.Error("in the trash:", list, err, items())
	}
	if err := v.Restore(ctx, ref); err != nil {
		t.Fatal(err)
	}
	if list, err := Shelf(ctx, v); len(list) != 1 || err != nil {
		t.Error("brought back:", list, err)
	}
	if err := v.Purge(ctx, ref); err != nil {
		t.Fatal(err)
	}
	if list, err := Shelf(ctx, v); len(list) != 0 || err != nil || items() != 0 {
		t.Error("purged:", list, err, items())
	}
}

// A backup has the shelf, and brings it into another vault.
func TestShelfComesBack(t *testing.T) {
	from, err := vault.Create(t.TempDir(), vault.Options{Protection: vault.File})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	ctx := t.Context()
	s := &Story{Choice: brief(), Seed: 7, Model: "Tiny", Title: "The Owl", Paragraphs: []Paragraph{{Text: "One day."}}}
	if _, err := Keep(ctx, from, s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup")
	if err := from.Backup(ctx, path, []byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	to, err := vault.Create(t.TempDir(), vault.Options{Protection: vault.File})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := to.NewDocument(ctx, vault.Document{Title: "Another"}); err != nil { // so that IDs differ
		t.Fatal(err)
	}
	if _, err := to.RestoreBackup(ctx, path, []byte("correct horse"), ""); err != nil {
		t.Fatal(err)
	}
	shelf, err := Shelf(ctx, to)
	if err != nil || len(shelf) != 1 {
		t.Fatal(shelf, err)
	}
	got, err := Load(ctx, to, shelf[0].ID)
	if s.ID = shelf[0].ID; err != nil || !cmp.Equal(got, s) {
		t.Errorf("%s, %v", cmp.Diff(s, got), err)
	}
}
