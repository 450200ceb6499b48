package widgets

import (
	"math/rand/v2"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"
)

func TestVisibleCode(t *testing.T) {
	tests := []struct {
		text   string
		column int
		want   string
		after  int
	}{
		{"plain\n", 0, "plain", 5},
		{"\ta\n", 0, "    a", 5},
		{"\ta", 2, "  a", 5},
		{"ab\tc", 0, "ab  c", 5},
		{"abcd\te", 0, "abcd    e", 9},
		{"a\rb\x00\x1b[0m", 0, "ab\ufffd\ufffd[0m", 7},
		{"a\xffb", 0, "a\ufffdb", 3},
		{"é", 0, "é", 1},
	}
	for _, tt := range tests {
		if got, after := visibleCode(tt.text, tt.column); got != tt.want || after != tt.after {
			t.Errorf("%q from column %d: %q and %d, want %q and %d", tt.text, tt.column, got, after, tt.want, tt.after)
		}
	}
}

// TestCodeRowsGrow reads blocks that grow by lines and parts of lines, and compares with reading them at once.
func TestCodeRowsGrow(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		var lines []string
		var grown codeRows
		for range 30 {
			part := strings.Repeat("x", r.IntN(5))
			if r.IntN(2) == 0 {
				part += "\n"
			}
			if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") && r.IntN(2) == 0 {
				lines[n-1] += part // the last line was not complete
			} else {
				lines = append(lines, part)
			}
			grown.read(lines)
			var once codeRows
			once.read(lines)
			var rows, want []string
			for i := range grown.count() {
				rows = append(rows, strings.Join(grown.row(lines, i), ""))
			}
			want = strings.SplitAfter(strings.Join(lines, ""), "\n")
			if want[len(want)-1] == "" && (lines[len(lines)-1] != "" || !strings.HasSuffix(strings.Join(lines, ""), "\n")) {
				want = want[:len(want)-1]
			}
			if strings.Join(rows, "") != strings.Join(want, "") || grown.count() != once.count() || grown.columns() != once.columns() {
				t.Fatalf("%q: rows %q, %d columns; at once %d rows, %d columns", lines, rows, grown.columns(), once.count(), once.columns())
			}
		}
	}
}

// codeOf returns the view of the code block in the first row of the last turn.
func codeOf(v *StreamView) *codeView {
	return v.turns[len(v.turns)-1].rows[0].view.(*codeView)
}

func TestCodeScrollsSideways(t *testing.T) {
	long := strings.Repeat("0123456789", 30)
	v := show(t, fyne.NewSize(500, 400), Turn{Role: Assistant, Text: "```\nshort\n" + long + "\n```"})
	code := codeOf(v)
	if !code.scroll.bar.Visible() || code.scroll.Disabled() {
		t.Fatal("a long line cannot be scrolled")
	}
	if got := texts(code.inner); !cmp.Equal(got, []string{"short", long}) {
		t.Errorf("drawn %q", got)
	}
	c := lastWindow().Canvas()
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(code.scroll).AddXY(50, 20)
	test.Scroll(c, at, -120, 0)
	if code.scroll.offset != 120 || code.inner.Position().X != -120 {
		t.Errorf("after the wheel at %v", code.scroll.offset)
	}
	code.scroll.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft})
	if code.scroll.offset != 120-keyStep {
		t.Errorf("after the key at %v", code.scroll.offset)
	}
	for range 100 {
		code.scroll.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	}
	width := code.t.code().width(long) + 2*code.t.inset()
	if got := code.scroll.offset + code.scroll.Size().Width; got < width-1 || got > width+1 {
		t.Errorf("scrolled to the end %v of %v are visible", got, width)
	}
}

func TestWheelOverCodeMovesTheConversation(t *testing.T) {
	v := show(t, fyne.NewSize(500, 300), Turn{Role: Assistant, Text: "```\n" + strings.Repeat(strings.Repeat("wide ", 100)+"\n", 40) + "```"})
	v.scrollTo(100)
	test.Scroll(lastWindow().Canvas(), fyne.NewPos(200, 150), 0, -50)
	if v.offset != 150 || codeOf(v).scroll.offset != 0 {
		t.Errorf("at %v, code at %v", v.offset, codeOf(v).scroll.offset)
	}
}

func TestShortCodeIsNoStopForTheFocus(t *testing.T) {
	v := show(t, fyne.NewSize(800, 300), Turn{Role: Assistant, Text: "```\nshort\n```"})
	if code := codeOf(v); !code.scroll.Disabled() || code.scroll.bar.Visible() {
		t.Error("code that fits can be scrolled")
	}
}

// TestVeryLongLines draws lines that come in parts.
func TestVeryLongLines(t *testing.T) {
	v := show(t, fyne.NewSize(500, 300), Turn{Role: Assistant, Text: "```\n"})
	for range 200 {
		v.Append(strings.Repeat("0123456789", 50))
	}
	code := codeOf(v)
	if code.rows.count() != 1 || code.rows.columns() != 100_000 {
		t.Fatalf("%d rows, %d columns", code.rows.count(), code.rows.columns())
	}
	for _, offset := range []float32{0, 300_000, 1e9} {
		code.scroll.moveTo(offset)
		drawn := float32(0)
		for _, o := range find[*canvas.Text](code.inner) {
			drawn += o.Size().Width
		}
		if drawn < 400 || drawn > 40_000 {
			t.Errorf("at %v: texts of %v in all", code.scroll.offset, drawn)
		}
	}
}

func TestLanguageIsCutToTheRoomThereIs(t *testing.T) {
	v := show(t, fyne.NewSize(400, 300), Turn{Role: Assistant, Text: "```go " + strings.Repeat("info ", 60) + "\nx\n```"})
	if got := texts(v)[0]; !strings.HasPrefix(got, "go info") || !strings.HasSuffix(got, "…") {
		t.Errorf("label %q", got)
	}
}
