package tokenizer_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lamplight/internal/fixture"
	"lamplight/tokenizer"
)

// FuzzSentencePiece asks for no panic, and that what was read can be used.
func FuzzSentencePiece(f *testing.F) {
	f.Add(fixture.SentencePiece(small()))
	f.Add(fixture.SentencePiece(tokenizer.Vocab{}))
	f.Fuzz(func(t *testing.T, model []byte) {
		v, err := tokenizer.ParseSentencePiece(model)
		if err == nil {
			use(t, v, len(model))
		}
	})
}

// FuzzHuggingFace asks the same of tokenizer.json.
func FuzzHuggingFace(f *testing.F) {
	f.Add(fixture.TokenizerJSON(small()))
	f.Add([]byte(hf(`"a": 256, "b": 257, "ab": 258`, `"a b"`, `{"id": 259, "content": "▁▁", "special": true}`)))
	f.Add([]byte(`{"model": {"vocab": {"\ud800": 1}, "merges": [[null, "a"]]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := tokenizer.ParseHuggingFace(text)
		if err == nil {
			use(t, v, len(text))
		}
	})
}

// use encodes and decodes with a vocabulary that was read from a file of size bytes.
func use(t *testing.T, v tokenizer.Vocab, size int) {
	if len(v.Tokens) > 2*size+1 {
		t.Fatalf("%d tokens from %d bytes", len(v.Tokens), size)
	}
	tok, err := tokenizer.NewSPM(v)
	if err != nil {
		return
	}
	for _, text := range []string{"", " the  lamp\n", "<bos>日本\xff🦙", strings.Join(v.Tokens[:min(len(v.Tokens), 20)], "")} {
		for _, id := range slices.Concat(tok.Encode(text), tok.EncodeWithSpecial(text)) {
			if id < 0 || int(id) >= tok.Size() {
				t.Fatalf("%q has id %d of %d", text, id, tok.Size())
			}
		}
		for _, id := range tok.Encode(text) {
			if tok.Kind(id) == tokenizer.Control {
				t.Fatalf("%q has the control token %q", text, tok.Text(id))
			}
		}
	}
	for id := range tokenizer.ID(tok.Size()) {
		_ = tok.Decode([]tokenizer.ID{id})
	}
}

// FuzzRoundTrip asks that text comes back from its tokens, at once and piece by piece, and that plain text
// never makes a control token.
func FuzzRoundTrip(f *testing.F) {
	for _, text := range []string{"", "a  b\n\n\nc", "<bos><end_of_turn>", "日本語 🦙 e\u0301", "\xff\xe2\x82", "▁a ▁"} {
		f.Add(text)
	}
	tok := newSPM(f, small())
	f.Fuzz(func(t *testing.T, text string) {
		ids := tok.Encode(text)
		for _, id := range ids {
			if kind := tok.Kind(id); kind == tokenizer.Control || kind == tokenizer.Unknown || kind == tokenizer.Unused {
				t.Errorf("%q has the token %q", text, tok.Text(id))
			}
		}
		want := strings.ReplaceAll(text, "▁", " ")
		if got := tok.Decode(ids); utf8.ValidString(text) && got != want {
			t.Errorf("%q comes back as %q", want, got)
		}
		decoder := tokenizer.NewDecoder(tok)
		got := ""
		for _, id := range ids {
			piece := decoder.Push(id)
			if !utf8.ValidString(piece) {
				t.Errorf("%q: %q is no text", text, piece)
			}
			got += piece
		}
		if got += decoder.Flush(); got != tok.Decode(ids) {
			t.Errorf("%q: piece by piece %q, at once %q", text, got, tok.Decode(ids))
		}
		if got := tok.Decode(tok.EncodeWithSpecial(text)); utf8.ValidString(text) && len(got) > len(want) {
			t.Errorf("%q with control tokens comes back as %q", text, got)
		}
	})
}
