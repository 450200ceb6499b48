package attach

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// readString reads a file with these bytes.
func readString(t *testing.T, name, data string) (File, error) {
	t.Helper()
	return Read(t.Context(), name, strings.NewReader(data), int64(len(data)))
}

func utf16Of(s, mark string, order binary.AppendByteOrder) string {
	b := []byte(mark)
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

func TestPlainText(t *testing.T) {
	for name, tt := range map[string]struct {
		data, want string
		err        error
	}{
		"nothing":                 {"", "", nil},
		"ASCII":                   {"a,b\n1,2\n", "a,b\n1,2\n", nil},
		"UTF-8":                   {"Grüße, 世界 🌍", "Grüße, 世界 🌍", nil},
		"UTF-8 with a mark":       {"\xEF\xBB\xBFGrüße", "Grüße", nil},
		"UTF-16 LE":               {utf16Of("Grüße, 世界 🌍\r\nx", "\xFF\xFE", binary.LittleEndian), "Grüße, 世界 🌍\nx", nil},
		"UTF-16 BE":               {utf16Of("Grüße 🌍", "\xFE\xFF", binary.BigEndian), "Grüße 🌍", nil},
		"UTF-16 cut short":        {utf16Of("Gruß", "\xFF\xFE", binary.LittleEndian) + "x", "Gruß\uFFFD", nil},
		"half a pair in UTF-16":   {utf16Of("a", "\xFF\xFE", binary.LittleEndian) + "\x3C\xD8", "a\uFFFD", nil},
		"Latin-1":                 {"Gr\xFC\xDFe, caf\xE9", "Grüße, café", nil},
		"Windows-1252":            {"\x93Tea\x94 \x96 5 \x80", "“Tea” – 5 €", nil},
		"a damaged line of UTF-8": {"größer größer größer größer größer größer größer \xE9", "größer größer größer größer größer größer größer \uFFFD", nil},
		"line ends":               {"a\r\nb\rc\nd\fe\u2028f", "a\nb\nc\nd\ne\nf", nil},
		"colours":                 {"\x1b[1;31mred\x1b[0m \x1b[ok", "red k", nil},
		"a stray bell":            {strings.Repeat("word ", 40) + "\a", strings.Repeat("word ", 40), nil},

		"UTF-16 without a mark": {"a\x00b\x00", "", ErrBinary},
		"UTF-32":                {"\xFF\xFE\x00\x00a\x00\x00\x00", "", ErrBinary},
		"a byte of no meaning":  {"caf\xE9 \x81 caf\xE9", "", ErrBinary},
		"a picture":             {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "", ErrBinary},
		"control characters":    {"\x01\x02\x03 abc", "", ErrBinary},
		"zeros behind a mark":   {"\xEF\xBB\xBFa\x00", "", ErrBinary},
		"PDF":                   {"%PDF-1.7\n", "", ErrFormat},
		"RTF":                   {`{\rtf1 text}`, "", ErrFormat},
		"old Word":              {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600), "", ErrFormat},
		"a password":            {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 2000000) + utf16Of("EncryptedPackage", "", binary.LittleEndian), "", ErrEncrypted},
		"too much":              {strings.Repeat("a", maxText+1), "", ErrTooLarge},
		"far too much":          {strings.Repeat("a", 2*maxText+1), "", ErrTooLarge},
	} {
		f, err := readString(t, "a.txt", tt.data)
		if f.Text != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v, want %q, %v", name, f.Text[:min(len(f.Text), 200)], err, tt.want, tt.err)
		}
	}
}

func TestRecognizes(t *testing.T) {
	for name, want := range map[string]bool{
		"a.txt": true, "/home/x/Notes.MD": true, `C:\x\main.go`: true, "Makefile": true, "letter.docx": true, "letter.odt": true,
		"data.csv": true, ".env": true, "README": true,
		"model.gguf": false, "photo.jpg": false, "a.pdf": false, "a.doc": false, "": false, "noending": false, "docx": false, ".": false,
	} {
		if got := Recognizes(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"/home/me/a b.txt": "a b.txt", `C:\Users\me\a.txt`: "a.txt", "": "file", "///": "file", "a\nb\x00.txt": "a b .txt",
		"a\u202Etxt.exe": "a txt.exe", "a\xFF.txt": "a\uFFFD.txt", "日本.txt": "日本.txt", "folder/": "folder",
	} {
		f, err := readString(t, name, "x")
		if err != nil || f.Name != want {
			t.Errorf("%q: %q, %v", name, f.Name, err)
		}
	}
	f, err := readString(t, strings.Repeat("é", 500)+".txt", "x")
	if err != nil || utf8.RuneCountInString(f.Name) != maxName || !strings.HasSuffix(f.Name, "é.txt") {
		t.Errorf("%q, %v", f.Name, err)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, "a.txt", strings.NewReader("a"), 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// In the middle of a document.
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	var body strings.Builder
	for i := range 20000 { // nothing that packs well
		fmt.Fprintf(&body, "<w:p><w:r><w:t>%x</w:t></w:r></w:p>", uint64(i)*0x9E3779B97F4A7C15)
	}
	data := docxWith(t, body.String(), nil)
	r := &cancelling{strings.NewReader(data), cancel, 20}
	if _, err := Read(ctx, "a.docx", r, int64(len(data))); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// cancelling is a reader that cancels after so many reads.
type cancelling struct {
	*strings.Reader
	cancel func()
	left   int
}

func (c *cancelling) ReadAt(b []byte, at int64) (int, error) {
	if c.left--; c.left == 0 {
		c.cancel()
	}
	return c.Reader.ReadAt(b, at)
}

// A file that is shorter than it was, as one that is being written.
func TestShorterThanItWas(t *testing.T) {
	f, err := Read(t.Context(), "a.txt", strings.NewReader("abc"), 10)
	if err != nil || f.Text != "abc" {
		t.Errorf("%q, %v", f.Text, err)
	}
	if _, err := Read(t.Context(), "a.txt", strings.NewReader("abc"), -1); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a.txt", []byte("Gr\xFC\xDFe"))
	f.Add("", []byte("\xFF\xFEa\x00"))
	f.Add(`a\b/c`, []byte("\x1b[31m"))
	f.Add("a.docx", []byte(docxWith(f, "<w:p><w:r><w:t>a</w:t></w:r></w:p>", nil)))
	f.Add("a.odt", []byte(odtWith(f, "<text:p>a</text:p>", "")))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		file, err := Read(t.Context(), name, strings.NewReader(string(data)), int64(len(data)))
		mustBeText(t, file, err)
	})
}

// mustBeText fails unless this is what Read may return.
func mustBeText(t *testing.T, f File, err error) {
	t.Helper()
	if err != nil {
		if f != (File{}) {
			t.Errorf("an error with %q", f.Name)
		}
		for _, want := range []error{ErrBinary, ErrFormat, ErrTooLarge, ErrEncrypted, ErrDamaged} {
			if errors.Is(err, want) {
				return
			}
		}
		t.Errorf("an error that nobody knows: %v", err)
		return
	}
	if !utf8.ValidString(f.Text) || strings.ContainsAny(f.Text, "\x00\r\x1b") || !utf8.ValidString(f.Name) || f.Name == "" || strings.ContainsAny(f.Name, "\n/\\") {
		t.Errorf("%q: %q is no text", f.Name, f.Text)
	}
}
