package markdown

import "strings"

// Literal returns text that is not Markdown, what a user has typed, as paragraphs that show it character by character. They
// are cut where the text is long.
func Literal(text string) []Block {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var blocks []Block
	for text != "" || len(blocks) == 0 {
		n, skip := len(text), 0
		if n > maxText {
			n = cut(text, maxText)
			if i := strings.LastIndexByte(text[:n], '\n'); i > 0 {
				n, skip = i, 1 // the line break is where the block ends
			}
		}
		b := Block{Kind: Paragraph, Continued: len(blocks) > 0}
		if s := printable(text[:n]); s != "" {
			b.Spans = []Span{{Text: s}}
		}
		blocks = append(blocks, b)
		text = text[n+skip:]
	}
	return blocks
}
