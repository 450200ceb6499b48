package widgets

import (
	"math/rand/v2"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"lamplight/ui/markdown"
)

func testTypography(t *testing.T) *typography {
	t.Helper()
	return newTypography(themeMeasures(app(t).Settings().Theme()))
}

// linesOf returns the text of each line, with spaces where runs do not touch.
func linesOf(b textBlock) []string {
	var all []string
	bottom := float32(-1)
	end := float32(0)
	for _, r := range b.runs {
		baseline := r.y + r.font.ascent
		switch {
		case baseline != bottom:
			all = append(all, r.text)
			bottom = baseline
		case r.x > end+1:
			all[len(all)-1] += " " + r.text
		default:
			all[len(all)-1] += r.text
		}
		end = r.x + r.width
	}
	return all
}

func TestLinesBreak(t *testing.T) {
	typo := testTypography(t)
	m := typo.body().width("m")
	tests := map[string]struct {
		text  string
		width float32 // in "m"
		want  []string
	}{
		"fits":            {"one two", 20, []string{"one two"}},
		"breaks":          {"mmmm mmmm mmmm", 9.5, []string{"mmmm mmmm", "mmmm"}},
		"line break":      {"m\nm", 20, []string{"m", "m"}},
		"empty line":      {"m\n\nm", 20, []string{"m", "m"}},
		"break at end":    {"m\n", 20, []string{"m"}},
		"spaces at begin": {"  m", 20, []string{"  m"}},
		"long word":       {"mmmmmmmmmmmmm", 5.5, []string{"mmmmm", "mmmmm", "mmm"}},
		"word then long":  {"m mmmmmmmm", 5.5, []string{"m", "mmmmm", "mmm"}},
		"hyphen":          {"mmmm-mmmm", 6, []string{"mmmm-", "mmmm"}},
		"no break space":  {"mm m\u00a0m", 4.5, []string{"mm", "m\u00a0m"}},
		"tab":             {"m\tm", 20, []string{"m    m"}},
		"separator":       {"m\u2028m", 20, []string{"m", "m"}},
		"accents":         {strings.Repeat("e\u0301", 4), 1.5, nil},
		"broken":          {"m\xffm", 20, []string{"m\ufffdm"}},
		"narrow":          {"mm", 0, []string{"m", "m"}},
		"empty":           {"", 20, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := typo.breakLines([]markdown.Span{{Text: tt.text}}, typo.body(), tt.width*m, markdown.Left)
			got := linesOf(b)
			if name == "accents" { // none is separated from its letter
				for _, line := range got {
					if strings.HasPrefix(line, "\u0301") {
						t.Errorf("lines %q", got)
					}
				}
				return
			}
			if len(got) > 0 && strings.HasPrefix(tt.text, " ") {
				got[0] = strings.Repeat(" ", int(b.runs[0].x/typo.body().space+0.5)) + got[0]
			}
			if !cmp.Equal(got, tt.want) {
				t.Errorf("lines %q, want %q", got, tt.want)
			}
			lines := max(1, strings.Count(strings.TrimSuffix(tt.text, "\n"), "\n")+1, len(got))
			if want := float32(lines) * typo.body().line; b.height != want {
				t.Errorf("height %v, want %v", b.height, want)
			}
		})
	}
}

// TestRandomLines checks for random spans that all text is there, in order, within the width, on common baselines.
func TestRandomLines(t *testing.T) {
	typo := testTypography(t)
	r := rand.New(rand.NewPCG(1, 9))
	words := []string{"a", "word", "longer-word", " ", "  ", "\n", "日本語の", "e\u0301", "(x)", "/path/to/it", strings.Repeat("w", 60), ".", "\u00a0"}
	for range 500 {
		var spans []markdown.Span
		all := ""
		for range 1 + r.IntN(6) {
			s := markdown.Span{Style: markdown.Style(r.IntN(16))}
			if r.IntN(4) == 0 {
				s.Link = "http://a.b"
			}
			for range r.IntN(8) {
				s.Text += words[r.IntN(len(words))]
			}
			all += s.Text
			spans = append(spans, s)
		}
		width := float32(40 + r.IntN(500))
		b := typo.breakLines(spans, typo.body(), width, markdown.Align(r.IntN(3)))
		drawn, baseline := "", float32(0)
		for i, run := range b.runs {
			drawn += run.text
			if run.x < 0 || run.x+run.width > width+0.5 && len([]rune(run.text)) > 1 {
				t.Fatalf("%q: run %q from %v to %v, width %v", all, run.text, run.x, run.x+run.width, width)
			}
			if now := run.y + run.font.ascent; i == 0 || now >= baseline {
				baseline = now
			} else {
				t.Fatalf("%q: run %q is above the one before", all, run.text)
			}
		}
		strip := strings.NewReplacer(" ", "", "\n", "")
		if strip.Replace(drawn) != strip.Replace(all) {
			t.Fatalf("drawn %q of %q", drawn, all)
		}
	}
}

func TestAlignment(t *testing.T) {
	typo := testTypography(t)
	width := typo.body().width("word")
	for align, want := range map[markdown.Align]float32{markdown.Left: 0, markdown.Center: (200 - width) / 2, markdown.Right: 200 - width} {
		b := typo.breakLines([]markdown.Span{{Text: "word"}}, typo.body(), 200, align)
		if got := b.runs[0].x; got > want || got < want-1 {
			t.Errorf("alignment %v: at %v, want %v", align, got, want)
		}
	}
}

func TestFontsStandOnOneBaseline(t *testing.T) {
	typo := testTypography(t)
	b := typo.breakLines([]markdown.Span{{Text: "a "}, {Text: "b", Style: markdown.CodeSpan}, {Text: " c", Style: markdown.Bold}}, typo.title(1), 500, markdown.Left)
	for _, r := range b.runs {
		if r.y+r.font.ascent != b.runs[0].y+b.runs[0].font.ascent {
			t.Errorf("%q stands on %v, not %v", r.text, r.y+r.font.ascent, b.runs[0].y+b.runs[0].font.ascent)
		}
	}
}

func TestLinesOfProseAreReadable(t *testing.T) {
	v := show(t, fyne.NewSize(1600, 900), Turn{Role: Assistant, Text: strings.Repeat("It is a truth that people who read long lines lose the place where the next one begins. ", 12)})
	lines := texts(v)
	for _, line := range lines[:len(lines)-1] {
		if n := len(line); n < 64 || n > 84 {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
	if v.column > 760 {
		t.Errorf("the column is %v wide", v.column)
	}
}

func TestElide(t *testing.T) {
	font := testTypography(t).small()
	text := "a footer that is long"
	for _, room := range []float32{0, 1, 20, 60, 100, 1000} {
		got := elide(text, font, room)
		if font.width(got) > room && got != "" {
			t.Errorf("%q does not fit in %v", got, room)
		}
		if room == 1000 && got != text {
			t.Errorf("%q is not %q", got, text)
		}
	}
}
