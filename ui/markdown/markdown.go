// Package markdown turns Markdown that is still being written into blocks that a view can draw.
//
// A [Document] is appended to. Its blocks are flat: every paragraph, heading, code block, table and rule is one [Block], and a
// block that stands in a quotation or a list item says so in Block.In, from the outermost container to the innermost. Flat
// blocks can be drawn and measured one by one, and a list of a thousand items is a thousand small blocks.
//
// Three promises hold for any input:
//
//   - The blocks depend on the text only, not on how it was cut into pieces.
//   - A block that is closed never changes. What an Append costs depends on the piece and on the last block, whose size is
//     bounded; it does not depend on the length of the document.
//   - Nothing but markup disappears. HTML is not interpreted: <think> and vector<int> are text. An image becomes the text
//     "[image: alt]" with its address as data; nothing is ever fetched.
//
// The block structure is that of CommonMark with the tables, strike-through and task lists of GitHub Flavored Markdown, read
// line by line as the appendix of the CommonMark specification describes. Inline markup is parsed by goldmark. It departs from
// CommonMark in this:
//
//   - HTML blocks and link reference definitions do not exist, they are paragraphs.
//   - A line break in a paragraph stays a line break.
//   - An underlined heading needs three characters under it, so that a paragraph does not turn into a heading and back while
//     "- item" is being written below it.
//   - Paragraphs, tables and lines that are very long, and containers that are very deep, are cut; see the limits below.
package markdown

// Limits that keep the last block, and so the cost of an Append, small.
const (
	maxText  = 2000 // bytes of a paragraph, and of a line that is looked at as a whole
	maxRows  = 64   // rows of a table; further rows go to another table with the same header
	maxDepth = 12   // containers around a block; deeper markers stay text
)

// Kind is what a block is.
type Kind uint8

// The kinds of blocks.
const (
	Paragraph Kind = iota
	Heading
	Code
	Table
	Rule
)

// Block is one piece of a document. Blocks are to be read, not written: closed ones are shared by all callers.
type Block struct {
	Kind Kind
	In   []Container // outermost first

	Spans []Span // of a Paragraph or Heading
	Level int    // of a Heading: 1 to 6

	// Code. Language is all that follows the opening fence. The text is the concatenation of Lines; a line without a line
	// break at its end goes on in the next one or is the last.
	Language string
	Lines    []string

	// Table. Every row has as many cells as Align. Rows does not contain the header.
	Header [][]Span
	Align  []Align
	Rows   [][][]Span

	Continued bool // goes on where the block before was cut
	Spaced    bool // an empty line stands before it
}

// Container is something that blocks stand in.
type Container struct {
	Kind   ContainerKind
	First  bool   // the block is the first one in it; a list item shows its marker here
	Marker string // of an item: "•" or "3."
	Task   Task
}

// ContainerKind is what a container is.
type ContainerKind uint8

// The kinds of containers.
const (
	Quote ContainerKind = iota
	Item
)

// Task is the check box of a list item.
type Task uint8

// The states of a check box.
const (
	NoTask Task = iota
	Open
	Done
)

// Align is the alignment of a table's column.
type Align uint8

// The alignments.
const (
	Left Align = iota
	Center
	Right
)

// Style is a set of inline styles.
type Style uint8

// The inline styles.
const (
	Bold Style = 1 << iota
	Italic
	Strike
	CodeSpan
)

// Span is text in one style. A line break in it is a line break to draw.
type Span struct {
	Text  string
	Style Style
	Link  string // address; "" for none
	Title string // title of the link
}
