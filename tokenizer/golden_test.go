package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lamplight/internal/golden"
)

// TestGoldenSentencePiece compares with what Google's SentencePiece library makes of the same texts.
func TestGoldenSentencePiece(t *testing.T) {
	dir := golden.Dir(t, "tiny-gemma3")
	model, err := os.ReadFile(filepath.Join(dir, "tokenizer.model"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := ParseSentencePiece(model)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := NewSPM(v)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "tokens-expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Text string `json:"text"`
		IDs  []ID   `json:"ids"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 400 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		got := tok.Encode(c.Text)
		if !slices.Equal(got, c.IDs) {
			t.Errorf("%q: got %v, want %v", c.Text, got, c.IDs)
		}
		if back := tok.Decode(got); back != c.Text {
			t.Errorf("%q comes back as %q", c.Text, back)
		}
	}
}
