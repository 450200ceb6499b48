package ui

import (
	"strings"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/library"
)

func TestVerdict(t *testing.T) {
	begin(t, setup{})
	for _, c := range []struct {
		kl, same float64
		want     string
	}{
		{0, 1, "Hardly different from Source: the likeliest next word is the same 100 times out of 100."},
		{0.0099, 0.97, "Hardly different from Source: the likeliest next word is the same 97 times out of 100."},
		{0.01, 0.99, "Slightly different"}, {0, 0.969, "Slightly different"}, {0.0999, 0.9, "Slightly different"},
		{0.1, 0.99, "Clearly different"}, {0.01, 0.89, "Clearly different"}, {0.49, 0.75, "Clearly different"},
		{0.5, 0.99, "No longer the same model as Source"}, {0, 0.74, "No longer the same"}, {9, 0, "No longer the same"},
	} {
		if got := verdictOf(&library.Receipt{Source: "Source\n", MeanKL: c.kl, SameTop: c.same}); !strings.HasPrefix(got, c.want) {
			t.Errorf("of %g and %g it says %q", c.kl, c.same, got)
		}
	}
}

func TestPredicts(t *testing.T) {
	begin(t, setup{})
	for _, c := range []struct {
		model, modelError, base, baseError float64
		want                               string
	}{
		{20, 0.3, 20, 0.4, "as well as"},
		{20.9, 0.3, 20, 0.4, "as well as"},  // 0.9 < 2·0.5
		{21.1, 0.3, 20, 0.4, "worse than"},  // 1.1 > 2·0.5
		{18.9, 0.3, 20, 0.4, "better than"}, // it happens
		{20, 0, 20, 0, "as well as"},
	} {
		got := predicts(&library.Receipt{
			Model: library.Measured{Perplexity: c.model, PerplexityError: c.modelError},
			Base:  library.Measured{Perplexity: c.base, PerplexityError: c.baseError},
		})
		if !strings.Contains(got, c.want) {
			t.Errorf("%v: %q", c, got)
		}
	}
}

func TestReceiptWithoutSpeed(t *testing.T) {
	begin(t, setup{})
	for _, row := range receiptRows(&library.Receipt{}) {
		if (row.name == "Reads" || row.name == "Writes") && row.model != "not measured" {
			t.Errorf("%s: %s", row.name, row.model)
		}
	}
}

// A model is compared with what it was made from: first with where its card says that it comes from, and never with
// another kind of model.
func TestSources(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}, {Seed: 2, Name: "Second"}}})
	m := u.theModel("Tiny")
	made, larger, other, foreign := m, m, m, m
	made.ID, made.Path, made.Card.Name = "made", "/made.gguf", "made"
	m.Card.Source = made.Path
	larger.ID, larger.Path, larger.Card.Name, larger.Card.Bytes = "larger", "/larger.gguf", "larger", 9*m.Card.Bytes
	other.ID, other.Path, other.Card.Name, other.Card.Parameters, other.Card.Bytes = "other", "/other.gguf", "other", 1, 99*m.Card.Bytes
	foreign.ID, foreign.Card.Vocabulary = "foreign", m.Card.Vocabulary+1
	u.shelf.models = []library.Model{m, other, foreign, larger, made}
	var got []string
	for _, s := range u.sources(m) {
		got = append(got, s.ID)
	}
	if want := "made larger other"; strings.Join(got, " ") != want {
		t.Errorf("sources are %v, want %s", got, want)
	}

	u.shelf.models = []library.Model{m}
	u.askReceipt(m)
	u.mustSee("and that is not in your library")
	if u.dialog != nil {
		t.Error("there is a dialog")
	}
}

// The text to compare on is the user's, or the one that comes along.
func TestTextChoice(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}, {Seed: 2, Name: "Second"}}, size: tall})
	u.askReceipt(u.theModel("Tiny"))
	u.mustSee("What did Tiny lose?", "Second", "Text: en.txt", "Choose a text…")
	u.mustNotSee("Use the one that comes along")
	d := u.dialog
	u.tap("Choose a text…")
	if u.dialog == d || !u.dialog.asksFile {
		t.Fatal("no file is asked for")
	}
	u.closeDialog()
	if u.dialog != d {
		t.Fatal("the dialog below is gone")
	}
	c := u.newTextChoice("")
	c.set("/home/ana/novel.txt")
	if c.path != "/home/ana/novel.txt" || !strings.Contains(c.said.segment.Text, "novel.txt") || !c.reset.Visible() {
		t.Errorf("the text is %q, and it says %q", c.path, c.said.segment.Text)
	}
	c.reset.Tapped(nil)
	if c.path != "" || c.reset.Visible() {
		t.Errorf("the text is still %q", c.path)
	}
}

// Both models are in memory while they are compared, which is said before.
func TestReceiptNeedsMemory(t *testing.T) {
	u := begin(t, setup{
		models:  []fixture.Options{{}, {Seed: 2, Name: "Second"}},
		options: func(o *Options) { o.free = func() (int64, bool) { return 1000, true } },
	})
	u.askReceipt(u.theModel("Tiny"))
	u.until("what it needs", func() bool { return u.sees("1 kB are free. Close other programs first.") })
}
