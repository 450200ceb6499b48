package widgets

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"
)

// rich has every kind of block.
const rich = "# Heading one\n\nA paragraph with **bold**, *italic*, `code`, ~~struck~~ and a [link](https://example.org/a).\n\n" +
	"## Heading two\n\n- first\n- second\n  1. nested\n  2. again\n\n     more of it\n- [x] done\n- [ ] open\n\n" +
	"> quoted\n>\n> > twice\n\n```go\nfunc main() {\n\tprintln(\"hello\")\n}\n```\n\n" +
	"| name | size |\n|:--|--:|\n| one | 1 |\n| two | **2** |\n\n---\n\n![a picture](http://example.org/x.png) <think>kept</think> vector<int>\n\nThe end."

// answers builds a conversation of n questions and answers.
func answers(n int) []Turn {
	var turns []Turn
	for i := range n {
		turns = append(turns, Turn{Text: fmt.Sprintf("Question %d", i)}, Turn{Role: Assistant, Text: fmt.Sprintf("Answer %d. ", i) + prose(900)})
	}
	return turns
}

func TestBlocksShowTheirText(t *testing.T) {
	tests := map[string]struct {
		role   Role
		source string
		want   []string // texts that are drawn, in this order
	}{
		"paragraph":       {Assistant, "one two", []string{"one two"}},
		"line break":      {Assistant, "one\ntwo", []string{"one", "two"}},
		"headings":        {Assistant, "# one\n### three", []string{"one", "three"}},
		"styles":          {Assistant, "a **b** *c* `d` ~~e~~", []string{"a", "b", "c", "d", "e"}},
		"code":            {Assistant, "```go\na := 1\n\tb()\n```", []string{"go", "a := 1", "    b()"}},
		"indented code":   {Assistant, "    a\n\n    b", []string{"a", "b"}},
		"unfinished code": {Assistant, "```\na", []string{"a"}},
		"table":           {Assistant, "| a | b |\n|--|--|\n| c | d |", []string{"a", "b", "c", "d"}},
		"list":            {Assistant, "- a\n- b\n  - c", []string{"a", "•", "b", "•", "c", "•"}},
		"numbers":         {Assistant, "7. a\n8. b", []string{"a", "7.", "b", "8."}},
		"quote":           {Assistant, "> a\n> > b", []string{"a", "b"}},
		"link":            {Assistant, "see [this](http://a.b) there", []string{"see", "this", "there"}},
		"address":         {Assistant, "see <http://a.b>", []string{"see", "http://a.b"}},
		"image":           {Assistant, "![alt](http://a.b/c.png)", []string{"[image: alt]"}},
		"tags":            {Assistant, "<think>a</think> vector<int>", []string{"<think>a</think> vector<int>"}},
		"user's words":    {User, "# not *Markdown*\n\n  two  spaces", []string{"# not *Markdown*", "two  spaces"}},
		"nothing yet":     {Assistant, "", []string{"…"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := show(t, fyne.NewSize(800, 600), Turn{Role: tt.role, Text: tt.source})
			if got := texts(v); !cmp.Equal(got, tt.want) {
				t.Errorf("drawn %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRulesBarsAndBoxesAreDrawn(t *testing.T) {
	v := show(t, fyne.NewSize(800, 1600), Turn{Role: Assistant, Text: "a"})
	plain := len(look(v))
	for name, source := range map[string]string{"rule": "a\n\n---", "quote": "> a", "task": "- [ ] a", "task done": "- [x] a", "struck": "~~a~~", "code": "`a`"} {
		v.SetTurns([]Turn{{Role: Assistant, Text: source}})
		if got := len(look(v)); got != plain+1 && !(name == "task done" && got == plain+2) {
			t.Errorf("%s: %d objects more than a paragraph has", name, got-plain)
		}
	}
}

// TestAnyPiecesLookTheSame streams texts in pieces of all sizes and compares every picture with that of the text given at once.
func TestAnyPiecesLookTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	size := fyne.NewSize(640, 480)
	sources := []string{rich, strings.Repeat(rich+"\n\n", 4), "```\n" + strings.Repeat("a long line of code \t that goes on\n", 80), "| a | b |\n|-|-|\n" + strings.Repeat("| some words in a cell | more |\n", 90)}
	for n, source := range sources {
		whole := show(t, size, Turn{Text: "Go on"}, Turn{Role: Assistant, Text: source, Footer: "done"})
		want := pages(whole)
		for _, most := range []int{1, 2, 7, 100, 3000} {
			v := show(t, size, Turn{Text: "Go on"}, Turn{Role: Assistant})
			for rest := source; rest != ""; {
				piece := min(len(rest), 1+r.IntN(most))
				v.Append(rest[:piece])
				rest = rest[piece:]
			}
			v.setFooter(1, "done")
			if diff := cmp.Diff(want, pages(v)); diff != "" {
				t.Errorf("text %d in pieces of up to %d bytes looks different (-at once +in pieces):\n%s", n, most, diff)
			}
			if v.Text(1) != source {
				t.Errorf("text %d in pieces: the source is not what was appended", n)
			}
		}
	}
}

// pages returns what is visible at the end and on each page from the beginning on.
func pages(v *StreamView) [][]string {
	all := [][]string{look(v.port)}
	for v.scrollTo(0); ; v.scrollBy(300) {
		all = append(all, look(v.port))
		if v.follow {
			return all
		}
	}
}

func TestOnlyWhatIsVisibleIsInTheTree(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "Paragraph %d with a few words in it.\n\n", i)
	}
	v := show(t, fyne.NewSize(800, 600), Turn{Text: "Go on"}, Turn{Role: Assistant, Text: b.String()})
	if got := len(v.turns[1].rows); got != 2000 {
		t.Fatalf("%d rows", got)
	}
	for _, at := range []float64{v.lastOffset(), v.lastOffset() / 2, 0} {
		v.scrollTo(at)
		n := 0
		walk(v, func(fyne.CanvasObject, fyne.Position) { n++ })
		if rows := len(v.shown); rows < 15 || rows > 40 || n > 200 {
			t.Errorf("at %.0f: %d rows, %d objects", at, rows, n)
		}
		built := 0
		for _, r := range v.turns[1].rows {
			if r.view != nil {
				built++
			}
		}
		if built > 40 {
			t.Errorf("at %.0f: %d rows have objects", at, built)
		}
	}
	if !strings.Contains(text(v), "Paragraph 0 ") {
		t.Errorf("at the beginning: %s", text(v))
	}
}

// TestLongBlocksDrawOnlyWhatIsVisible does the same within one block.
func TestLongBlocksDrawOnlyWhatIsVisible(t *testing.T) {
	for name, source := range map[string]string{
		"code":  "```\n" + strings.Repeat("line\n", 5000),
		"table": "| a | b |\n|-|-|\n" + strings.Repeat("| c | d |\n", 60),
	} {
		v := show(t, fyne.NewSize(800, 300), Turn{Role: Assistant, Text: source})
		v.scrollTo(v.lastOffset() / 2)
		if n := len(texts(v)); n == 0 || n > 60 {
			t.Errorf("%s: %d texts", name, n)
		}
	}
}

// TestCostOfAppendDoesNotGrow counts the memory that appending a word takes in short and in long conversations.
func TestCostOfAppendDoesNotGrow(t *testing.T) {
	cost := func(before string) uint64 {
		v := show(t, fyne.NewSize(800, 600), Turn{Role: Assistant, Text: before})
		var costs []uint64
		var m0, m1 runtime.MemStats
		for range 200 {
			runtime.ReadMemStats(&m0)
			v.Append("word ")
			runtime.ReadMemStats(&m1)
			costs = append(costs, m1.TotalAlloc-m0.TotalAlloc)
		}
		slices.Sort(costs)
		return costs[len(costs)/2]
	}
	short, long := cost(prose(2_000)), cost(prose(400_000))
	t.Logf("%d bytes in a short text, %d in a long one", short, long)
	if long > 2*short {
		t.Errorf("appending a word takes %d bytes in a short text and %d in a long one", short, long)
	}
}

func TestTextIsReplaced(t *testing.T) {
	v := show(t, fyne.NewSize(800, 400), answers(3)...)
	v.replaceText(5, "Quite **another** answer")
	if got := text(v); !strings.Contains(got, "Quite another answer") || strings.Contains(got, "Answer 2") {
		t.Errorf("shown: %s", got)
	}
	if v.Text(5) != "Quite **another** answer" {
		t.Errorf("source: %q", v.Text(5))
	}
	v.replaceText(4, "Another question")
	if got := text(v); !strings.Contains(got, "Another question") {
		t.Errorf("shown: %s", got)
	}
}

func TestTruncateAndClear(t *testing.T) {
	v := show(t, fyne.NewSize(800, 400), answers(10)...)
	v.truncate(3)
	got := text(v)
	if v.Len() != 3 || !strings.Contains(got, "Question 1") || strings.Contains(got, "Answer 1") || v.offset != v.lastOffset() {
		t.Errorf("%d turns at %v of %v: %s", v.Len(), v.offset, v.lastOffset(), got)
	}
	v.addTurn(Turn{Role: Assistant, Text: "New"})
	if got := text(v); !strings.Contains(got, "New") {
		t.Errorf("shown: %s", got)
	}
	v.truncate(0)
	v.addTurn(Turn{Text: "Only"})
	if got := texts(v); !cmp.Equal(got, []string{"Only"}) {
		t.Errorf("shown: %q", got)
	}
	v.SetTurns(nil)
	if got := texts(v); v.Len() != 0 || len(got) != 0 || len(v.port.objects) != 0 {
		t.Errorf("after Clear: %q", got)
	}
}

func TestThemeSwitch(t *testing.T) {
	v := show(t, fyne.NewSize(800, 1600), Turn{Text: "Hello"}, Turn{Role: Assistant, Text: rich, Note: Note{Text: "note", Action: "act"}, Footer: "foot"})
	light := look(v)
	dark := testTheme{theme.DefaultTheme(), true}
	test.ApplyTheme(t, dark)
	v.Refresh()
	got := look(v)
	if len(got) != len(light) {
		t.Fatalf("%d objects, then %d", len(light), len(got))
	}
	for _, o := range find[*canvas.Text](v) {
		for name, n := range testColors {
			if r, _, _, _ := o.Color.RGBA(); uint8(r>>8) == n {
				t.Errorf("%q still has the light %s", o.Text, name)
			}
		}
	}
	for _, b := range v.bubbles {
		if r, _, _, _ := b.FillColor.RGBA(); uint8(r>>8) != testColors[ColorNameBubble]+100 {
			t.Errorf("the bubble has %v", b.FillColor)
		}
	}
	switched := look(v.port)
	fresh := show(t, fyne.NewSize(800, 1600))
	test.ApplyTheme(t, dark)
	fresh.SetTurns([]Turn{{Text: "Hello"}, {Role: Assistant, Text: rich, Note: Note{Text: "note", Action: "act"}, Footer: "foot"}})
	if diff := cmp.Diff(look(fresh.port), switched); diff != "" {
		t.Errorf("differs from a view made in the dark (-new +switched):\n%s", diff)
	}
}

// TestThemeSwitchWhileHidden switches while another page is shown in place of the view.
func TestThemeSwitchWhileHidden(t *testing.T) {
	app(t)
	v := NewStreamView()
	page := container.NewStack(v)
	window(t, page, fyne.NewSize(800, 1600))
	v.SetTurns([]Turn{{Text: "Hello"}, {Role: Assistant, Text: rich}})
	page.Objects = []fyne.CanvasObject{widget.NewLabel("another page")}
	page.Refresh()
	test.ApplyTheme(t, testTheme{theme.DefaultTheme(), true})
	v.Append("more")
	page.Objects = []fyne.CanvasObject{v}
	page.Refresh()
	for _, o := range find[*canvas.Text](v) {
		if r, _, _, _ := o.Color.RGBA(); uint8(r>>8) < 100 {
			t.Errorf("%q still has %v", o.Text, o.Color)
		}
	}
}

// largeTheme has larger text.
type largeTheme struct{ testTheme }

func (t largeTheme) Size(name fyne.ThemeSizeName) float32 { return 1.5 * t.testTheme.Size(name) }

func TestThemeWithOtherSizesIsLaidOutAnew(t *testing.T) {
	turns := []Turn{{Text: "Hello"}, {Role: Assistant, Text: rich}}
	v := show(t, fyne.NewSize(800, 1600), turns...)
	lastWindow().Canvas().Focus(controls(v, 0)[0])
	large := largeTheme{testTheme{Theme: theme.DefaultTheme()}}
	test.ApplyTheme(t, large)
	v.Refresh()
	if lastWindow().Canvas().Focused() != v.port {
		t.Errorf("the focus is on %T", lastWindow().Canvas().Focused())
	}
	lastWindow().Canvas().Unfocus()
	switched := look(v.port)
	fresh := show(t, fyne.NewSize(800, 1600))
	test.ApplyTheme(t, large)
	fresh.Refresh()
	fresh.SetTurns(turns)
	if diff := cmp.Diff(look(fresh.port), switched); diff != "" {
		t.Errorf("differs from a view made with large text (-new +switched):\n%s", diff)
	}
}

func TestWorksBeforeItHasASize(t *testing.T) {
	app(t)
	v := NewStreamView()
	v.addTurn(Turn{Text: "Hello"})
	v.addTurn(Turn{Role: Assistant})
	v.Append("An **answer**")
	v.setFooter(1, "foot")
	v.setNote(1, Note{Text: "note"})
	v.SetGreyed(0, true)
	v.ScrollToTurn(0)
	v.ScrollToEnd()
	v.Refresh()
	window(t, v, fyne.NewSize(600, 400))
	for _, want := range []string{"Hello", "An answer", "foot", "note"} {
		if !strings.Contains(strings.ReplaceAll(text(v), " answer", " answer"), want) {
			t.Errorf("%q is missing in %q", want, text(v))
		}
	}
}

// TestRandomText looks for text that the view cannot stand.
func TestRandomText(t *testing.T) {
	pieces := []string{"word ", "\n", "\n\n", "- ", "1. ", "> ", "```", "| a | b |\n", "|--|--|\n", "**", "`", "[x](http://a.b)", "# ", "\t", "    ",
		"日本語", "🙂", "é\u0301", strings.Repeat("long", 300), "\x00", "\xff", "\u2028", "---\n", "- [x] ", strings.Repeat("> - ", 20), strings.Repeat("|c", 200) + "\n"}
	r := rand.New(rand.NewPCG(7, 8))
	v := show(t, fyne.NewSize(500, 300), Turn{})
	for range 60 {
		v.SetTurns([]Turn{{Text: pieces[r.IntN(len(pieces))]}, {Role: Assistant}})
		for range r.IntN(60) {
			v.Append(pieces[r.IntN(len(pieces))])
			if r.IntN(8) == 0 {
				v.scrollBy(float64(r.IntN(900) - 500))
			}
			if r.IntN(30) == 0 {
				lastWindow().Resize(fyne.NewSize(60+float32(r.IntN(800)), 20+float32(r.IntN(600))))
			}
		}
	}
}
