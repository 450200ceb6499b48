package ui

import (
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2/lang"

	"lamplight/privacy/vault"
	"lamplight/ui/buffer"
)

// document is a text that is being written, as the window keeps it.
type document struct {
	id    int64          // in the vault; 0: it is not there yet
	row   int64          // the same, of whoever changes the vault: one change after the other
	title string         // "" while the text says what it is called, and was read
	text  *buffer.Buffer // nil: it was not read yet
	place keptDocument   // where it was, and where it came from
	query string         // that has led to it, to be marked when it is read

	stored  version   // that the vault has, or is about to get
	storing int       // how often it is being stored
	failed  bool      // the vault could not get it
	since   time.Time // of the first change that no revision has; zero: each has one

	uid   vault.UID // in the vault, of whoever changes that; zero: nobody has asked for it
	asked bool      // what is pending for it was asked for
}

// version is what is stored of a document. The zero value is that of none.
type version struct {
	title    string
	revision int // of the text, from 1 on
}

// newDocument is one of which nothing is written.
func newDocument(title, text string) *document {
	return &document{title: title, text: buffer.New(text)}
}

// blank reports whether nothing of it is worth keeping.
func (d *document) blank() bool {
	return d.id == 0 && d.text != nil && d.title == "" && d.text.Len() == 0 && d.stored == version{}
}

// now is the version that it has.
func (d *document) now() version { return version{d.name(), d.text.Revision() + 1} }

// dirty reports whether the vault has another version, or none.
func (d *document) dirty() bool { return d.text != nil && !d.blank() && d.stored != d.now() }

// name is the title, or else what its text begins with; "" while there is neither.
func (d *document) name() string {
	if d.title != "" || d.text == nil {
		return d.title
	}
	return beginning(d.text)
}

// label is what it is called in the list.
func (d *document) label() string {
	if name := oneLine(d.name(), maxTitle); name != "" {
		return name
	}
	return lang.L("New document")
}

// Measures of a title that is taken from the text.
const (
	maxBeginning  = 60  // characters
	mostBeginning = 50  // paragraphs that are looked at
	longBeginning = 400 // bytes of each
)

// beginning is the first line of a text in which there is something, without the signs of a heading.
func beginning(b *buffer.Buffer) string {
	for i := range min(b.Paragraphs(), mostBeginning) {
		p := b.Paragraph(i)
		if len(p) > longBeginning {
			cut := longBeginning
			for !utf8.RuneStart(p[cut]) {
				cut--
			}
			p = p[:cut]
		}
		p = strings.Join(strings.Fields(strings.TrimLeft(p, "# \t")), " ")
		if p == "" {
			continue
		}
		if r := []rune(p); len(r) > maxBeginning {
			p = string(r[:maxBeginning])
			if at := strings.LastIndexByte(p, ' '); at > len(p)/2 {
				p = p[:at]
			}
			p += "…"
		}
		return p
	}
	return ""
}

// read puts what the vault has of it into it.
func (d *document) read(title, text string) {
	d.text = buffer.New(text)
	if d.title = title; title == beginning(d.text) {
		d.title = ""
	}
	d.stored = d.now()
	d.text.Select(d.place.Anchor, d.place.Cursor)
}
