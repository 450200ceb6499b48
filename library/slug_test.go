package library

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSlug(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"Gemma 3 270M it", "gemma-3-270m-it"},
		{"qwen2.5-0.5b_Q8_0", "qwen2.5-0.5b_q8_0"},
		{"  ..//../etc/passwd", "etc-passwd"},
		{"a -- b", "a-b"},
		{"-rf", "rf"},
		{".hidden.", "hidden"},
		{"", "model"},
		{"モデル", "model"},
		{"Ünïcode", "n-code"},
		{"CON", "model-con"},
		{"nul.gguf", "model-nul.gguf"},
		{"COM1", "model-com1"},
		{"com10", "com10"},
		{"model", "model"},
		{strings.Repeat("ab ", 100), strings.Repeat("ab-", 21) + "a"},
	} {
		if got := slug(c.name); got != c.want {
			t.Errorf("slug(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

func TestUnique(t *testing.T) {
	taken := map[string]bool{"a": true, "a-2": true}
	if got := unique("a", func(s string) bool { return taken[s] }); got != "a-3" {
		t.Errorf("got %q, want a-3", got)
	}
}

func FuzzSlug(f *testing.F) {
	for _, s := range []string{"", "Gemma 3", "..", "con", "a.", "lpt9.x", "\xff\x00", "../../x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s := slug(name)
		if !plainName(s) || len(s) > maxSlug+len("model-") || strings.Trim(s, "-._") != s {
			t.Errorf("slug(%q) = %q", name, s)
		}
		if stem, _, _ := strings.Cut(s, "."); reserved(stem) {
			t.Errorf("slug(%q) = %q, which Windows keeps", name, s)
		}
		text := cleanText(name)
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxText || strings.ContainsAny(text, "\n\r\t\x00\u202e") {
			t.Errorf("cleanText(%q) = %q", name, text)
		}
		if again := cleanText(text); again != text {
			t.Errorf("cleanText is not stable: %q becomes %q", text, again)
		}
		lines := cleanLines(name, 20)
		if !utf8.ValidString(lines) || utf8.RuneCountInString(lines) > 20 || strings.ContainsAny(lines, "\r\x00\u202e") {
			t.Errorf("cleanLines(%q) = %q", name, lines)
		}
		if again := cleanLines(lines, 20); again != lines {
			t.Errorf("cleanLines is not stable: %q becomes %q", lines, again)
		}
	})
}

func TestPlainName(t *testing.T) {
	for _, name := range []string{"", ".", "..", ".trash", "a/b", `a\b`, "/etc", "a\x00", "a\nb", "\xff", strings.Repeat("x", 256)} {
		if plainName(name) {
			t.Errorf("plainName(%q) is true", name)
		}
	}
	for _, name := range []string{"a", "model.gguf", "My Model", "模型", "a..b"} {
		if !plainName(name) {
			t.Errorf("plainName(%q) is false", name)
		}
	}
}
