package markdown

import (
	"slices"
	"strconv"
	"strings"
)

// parser is the state between two lines.
type parser struct {
	stack   []node // open containers, outermost first
	list    list   // the list that the last block outside of all containers belongs to
	leaf    leaf   // the open block in the innermost container
	spaced  bool   // an empty line has been read since the last block
	midline bool   // the last line was a part; the next one goes on in it

	out []Block
}

// node is an open container.
type node struct {
	kind   ContainerKind
	width  int    // of an item: columns of indentation its content has
	marker string // of an item
	shown  bool   // a block with this container has been emitted
	list   list   // the list that its last child belongs to
}

// list remembers what the next item of a list looks like. The zero value is no list.
type list struct {
	delim byte // '-', '*', '+' of a bullet list, '.' or ')' of a numbered one
	next  int  // number of the next item
}

type leafKind uint8

const (
	noLeaf leafKind = iota
	paragraph
	fenced
	indented
	table
)

// leaf is an open block.
type leaf struct {
	kind              leafKind
	continued, spaced bool

	text string // paragraph

	lines       []string // fenced, indented
	blanks      int      // indented: empty lines that belong to it if more of it follows
	fence       byte     // fenced: the character of the fence,
	fenceLen    int      // how many of them,
	fenceIndent int      // and the columns before it
	info        string   // fenced: what follows the fence

	header [][]Span // table
	align  []Align
	rows   [][][]Span
}

// clone returns a parser that can go on without changing p. Slices of the open leaf share memory, but p only ever looks at its
// own length of them.
func (p *parser) clone() parser {
	q := *p
	q.stack = slices.Clone(p.stack)
	q.out = nil
	return q
}

// line reads one line. complete is false when more of the line may follow.
func (p *parser) line(s string, complete bool) {
	if p.midline {
		p.midline = !complete
		p.more(s, complete)
		return
	}
	c := cursor{s: s}
	matched := p.match(&c)
	all := matched == len(p.stack)
	if c.blank() {
		p.blankLine(&c, matched, complete)
		return
	}
	if all && p.leaf.kind == fenced {
		p.fencedLine(&c, complete)
		return
	}
	if all && p.leaf.kind == indented {
		if indent, _ := c.indent(); indent >= codeIndent {
			c.skip(codeIndent)
			for ; p.leaf.blanks > 0; p.leaf.blanks-- {
				p.leaf.lines = append(p.leaf.lines, "\n")
			}
			p.code(c.rest(), complete)
			return
		}
	}
	if p.start(&c, matched, complete) {
		return
	}
	p.text(c.text())
}

// match consumes the markers and indentation of the open containers, as far as the line has them, and returns how many match.
func (p *parser) match(c *cursor) int {
	for i := range p.stack {
		n := &p.stack[i]
		indent, _ := c.indent()
		switch {
		case n.kind == Quote:
			if indent >= codeIndent || c.peek() != '>' {
				return i
			}
			c.marker(1)
			c.skip(1)
		case c.blank():
			// An item that begins with an empty line has to go on in the next.
			if !n.shown && i == len(p.stack)-1 && p.leaf.kind == noLeaf {
				return i
			}
			c.pos = len(c.s)
		case indent < n.width:
			return i
		default:
			c.skip(n.width)
		}
	}
	return len(p.stack)
}

// blankLine reads an empty line that matched the given number of containers.
func (p *parser) blankLine(c *cursor, matched int, complete bool) {
	p.spaced = true
	if matched < len(p.stack) {
		p.close(matched)
		return
	}
	switch p.leaf.kind {
	case fenced:
		c.skip(p.leaf.fenceIndent)
		p.code(c.rest(), complete)
	case indented:
		p.leaf.blanks++
	default:
		p.closeLeaf()
	}
}

// start opens the containers and the block that begin on a line, and reports whether it has dealt with all of the line. If not,
// the rest is text.
func (p *parser) start(c *cursor, matched int, complete bool) bool {
	opened := false // a container has been opened by this line
	for {
		all := !opened && matched == len(p.stack)
		inParagraph := all && p.leaf.kind == paragraph
		indent, _ := c.indent()
		if indent >= codeIndent {
			if !opened && p.leaf.kind == paragraph || all && p.leaf.kind == table {
				return p.plain(c, matched, opened)
			}
			p.close(matched)
			c.skip(codeIndent)
			p.open(indented)
			p.code(c.rest(), complete)
			return true
		}
		switch {
		case c.peek() == '>' && matched < maxDepth:
			p.push(matched, node{kind: Quote})
			c.marker(1)
			c.skip(1)
		case p.heading(c, matched), p.fenceStart(c, matched):
			return true
		case inParagraph && (p.underline(c) || p.tableStart(c)):
			return true
		case isRule(c.text()):
			p.close(matched)
			p.emit(Block{Kind: Rule})
			return true
		default:
			n, l, ok := item(c, inParagraph)
			if !ok || matched >= maxDepth {
				return p.plain(c, matched, opened)
			}
			p.push(matched, n)
			p.number(l)
		}
		opened = true
		matched = len(p.stack)
		if c.blank() {
			return true
		}
	}
}

// plain deals with a line, or what is left of it, that begins no block, and reports whether that was all. If not, the rest
// belongs to the paragraph.
func (p *parser) plain(c *cursor, matched int, opened bool) bool {
	if !opened && p.leaf.kind == paragraph {
		return false // whatever the containers: a lazy continuation
	}
	if matched < len(p.stack) {
		p.close(matched)
	}
	if p.leaf.kind == table {
		p.row(c.text())
		return true
	}
	if p.leaf.kind == indented {
		p.closeLeaf()
	}
	return false
}

// more reads the rest of a line whose beginning has been read.
func (p *parser) more(s string, complete bool) {
	switch p.leaf.kind {
	case fenced, indented:
		p.code(s, complete)
	case paragraph:
		p.join(s)
	default:
		p.closeLeaf()
		p.open(paragraph)
		p.leaf.continued = true
		p.leaf.text = s
	}
}

// text adds a line to the open paragraph, or begins one.
func (p *parser) text(s string) {
	if p.leaf.kind != paragraph {
		p.closeLeaf()
		p.open(paragraph)
		p.leaf.text = s
		return
	}
	p.join("\n" + s)
}

// join adds text to the open paragraph. When it becomes too long the text begins another one.
func (p *parser) join(s string) {
	if len(p.leaf.text)+len(s) <= maxText {
		p.leaf.text += s
		return
	}
	p.closeLeaf()
	p.open(paragraph)
	p.leaf.continued = true
	p.leaf.text = strings.TrimPrefix(s, "\n")
}

// open begins a block in the innermost container.
func (p *parser) open(kind leafKind) {
	p.closeLeaf()
	p.leaf = leaf{kind: kind, spaced: p.spaced}
	p.spaced = false
	p.parent().delim = 0
}

// parent returns the list of the innermost container, or of the document.
func (p *parser) parent() *list {
	if len(p.stack) == 0 {
		return &p.list
	}
	return &p.stack[len(p.stack)-1].list
}

// push opens a container within the first depth containers, closing all others.
func (p *parser) push(depth int, n node) {
	p.close(depth)
	if n.kind == Quote {
		p.parent().delim = 0
	}
	p.stack = append(p.stack, n)
}

// number gives the item just opened its marker. l describes it as the first item of its list.
func (p *parser) number(l list) {
	n := &p.stack[len(p.stack)-1]
	parent := &p.list
	if len(p.stack) > 1 {
		parent = &p.stack[len(p.stack)-2].list
	}
	if parent.delim != l.delim {
		*parent = l
	}
	n.marker = "•"
	if l.delim == '.' || l.delim == ')' {
		n.marker = strconv.Itoa(parent.next) + string(l.delim)
	}
	parent.next++
}

// close closes the open block and all containers but the first depth.
func (p *parser) close(depth int) {
	p.closeLeaf()
	for len(p.stack) > depth {
		if !p.stack[len(p.stack)-1].shown {
			p.emit(Block{Kind: Paragraph, Spaced: p.spaced}) // an item without content shows its marker
		}
		p.stack = p.stack[:len(p.stack)-1]
	}
}

// closeLeaf emits the open block.
func (p *parser) closeLeaf() {
	l := p.leaf
	p.leaf = leaf{}
	b := Block{Continued: l.continued, Spaced: l.spaced}
	switch l.kind {
	case noLeaf:
		return
	case paragraph:
		text, task := p.task(l.text)
		b.Kind, b.Spans = Paragraph, inline(text)
		p.emitTask(b, task)
		return
	case fenced, indented:
		b.Kind, b.Language, b.Lines = Code, l.info, l.lines
	case table:
		b.Kind, b.Header, b.Align, b.Rows = Table, l.header, l.align, l.rows
	}
	p.emitTask(b, NoTask)
}

// task cuts the check box off the first paragraph of an item.
func (p *parser) task(text string) (string, Task) {
	if len(p.stack) == 0 || len(text) < 3 || text[0] != '[' || text[2] != ']' {
		return text, NoTask
	}
	rest := text[3:]
	if rest != "" && rest[0] != ' ' && rest[0] != '\n' {
		return text, NoTask
	}
	if n := p.stack[len(p.stack)-1]; n.kind != Item || n.shown {
		return text, NoTask
	}
	switch text[1] {
	case ' ':
		return rest, Open
	case 'x', 'X':
		return rest, Done
	}
	return text, NoTask
}

// emit adds a block that was not open before.
func (p *parser) emit(b Block) {
	b.Spaced = p.spaced
	p.spaced = false
	p.parent().delim = 0
	p.emitTask(b, NoTask)
}

// emitTask adds a block, in the open containers. The task belongs to the innermost.
func (p *parser) emitTask(b Block, task Task) {
	if len(p.stack) > 0 {
		b.In = make([]Container, len(p.stack))
	}
	for i := range p.stack {
		n := &p.stack[i]
		b.In[i] = Container{Kind: n.kind, First: !n.shown, Marker: n.marker}
		n.shown = true
	}
	if task != NoTask {
		b.In[len(b.In)-1].Task = task
	}
	p.out = append(p.out, b)
}
