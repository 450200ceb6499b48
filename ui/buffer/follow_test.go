package buffer

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestFollow(t *testing.T) {
	tests := []struct {
		name string
		do   func(*Buffer)
		want string // where "two three" is, of "one two three four"
	}{
		{"nothing", func(b *Buffer) {}, "two three"},
		{"before", func(b *Buffer) { b.Apply(Edit{Range{0, 3}, "eleven"}) }, "two three"},
		{"at its beginning", func(b *Buffer) { b.Apply(Edit{Range{4, 4}, "and "}) }, "two three"},
		{"within", func(b *Buffer) { b.Apply(Edit{Range{7, 7}, " and"}) }, "two and three"},
		{"at its end", func(b *Buffer) { b.Apply(Edit{Range{13, 13}, "!"}) }, "two three!"},
		{"behind", func(b *Buffer) { b.Apply(Edit{Range{14, 18}, ""}) }, "two three"},
		{"some of it is gone", func(b *Buffer) { b.Apply(Edit{Range{0, 8}, ""}) }, "three"},
		{"all of it is gone", func(b *Buffer) { b.Apply(Edit{Range{2, 15}, "x"}) }, ""},
		{"there and back", func(b *Buffer) { b.Apply(Edit{Range{7, 7}, "x"}); b.Undo() }, "two three"},
		{"several", func(b *Buffer) { b.Apply(Edit{Range{0, 0}, "\n"}, Edit{Range{5, 6}, ""}, Edit{Range{14, 14}, "\n"}) }, "to three"},
	}
	for _, test := range tests {
		b := New("one two three four")
		f := b.Follow()
		test.do(b)
		if got := b.Slice(f.Now(Range{4, 13})); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		b.Unfollow(f)
		b.Apply(Edit{Range{0, 0}, "..."})
		if len(b.followers) != 0 {
			t.Errorf("%s: it is followed still", test.name)
		}
	}
}

// Whatever is edited elsewhere, what was not touched is found again.
func TestFollowRandomEdits(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := New(strings.Repeat("first ", 5) + "THIS ONE" + strings.Repeat(" last", 5))
		begun := Range{30, 38}
		f := b.Follow()
		for range 30 {
			now := f.Now(begun)
			x, y := at(r, b), at(r, b)
			x, y = min(x, y), max(x, y)
			if r.IntN(3) == 0 {
				b.Undo()
			} else if y <= now.Start || x > now.End {
				b.Apply(Edit{Range{x, y}, pieces[r.IntN(len(pieces))]})
			}
			if got := b.Slice(f.Now(begun)); !strings.HasPrefix(got, "THIS ONE") {
				t.Fatalf("seed %d: %q of %q", seed, got, b.Text())
			}
		}
	}
}

// What was proposed since a step stays when the step is taken back, and is no part of it.
func TestMarksThatCameLater(t *testing.T) {
	b := New("one two three")
	first, second := Mark{Range: Range{0, 3}, New: "1", ID: 1}, Mark{Range: Range{8, 13}, New: "3", ID: 2}
	b.SetMarksOf(Proposal, []Mark{first})
	b.Move(7, false)
	b.Type("x")
	b.SetMarksOf(Proposal, append([]Mark{first}, Mark{Range: Range{9, 14}, New: "3", ID: 2}))
	b.Type("y")
	expect := func(what, text string, want ...Mark) {
		t.Helper()
		got := b.Marks()
		same := len(got) == len(want)
		for i := range min(len(got), len(want)) {
			same = same && got[i] == want[i]
		}
		if !same || b.Text() != text {
			t.Errorf("%s: %q with %v, want %v", what, b.Text(), got, want)
		}
	}
	b.Resolve(func(m Mark) Verdict {
		if m.ID == 1 {
			return Taken
		}
		return Undecided
	})
	b.Undo()
	b.Undo()
	expect("y is taken back", "one twox three", first, Mark{Range: Range{9, 14}, New: "3", ID: 2})
	b.Undo()
	expect("x is taken back", "one two three", first, second)
	b.Redo()
	b.Redo()
	b.Redo()
	expect("all is made again", "1 twoxy three", Mark{Range: Range{8, 13}, New: "3", ID: 2})
}
