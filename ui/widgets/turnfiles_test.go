package widgets

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// chips lists the file chips in the tree.
func chips(o fyne.CanvasObject) (list []*FileChip) {
	walk(o, func(o fyne.CanvasObject, _ fyne.Position) {
		if c, ok := o.(*FileChip); ok {
			list = append(list, c)
		}
	})
	return list
}

func TestFilesOfATurn(t *testing.T) {
	files := []string{"letter.txt · 312 tokens", "a.csv · 20 tokens", strings.Repeat("long ", 20) + ".md", "b.go", "c.go"}
	v := show(t, fyne.NewSize(460, 700), Turn{Text: "Look at these", Files: files}, Turn{Role: Assistant, Text: "Yes."}, Turn{Text: "No files"})
	var opened []int
	v.OnFile = func(turn, file int) { opened = append(opened, turn, file) }
	list := chips(v)
	if len(list) != len(files) {
		t.Fatalf("%d chips", len(list))
	}
	right := v.columnX() + v.column
	row := v.turns[0].files
	for i, c := range list {
		if c.remove != nil {
			t.Errorf("%q can be taken off", c.Label())
		}
		if end := v.columnX() + c.Position().X + c.Size().Width; end > right+1 || c.Position().X < 0 || c.Position().Y+c.Size().Height > row.height+1 {
			t.Errorf("chip %d is at %v, %v, in a row of %v", i, c.Position(), c.Size(), row.height)
		}
	}
	if !strings.HasSuffix(list[2].Label(), "long .md") || len([]rune(list[2].Label())) > longestChip {
		t.Errorf("a long name is %q", list[2].Label())
	}
	if v.turns[0].note != nil || v.turns[2].files != nil || v.turns[1].y < row.top()+float64(row.height) {
		t.Error("the answer lies over the files")
	}
	test.Tap(list[1].open)
	list[3].open.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !slices.Equal(opened, []int{0, 1, 0, 3}) {
		t.Errorf("opened %v", opened)
	}

	v.Update([]Turn{{Text: "Look at these", Files: files[:1]}, {Role: Assistant, Text: "Yes."}, {Text: "No files"}}, -1)
	if got := len(chips(v)); got != 1 {
		t.Errorf("%d chips after the others are gone", got)
	}
	v.Update([]Turn{{Text: "Look at these"}, {Role: Assistant, Text: "Yes."}, {Text: "No files"}}, -1)
	if got := len(chips(v)); got != 0 || v.turns[0].files != nil {
		t.Errorf("%d chips without files", got)
	}
}

// Tab goes from the words of a user to the files and on to the controls, and back.
func TestFocusOfFiles(t *testing.T) {
	v := show(t, fyne.NewSize(600, 500), Turn{Text: "One", Files: []string{"a.txt", "b.txt"}}, Turn{Role: Assistant, Text: "Two"})
	c := fyne.CurrentApp().Driver().CanvasForObject(v)
	c.Focus(v.port)
	var order []string
	for range 3 {
		c.FocusNext()
		order = append(order, c.Focused().(interface{ Label() string }).Label())
	}
	if !slices.Equal(order, []string{"a.txt", "b.txt", "Copy"}) {
		t.Errorf("the focus went to %q", order)
	}
	c.FocusPrevious()
	if got := c.Focused().(interface{ Label() string }).Label(); got != "b.txt" {
		t.Errorf("back to %q", got)
	}
}

func TestLeavingTurns(t *testing.T) {
	var turns []Turn
	for range 4 {
		turns = append(turns, Turn{Text: "question"}, Turn{Role: Assistant, Text: "answer"})
	}
	turns[0].Greyed, turns[1].Greyed = true, true
	v := show(t, fyne.NewSize(700, 2000), turns...)
	check := func(what string, grey []int, lines map[int]string) {
		t.Helper()
		for i, turn := range v.turns {
			if sheet := turn.rows[0].view.(*textView).sheet; sheet.greyed != slices.Contains(grey, i) {
				t.Errorf("%s: turn %d is grey: %v", what, i, sheet.greyed)
			}
			said := ""
			if turn.divider != nil {
				said = turn.divider.view.(*dividerView).now.runs[0].text
			}
			if said != lines[i] {
				t.Errorf("%s: above turn %d stands %q, want %q", what, i, said, lines[i])
			}
		}
	}
	const is, would = "What is grey above is not in the model's view", "What is grey above would leave the model's view"
	check("at first", []int{0, 1}, map[int]string{2: is})
	v.SetLeaving([]int{2, 3})
	check("two would leave", []int{0, 1, 2, 3}, map[int]string{2: is, 4: would})
	v.SetLeaving([]int{2, 3, 6, 7})
	check("but not those between", []int{0, 1, 2, 3, 6, 7}, map[int]string{2: is, 4: would})
	v.SetGreyed(2, true)
	v.SetGreyed(3, true)
	check("they have left", []int{0, 1, 2, 3, 6, 7}, map[int]string{4: is})
	v.SetLeaving(nil)
	check("none would leave", []int{0, 1, 2, 3}, map[int]string{4: is})
}
