package publish

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// noto are the fonts that the window has.
func noto(t *testing.T) Fonts {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "fyne.io/fyne/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "theme", "font", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	return Fonts{read("NotoSans-Regular.ttf"), read("NotoSans-Bold.ttf")}
}

var sheet = regexp.MustCompile(`/Type */Page\b[^s]`)

func story(paragraphs int) Page {
	p := Page{Title: "Mira & the <owl>", Language: "en", Foot: "Told by Tiny"}
	for i := range paragraphs {
		p.Blocks = append(p.Blocks, Block{Text: strings.Repeat("The owl flew over the sea – “whoo”, it said, żółć. ", 8), Heading: false})
		if i == 2 {
			p.Blocks = append(p.Blocks, Block{Text: "Chapter 2", Heading: true})
		}
	}
	return p
}

func TestPDF(t *testing.T) {
	fonts := noto(t)
	for paragraphs, want := range map[int]int{0: 1, 3: 1, 12: 4} {
		data, err := PDF(story(paragraphs), fonts)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(data, []byte("%PDF-")) || !bytes.Contains(data[len(data)-20:], []byte("%%EOF")) {
			t.Errorf("%.20q … %.20q", data, data[len(data)-20:])
		}
		if n := len(sheet.FindAll(data, -1)); n != want {
			t.Errorf("%d paragraphs are on %d sheets, want %d", paragraphs, n, want)
		}
		if len(data) > 200<<10 {
			t.Errorf("%d bytes", len(data))
		}
	}
	for _, text := range []string{"夜の森", "שועל", "🦔"} {
		if _, err := PDF(Page{Title: text}, fonts); !errors.Is(err, ErrLetters) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := PDF(Page{Title: "a\u202eb\x07c", Blocks: []Block{{Text: strings.Repeat("x", 5000)}, {Text: " "}}}, fonts); err != nil {
		t.Error(err)
	}
	if _, err := PDF(story(1), Fonts{Regular: []byte("no font"), Bold: fonts.Bold}); err == nil {
		t.Error("what is no font is taken for one")
	}
}

func TestHTML(t *testing.T) {
	p := story(3)
	p.Language = `"><script>`
	p.Blocks[0].Text = `<img src="http://example.org/x">`
	text := string(HTML(p))
	for _, want := range []string{"<h1>Mira &amp; the &lt;owl&gt;</h1>", "<h2>Chapter 2</h2>", "<footer>Told by Tiny</footer>", "default-src 'none'", "&lt;img src="} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, bad := range []string{"<script", "<img", "<link", "url(", "@import"} {
		if strings.Contains(text, bad) {
			t.Errorf("there is %s", bad)
		}
	}
}

func TestPrint(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no lp on Windows")
	}
	dir := t.TempDir()
	put := func(script string) {
		if err := os.WriteFile(filepath.Join(dir, printer), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	if CanPrint() {
		t.Error("it can print without a program for it")
	}
	if err := Print(t.Context(), nil); !errors.Is(err, ErrNoPrinter) {
		t.Error(err)
	}
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	put(`cat > "$(dirname "$0")/paper"`)
	if err := Print(t.Context(), []byte("%PDF-x")); err != nil || !CanPrint() {
		t.Error(err)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "paper")); string(data) != "%PDF-x" {
		t.Errorf("on paper is %q", data)
	}
	put(`cat > /dev/null; echo "lp: Error - no default destination available." >&2; exit 1`)
	if err := Print(t.Context(), []byte("%PDF-x")); !errors.Is(err, ErrNoPrinter) || !strings.Contains(err.Error(), "destination") {
		t.Error(err)
	}
}
