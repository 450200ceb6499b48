package markdown

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gm "github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// whole parses a complete text with goldmark: no HTML and no link reference definitions, as in this package.
var whole = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.TaskList),
	goldmark.WithParser(gm.NewParser(
		gm.WithBlockParsers(
			util.Prioritized(gm.NewSetextHeadingParser(), 100),
			util.Prioritized(gm.NewThematicBreakParser(), 200),
			util.Prioritized(gm.NewListParser(), 300),
			util.Prioritized(gm.NewListItemParser(), 400),
			util.Prioritized(gm.NewCodeBlockParser(), 500),
			util.Prioritized(gm.NewATXHeadingParser(), 600),
			util.Prioritized(gm.NewFencedCodeBlockParser(), 700),
			util.Prioritized(gm.NewBlockquoteParser(), 800),
			util.Prioritized(gm.NewParagraphParser(), 1000),
		),
		gm.WithInlineParsers(inlineParsers...),
	)),
).Parser()

// flat is a block in a form that two parsers can be compared in.
type flat struct {
	In   string // "> 3. - [x] "
	What string // "paragraph", "heading 2", "code go", …
	Text string
}

func flatten(blocks []Block) []flat {
	var out []flat
	for _, b := range blocks {
		var in strings.Builder
		for _, c := range b.In {
			if c.Kind == Quote {
				in.WriteString("> ")
				continue
			}
			in.WriteString(c.Marker + " " + []string{"", "[ ] ", "[x] "}[c.Task])
		}
		f := flat{In: in.String(), Text: plain(b.Spans)}
		switch b.Kind {
		case Paragraph:
			f.What = "paragraph"
		case Heading:
			f.What = "heading " + strconv.Itoa(b.Level)
		case Code:
			f.What, f.Text = "code "+b.Language, trimBlank(strings.Join(b.Lines, ""))
		case Table:
			f.What = "table"
			for _, row := range append([][][]Span{b.Header}, b.Rows...) {
				for _, cell := range row {
					f.Text += plain(cell) + "|"
				}
				f.Text += "\n"
			}
		case Rule:
			f.What = "rule"
		}
		out = append(out, f)
	}
	return out
}

func plain(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// oracle is what goldmark makes of a text.
type oracle struct {
	source []byte
	out    []flat
}

func (o *oracle) blocks(parent ast.Node, in string) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Paragraph, *ast.TextBlock:
			o.add(in+box(n), "paragraph", o.text(n))
		case *ast.Heading:
			o.add(in+box(n), "heading "+strconv.Itoa(n.Level), o.text(n))
		case *ast.FencedCodeBlock:
			info := ""
			if n.Info != nil {
				info = string(n.Info.Value(o.source))
			}
			o.add(in, "code "+info, o.code(n))
		case *ast.CodeBlock:
			o.add(in, "code ", o.code(n))
		case *ast.ThematicBreak:
			o.add(in, "rule", "")
		case *extast.Table:
			o.table(n, in)
		case *ast.Blockquote:
			o.container(n, in+"> ")
		case *ast.List:
			i := n.Start
			for item := n.FirstChild(); item != nil; item = item.NextSibling() {
				marker := "• "
				if n.IsOrdered() {
					marker = strconv.Itoa(i) + string(n.Marker) + " "
					i++
				}
				o.container(item, in+marker)
			}
		}
	}
}

// box returns the check box that a paragraph begins with.
func box(n ast.Node) string {
	c, ok := n.FirstChild().(*extast.TaskCheckBox)
	switch {
	case !ok:
		return ""
	case c.IsChecked:
		return "[x] "
	}
	return "[ ] "
}

func (o *oracle) container(n ast.Node, in string) {
	if n.FirstChild() == nil {
		o.add(in, "paragraph", "")
		return
	}
	o.blocks(n, in)
}

func (o *oracle) table(n ast.Node, in string) {
	var b strings.Builder
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			b.WriteString(o.text(cell) + "|")
		}
		b.WriteString("\n")
	}
	o.add(in, "table", b.String())
}

func (o *oracle) add(in, what, text string) { o.out = append(o.out, flat{in, what, text}) }

func (o *oracle) code(n ast.Node) string { return trimBlank(string(n.Lines().Value(o.source))) }

// trimBlank removes the white space of lines that are nothing else: goldmark keeps more of it than the specification.
func trimBlank(s string) string { return blankLine.ReplaceAllString(s, "") }

var blankLine = regexp.MustCompile(`(?m)^[ \t]+$`)

// text returns the text of a block without inline markup, as this package draws it.
func (o *oracle) text(n ast.Node) string {
	w := spanWriter{source: o.source}
	w.children(n, Span{})
	return plain(w.spans)
}

// fragments are the pieces that random Markdown is made of. None contains inline markup, which is goldmark's in both cases.
var fragments = []string{
	"word", "two words", "1", "\n", "\n", "\n", "\n\n", "\n\n", " ", "  ", "   ", "    ", "> ", ">", "- ", "* ", "+ ", "1. ", "2. ", "3) ",
	"10. ", "# ", "### ", "#", "---", "***", "===", "```", "```go\n", "~~~", "````", "- [ ] ", "- [x] ", "|", "\n| a | b |\n|---|:-:|\n| x | y |\n\n",
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(24) {
		b.WriteString(fragments[r.IntN(len(fragments))])
	}
	b.WriteByte('\n')
	return b.String()
}

// TestBlocksAreGoldmarks compares the blocks of random texts with what goldmark, which is not incremental, makes of them.
func TestBlocksAreGoldmarks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	wrong, compared := 0, 0
	for range 50_000 {
		src := randomText(r)
		var d Document
		d.Append(src)
		o := oracle{source: []byte(src)}
		o.blocks(whole.Parse(text.NewReader(o.source)), "")
		if lazyTable(o.out) || emptyItem.MatchString(src) {
			continue
		}
		compared++
		if diff := cmp.Diff(o.out, flatten(d.Blocks())); diff != "" {
			wrong++
			if wrong < 12 {
				t.Errorf("%q (-goldmark +markdown):\n%s", src, diff)
			}
		}
	}
	if compared < 20_000 || wrong > 0 {
		t.Errorf("%d of %d texts differ", wrong, compared)
	}
}

// emptyItem finds lines that end with a list marker, which goldmark reads in its own way, and underlines of one character.
var emptyItem = regexp.MustCompile(`(?m)(^|[ >])([-+*]|[0-9]+[.)]) *$`)

// lazyTable reports a table that goldmark makes of lines that only lazily belong to it or to its container.
func lazyTable(blocks []flat) bool {
	return slices.ContainsFunc(blocks, func(f flat) bool {
		return f.What == "table" && (f.In != "" || itemRow.MatchString(f.Text))
	})
}

var itemRow = regexp.MustCompile(`(?m)^[0-9]+[.)]`)
