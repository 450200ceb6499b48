package markdown

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gm "github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// inlineParsers has none for raw HTML, which therefore stays text.
var inlineParsers = []util.PrioritizedValue{
	util.Prioritized(gm.NewCodeSpanParser(), 100),
	util.Prioritized(gm.NewLinkParser(), 200),
	util.Prioritized(gm.NewAutoLinkParser(), 300),
	util.Prioritized(gm.NewEmphasisParser(), 500),
	util.Prioritized(extension.NewStrikethroughParser(), 500),
	util.Prioritized(extension.NewLinkifyParser(), 999),
}

// inlines parses the text of one paragraph.
var inlines = gm.NewParser(
	gm.WithBlockParsers(util.Prioritized(gm.NewParagraphParser(), 100)),
	gm.WithInlineParsers(inlineParsers...),
)

// inline parses the markup within a paragraph, a heading or a cell of a table.
func inline(s string) []Span {
	if s = strings.Trim(s, " \t\n"); s == "" {
		return nil
	}
	w := spanWriter{source: []byte(s)}
	w.children(inlines.Parse(text.NewReader(w.source)), Span{})
	return w.spans
}

// spanWriter collects the spans of a tree.
type spanWriter struct {
	source []byte
	spans  []Span
	sealed int // spans before it take no more text: they belong to another link
}

// children writes the children of a node in the style of like.
func (w *spanWriter) children(n ast.Node, like Span) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		w.node(c, like)
	}
}

func (w *spanWriter) node(n ast.Node, like Span) {
	switch n := n.(type) {
	case *ast.Text:
		s := string(n.Segment.Value(w.source))
		if !n.IsRaw() {
			s = unescape(s)
		}
		if n.SoftLineBreak() || n.HardLineBreak() {
			s += "\n"
		}
		w.write(s, like)
	case *ast.CodeSpan:
		like.Style |= CodeSpan
		w.write(strings.ReplaceAll(w.raw(n), "\n", " "), like)
	case *ast.Emphasis:
		if n.Level == 2 {
			like.Style |= Bold
		} else {
			like.Style |= Italic
		}
		w.children(n, like)
	case *extast.Strikethrough:
		like.Style |= Strike
		w.children(n, like)
	case *ast.Link:
		like.Link, like.Title = unescape(string(n.Destination)), unescape(string(n.Title))
		w.sealed = len(w.spans)
		if n.ChildCount() == 0 {
			w.write(like.Link, like)
		}
		w.children(n, like)
	case *ast.Image:
		address, title := unescape(string(n.Destination)), unescape(string(n.Title))
		end := "]"
		if like.Link == "" {
			like.Link, like.Title = address, title
		} else {
			end = " " + address + " " + title + "]" // an image that is a link: the link is the data
		}
		w.sealed = len(w.spans)
		w.write("[image: ", like)
		w.children(n, like)
		w.write(end, like)
	case *ast.AutoLink:
		label := string(n.Label(w.source))
		if n.AutoLinkType == ast.AutoLinkURL && n.Protocol == nil && !isAddress(label) {
			w.write("<"+label+">", like) // <std::vector> is no address
			return
		}
		like.Link = string(n.URL(w.source))
		w.write(label, like)
	default:
		w.children(n, like)
	}
}

// raw returns the source of a code span.
func (w *spanWriter) raw(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(w.source))
		}
	}
	return b.String()
}

// write adds text, joining it to the last span when that looks the same.
func (w *spanWriter) write(s string, like Span) {
	if s = printable(s); s == "" {
		return
	}
	if n := len(w.spans); n > w.sealed {
		last := &w.spans[n-1]
		if last.Style == like.Style && last.Link == like.Link && last.Title == like.Title {
			last.Text += s
			return
		}
	}
	like.Text = s
	w.spans = append(w.spans, like)
}

// isAddress reports whether s begins with a scheme that addresses people exchange have.
func isAddress(s string) bool {
	scheme, _, _ := strings.Cut(s, ":")
	switch strings.ToLower(scheme) {
	case "http", "https", "ftp", "mailto":
		return true
	}
	return false
}

// printable replaces what cannot be drawn: control characters and broken UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return '\ufffd'
		}
		return r
	}, s)
}

// unescape resolves backslash escapes and the references of HTML ("&amp;", "&#65;").
func unescape(s string) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && util.IsPunct(s[i+1]):
			i++
			b.WriteByte(s[i])
		case s[i] == '&':
			ref, n := reference(s[i:])
			b.WriteString(ref)
			i += n - 1
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// maxReference is the longest reference that is looked for; the longest name has 31 letters.
const maxReference = 40

// reference resolves the reference at the beginning of s. What is none stands for itself.
func reference(s string) (resolved string, length int) {
	end := strings.IndexByte(s[:min(len(s), maxReference)], ';')
	if end < 2 {
		return "&", 1
	}
	ref := []byte(s[:end+1])
	if s[1] == '#' {
		ref = util.ResolveNumericReferences(ref)
	} else {
		ref = util.ResolveEntityNames(ref)
	}
	if string(ref) == s[:end+1] {
		return "&", 1
	}
	return string(ref), end + 1
}
