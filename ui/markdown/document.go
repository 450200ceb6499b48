package markdown

import (
	"strings"
	"unicode/utf8"
)

// Document is a text that grows at its end. The zero value is empty and ready to use. It is not safe for concurrent use.
type Document struct {
	source  strings.Builder
	parser  parser // state after all complete lines
	partial string // the line that is not complete yet
	blocks  []Block
	closed  int // blocks[:closed] never change
}

// Append adds text at the end and returns the number of the first block that may have changed. All blocks before it are
// closed. A piece may be cut anywhere.
func (d *Document) Append(text string) int {
	first := d.closed
	d.source.WriteString(text)
	d.partial = d.feed(d.partial + text)

	d.blocks = append(d.blocks[:d.closed], d.parser.out...)
	d.closed = len(d.blocks)
	d.parser.out = nil

	// The rest is parsed as if the text ended here, on a copy.
	tail := d.parser.clone()
	if d.partial != "" {
		tail.line(strings.TrimSuffix(d.partial, "\r"), false)
	}
	tail.close(0)
	d.blocks = append(d.blocks, tail.out...)
	return first
}

// feed gives all complete lines of text to the parser and returns the rest. A line longer than maxText is given in parts.
func (d *Document) feed(text string) string {
	for {
		window := text[:min(len(text), maxText+1)]
		if i := strings.IndexByte(window, '\n'); i >= 0 {
			d.parser.line(strings.TrimSuffix(text[:i], "\r"), true)
			text = text[i+1:]
			continue
		}
		if len(text) <= maxText {
			return text
		}
		n := cut(text, maxText)
		d.parser.line(text[:n], false)
		d.parser.midline = true
		text = text[n:]
	}
}

// cut returns where to cut text, which is longer than n bytes, so that the first part has at most n: after a space if there is
// one, else between two characters.
func cut(text string, n int) int {
	if i := strings.LastIndexByte(text[:n], ' '); i >= 0 {
		return i + 1
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return i
		}
	}
	return n
}

// Blocks returns the blocks of the text so far. The slice, and in it the blocks that are not closed, are valid until the next
// Append.
func (d *Document) Blocks() []Block { return d.blocks }

// Closed returns how many blocks, from the first on, will never change.
func (d *Document) Closed() int { return d.closed }

// Source returns the text appended so far.
func (d *Document) Source() string { return d.source.String() }
