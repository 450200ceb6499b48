package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestNumbers(t *testing.T) {
	test.NewTempApp(t)
	for _, c := range []struct {
		f    func(int64) string
		n    int64
		want string
	}{
		{grouped, 0, "0"}, {grouped, 999, "999"}, {grouped, 1000, "1,000"}, {grouped, 262144, "262,144"},
		{grouped, -1, "-1"}, {grouped, -123, "-123"}, {grouped, -1234567, "-1,234,567"},
		{byteSize, 0, "0 bytes"}, {byteSize, 1, "1 byte"}, {byteSize, 999, "999 bytes"}, {byteSize, 1000, "1 kB"},
		{byteSize, 999_499, "999 kB"}, {byteSize, 999_500, "1 MB"}, {byteSize, 241_410_208, "241 MB"},
		{byteSize, 999_499_999, "999 MB"}, {byteSize, 999_500_000, "1.0 GB"}, {byteSize, 3_155_051_328, "3.2 GB"},
		{count, 0, "0"}, {count, 999_999, "999,999"}, {count, 1_000_000, "1 M"}, {count, 268_098_176, "268 M"},
		{count, 999_499_999, "999 M"}, {count, 999_885_952, "1.0 B"}, {count, 4_300_079_472, "4.3 B"},
	} {
		if got := c.f(c.n); got != c.want {
			t.Errorf("%d is %q, want %q", c.n, got, c.want)
		}
	}
}

// A text is as high as its lines, and one that is cut is one line high.
func TestWordsHaveTheirHeight(t *testing.T) {
	test.NewTempApp(t)
	const text = "a paragraph that is too long for one line, and then some more of it"
	line := paragraph("a").MinSize().Height
	p := paragraph(text)
	p.Resize(fyne.NewSize(120, line))
	if got := p.MinSize().Height; got < 3*line/2 {
		t.Errorf("wrapped, a text is %v high; a line is %v", got, line)
	}
	if got := oneLined(paragraph(text)).MinSize(); got.Height != line || got.Width > 100 {
		t.Errorf("cut, a text needs %v; a line is %v high", got, line)
	}
	if got := test.WidgetRenderer(p).Objects(); len(got) < 3 {
		t.Errorf("the text is drawn as %d objects", len(got))
	}
}

func TestOneLine(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"plain", 10, "plain"}, {"plain", 5, "plain"}, {"plain", 4, "plai…"}, {"äöü", 2, "äö…"},
		{"a\nb\x1b[1mc\x7f\u0085", 20, "ab[1mc"}, {"abc\u202edef\u200f", 20, "abcdef"}, {"", 3, ""},
	} {
		if got := oneLine(c.text, c.n); got != c.want {
			t.Errorf("%q in %d is %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestSpeed(t *testing.T) {
	for perSecond, want := range map[float64]string{0: "0.0", 7.25: "7.2", 41.96: "42.0", 99.94: "99.9", 99.96: "100", 1328.4: "1,328"} {
		if got := speed(perSecond); got != want {
			t.Errorf("%v is %q, want %q", perSecond, got, want)
		}
	}
}
