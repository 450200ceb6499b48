package assistant

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lamplight/tokenizer"
)

func TestAsTitle(t *testing.T) {
	for _, c := range []struct {
		said string
		cut  bool
		want string
	}{
		{"Why the tide comes twice", false, "Why the tide comes twice"},
		{"  \"Why the tide comes twice.\"\n\nIt is", false, "Why the tide comes twice"},
		{"**Title:** Tides and the moon.", false, "Tides and the moon"},
		{"Title: Tides", false, "Tides"},
		{"“Gezeiten”", false, "Gezeiten"},
		{"«Les marées»", false, "Les marées"},
		{"「潮の満ち引き」。", false, "潮の満ち引き"},
		{"Was ist das?", false, "Was ist das?"},
		{"Tides and the influence of the mo", true, "Tides and the influence of the"},
		{"Tides and the moon\nThis", true, "Tides and the moon"},
		{"Tides of the northern and of the southern seas, and why", false, "Tides of the northern and of the southern seas"},
		{strings.Repeat("潮汐的原因", 20), false, ""},
		{strings.Repeat("潮", 3), false, "潮潮潮"},
		{"", false, ""},
		{"\n\n", false, ""},
		{"...", false, ""},
		{"the the the the", false, ""},
		{"moon tide moon tide moon tide", false, ""},
		{"aaaaaaaa", false, ""},
		{"42", false, ""},
		{"<start_of_turn>model", false, ""},
		{"Half \uFFFD character", false, ""},
	} {
		got := asTitle(c.said, c.cut)
		if c.said == strings.Repeat("潮汐的原因", 20) {
			if utf8.RuneCountInString(got) > maxTitle {
				t.Errorf("%q is too long", got)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%q became %q, want %q", c.said, got, c.want)
		}
	}
}

func TestProposeTitle(t *testing.T) {
	r, _ := newRunner(t, short(0))
	c := NewConversation(r, nil)
	if title, err := c.ProposeTitle(t.Context()); title != "" || err != nil {
		t.Errorf("of nothing %q was made: %v", title, err)
	}
	grow(t, 5, func(ctx context.Context) iter.Seq2[Piece, error] {
		return c.Ask(ctx, strings.Repeat("long question ", 40))
	})
	before := r.loaded.session.Len()
	title, err := c.ProposeTitle(t.Context())
	if err != nil || utf8.RuneCountInString(title) > maxTitle || strings.ContainsAny(title, "\n\"") {
		t.Errorf("%q, %v", title, err)
	}
	if again, err := c.ProposeTitle(t.Context()); again != title || err != nil {
		t.Errorf("first %q, then %q: %v", title, again, err)
	}
	if r.loaded.session.Len() != before {
		t.Error("the KV cache has changed")
	}
	prompt, err := titlePrompt(r.loaded, strings.Repeat("long question ", 400), "answer", 200)
	if err != nil || len(prompt) == 0 || len(prompt) > 200 {
		t.Errorf("a prompt of %d tokens: %v", len(prompt), err)
	}
	if text := r.loaded.model.Tokenizer().Decode(slices.DeleteFunc(prompt, func(id tokenizer.ID) bool { return id < 0 })); !strings.Contains(text, "long question") {
		t.Errorf("the prompt is %q", text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.ProposeTitle(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
