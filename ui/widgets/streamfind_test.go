package widgets

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"github.com/google/go-cmp/cmp"
)

// finder finds what a regular expression matches.
func finder(expression string) Finder {
	e := regexp.MustCompile(expression)
	return func(text string, found func(start, end int)) {
		for _, m := range e.FindAllStringIndex(text, -1) {
			found(m[0], m[1])
		}
	}
}

// marked returns what is drawn on the grounds of matches, the current one in brackets.
func marked(v *StreamView) []string {
	var grounds []*canvas.Rectangle
	var at []fyne.Position
	var all []string
	walk(v.port, func(o fyne.CanvasObject, p fyne.Position) {
		switch o := o.(type) {
		case *canvas.Rectangle:
			if o.FillColor == v.Theme().Color(ColorNameMark, 0) || o.FillColor == v.Theme().Color(theme.ColorNamePrimary, 0) {
				grounds, at = append(grounds, o), append(at, p)
			}
		case *canvas.Text:
			i := slices.Index(at, p)
			if i < 0 {
				return
			}
			front, form := ColorNameOnMark, "%s"
			if grounds[i].FillColor == v.Theme().Color(theme.ColorNamePrimary, 0) {
				front, form = theme.ColorNameForegroundOnPrimary, "[%s]"
			}
			if o.Color != v.Theme().Color(front, 0) {
				form += " in the wrong colour"
			}
			all = append(all, fmt.Sprintf(form, o.Text))
		}
	})
	return all
}

func TestFindMarks(t *testing.T) {
	for name, c := range map[string]struct {
		source, find string
		want         []string
	}{
		"paragraph":   {"The moon and the moon.", "moon", []string{"[moon]", "moon"}},
		"in a word":   {"moonlight", "oo", []string{"[oo]"}},
		"styles":      {"a **bo*ld*** `code` [link](http://a.b)", "o|link", []string{"[o]", "o", "link"}},
		"across":      {"a **bold** word", "a bold w", []string{"[a]", "[bold]", "[w]"}},
		"heading":     {"# The moon", "moon", []string{"[moon]"}},
		"code":        {"```go\na := moon\n\tmoon()\n```", "moon", []string{"[moon]", "moon"}},
		"tabs":        {"```\n\tmoon\n```", "    moon", []string{"[    moon]"}},
		"table":       {"| moon | b |\n|--|--|\n| c | the moon |", "moon", []string{"[moon]", "moon"}},
		"list":        {"- one moon\n- a moon", "moon", []string{"[moon]", "moon"}},
		"not there":   {"The sun.", "moon", nil},
		"not markup":  {"**moon** <http://moon.a>", `\*`, nil},
		"line breaks": {"one\nmoon", "e.m|(?s)moon", []string{"[moon]"}},
	} {
		v := show(t, fyne.NewSize(800, 600), Turn{Role: Assistant, Text: c.source})
		before := look(v.port)
		v.Find(finder(c.find))
		if got := marked(v); !cmp.Equal(got, c.want) {
			t.Errorf("%s: marked %q, want %q", name, got, c.want)
		}
		v.Find(nil)
		if diff := cmp.Diff(before, look(v.port)); diff != "" {
			t.Errorf("%s: after the search (-before +after):\n%s", name, diff)
		}
		if current, n := v.Found(); current != 0 || n != 0 {
			t.Errorf("%s: %d of %d after the search", name, current, n)
		}
	}
}

// A match that the end of a line cuts is marked on both lines.
func TestFindMarksOverLines(t *testing.T) {
	v := show(t, fyne.NewSize(300, 600), Turn{Role: Assistant, Text: prose(300)})
	v.Find(finder("(?s).+"))
	got := marked(v)
	lines := texts(v)
	if len(got) < 3 || len(got) > len(lines) || got[0] != "["+lines[0]+"]" {
		t.Errorf("marked %q of %q", got, lines)
	}
}

func TestFindGoesRound(t *testing.T) {
	v := show(t, fyne.NewSize(800, 300), answers(30)...)
	v.scrollTo(0)
	v.Find(finder("Answer 2[0-9]"))
	for _, want := range []int{1, 2, 3} {
		if current, n := v.Found(); current != want || n != 10 {
			t.Errorf("%d of %d, want %d of 10", current, n, want)
		}
		if got := marked(v); !slices.Contains(got, fmt.Sprintf("[Answer 2%d]", want-1)) {
			t.Errorf("%d: marked %q", want, got)
		}
		v.ShowFound(1)
	}
	v.ShowFound(-4)
	if current, _ := v.Found(); current != 10 || !slices.Contains(marked(v), "[Answer 29]") {
		t.Errorf("%d is shown, marked %q", current, marked(v))
	}
	v.ShowFound(1)
	if current, _ := v.Found(); current != 1 {
		t.Errorf("%d is shown", current)
	}
}

// While more is typed the match stays where it is, as long as it is one.
func TestFindFromWhereItWas(t *testing.T) {
	v := show(t, fyne.NewSize(800, 300), answers(30)...)
	v.Find(finder("Answer 29"))
	v.Find(nil)
	v.Find(finder("Answer")) // from what is seen on
	if current, n := v.Found(); n != 30 || current < 29 {
		t.Errorf("%d of %d", current, n)
	}
	v.ShowFound(-15)
	at, _ := v.Found()
	v.Find(finder("Answer 1"))
	if current, n := v.Found(); n != 11 || current != at-9 && at > 19 || current == 1 {
		t.Errorf("%d of %d, was at %d", current, n, at)
	}
	v.Find(finder("Question 3"))
	v.Find(finder("Question 3 and no more"))
	if current, n := v.Found(); current != 0 || n != 0 {
		t.Errorf("%d of %d", current, n)
	}
	v.ShowFound(1)
}

// A match far down in a long turn, a long code block or a wide table comes into sight.
func TestFindShowsTheMatchItself(t *testing.T) {
	wide := strings.Repeat("word ", 60)
	for name, source := range map[string]string{
		"paragraph": strings.ReplaceAll(prose(40_000), "\n\n", "\n") + " needle " + prose(20_000),
		"code":      "```\n" + strings.Repeat("line\n", 3000) + wide + "needle\n" + strings.Repeat("line\n", 500) + "```",
		"table":     "| a |" + strings.Repeat(" b |", 30) + "\n|-|" + strings.Repeat("-|", 30) + strings.Repeat("\n| cellcell |"+strings.Repeat(" cellcell |", 29)+" x |", 40) + "\n| c |" + strings.Repeat(" cellcell |", 29) + " needle |",
	} {
		v := show(t, fyne.NewSize(700, 400), Turn{Text: "Go on"}, Turn{Role: Assistant, Text: source}, Turn{Text: "more"}, Turn{Role: Assistant, Text: prose(9000)})
		for _, from := range []float64{0, v.lastOffset()} {
			v.Find(nil)
			v.scrollTo(from)
			v.Find(finder("needle"))
			seen := false
			walk(v, func(o fyne.CanvasObject, at fyne.Position) {
				if o, ok := o.(*canvas.Text); ok && o.Text == "needle" {
					seen = at.Y >= 0 && at.Y+o.Size().Height <= 400 && at.X >= 0 && at.X+o.Size().Width <= 700
				}
			})
			if !seen {
				t.Errorf("%s, from %.0f: the match is out of sight; %q", name, from, marked(v))
			}
		}
	}
}

func TestFindWhileTheAnswerGrows(t *testing.T) {
	v := show(t, fyne.NewSize(800, 300), answers(3)...)
	calls := 0
	v.OnFound = func() { calls++ }
	v.Find(finder("needle"))
	v.addTurn(Turn{Text: "a needle"})
	v.addTurn(Turn{Role: Assistant})
	for i, c := range []struct {
		text string
		want int
	}{{"a nee", 1}, {"dle", 2}, {"s and\n\n", 2}, {"```\nneedle", 3}, {"\nneedle\n", 4}, {"```\n\n| needle |\n|", 5}, {"-|\n", 5}, {"\nand more", 5}} {
		v.Append(c.text)
		if _, n := v.Found(); n != c.want {
			t.Errorf("step %d: %d found, want %d", i, n, c.want)
		}
	}
	if calls != 6 {
		t.Errorf("told %d times", calls)
	}
	if got := marked(v); len(got) < 2 {
		t.Errorf("marked %q", got)
	}
	v.replaceText(7, "a needle")
	if _, n := v.Found(); n != 2 {
		t.Errorf("%d found", n)
	}
	v.truncate(7)
	if current, n := v.Found(); current != 1 || n != 1 {
		t.Errorf("%d of %d", current, n)
	}
	v.SetTurns(nil)
	if current, n := v.Found(); current != 0 || n != 0 {
		t.Errorf("%d of %d", current, n)
	}
}

func TestFindInOneTurn(t *testing.T) {
	v := show(t, fyne.NewSize(800, 300), answers(10)...)
	v.FindIn(9, finder("Answer|tide"))
	if got := marked(v); len(got) == 0 || got[0] != "[Answer]" {
		t.Errorf("marked %q", got)
	}
	for _, m := range v.found.all {
		if m.turn != 9 {
			t.Errorf("found in turn %d", m.turn)
		}
	}
	v.FindIn(4, finder("nothing"))
	if got := text(v); !strings.Contains(got, "Question 2") || v.offset == 0 {
		t.Errorf("shown: %s", got)
	}
}

// Marks stay when the theme, the width or the colour of the turn change.
func TestFindStays(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Text: "The moon"}, Turn{Role: Assistant, Text: "The **moon**\n\n```\nmoon\n```\n\n| moon |\n|-|"})
	v.Find(finder("moon"))
	want := []string{"[moon]", "moon", "moon", "moon"}
	check := func(what string) {
		t.Helper()
		if got := marked(v); !cmp.Equal(got, want) {
			t.Errorf("%s: marked %q", what, got)
		}
	}
	check("at first")
	v.SetGreyed(0, true)
	v.SetGreyed(1, true)
	check("greyed")
	lastWindow().Resize(fyne.NewSize(500, 600))
	check("narrow")
	v.ShowFound(1)
	want = []string{"moon", "[moon]", "moon", "moon"}
	check("the next")
}

func TestFindBeforeItHasASize(t *testing.T) {
	app(t)
	v := NewStreamView()
	v.SetTurns(answers(20))
	v.FindIn(3, finder("Answer"))
	v.Find(finder("Answer"))
	v.ShowFound(1)
	if _, n := v.Found(); n != 20 {
		t.Errorf("%d found", n)
	}
	window(t, v, fyne.NewSize(600, 400))
	if len(marked(v)) == 0 {
		t.Error("nothing is marked")
	}
}

func BenchmarkFind(b *testing.B) {
	v := show(b, fyne.NewSize(800, 600), answers(200)...)
	b.ResetTimer()
	for i := range b.N {
		v.Find(finder([]string{"tide", "the"}[i%2]))
	}
}
