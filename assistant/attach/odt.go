package attach

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The parts of an odt file and their elements: OpenDocument 1.2, part 1.

// openNames are short names for the namespaces.
var openNames = map[string]string{
	"urn:oasis:names:tc:opendocument:xmlns:office:1.0":         "office:",
	"urn:oasis:names:tc:opendocument:xmlns:text:1.0":           "text:",
	"urn:oasis:names:tc:opendocument:xmlns:table:1.0":          "table:",
	"urn:oasis:names:tc:opendocument:xmlns:style:1.0":          "style:",
	"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0": "svg:",
	"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0":       "manifest:",
}

func openName(n xml.Name) string { return openNames[n.Space] + n.Local }

func (a *archive) odt() (string, error) {
	m := &openManifest{}
	if err := a.walk("META-INF/manifest.xml", m); err != nil {
		return "", err
	}
	if m.encrypted {
		return "", ErrEncrypted
	}
	if a.parts["content.xml"] == nil {
		return "", fmt.Errorf("%w: content.xml is missing", ErrDamaged)
	}
	o := &odt{page: newPage(), counts: map[string]map[int]bool{}, hides: map[string]bool{}, titles: map[string]bool{"Title": true}}
	for _, part := range []string{"styles.xml", "content.xml"} {
		o.depths = o.depths[:0]
		if err := a.walk(part, o); err != nil {
			return "", err
		}
	}
	return o.page.String(), nil
}

// openManifest says whether a document has a password.
type openManifest struct{ encrypted bool }

func (m *openManifest) start(e xml.StartElement, _ int) bool {
	m.encrypted = m.encrypted || openName(e.Name) == "manifest:encryption-data"
	return true
}

func (m *openManifest) end(xml.EndElement, int) {}
func (m *openManifest) text(string)             {}
func (m *openManifest) err() error              { return nil }

// odt reads the styles of a document, and then what is in it.
type odt struct {
	page   *page
	counts map[string]map[int]bool // by style of lists: the levels that are numbered
	hides  map[string]bool         // styles of what is not shown
	titles map[string]bool         // styles of the title, which is no heading to the format

	style  string     // the style or style of lists that is open
	body   int        // how many office:text are open
	lists  []openList // that are open
	depths []int      // of the spans that are hidden
	spans  []int      // of the cells that are open
}

// openList is a list that is being written.
type openList struct {
	style string
	items int
	mark  bool // the item that is open still needs its mark
}

// unseen is what is not part of the text as it is seen.
var unseen = words("text:tracked-changes office:annotation text:note-citation text:hidden-text text:ruby-text svg:title svg:desc" +
	" text:sequence-decls text:variable-decls text:user-field-decls office:forms office:scripts office:font-face-decls")

func (o *odt) err() error { return o.page.err() }

func (o *odt) start(e xml.StartElement, depth int) bool {
	name := openName(e.Name)
	if unseen[name] {
		return false
	}
	switch {
	case name == "office:text":
		o.body++
	case o.body == 0:
		o.look(name, e)
	case strings.HasPrefix(name, "table:"):
		o.startTable(name, e)
	default:
		return o.startText(name, e, depth)
	}
	return true
}

// look looks at styles.
func (o *odt) look(name string, e xml.StartElement) {
	switch name {
	case "style:style", "text:list-style":
		o.style = attr(e, "name")
		if attr(e, "parent-style-name") == "Title" {
			o.titles[o.style] = true
		}
	case "style:text-properties":
		if attr(e, "display") == "none" && o.style != "" {
			o.hides[o.style] = true
		}
	case "text:list-level-style-number":
		if o.counts[o.style] == nil {
			o.counts[o.style] = map[int]bool{}
		}
		if attr(e, "num-format") != "" {
			o.counts[o.style][number(attr(e, "level"), 1, 10)] = true
		}
	}
}

func (o *odt) startText(name string, e xml.StartElement, depth int) bool {
	if style := attr(e, "style-name"); strings.HasPrefix(name, "text:") && o.hides[style] {
		return false
	}
	switch name {
	case "text:p":
		x := &paragraph{}
		if o.titles[attr(e, "style-name")] {
			x.heading = 1
		}
		o.page.begin(x)
	case "text:h":
		o.page.begin(&paragraph{heading: number(attr(e, "outline-level"), 1, 6)})
	case "text:list":
		style := attr(e, "style-name")
		if n := len(o.lists); style == "" && n > 0 {
			style = o.lists[n-1].style
		}
		o.lists = append(o.lists, openList{style: style})
	case "text:list-item":
		if n := len(o.lists); n > 0 {
			l := &o.lists[n-1]
			l.items++
			l.mark = true
		}
	case "text:note":
		o.page.notes = append(o.page.notes, "")
		o.page.refer(len(o.page.notes))
	case "text:note-body":
		o.page.beginNote()
	case "text:s":
		o.page.write(strings.Repeat(" ", number(attr(e, "c"), 1, 256)))
	case "text:tab":
		o.page.write("\t")
	case "text:line-break":
		o.page.write("\n")
	}
	return true
}

func (o *odt) startTable(name string, e xml.StartElement) {
	switch name {
	case "table:table":
		o.page.beginTable()
	case "table:table-row":
		o.page.beginRow()
	case "table:table-cell", "table:covered-table-cell":
		o.page.beginCell()
		o.spans = append(o.spans, number(attr(e, "number-columns-repeated"), 1, maxSpan))
	}
}

func (o *odt) end(e xml.EndElement, _ int) {
	switch openName(e.Name) {
	case "style:style", "text:list-style":
		o.style = ""
	case "office:text":
		o.body--
	}
	if o.body == 0 {
		return
	}
	switch openName(e.Name) {
	case "text:p", "text:h":
		if x := o.page.paragraph(); x != nil {
			o.page.finish(o.mark(x))
		}
	case "text:list":
		o.lists = o.lists[:len(o.lists)-1]
	case "text:note-body":
		if note := o.page.endNote(); len(o.page.notes) > 0 {
			o.page.notes[len(o.page.notes)-1] = note
		}
	case "table:table":
		o.page.endTable()
	case "table:table-cell", "table:covered-table-cell":
		o.page.endCell(o.spans[len(o.spans)-1])
		o.spans = o.spans[:len(o.spans)-1]
	}
}

// mark is what stands before a paragraph. In an item of a list, the first one has a mark.
func (o *odt) mark(x *paragraph) string {
	if x.heading > 0 {
		return headingMark(x.heading)
	}
	n := len(o.lists)
	if n == 0 || x.Len() == 0 {
		return ""
	}
	l := &o.lists[n-1]
	indent := listIndent(n - 1)
	if !l.mark {
		return indent + "  "
	}
	l.mark = false
	if o.counts[l.style][n] {
		return fmt.Sprintf("%s%d. ", indent, l.items)
	}
	return indent + "- "
}

func (o *odt) text(s string) {
	if o.body > 0 {
		o.page.writeFolded(s)
	}
}
