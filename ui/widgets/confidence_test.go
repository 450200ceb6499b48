package widgets

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"github.com/google/go-cmp/cmp"
)

// wordsOf makes words of texts, with probabilities from 0.99 down to 0.
func wordsOf(texts ...string) []Word {
	var all []Word
	for i, text := range texts {
		w := Word{Text: text, P: float32(99-i%10*11) / 100}
		for k := range i % 4 {
			w.Others = append(w.Others, OtherWord{fmt.Sprintf(" other%d", k), 0.01})
		}
		all = append(all, w)
	}
	return all
}

func percent(p float32) string { return fmt.Sprintf("%.0f %%", 100*p) }

// showWords puts words alone into a window.
func showWords(t testing.TB, size fyne.Size, words ...Word) *Confidence {
	t.Helper()
	app(t)
	c := NewConfidence(words)
	c.Percent = percent
	window(t, c, size)
	return c
}

// lines returns the words that are drawn, a slice for each line.
func lines(c *Confidence) []string {
	var all []string
	y := float32(-1)
	walk(c, func(o fyne.CanvasObject, at fyne.Position) {
		if o, ok := o.(*canvas.Text); ok && o.Text != "" {
			if at.Y != y {
				all = append(all, "")
			}
			y = at.Y
			all[len(all)-1] += "[" + o.Text + "]"
		}
	})
	return all
}

func TestConfidenceKeepsTheText(t *testing.T) {
	for name, c := range map[string]struct {
		words []string
		want  []string
	}{
		"words":           {[]string{"The", " tide", "s", " come", "."}, []string{"[The][tide][s][come][.]"}},
		"not Markdown":    {[]string{"**", "bold", "**", " `", "x", "`"}, []string{"[**][bold][**][`][x][`]"}},
		"line breaks":     {[]string{"one", "\n", "two", ".\n\n", "three", "\n\n", "\n"}, []string{"[one][¶]", "[two][.]", "[three][¶]", "[¶]"}},
		"spaces":          {[]string{"a", "   ", "b", "\t", "c"}, []string{"[a][···][b][····][c]"}},
		"nothing":         {[]string{"a", "", "b"}, []string{"[a][b]"}},
		"half a letter":   {[]string{"a", "\xe2\x82", "b\x1b\x00"}, []string{"[a][\ufffd][b\ufffd\ufffd]"}},
		"nothing at all":  {nil, nil},
		"other languages": {[]string{"日本", "語", "です"}, []string{"[日本][語][です]"}},
	} {
		v := showWords(t, fyne.NewSize(700, 400), wordsOf(c.words...)...)
		if got := lines(v); !cmp.Equal(got, c.want) {
			t.Errorf("%s: drawn %q, want %q", name, got, c.want)
		}
	}
}

func TestShades(t *testing.T) {
	for p, want := range map[float32]fyne.ThemeColorName{
		1: "", 0.8: "", 0.79: ColorNameShade1, 0.5: ColorNameShade1, 0.3: ColorNameShade2, 0.2: ColorNameShade2,
		0.1: ColorNameShade3, 0.05: ColorNameShade3, 0.04: ColorNameShade4, 0: ColorNameShade4, float32(math.NaN()): ColorNameShade4,
	} {
		if got := shadeOf(p); got != want {
			t.Errorf("%v is shaded %q, want %q", p, got, want)
		}
	}
	v := showWords(t, fyne.NewSize(700, 400), Word{Text: "sure", P: 0.9}, Word{Text: " less", P: 0.6}, Word{Text: " guess", P: 0.01})
	var grounds []any
	for _, r := range find[*canvas.Rectangle](v.text) {
		grounds = append(grounds, r.FillColor)
	}
	want := []any{v.Theme().Color(ColorNameShade1, 0), v.Theme().Color(ColorNameShade4, 0)}
	if !cmp.Equal(grounds, want) {
		t.Errorf("grounds %v, want %v", grounds, want)
	}
	if got := text(NewShadeLegend(percent)); got != "80 % and more under 80 % under 50 % under 20 % under 5 %" {
		t.Errorf("legend: %s", got)
	}
}

// longAnswer is one of so many words.
func longAnswer(n int) []Word {
	var words []string
	for i := range n {
		word := fmt.Sprintf(" word%d", i)
		if i%60 == 59 {
			word = ".\n\n"
		}
		words = append(words, word)
	}
	return wordsOf(words...)
}

func TestConfidenceDrawsWhatIsVisible(t *testing.T) {
	v := showWords(t, fyne.NewSize(700, 400), longAnswer(20_000)...)
	for _, y := range []float32{0, v.text.laid.height / 2, v.text.laid.height} {
		v.scroll.ScrollToOffset(fyne.NewPos(0, y))
		v.text.show()
		if n := len(v.text.sheet.now.runs); n < 50 || n > 400 {
			t.Errorf("at %v: %d words are drawn", y, n)
		}
	}
	if got := lines(v); !strings.Contains(strings.Join(got, ""), "[word19998]") {
		t.Errorf("at the end: %q", got)
	}
}

func TestConfidenceByKeyboard(t *testing.T) {
	v := showWords(t, fyne.NewSize(700, 300), longAnswer(1000)...)
	at := -1
	v.OnWord = func(word int) { at = word }
	escaped := false
	v.OnEscape = func() { escaped = true }
	var chosen []int
	v.OnChoose = func(word, other int) { chosen = append(chosen, word, other) }
	lastWindow().Canvas().Focus(v.Focusable())
	key := func(names ...fyne.KeyName) {
		for _, name := range names {
			lastWindow().Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: name})
		}
	}
	for _, c := range []struct {
		keys []fyne.KeyName
		want int
	}{
		{nil, 0}, {[]fyne.KeyName{fyne.KeyRight, fyne.KeyRight}, 2}, {[]fyne.KeyName{fyne.KeyLeft}, 1}, {[]fyne.KeyName{fyne.KeyUp}, 1},
		{[]fyne.KeyName{fyne.KeyEnd}, 999}, {[]fyne.KeyName{fyne.KeyRight}, 999}, {[]fyne.KeyName{fyne.KeyDown}, 999},
		{[]fyne.KeyName{fyne.KeyHome}, 0}, {[]fyne.KeyName{fyne.KeyLeft}, 0}, {[]fyne.KeyName{fyne.KeyDown, fyne.KeyUp}, 0},
		{[]fyne.KeyName{fyne.KeyPageDown, fyne.KeyPageUp}, 0}, {[]fyne.KeyName{fyne.KeyRight, fyne.KeyRight, fyne.KeyRight}, 3},
	} {
		key(c.keys...)
		if at != c.want {
			t.Errorf("after %q on word %d, want %d", c.keys, at, c.want)
		}
	}
	key(fyne.KeyPageDown)
	if at < 20 || v.text.laid.runs[v.text.at].y+20 > v.scroll.Offset.Y+300 {
		t.Errorf("on word %d, which cannot be seen", at)
	}
	key(fyne.KeyHome, fyne.KeyRight, fyne.KeyRight, fyne.KeyReturn)
	if got := strings.Join(texts(lastWindow().Canvas().Overlays().Top()), " "); got != "“word2”: 77 % Continue from here with … “other0” 1 % “other1” 1 % Close" {
		t.Errorf("alternatives: %s", got)
	}
	key(fyne.KeyDown, fyne.KeyReturn)
	if !cmp.Equal(chosen, []int{2, 1}) || lastWindow().Canvas().Overlays().Top() != nil {
		t.Errorf("chosen: %v", chosen)
	}
	key(fyne.KeySpace, fyne.KeyEscape)
	if lastWindow().Canvas().Overlays().Top() != nil || lastWindow().Canvas().Focused() != v.Focusable() || escaped {
		t.Error("the alternatives are not closed")
	}
	key(fyne.KeyEscape)
	if !escaped {
		t.Error("Escape was lost")
	}
}

func TestConfidenceByPointer(t *testing.T) {
	v := showWords(t, fyne.NewSize(700, 300), Word{Text: "The", P: 0.5}, Word{Text: " tide", P: 0.25, Others: []OtherWord{{" moon", 0.5}}}, Word{Text: ".\n", P: 1}, Word{Text: "It", P: 1})
	at := 99
	v.OnWord = func(word int) { at = word }
	middle := func(i int) fyne.Position {
		r := v.text.laid.runs[i]
		return fyne.NewPos(r.x+r.width/2, r.y+5)
	}
	for i := range 4 {
		v.text.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: middle(i)}})
		if at != i || v.text.Cursor() != desktop.PointerCursor {
			t.Errorf("over word %d, want %d", at, i)
		}
	}
	v.text.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(600, 5)}})
	if at != -1 || v.text.Cursor() != desktop.DefaultCursor {
		t.Errorf("over word %d beside the text", at)
	}
	v.text.MouseOut()
	test.TapAt(v.text, middle(1))
	top := lastWindow().Canvas().Overlays().Top()
	if got := text(top); got != "“tide”: 25 % It could also have been: “moon” 50 % Close" {
		t.Errorf("alternatives: %s", got)
	}
	v.text.close()
	test.TapAt(v.text, middle(0))
	if got := text(lastWindow().Canvas().Overlays().Top()); got != "“The”: 50 % Nothing else was likely enough to be noted. Close" {
		t.Errorf("alternatives: %s", got)
	}
}

func TestConfidenceFollowsTheme(t *testing.T) {
	v := showWords(t, fyne.NewSize(700, 300), longAnswer(100)...)
	test.ApplyTheme(t, largeTheme{testTheme{theme.DefaultTheme(), true}})
	v.Refresh()
	for _, o := range find[*canvas.Text](v) {
		if o.TextSize != 1.5*15 || o.Color != v.Theme().Color(theme.ColorNameForeground, 0) {
			t.Fatalf("%q has size %v and colour %v", o.Text, o.TextSize, o.Color)
		}
	}
}

func TestQuoteWord(t *testing.T) {
	for word, want := range map[string]string{
		" tide": "“tide”", "s": "“s”", " ": "“·”", "\n": "“¶”", "\n\n": "“¶”", ".\n": "“.¶”", "  ": "“··”", "": "the end", "\x00": "“\ufffd”",
		strings.Repeat("x", 50): "“" + strings.Repeat("x", 40) + "…”",
	} {
		if got := QuoteWord(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

func BenchmarkConfidence(b *testing.B) {
	words := longAnswer(2000)
	app(b)
	for range b.N {
		c := NewConfidence(words)
		c.Percent = percent
		c.Resize(fyne.NewSize(700, 500))
		test.WidgetRenderer(c).Layout(fyne.NewSize(700, 500))
	}
}
