package vault

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// parts lists what a finder finds.
func parts(f Finder, text string) (found []string) {
	f(text, func(start, end int) { found = append(found, text[start:end]) })
	return found
}

func TestFindPart(t *testing.T) {
	for _, c := range []struct {
		part, text string
		want       []string
	}{
		{"oo", "The Moon, the noOn.", []string{"oo", "oO"}},
		{"cafe", "Café, cafe\u0301 and CAFÈ.", []string{"Café", "cafe\u0301", "CAFÈ"}},
		{"CAFÉ", "a cafe", []string{"cafe"}},
		{"strasse", "Straße", []string{"Straße"}},
		{"s", "Maß", []string{"ß"}},
		{"aa", "aaaaa", []string{"aa", "aa"}},
		{"a b", "a\nb a b ab", []string{"a\nb", "a b"}},
		{"f(x)", "y = f(x) + F(X)", []string{"f(x)", "F(X)"}},
		{"日本", "東日本と日本", []string{"日本", "日本"}},
		{"fi", "ﬁsh", []string{"ﬁ"}},
		{"i", "ﬁsh", []string{"ﬁ"}},
		{"σ", "ΟΔΥΣΣΕΥΣ", []string{"Σ", "Σ", "Σ"}},
		{"🙂", "a 🙂 b", []string{"🙂"}},
		{"", "abc", nil},
		{"  ", "a  b", nil},
		{"\u0301", "é", nil},
		{"x", "", nil},
	} {
		if got := parts(FindPart(c.part), c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.part, c.text, got, c.want)
		}
	}
}

func TestFindQuery(t *testing.T) {
	for _, c := range []struct {
		query, text string
		want        []string
	}{
		{"moon", "Moon, moons and honeymoon", []string{"Moon", "moons"}},
		{"moon ", "Moon, moons", []string{"Moon"}},
		{`"the moon" tid`, "The moon makes the tide.", []string{"The moon", "tide"}},
		{"", "abc", nil},
	} {
		if got := parts(FindQuery(c.query), c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, got, c.want)
		}
	}
	far := strings.Repeat("word ", 1000)
	if got := parts(FindQuery("moon"), "moon "+far+"moon"); len(got) != 2 {
		t.Errorf("%d found in a long text", len(got))
	}
}

func FuzzFindPart(f *testing.F) {
	f.Add("oo", "moon")
	f.Add("é", "cafe\u0301 \xff")
	f.Add("ss", "ß")
	f.Fuzz(func(t *testing.T, part, text string) {
		last := 0
		FindPart(part)(text, func(start, end int) {
			if start < last || end <= start || end > len(text) {
				t.Fatalf("%d to %d after %d", start, end, last)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[start:end]) {
				t.Fatalf("%q cut from %q", text[start:end], text)
			}
			last = end
		})
	})
}

func BenchmarkFindPart(b *testing.B) {
	text := strings.Repeat("The tide comes twice a day because the moon pulls the near side. ", 1000)
	f := FindPart("moon")
	b.SetBytes(int64(len(text)))
	for range b.N {
		f(text, func(int, int) {})
	}
}
