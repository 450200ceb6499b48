package widgets

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"
)

// TestUpdateLooksLikeNew changes a conversation in every way and compares it with one that was made like that.
func TestUpdateLooksLikeNew(t *testing.T) {
	begin := answers(3)
	with := func(change func(turns []Turn) []Turn) []Turn { return change(slices.Clone(begin)) }
	tests := map[string][]Turn{
		"nothing":       begin,
		"a footer":      with(func(a []Turn) []Turn { a[5].Footer = "41 tokens/s"; return a }),
		"a note":        with(func(a []Turn) []Turn { a[3].Note = Note{Text: "Stopped.", Action: "Go on"}; return a }),
		"versions":      with(func(a []Turn) []Turn { a[2].Version, a[2].Versions = 1, 2; return a }),
		"greyed":        with(func(a []Turn) []Turn { a[0].Greyed, a[1].Greyed = true, true; return a }),
		"an answer":     with(func(a []Turn) []Turn { a[3].Text = "# Another\n\n[one](http://a.b)\n\n```\ncode\n```"; return a }),
		"a question":    with(func(a []Turn) []Turn { a[2].Text = "Another"; return a }),
		"removed":       with(func(a []Turn) []Turn { return slices.Delete(a, 2, 4) }),
		"removed first": with(func(a []Turn) []Turn { return a[2:] }),
		"removed last":  with(func(a []Turn) []Turn { return a[:4] }),
		"inserted": with(func(a []Turn) []Turn {
			return slices.Insert(a, 2, Turn{Text: "New"}, Turn{Role: Assistant, Text: "yes"})
		}),
		"begun anew":      with(func(a []Turn) []Turn { return append(a[:2], Turn{Text: "New"}, Turn{Role: Assistant}) }),
		"another":         answers(5)[4:],
		"empty":           nil,
		"only a question": {{Text: "One"}},
	}
	for name, turns := range tests {
		t.Run(name, func(t *testing.T) {
			size := fyne.NewSize(700, 500)
			v := show(t, size, begin...)
			v.scrollTo(200)
			v.Update(turns, -1)
			for i, want := range turns {
				if v.Text(i) != want.Text || v.turns[i].index != i {
					t.Errorf("turn %d is %q, number %d", i, v.Text(i), v.turns[i].index)
				}
			}
			v.ScrollToEnd()
			want := show(t, size, turns...)
			if diff := cmp.Diff(pages(want), pages(v)); diff != "" {
				t.Errorf("differs from a new view (-new +updated):\n%s", diff)
			}
		})
	}
}

// TestUpdateHoldsWhatIsLookedAt puts a long answer in the place of a short one.
func TestUpdateHoldsWhatIsLookedAt(t *testing.T) {
	turns := answers(6)
	v := show(t, fyne.NewSize(700, 400), turns...)
	at := func(turn int) float64 { return v.turns[turn].controls.top() - v.offset }
	v.scrollTo(v.turns[7].y - 100)
	before := at(7)
	turns[7].Text = prose(6000)
	v.Update(turns, 7)
	if got := at(7); got != before {
		t.Errorf("the controls of turn 7 were at %v, and are at %v", before, got)
	}
	v.scrollTo(v.turns[8].y - 50)
	seen := v.turns[8].y - v.offset
	turns = slices.Delete(slices.Clone(turns), 2, 4)
	v.Update(turns, -1)
	if got := v.turns[6].y - v.offset; got != seen || v.Text(6) != "Question 4" {
		t.Errorf("turn %q was at %v, and is at %v", v.Text(6), seen, got)
	}
}

// TestUpdateKeepsViews changes one turn of a long conversation.
func TestUpdateKeepsViews(t *testing.T) {
	turns := answers(40)
	v := show(t, fyne.NewSize(700, 400), turns...)
	row, view := v.turns[79].rows[0], v.turns[79].rows[0].view
	turns[79].Footer = "foot"
	v.Update(turns, -1)
	if v.turns[79].rows[0] != row || row.view != view || !strings.Contains(text(v), "foot") {
		t.Error("rows were made anew")
	}
}

func TestTakeBack(t *testing.T) {
	size := fyne.NewSize(640, 480)
	for _, keep := range []int{0, 1, len(rich) / 3, len(rich) / 2, len(rich) - 1, len(rich)} {
		v := show(t, size, Turn{Text: "Go on"}, Turn{Role: Assistant})
		v.Append(rich)
		v.TakeBack(len(rich) - keep)
		if got := v.Text(1); got != rich[:keep] {
			t.Fatalf("%d bytes are left: %q", keep, got)
		}
		v.Append("and **more** [text](http://c.d)\n\nto the end")
		v.setFooter(1, "done")
		want := show(t, size, Turn{Text: "Go on"}, Turn{Role: Assistant, Text: v.Text(1), Footer: "done"})
		if diff := cmp.Diff(pages(want), pages(v)); diff != "" {
			t.Errorf("with %d bytes left it looks different (-at once +taken back):\n%s", keep, diff)
		}
	}
}
