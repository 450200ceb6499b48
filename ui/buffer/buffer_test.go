package buffer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// pieces are what random edits put in: several scripts, characters of several parts, and line ends.
var pieces = []string{"a", "word ", " ", "\n", "é", "e\u0301", "日本", "👩‍👧", "🇩🇪", "don't", "", "\n\n", "שלום", "ก็", "two\nlines", "\r\n", "\xff"}

func at(r *rand.Rand, b *Buffer) int { return b.edge(r.IntN(b.Len() + 1)) }

// TestEdits compares random edits with a plain string, and takes them all back and makes them again.
func TestEdits(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		b := New("One paragraph.\nAnother one, with é.\n\nThe last.")
		paragraphs := slices.Clone(b.paragraphs)
		b.OnChange = func(first, removed, added int) {
			now := slices.Clone(b.paragraphs[first : first+added])
			paragraphs = slices.Replace(paragraphs, first, first+removed, now...)
		}
		begun, plain := b.Text(), b.Text()
		for range 40 {
			s, p := b.Selection().Range(), pieces[r.IntN(len(pieces))]
			switch r.IntN(6) {
			case 0:
				b.Select(at(r, b), at(r, b))
			case 1:
				b.Type(p)
				plain = plain[:s.Start] + clean(p) + plain[s.End:]
			case 2:
				b.Insert(p)
				plain = plain[:s.Start] + clean(p) + plain[s.End:]
			case 3:
				cut := Range{b.PreviousCharacter(b.Cursor()), b.Cursor()}
				b.Delete(cut)
				plain = plain[:cut.Start] + plain[cut.End:]
			case 4:
				x, y := at(r, b), at(r, b)
				x, y = min(x, y), max(x, y)
				b.Apply(Edit{Range{x, y}, p}, Edit{Range{y, y}, "!"}, Edit{Range{0, 0}, "overlaps"})
				if plain = plain[:x] + clean(p) + "!" + plain[y:]; x == 0 && y == 0 {
					plain = clean(p) + "!overlaps" + plain[len(clean(p))+1:]
				}
			case 5:
				if b.Undo() {
					plain = b.Text()
				}
			}
			if got := b.Text(); got != plain || b.Len() != len(plain) {
				t.Fatalf("seed %d: %q, want %q", seed, got, plain)
			}
			if got := strings.Join(paragraphs, "\n"); got != plain {
				t.Fatalf("seed %d: told of %q, the text is %q", seed, got, plain)
			}
			if s := b.Selection(); b.edge(s.Anchor) != s.Anchor || b.edge(s.Cursor) != s.Cursor || max(s.Anchor, s.Cursor) > b.Len() {
				t.Fatalf("seed %d: selection %v of %q", seed, s, plain)
			}
			for i := range b.Paragraphs() {
				if n, within := b.At(b.Start(i)); n != i || within != 0 {
					t.Fatalf("seed %d: paragraph %d begins at %d, %d", seed, i, n, within)
				}
			}
		}
		for b.Redo() {
		}
		plain = b.Text()
		for b.Undo() {
		}
		if b.Text() != begun {
			t.Fatalf("seed %d: undo leads to %q", seed, b.Text())
		}
		for b.Redo() {
		}
		if b.Text() != plain || b.CanRedo() {
			t.Fatalf("seed %d: redo leads to %q, want %q", seed, b.Text(), plain)
		}
	}
}

// TestSteps says what one Undo takes back.
func TestSteps(t *testing.T) {
	typed := func(b *Buffer, text string) {
		for _, r := range text {
			b.Type(string(r))
		}
	}
	tests := []struct {
		name string
		do   func(*Buffer)
		want []string // after each undo
	}{
		{"words", func(b *Buffer) { typed(b, "One two  three") }, []string{"One two  ", "One ", ""}},
		{"lines", func(b *Buffer) { typed(b, "a\nb") }, []string{"a\n", "a", ""}},
		{"elsewhere", func(b *Buffer) { typed(b, "ab"); b.Move(0, false); typed(b, "c") }, []string{"ab", ""}},
		{"pasted", func(b *Buffer) { typed(b, "a"); b.Insert("b c"); typed(b, "d") }, []string{"ab c", "a", ""}},
		{"removed", func(b *Buffer) {
			typed(b, "abc")
			b.Delete(Range{2, 3})
			b.Delete(Range{1, 2})
		}, []string{"abc", ""}},
		{"removed ahead", func(b *Buffer) {
			b.Insert("abc")
			b.Move(0, false)
			b.Delete(Range{0, 1})
			b.Delete(Range{0, 1})
		}, []string{"abc", ""}},
		{"typed over", func(b *Buffer) { b.Insert("abc"); b.Select(0, 2); typed(b, "xy") }, []string{"abc", ""}},
	}
	for _, test := range tests {
		b := New("")
		test.do(b)
		var got []string
		for b.Undo() {
			got = append(got, b.Text())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestUndoBringsSelectionBack(t *testing.T) {
	b := New("one two")
	b.Select(4, 7)
	b.Insert("three")
	b.Undo()
	if got, want := b.Selection(), (Selection{4, 7}); got != want {
		t.Errorf("selection %v, want %v", got, want)
	}
	b.Redo()
	if got := b.Cursor(); got != 9 {
		t.Errorf("cursor at %d, want 9", got)
	}
}

// TestSelectionStays has edits around what is selected.
func TestSelectionStays(t *testing.T) {
	b := New("one two three")
	b.Select(4, 7)
	b.Apply(Edit{Range{0, 3}, "eleven"}, Edit{Range{8, 13}, ""})
	if got := b.Selected(); got != "two" || b.Text() != "eleven two " {
		t.Errorf("%q selected of %q", got, b.Text())
	}
}

func TestHostilePositions(t *testing.T) {
	b := New("aé👩‍👧\nb")
	for p := -3; p < b.Len()+3; p++ {
		b.Select(p, p+2)
		b.Apply(Edit{Range{p, p - 1}, ""}, Edit{Range{p, 1000}, ""})
		b.Undo()
		_ = b.Slice(Range{p, p + 1})
		if text := b.Text(); !utf8.ValidString(text) {
			t.Fatalf("at %d: %q", p, text)
		}
	}
}

func BenchmarkType(b *testing.B) {
	text := New(strings.Repeat(strings.Repeat("word ", 60)+"\n", 170)) // 50,000 characters
	text.Move(25_000, false)
	for b.Loop() {
		text.Type("x")
		text.Undo()
	}
}
