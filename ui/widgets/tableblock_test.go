package widgets

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

func tableOf(v *StreamView) *tableView {
	return v.turns[len(v.turns)-1].rows[0].view.(*tableView)
}

func TestColumnsGetWhatTheyNeed(t *testing.T) {
	words := strings.Repeat("many words ", 30)
	tests := map[string]struct {
		cells   []string
		scrolls bool
		check   func(v *tableView) bool
	}{
		"small":         {[]string{"a", "b"}, false, func(v *tableView) bool { return v.extent() < 100 }},
		"one long":      {[]string{"short text", words}, false, func(v *tableView) bool { return v.columns[0].width > v.cells[1][0].wants && v.extent() <= v.width }},
		"two long":      {[]string{words, words}, false, func(v *tableView) bool { d := v.columns[0].width - v.columns[1].width; return d*d <= 1 }},
		"too many":      {slices.Repeat([]string{"column"}, 30), true, func(v *tableView) bool { return v.columns[0].width > v.cells[1][0].wants }},
		"endless words": {slices.Repeat([]string{strings.Repeat("x", 200)}, 2), false, func(v *tableView) bool { return v.extent() <= v.width }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			row := "|" + strings.Join(tt.cells, "|") + "|\n"
			v := show(t, fyne.NewSize(600, 900), Turn{Role: Assistant, Text: "|" + strings.Repeat("h|", len(tt.cells)) + "\n" + strings.Repeat("|--", len(tt.cells)) + "|\n" + row})
			table := tableOf(v)
			if !tt.check(table) || table.scroll.bar.Visible() != tt.scrolls {
				t.Errorf("columns %v of %v, scrolls: %v", table.columns, table.width, table.scroll.bar.Visible())
			}
			for i := 1; i < len(table.columns); i++ {
				if a, b := table.columns[i-1], table.columns[i]; a.x+a.width != b.x {
					t.Errorf("column %d ends at %v, the next begins at %v", i-1, a.x+a.width, b.x)
				}
			}
		})
	}
}

func TestCellsAreAligned(t *testing.T) {
	v := show(t, fyne.NewSize(600, 900), Turn{Role: Assistant, Text: "| left column | centre column | right column |\n|:--|:-:|--:|\n| a | b | c |"})
	table := tableOf(v)
	at := map[string]*canvas.Text{}
	for _, o := range find[*canvas.Text](table.inner) {
		at[o.Text] = o
	}
	mid := func(o *canvas.Text) float32 { return o.Position().X + o.Size().Width/2 }
	end := func(o *canvas.Text) float32 { return o.Position().X + o.Size().Width }
	if d := at["a"].Position().X - at["left column"].Position().X; d != 0 {
		t.Errorf("left: off by %v", d)
	}
	if d := mid(at["b"]) - mid(at["centre column"]); d*d > 1 {
		t.Errorf("centre: off by %v", d)
	}
	if d := end(at["c"]) - end(at["right column"]); d*d > 1 {
		t.Errorf("right: off by %v", d)
	}
	if at["left column"].TextStyle.Bold != true || at["a"].TextStyle.Bold {
		t.Error("the header is not bold, or more than it is")
	}
}

// TestGrowingTableKeepsItsCells appends a row and expects the cells before it to be the same ones.
func TestGrowingTableKeepsItsCells(t *testing.T) {
	v := show(t, fyne.NewSize(600, 900), Turn{Role: Assistant, Text: "| a | b |\n|--|--|\n| c | d |\n"})
	table := tableOf(v)
	before := table.cells[1][0]
	v.Append("| e | f |\n")
	if tableOf(v) != table || table.cells[1][0] != before || len(table.cells) != 3 {
		t.Error("the table was laid out anew")
	}
}

// TestHostileTable draws a table of very many columns and rows.
func TestHostileTable(t *testing.T) {
	v := show(t, fyne.NewSize(600, 300), Turn{Role: Assistant, Text: strings.Repeat("|h", 400) + "|\n" + strings.Repeat("|-", 400) + "|\n" + strings.Repeat(strings.Repeat("|x", 400)+"|\n", 64)})
	v.scrollTo(0)
	if n := len(texts(v)); n == 0 || n > 600 {
		t.Errorf("%d texts are drawn", n)
	}
}
