package tokenizer

import (
	"slices"
	"testing"
)

func TestLearn(t *testing.T) {
	texts := []string{"the cat and the hat\nthe end", "the cat sat. 2026", "Do this:\nthe cat don't"}
	v, err := Learn(slices.Values(texts), []string{"Do this:\n"}, 400)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Learn(slices.Values(texts), []string{"Do this:\n"}, 400)
	if !slices.Equal(v.Tokens, again.Tokens) || !slices.Equal(v.Scores, again.Scores) {
		t.Error("the same texts make another vocabulary")
	}
	tok, err := NewSPM(v)
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Encode("Do this:\n"); len(got) != 1 {
		t.Errorf("a whole text became %d tokens", len(got))
	}
	if got := tok.Encode(" cat"); len(got) != 1 {
		t.Errorf("a word that is found often became %d tokens", len(got))
	}
	if got := tok.Encode("2026"); len(got) != 4 {
		t.Errorf("four digits became %d tokens", len(got))
	}
	for _, text := range []string{"the cat", "déjà vu: 日本\n\n<end_of_turn>", "  two  spaces ", "\x00\n\t"} {
		ids := tok.Encode(text)
		if got := tok.Decode(ids); got != text {
			t.Errorf("%q became %q", text, got)
		}
		for _, id := range ids {
			if tok.Kind(id) == Control || tok.Kind(id) == Unknown {
				t.Errorf("%q has token %q", text, tok.Text(id))
			}
		}
	}
	for _, name := range []string{"<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"} {
		if _, ok := tok.Special(name); !ok {
			t.Errorf("there is no %s", name)
		}
	}
	if _, err := Learn(slices.Values(texts), nil, 200); err == nil {
		t.Error("a vocabulary without room for all bytes is possible")
	}
}
