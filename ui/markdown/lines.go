package markdown

import "strings"

// codeIndent is the number of columns that make an indented line code.
const codeIndent = 4

// cursor reads a line from its beginning. Tabs go to the next multiple of four columns and can be consumed in part.
type cursor struct {
	s     string
	pos   int  // bytes consumed
	col   int  // columns consumed
	inTab bool // s[pos] is a tab of which some columns are consumed
}

// indent returns the columns of white space ahead, and the position of what follows.
func (c *cursor) indent() (columns, pos int) {
	col := c.col
	for pos = c.pos; pos < len(c.s); pos++ {
		switch c.s[pos] {
		case ' ':
			col++
		case '\t':
			col += 4 - col%4
		default:
			return col - c.col, pos
		}
	}
	return col - c.col, pos
}

// skip consumes at most n columns of white space.
func (c *cursor) skip(n int) {
	for n > 0 && c.pos < len(c.s) {
		width := 1
		switch c.s[c.pos] {
		case ' ':
		case '\t':
			width = 4 - c.col%4
		default:
			return
		}
		if width > n {
			c.col += n
			c.inTab = true
			return
		}
		n -= width
		c.col += width
		c.pos++
		c.inTab = false
	}
}

// marker consumes the white space ahead and n bytes after it.
func (c *cursor) marker(n int) {
	columns, pos := c.indent()
	c.pos, c.col, c.inTab = pos+n, c.col+columns+n, false
}

// blank reports whether only white space is left.
func (c *cursor) blank() bool {
	_, pos := c.indent()
	return pos == len(c.s)
}

// peek returns the first byte that is not white space, or 0.
func (c *cursor) peek() byte {
	if _, pos := c.indent(); pos < len(c.s) {
		return c.s[pos]
	}
	return 0
}

// text returns what is left, without the white space before it.
func (c *cursor) text() string {
	_, pos := c.indent()
	return c.s[pos:]
}

// rest returns what is left, white space and all.
func (c *cursor) rest() string {
	if c.inTab {
		return strings.Repeat(" ", 4-c.col%4) + c.s[c.pos+1:]
	}
	return c.s[c.pos:]
}

// code adds a line, or a part of one, to the open code block.
func (p *parser) code(s string, complete bool) {
	if complete {
		s += "\n"
	}
	p.leaf.lines = append(p.leaf.lines, s)
}

// fencedLine reads a line within a fenced code block.
func (p *parser) fencedLine(c *cursor, complete bool) {
	indent, _ := c.indent()
	text := strings.TrimRight(c.text(), " \t")
	if n := run(text, p.leaf.fence); indent < codeIndent && n >= p.leaf.fenceLen && n == len(text) {
		p.closeLeaf()
		return
	}
	c.skip(p.leaf.fenceIndent)
	p.code(c.rest(), complete)
}

// fenceStart opens a fenced code block.
func (p *parser) fenceStart(c *cursor, matched int) bool {
	indent, _ := c.indent()
	text := c.text()
	fence := text[0]
	n := run(text, fence)
	info := strings.TrimSpace(text[n:])
	if fence != '`' && fence != '~' || n < 3 || fence == '`' && strings.Contains(info, "`") {
		return false
	}
	p.close(matched)
	p.open(fenced)
	p.leaf.fence, p.leaf.fenceLen, p.leaf.fenceIndent = fence, n, indent
	p.leaf.info = unescape(info)
	return true
}

// heading reads a line that begins with number signs.
func (p *parser) heading(c *cursor, matched int) bool {
	text := c.text()
	n := run(text, '#')
	if n < 1 || n > 6 || len(text) > n && text[n] != ' ' && text[n] != '\t' {
		return false
	}
	text = strings.Trim(text[n:], " \t")
	if t := strings.TrimRight(text, "#"); t == "" || t[len(t)-1] == ' ' || t[len(t)-1] == '\t' {
		text = strings.TrimRight(t, " \t") // closing number signs
	}
	p.close(matched)
	p.emit(Block{Kind: Heading, Level: n, Spans: inline(text)})
	return true
}

// underline makes the open paragraph a heading when the line underlines it.
func (p *parser) underline(c *cursor) bool {
	text := strings.TrimRight(c.text(), " \t")
	n := run(text, text[0])
	if text[0] != '=' && text[0] != '-' || n < 3 || n != len(text) {
		return false
	}
	level := 1
	if text[0] == '-' {
		level = 2
	}
	l := p.leaf
	p.leaf = leaf{}
	title, task := p.task(l.text)
	p.emitTask(Block{Kind: Heading, Level: level, Spans: inline(title), Continued: l.continued, Spaced: l.spaced}, task)
	return true
}

// isRule reports whether a line, which begins with no white space, is a thematic break.
func isRule(s string) bool {
	n := 0
	for i := range len(s) {
		switch s[i] {
		case ' ', '\t':
		case '*', '-', '_':
			if s[i] != s[0] {
				return false
			}
			n++
		default:
			return false
		}
	}
	return n >= 3
}

// item consumes the marker of a list item and describes the item, and the list that it would be the first of.
func item(c *cursor, inParagraph bool) (node, list, bool) {
	indent, pos := c.indent()
	width, l := listMarker(c.s[pos:])
	if width == 0 {
		return node{}, list{}, false
	}
	after := *c
	after.marker(width)
	if inParagraph && (after.blank() || !isBullet(l.delim) && l.next != 1) {
		return node{}, list{}, false // only a full item, and of the numbers only 1, may follow text directly
	}
	spaces, _ := after.indent()
	if after.blank() || spaces > codeIndent {
		spaces = 1
	}
	after.skip(spaces)
	*c = after
	return node{kind: Item, width: indent + width + spaces}, l, true
}

// listMarker returns the length of the list marker that s begins with, 0 if there is none, and the list it begins.
func listMarker(s string) (int, list) {
	n, l := 0, list{}
	if isBullet(s[0]) {
		n, l = 1, list{delim: s[0]}
	} else {
		for n < len(s) && n < 9 && '0' <= s[n] && s[n] <= '9' {
			l.next = 10*l.next + int(s[n]-'0')
			n++
		}
		if n == 0 || n == len(s) || s[n] != '.' && s[n] != ')' {
			return 0, list{}
		}
		l.delim = s[n]
		n++
	}
	if n < len(s) && s[n] != ' ' && s[n] != '\t' {
		return 0, list{}
	}
	return n, l
}

func isBullet(b byte) bool { return b == '-' || b == '*' || b == '+' }

// run returns how many bytes b the text begins with.
func run(text string, b byte) int {
	n := 0
	for n < len(text) && text[n] == b {
		n++
	}
	return n
}
