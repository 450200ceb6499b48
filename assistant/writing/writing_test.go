package writing

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lamplight/assets"
	"lamplight/assistant/review"
	"lamplight/engine/chat"
)

var update = flag.Bool("update", false, "write the prompts anew")

// builtIn are the actions that come with the program.
func builtIn(t testing.TB) []Action {
	t.Helper()
	actions, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	return actions
}

// TestPrompts records what a model of the Gemma family is asked by each action.
func TestPrompts(t *testing.T) {
	const text = "# A heading\n\nThe first paragrahp tells who they are.\n\n- She walk home at 5 pm, \"slowly\".\n\nThe last one."
	asked := map[Asked]string{Language: "French", Change: "put it in the past tense"}
	var all strings.Builder
	for _, a := range builtIn(t) {
		w := &work{job: Job{Action: a, Asked: asked[a.Asks], Text: text, Part: Part{55, len(text)}}}
		segments, err := chat.Gemma.Render(a.Prompt(w.todo()[0], w.job.Asked), true)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "=== %s\n%s\n", a.ID, chat.Text(segments))
	}
	path := filepath.Join("testdata", "prompts.txt")
	if *update {
		if err := os.WriteFile(path, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all.String()); diff != "" {
		t.Errorf("prompts differ (-recorded +now):\n%s", diff)
	}
}

func TestActionsSurviveSharing(t *testing.T) {
	actions := builtIn(t)
	data, err := Encode(actions...)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(actions, again); diff != "" {
		t.Error(diff)
	}
}

func TestActionsThatCannotBeUsed(t *testing.T) {
	good := `{"id":"x","name":"X","does":"edit","task":"Do."}`
	tests := map[string]string{
		"no JSON":           `{`,
		"another file":      `{"lamplight":"chats","actions":[` + good + `]}`,
		"empty":             `{"lamplight":"actions","actions":[]}`,
		"twice":             `{"lamplight":"actions","actions":[` + good + `,` + good + `]}`,
		"id":                `{"lamplight":"actions","actions":[{"id":"a b","name":"X","does":"edit","task":"Do."}]}`,
		"no name":           `{"lamplight":"actions","actions":[{"id":"x","name":" ","does":"edit","task":"Do."}]}`,
		"long task":         `{"lamplight":"actions","actions":[{"id":"x","name":"X","does":"edit","task":"` + strings.Repeat("a", maxTask+1) + `"}]}`,
		"unknown deed":      `{"lamplight":"actions","actions":[{"id":"x","name":"X","does":"send","task":"Do."}]}`,
		"asks and no slot":  `{"lamplight":"actions","actions":[{"id":"x","name":"X","does":"edit","task":"Do.","asks":"change"}]}`,
		"slot and no asks":  `{"lamplight":"actions","actions":[{"id":"x","name":"X","does":"edit","task":"Do {{answer}}."}]}`,
		"too long answers":  `{"lamplight":"actions","actions":[{"id":"x","name":"X","does":"edit","task":"Do.","longer":1000}]}`,
		"empty example":     `{"lamplight":"actions","actions":[{"id":"x","name":"X","does":"edit","task":"Do.","examples":[{"text":"a"}]}]}`,
		"unknown guard":     `{"lamplight":"actions","actions":[{"id":"x","name":"X","does":"edit","task":"Do.","keeps":["all"]}]}`,
		"shortcut of words": `{"lamplight":"actions","actions":[{"id":"x","name":"X","does":"edit","task":"Do.","shortcut":"AB"}]}`,
	}
	for name, data := range tests {
		if _, err := Decode([]byte(data)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Decode([]byte(`{"lamplight":"actions","actions":[` + good + `]}`)); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(assets.Actions())
	f.Fuzz(func(t *testing.T, data []byte) {
		actions, err := Decode(data)
		if err != nil {
			return
		}
		for _, a := range actions {
			a.Prompt(Passage{Text: "text"}, "asked")
		}
		if _, err := Encode(actions...); err != nil {
			t.Error(err)
		}
	})
}

func TestPassages(t *testing.T) {
	long := strings.Repeat("A sentence of some words. ", 100)
	text := "# Title\n\nOne.\n- two\n  1. three\n> - [x] four\n\n```go\ncode here\n```\n| a | table |\n12345\n日本語。\n" + long
	var got []string
	all := passages(text, Part{0, len(text)})
	for _, p := range all {
		if text[p.Start:p.End] != p.Text {
			t.Fatalf("%q is not what stands at %d to %d", p.Text, p.Start, p.End)
		}
		got = append(got, firstOf(p.Text, 12))
	}
	want := []string{"Title", "One.", "two", "three", "four", "日本語。", "A sentence…", "A sentence…", "A sentence…"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, p := range all[6:] {
		if len(p.Text) > maxPassage || !strings.HasSuffix(p.Text, ".") {
			t.Errorf("%d bytes that end with %q", len(p.Text), lastOf(p.Text, 10))
		}
	}
	if p := all[1]; p.Before != "Title" || p.After != "two" {
		t.Errorf("between %q and %q", p.Before, p.After)
	}
	part := passages(text, Part{3, strings.Index(text, "two") + 1})
	if len(part) != 3 || part[0].Text != "itle" || part[2].Text != "t" {
		t.Errorf("of a part: %+v", part)
	}
}

// TestCutAnywhere has texts without sentences, words or room.
func TestCutAnywhere(t *testing.T) {
	for _, text := range []string{strings.Repeat("word ", 1000), strings.Repeat("日", 2000), strings.Repeat("👩‍👧", 500), strings.Repeat("x", 5000), strings.Repeat(" ", 3000)} {
		all := ""
		end := 0
		for _, p := range cut(text, 0) {
			if p.Start < end || text[p.Start:p.End] != p.Text || len(p.Text) > maxPassage+64 {
				t.Fatalf("%d to %d after %d", p.Start, p.End, end)
			}
			all += text[end:p.Start] + p.Text
			end = p.End
		}
		if all+text[end:] != text {
			t.Errorf("%.20q is not whole", text)
		}
	}
}

func TestClean(t *testing.T) {
	tests := []struct{ answer, text, want string }{
		{"  Fine. \n", "fine", "Fine."},
		{"Corrected: Fine.", "fine", "Fine."},
		{"\"Fine.\"", "fine", "Fine."},
		{"\"Fine.\"", "\"fine\"", "\"Fine.\""},
		{"\"One\" and \"two\"", "one", "\"One\" and \"two\""},
		{"```\nFine.\n```", "fine", "Fine."},
		{"```\ncode\n```", "```\ncode\n```", "```\ncode\n```"},
		{"Title: The bridge", "Title: bridge", "Title: The bridge"},
		{"", "fine", ""},
		{"\xff", "fine", "\ufffd"},
	}
	for _, test := range tests {
		if got := clean(test.answer, test.text); got != test.want {
			t.Errorf("%q for %q: %q, want %q", test.answer, test.text, got, test.want)
		}
	}
}

func TestCheck(t *testing.T) {
	keeps := []Guarded{Code, Link, Quote, Number}
	tests := []struct {
		old, new string
		want     []Guarded
	}{
		{"It cost 12.50 euros.", "It costs 12.50 euros.", nil},
		{"It cost 12.50 euros.", "It cost 12.40 euros.", []Guarded{Number}},
		{"It cost some euros.", "It cost 20 euros.", []Guarded{Number}},
		{"See https://example.org/a now.", "See https://example.org/b now.", []Guarded{Link}},
		{"Write to ana@example.org please.", "Please write to ana@example.org.", nil},
		{"Write to ana please.", "Write to ana@example.org please.", []Guarded{Link}},
		{"He said “go home” then.", "He said “come home” then.", []Guarded{Quote}},
		{"He said “go home” then.", "He then said “go home”.", nil},
		{"Run `go test` first.", "Run `go tests` first.", []Guarded{Code}},
		{"[Name](a.html) is here.", "[The name](a.html) is here.", nil},
		{"[Name](a.html) is here.", "[Name](b.html) is here.", []Guarded{Link}},
		{"", "", nil},
	}
	for _, test := range tests {
		changes := review.Diff(test.old, test.new)
		var got []Guarded
		for _, found := range Check(test.old, changes, keeps) {
			for _, g := range found {
				if !slices.Contains(got, g) {
					got = append(got, g)
				}
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q → %q: %v, want %v", test.old, test.new, got, test.want)
		}
	}
}

func TestCount(t *testing.T) {
	tests := []struct {
		text string
		want Counts
	}{
		{"", Counts{}},
		{"One two, three-four.\n\nDon't.", Counts{4, 26, 2}},
		{"日本語です。", Counts{5, 6, 1}},
		{"e\u0301té 👩‍👧", Counts{1, 5, 1}},
		{" \n \n", Counts{0, 2, 0}},
	}
	for _, test := range tests {
		if got := Count(test.text); got != test.want {
			t.Errorf("%q: %+v, want %+v", test.text, got, test.want)
		}
	}
	if got := (Counts{Words: 476}).ReadingTime(); got != 2*time.Minute {
		t.Errorf("%v", got)
	}
}
