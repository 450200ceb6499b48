// Package attach turns the files of users into text: plain text in any common encoding, source code, and documents of
// word processors (docx and odt).
//
//	if attach.Recognizes(name) {
//		file, err := attach.Read(ctx, name, f, size)
//	}
//
// What a document shows is kept: paragraphs and headings, lists, tables, line breaks, and notes, which follow at the
// end. Pictures, comments, headers and footers are not, nor is what a document hides or has deleted, as nobody who
// looks at it would know what goes to the model. Headings, lists and tables are written as in Markdown; a paragraph is
// a line.
//
// Files come from strangers. What is read and what is unpacked is bounded, nothing in a document is opened or fetched,
// and its entities are not expanded.
package attach

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// ErrBinary is returned for what is no text, such as a picture or a program.
	ErrBinary = errors.New("the file is not text")
	// ErrFormat is returned for a document of a kind that cannot be read, such as PDF.
	ErrFormat = errors.New("this kind of document cannot be read")
	// ErrTooLarge is returned for more than anybody would read.
	ErrTooLarge = errors.New("the file is too large")
	// ErrEncrypted is returned for a document with a password.
	ErrEncrypted = errors.New("the document is protected by a password")
	// ErrDamaged is returned for a document that is not made as it must be.
	ErrDamaged = errors.New("the document is damaged")
)

// Tests have less.
var (
	maxText           = 8 << 20  // bytes of the text of a file
	maxArchive  int64 = 64 << 20 // bytes of a document with its pictures
	maxUnpacked int64 = 64 << 20 // bytes of all parts that are read of it
)

const maxName = 120 // characters

// File is a file as text. Paragraphs are separated by line breaks, and nothing but text is in it.
type File struct {
	Name string `json:"name"` // without a folder
	Text string `json:"text"`
}

// endings are those of files that are text or documents with text.
var endings = words("txt text md markdown rst adoc org tex log csv tsv json jsonl ndjson yaml yml toml ini cfg conf properties env xml html htm css" +
	" scss less svg js mjs cjs jsx ts tsx vue svelte go mod sum rs c h cc cpp cxx hh hpp hxx cs java kt kts scala groovy gradle swift m mm py pyi" +
	" rb php pl pm lua r jl hs elm ml mli fs fsx clj cljs ex exs erl lisp el scm dart zig nim v vhd sql sh bash zsh fish ps1 bat cmd awk sed" +
	" proto graphql cmake mk make dockerfile tf hcl nix diff patch srt vtt bib eml vcf ics po tmpl asm s pas f90 f95 for cob ada vb bas" +
	" docx docm dotx odt ott")

// plainNames are files that are text and have no ending.
var plainNames = words("makefile dockerfile containerfile readme license licence copying authors changelog news todo notice gemfile rakefile jenkinsfile vagrantfile")

func words(s string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(s) {
		set[word] = true
	}
	return set
}

// Recognizes reports whether a file of this name is one that Read most likely turns into text.
func Recognizes(name string) bool {
	name = strings.ToLower(baseName(name))
	return endings[strings.TrimPrefix(path.Ext(name), ".")] || plainNames[name]
}

// Read turns a file of size bytes into text. What it is, is judged by its first bytes; name may be a path and is what
// the file is called.
func Read(ctx context.Context, name string, r io.ReaderAt, size int64) (File, error) {
	f := File{Name: baseName(name)}
	text, err := read(ctx, r, size)
	if err != nil {
		return File{}, fmt.Errorf("attach %.80q: %w", f.Name, err)
	}
	f.Text = text
	return f, nil
}

func read(ctx context.Context, r io.ReaderAt, size int64) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	head := make([]byte, min(max(size, 0), 4096))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case begins("PK\x03\x04"):
		return readArchive(ctx, r, size)
	case begins("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"):
		return "", compound(r, size)
	case begins("%PDF-"), begins(`{\rtf`):
		return "", ErrFormat
	}
	// In UTF-16 a character of the text takes two bytes.
	if size > 2*int64(maxText) {
		return "", fmt.Errorf("%w: %d bytes", ErrTooLarge, size)
	}
	data := make([]byte, max(size, 0))
	n, err := io.ReadFull(&patient{ctx, io.NewSectionReader(r, 0, size)}, data)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	text, err := decode(data[:n])
	if err == nil && len(text) > maxText {
		err = fmt.Errorf("%w: %d bytes of text", ErrTooLarge, len(text))
	}
	if err != nil {
		return "", err
	}
	return text, nil
}

// compound says what a compound file is, the container of Office before docx: such a document, or a newer one behind a
// password, which has a stream of that name.
func compound(r io.ReaderAt, size int64) error {
	const stream = "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"
	part := make([]byte, 1<<20)
	for at := int64(0); at < min(size, maxArchive); at += int64(len(part) - len(stream)) {
		n, err := r.ReadAt(part, at)
		if bytes.Contains(part[:n], []byte(stream)) {
			return ErrEncrypted
		}
		if err != nil {
			break
		}
	}
	return ErrFormat
}

// patient is a reader that ends with its context.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b[:min(len(b), 1<<20)])
}

// baseName is what a path of any system ends with, fit to be shown on one line.
func baseName(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if i := strings.LastIndexAny(strings.TrimRight(name, `/\`), `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '\\':
			return -1
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
			return ' ' // Cf turns the direction of what follows, or is not seen at all
		}
		return r
	}, name))
	if utf8.RuneCountInString(name) > maxName { // the ending says what it is
		r := []rune(name)
		name = string(r[:maxName-21]) + "…" + string(r[len(r)-20:])
	}
	if name == "" {
		return "file"
	}
	return name
}
