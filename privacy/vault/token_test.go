package vault

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func words(text string) []string {
	list := []string{}
	tokenize(text, func(t token) bool {
		list = append(list, t.text)
		return true
	})
	return list
}

func TestTokenize(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // tokens with a bar between them
	}{
		{"", ""},
		{" \t\n.,;", ""},
		{"The tide, twice.", "the|tide|twice"},
		{"don't snake_case a-b", "don|t|snake|case|a|b"},
		{"3.14 x86_64 ½", "3|14|x86|64|1|2"},
		{"Élan cafe\u0301 CAFÉ naïve", "elan|cafe|cafe|naive"},
		{"Straße STRASSE ØRSTED Łódź æon œuvre", "strasse|strasse|orsted|lodz|aeon|oeuvre"},
		{"ﬁre Ｆｕｌｌ ①", "fire|full|1"},
		{"İstanbul ISPARTA ılık", "istanbul|isparta|ilik"},
		{"Ёлка ПРИВЕТ", "елка|привет"},
		{"ΣΊΣΥΦΟΣ Σίσυφος", "σισυφοσ|σισυφοσ"},
		{"שָׁלוֹם مَرْحَبًا", "שלום|مرحبا"},
		{"हिन्दी में", "हिन्दी|में"}, // vowel signs stay
		{"日本語テスト", "日|本|語|テ|ス|ト"},
		{"ｶﾞ が か\u3099", "ガ|が|が"},
		{"한국어 \u1112\u1161\u11ab", "한|국|어|한"},
		{"abc日本def", "abc|日|本|def"},
		{"party 🎉👍🏽!", "party|🎉|👍"},
		{"a\xffb \xc3", "a|b"},
		{"a\x00b", "a|b"},
		{strings.Repeat("x", 1000), strings.Repeat("x", longestToken)},
		{"o\u0308\u0323pen e\u0301", "open|e"},
		{"\u0301alone", "alone"},
	} {
		if got := strings.Join(words(c.text), "|"); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

// Tokens stand where they say, in order, and their own tokens are themselves.
func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"The tide", "Élan cafe\u0301", "日本語 ｶﾞ", "हिन्दी", "שָׁלוֹם", "ﬁ½ﷺ", "a\xff\xc3", "한\u1112\u1161"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		tokenize(text, func(w token) bool {
			if w.start < 0 || w.start >= w.end || w.end > len(text) || w.end < end {
				t.Fatalf("%q: %+v after one that ends at %d", text, w, end)
			}
			end = w.end
			if w.text == "" || len(w.text) > longestToken || !utf8.ValidString(w.text) || strings.ContainsRune(w.text, '"') {
				t.Fatalf("%q: %+v", text, w)
			}
			if again := words(w.text); len(again) != 1 || again[0] != w.text {
				t.Fatalf("%q: the token %+q has the tokens %+q", text, w.text, again)
			}
			return true
		})
	})
}

func TestParseQuery(t *testing.T) {
	for _, c := range []struct{ query, want string }{
		{"", ""},
		{"...", ""},
		{"tide", `"tide"*`},
		{"tide ", `"tide"`},
		{"The TIDE", `"the" AND "tide"*`},
		{"ti* moon ", `"ti"* AND "moon"`},
		{`"the moon" sun`, `"the moon" AND "sun"*`},
		{`"the moon"`, `"the moon"`},
		{`"the moo`, `"the moo"`},
		{"don't stop", `"don t" AND "stop"*`},
		{"日本", `"日 本"*`},
		{`NEAR(a b) OR -c:"d`, `"near a" AND "b" AND "or" AND "c" AND "d"`},
		{`""`, ""},
	} {
		if got := matchExpression(parseQuery(c.query)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.query, got, c.want)
		}
	}
}

// Whatever a user types is an expression that the index understands.
func FuzzQuery(f *testing.F) {
	v := contents(f, f.TempDir(), newClock().now)
	for _, s := range []string{"tide", `"a b" c*`, `NEAR(a, 2) ^x {y}: "`, "日本", "*", "\x00'", "-a + b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if _, err := v.Search(t.Context(), query, 3); err != nil {
			t.Fatalf("%q: %v", query, err)
		}
	})
}
