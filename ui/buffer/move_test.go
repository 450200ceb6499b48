package buffer

import (
	"slices"
	"strings"
	"testing"
)

func TestCharacters(t *testing.T) {
	parts := []string{"a", "é", "e\u0301", "👩‍👧", "🇩🇪", "🇫🇷", "ก็", "日", "\n", "b", "👍🏽"}
	b := New(strings.Repeat("x", 300) + strings.Join(parts, "") + strings.Repeat("e\u0301", 300))
	position := 300
	for _, p := range parts {
		if got := b.NextCharacter(position); got != position+len(p) {
			t.Errorf("after %q: %d, want %d", p, got-position, len(p))
		}
		if got := b.PreviousCharacter(position + len(p)); got != position {
			t.Errorf("before the end of %q: %d, want %d", p, got-position, 0)
		}
		position += len(p)
	}
	for range 300 { // far from any place where characters certainly part
		if got := b.NextCharacter(position); got != position+3 {
			t.Fatalf("at %d: %d", position, got)
		}
		position += 3
	}
	if got := b.NextCharacter(b.Len()); got != b.Len() {
		t.Errorf("at the end: %d", got)
	}
	if got := b.PreviousCharacter(0); got != 0 {
		t.Errorf("at the beginning: %d", got)
	}
}

func TestWords(t *testing.T) {
	tests := []struct {
		text  string
		words []string // as the cursor goes over them
		at    int
		word  string
	}{
		{"One two,  three", []string{"One ", "two", ",  ", "three"}, 5, "two"},
		{"don't 'quote'", []string{"don't ", "'", "quote", "'"}, 2, "don't"},
		{"a\n\nb", []string{"a", "\n", "\n", "b"}, 0, "a"},
		{"日本 go", []string{"日", "本 ", "go"}, 0, "日"},
		{"cafe\u0301 x", []string{"cafe\u0301 ", "x"}, 3, "cafe\u0301"},
		{"1,234.5 km", []string{"1", ",", "234", ".", "5 ", "km"}, 3, "234"},
		{"word", []string{"word"}, 4, "word"},
		{"", nil, 0, ""},
	}
	for _, test := range tests {
		b := New(test.text)
		var got []string
		for p := 0; p < b.Len(); {
			n := b.NextWord(p)
			if n <= p {
				t.Fatalf("%q: no way on from %d", test.text, p)
			}
			got = append(got, b.Slice(Range{p, n}))
			p = n
		}
		if !slices.Equal(got, test.words) {
			t.Errorf("%q: %q, want %q", test.text, got, test.words)
		}
		if got := b.Slice(b.WordAt(test.at)); got != test.word {
			t.Errorf("%q at %d: %q, want %q", test.text, test.at, got, test.word)
		}
		for p := b.Len(); p > 0; {
			n := b.PreviousWord(p)
			if n >= p {
				t.Fatalf("%q: no way back from %d", test.text, p)
			}
			p = n
		}
	}
}

func TestParagraphs(t *testing.T) {
	b := New("one\ntwo\nthree")
	if got := b.Slice(b.ParagraphAt(5)); got != "two" {
		t.Errorf("%q", got)
	}
	if got := b.Slice(b.ParagraphsOf(Range{2, 4})); got != "one\ntwo" {
		t.Errorf("%q", got)
	}
}
