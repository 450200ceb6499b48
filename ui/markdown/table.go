package markdown

import "strings"

// tableStart makes the last line of the open paragraph the header of a table when the line is a delimiter row under it.
func (p *parser) tableStart(c *cursor) bool {
	if n, _ := listMarker(c.text()); n > 0 {
		return false // "- | -" is an item
	}
	align, ok := delimiterRow(c.text())
	if !ok {
		return false
	}
	before, head := "", p.leaf.text
	if i := strings.LastIndexByte(head, '\n'); i >= 0 {
		before, head = head[:i], head[i+1:]
	}
	cells := splitRow(head)
	if len(cells) != len(align) {
		return false
	}
	spaced, continued := p.leaf.spaced, p.leaf.continued
	if before != "" {
		p.leaf.text = before
		p.closeLeaf()
		spaced, continued = false, false
	}
	p.leaf = leaf{kind: table, header: inlineRow(cells), align: align, spaced: spaced, continued: continued}
	return true
}

// row adds a line to the open table.
func (p *parser) row(s string) {
	l := &p.leaf
	if len(l.rows) == maxRows {
		header, align := l.header, l.align
		p.open(table)
		l.header, l.align, l.continued = header, align, true
	}
	cells := splitRow(s)
	if n := len(l.align); len(cells) > n {
		cells[n-1] = strings.Join(cells[n-1:], " | ") // more cells than columns: lose none
		cells = cells[:n]
	}
	for len(cells) < len(l.align) {
		cells = append(cells, "")
	}
	l.rows = append(l.rows, inlineRow(cells))
}

// delimiterRow reads "| :-- | --: |". The vertical bars may be missing at the ends.
func delimiterRow(s string) ([]Align, bool) {
	if strings.Trim(s, "|-: \t") != "" || !strings.Contains(s, "|") || !strings.Contains(s, "-") {
		return nil, false
	}
	var align []Align
	for _, cell := range splitRow(s) {
		dashes := strings.TrimSuffix(strings.TrimPrefix(cell, ":"), ":")
		if dashes == "" || strings.Trim(dashes, "-") != "" {
			return nil, false
		}
		switch left, right := cell[0] == ':', cell[len(cell)-1] == ':'; {
		case left && right:
			align = append(align, Center)
		case right:
			align = append(align, Right)
		default:
			align = append(align, Left)
		}
	}
	return align, true
}

// splitRow splits a row at its vertical bars. "\|" is a bar within a cell.
func splitRow(s string) []string {
	s = strings.Trim(s, " \t")
	s = strings.TrimPrefix(s, "|")
	var cells []string
	var cell strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '|':
			cell.WriteByte('|')
			i++
		case s[i] == '|':
			cells = append(cells, strings.Trim(cell.String(), " \t"))
			cell.Reset()
		default:
			cell.WriteByte(s[i])
		}
	}
	if last := strings.Trim(cell.String(), " \t"); last != "" || len(cells) == 0 {
		cells = append(cells, last)
	}
	return cells
}

func inlineRow(cells []string) [][]Span {
	row := make([][]Span, len(cells))
	for i, c := range cells {
		row[i] = inline(c)
	}
	return row
}
