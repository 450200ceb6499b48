package buffer

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestMarksMove(t *testing.T) {
	tests := []struct {
		name string
		edit Edit
		want []Mark
	}{
		{"before", Edit{Range{0, 0}, "ab"}, []Mark{{Range: Range{6, 9}, New: "TWO"}, {Range: Range{10, 10}, New: "x"}}},
		{"behind", Edit{Range{12, 13}, ""}, []Mark{{Range: Range{4, 7}, New: "TWO"}, {Range: Range{8, 8}, New: "x"}}},
		{"within", Edit{Range{5, 5}, "-"}, []Mark{{Range: Range{9, 9}, New: "x"}}},
		{"all", Edit{Range{0, 13}, ""}, []Mark{}},
		{"at its edge", Edit{Range{7, 7}, "!"}, []Mark{{Range: Range{4, 7}, New: "TWO"}, {Range: Range{9, 9}, New: "x"}}},
	}
	for _, test := range tests {
		b := New("one two three")
		b.SetMarks([]Mark{{Range: Range{8, 8}, New: "x"}, {Range: Range{4, 7}, New: "TWO"}, {Range: Range{5, 6}, New: "overlaps"}})
		before := b.Marks()
		b.Apply(test.edit)
		if got := b.Marks(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
		b.Undo()
		if got := b.Marks(); !slices.Equal(got, before) {
			t.Errorf("%s, taken back: %v, want %v", test.name, got, before)
		}
	}
}

// TestResolve decides about random proposals and takes the decisions back.
func TestResolve(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := New("The quick brown fox\njumps over the lazy dog.\n\nAnd again.")
		var marks []Mark
		want, end := "", 0
		verdicts := map[int]Verdict{}
		decided := 0
		for i := 0; end < b.Len()-4; i++ {
			start := end + r.IntN(3)
			m := Mark{Range: Range{start, start + r.IntN(4)}, New: pieces[r.IntN(5)], ID: i}
			marks = append(marks, m)
			v := Verdict(r.IntN(3))
			verdicts[i] = v
			want += b.Slice(Range{end, m.Start})
			if v == Taken {
				want += m.New
			} else {
				want += b.Slice(m.Range)
			}
			if v != Undecided {
				decided++
			}
			end = m.End
		}
		want += b.Slice(Range{end, b.Len()})
		b.SetMarks(marks)
		before, text := b.Marks(), b.Text()
		if n := b.Resolve(func(m Mark) Verdict { return verdicts[m.ID] }); n != decided {
			t.Fatalf("seed %d: %d decided, want %d", seed, n, decided)
		}
		if b.Text() != want || len(b.Marks()) != len(marks)-decided {
			t.Fatalf("seed %d: %q with %d marks, want %q", seed, b.Text(), len(b.Marks()), want)
		}
		after := b.Marks()
		if b.Undo() != (decided > 0) {
			t.Fatalf("seed %d: %d decisions, taken back or not", seed, decided)
		}
		if b.Text() != text || !slices.Equal(b.Marks(), before) {
			t.Fatalf("seed %d: undo leads to %q with %v", seed, b.Text(), b.Marks())
		}
		if b.Redo(); b.Text() != want || !slices.Equal(b.Marks(), after) {
			t.Fatalf("seed %d: redo leads to %q with %v, want %v", seed, b.Text(), b.Marks(), after)
		}
	}
}

// TestMarksAreTold has the paragraphs whose look changes with the marks.
func TestMarksAreTold(t *testing.T) {
	b := New("one\ntwo\nthree\nfour")
	var told []int
	b.OnChange = func(first, removed, added int) {
		if removed != 1 || added != 1 {
			t.Errorf("paragraph %d: %d in the place of %d", first, added, removed)
		}
		told = append(told, first)
	}
	expect := func(name string, want ...int) {
		t.Helper()
		slices.Sort(told)
		if !slices.Equal(told, want) {
			t.Errorf("%s: told of %v, want %v", name, told, want)
		}
		told = nil
	}
	two, across := Mark{Range: Range{4, 7}}, Mark{Range: Range{9, 15}}
	b.SetMarks([]Mark{two, across})
	expect("set", 1, 2, 3)
	b.SetMarks([]Mark{two})
	expect("one is gone", 2, 3)
	b.Resolve(func(Mark) Verdict { return Left })
	expect("left", 1)
	b.Undo()
	expect("taken back", 1)
}

// Marks of one kind come and go without those of others, and undo brings back no match that is looked for no longer.
func TestMarksOfOneKind(t *testing.T) {
	b := New("one two three two one")
	proposal := Mark{Range: Range{4, 7}, New: "2", Kind: Proposal, ID: 1}
	b.SetMarks([]Mark{proposal})
	b.SetMarksOf(Match, []Mark{{Range: Range{18, 21}}, {Range: Range{5, 9}}, {Range: Range{0, 3}}})
	want := []Mark{{Range: Range{0, 3}, Kind: Match}, proposal, {Range: Range{18, 21}, Kind: Match}}
	if !slices.Equal(b.Marks(), want) {
		t.Errorf("%v, want %v", b.Marks(), want)
	}
	b.SetMarksOf(Proposal, []Mark{{Range: Range{1, 2}, ID: 2}, proposal})
	if want := []Mark{{Range: Range{1, 2}, ID: 2}, proposal, {Range: Range{18, 21}, Kind: Match}}; !slices.Equal(b.Marks(), want) {
		t.Errorf("%v, want %v", b.Marks(), want)
	}
	b.Resolve(func(m Mark) Verdict { return Taken })
	b.SetMarksOf(Match, nil)
	b.Undo()
	if got := b.Marks(); len(got) != 2 || got[0].Kind != Proposal || got[1].Kind != Proposal {
		t.Errorf("after undo %v", got)
	}
	b.SetMarksOf(Match, []Mark{{Range: Range{8, 13}}})
	b.Redo()
	if got := b.Marks(); len(got) != 1 || b.Slice(got[0].Range) != "three" {
		t.Errorf("after redo %v", got)
	}
}
