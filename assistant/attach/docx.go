package attach

import (
	"encoding/xml"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// The parts of a docx file and their elements: ECMA-376, part 1.

// officeNames are short names for the namespaces, which are others in the strict form of the format.
var officeNames = map[string]string{
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w:",
	"http://purl.oclc.org/ooxml/wordprocessingml/main":             "w:",
	"http://schemas.openxmlformats.org/officeDocument/2006/math":   "m:",
	"http://purl.oclc.org/ooxml/officeDocument/math":               "m:",
	"http://schemas.openxmlformats.org/markup-compatibility/2006":  "mc:",
}

func officeName(n xml.Name) string { return officeNames[n.Space] + n.Local }

// relations finds the parts that belong to a part, by the last word of what they are to it.
func (a *archive) relations(part string) (map[string]string, error) {
	dir, base := path.Split(part)
	r := &relations{dir: dir, targets: map[string]string{}}
	if err := a.walk(dir+"_rels/"+base+".rels", r); err != nil {
		return nil, err
	}
	return r.targets, nil
}

type relations struct {
	dir     string
	targets map[string]string
}

func (r *relations) start(e xml.StartElement, _ int) bool {
	if e.Name.Local == "Relationship" && attr(e, "TargetMode") != "External" {
		target := attr(e, "Target")
		if !strings.HasPrefix(target, "/") {
			target = r.dir + target
		}
		kind := path.Base(attr(e, "Type"))
		if _, ok := r.targets[kind]; !ok {
			r.targets[kind] = strings.TrimPrefix(path.Clean("/"+target), "/")
		}
	}
	return true
}

func (r *relations) end(xml.EndElement, int) {}
func (r *relations) text(string)             {}
func (r *relations) err() error              { return nil }

// mainPart is the one with the text.
func (a *archive) mainPart() (string, error) {
	parts, err := a.relations("")
	if err != nil {
		return "", err
	}
	if main := parts["officeDocument"]; main != "" {
		return main, nil
	}
	return "word/document.xml", nil
}

func (a *archive) docx(main string) (string, error) {
	parts, err := a.relations(main)
	if err != nil {
		return "", err
	}
	d := &docx{page: newPage(), root: "document", styles: wordStyles{}, lists: newWordLists(), noted: map[string]int{}}
	if err := a.walk(parts["styles"], &wordStylesVisitor{styles: d.styles}); err != nil {
		return "", err
	}
	if err := a.walk(parts["numbering"], d.lists); err != nil {
		return "", err
	}
	if err := a.walk(main, d); err != nil {
		return "", err
	}
	d.page.notes = make([]string, len(d.noted))
	for _, kind := range []string{"footnote", "endnote"} {
		d.root = kind + "s"
		if len(d.noted) == 0 || parts[d.root] == "" {
			continue
		}
		if err := a.walk(parts[d.root], d); err != nil {
			return "", err
		}
	}
	return d.page.String(), nil
}

// docx reads the document, and then its notes.
type docx struct {
	page   *page
	root   string // the element that the part is, without its namespace
	styles wordStyles
	lists  *wordLists
	noted  map[string]int // the number of a note, from 1, by its kind and ID

	hidden  []bool // of the runs that are open
	inText  int    // how many elements are open whose characters are text
	spans   []int  // of the cells that are open
	note    string // the one that is being read
	inProps int    // how many w:pPr are open
}

// passedOver is what is not part of the text as it is seen: what was deleted, what computes a field, how something
// looked before, how a word is pronounced, and what older programs are shown in place of something else.
var passedOver = words("w:del w:moveFrom w:delText w:instrText w:fldData w:pPrChange w:rPrChange w:tblPrChange w:trPrChange w:tcPrChange" +
	" w:sectPr w:sdtPr w:tabs w:rt mc:Fallback w:tblPr w:tblGrid w:trPr w:footnotePr w:endnotePr")

func (d *docx) err() error { return d.page.err() }

func (d *docx) start(e xml.StartElement, depth int) bool {
	name := officeName(e.Name)
	if depth == 1 && name != "w:"+d.root {
		d.page.failed = fmt.Errorf("%w: it is made of %.60q", ErrFormat, e.Name.Local)
		return false
	}
	if passedOver[name] {
		return false
	}
	switch name {
	case "w:p":
		d.page.begin(&paragraph{})
	case "w:tbl":
		d.page.beginTable()
	case "w:tr":
		d.page.beginRow()
	case "w:tc":
		d.page.beginCell()
		d.spans = append(d.spans, 1)
	case "w:gridSpan":
		if n := len(d.spans); n > 0 {
			d.spans[n-1] = number(attr(e, "val"), 1, maxSpan)
		}
	case "w:footnote", "w:endnote":
		d.note = e.Name.Local + " " + attr(e, "id")
		if _, used := d.noted[d.note]; !used || d.root == "document" {
			return false
		}
		d.page.beginNote()
	default:
		d.inline(name, e)
	}
	return true
}

// inline looks at what is in a paragraph.
func (d *docx) inline(name string, e xml.StartElement) {
	switch name {
	case "w:pPr":
		d.inProps++
	case "w:pStyle", "w:outlineLvl", "w:numId", "w:ilvl":
		if x := d.page.paragraph(); x != nil && d.inProps > 0 {
			d.property(x, name, attr(e, "val"))
		}
	case "w:r":
		d.hidden = append(d.hidden, false)
	case "w:vanish", "w:rStyle":
		if n := len(d.hidden); n > 0 && d.inProps == 0 {
			hides := name == "w:vanish" && isOn(attr(e, "val")) || name == "w:rStyle" && d.styles.hides(attr(e, "val"))
			d.hidden[n-1] = d.hidden[n-1] || hides
		}
	case "w:t", "m:t":
		d.inText++
	case "w:tab", "w:ptab":
		d.write("\t")
	case "w:br", "w:cr":
		d.write("\n")
	case "w:noBreakHyphen":
		d.write("-")
	case "w:sym": // of a font for symbols, whose characters mean something there only
		if c, err := strconv.ParseUint(attr(e, "char"), 16, 32); err == nil && c >= ' ' && c < 0xD800 {
			d.write(string(rune(c)))
		}
	case "w:footnoteReference", "w:endnoteReference":
		if d.root == "document" {
			key := strings.TrimSuffix(e.Name.Local, "Reference") + " " + attr(e, "id")
			if d.noted[key] == 0 {
				d.noted[key] = len(d.noted) + 1
			}
			d.page.refer(d.noted[key])
		}
	}
}

func (d *docx) property(x *paragraph, name, value string) {
	switch name {
	case "w:pStyle":
		x.style = value
	case "w:outlineLvl":
		if x.heading = number(value, 0, 9) + 1; x.heading > 9 {
			x.heading = -1
		}
	case "w:numId":
		x.list, x.numbered = value, true
	case "w:ilvl":
		x.level = number(value, 0, 8)
	}
}

func (d *docx) end(e xml.EndElement, _ int) {
	switch officeName(e.Name) {
	case "w:p":
		if x := d.page.paragraph(); x != nil {
			d.page.finish(d.mark(x))
		}
	case "w:pPr":
		d.inProps--
	case "w:r":
		d.hidden = d.hidden[:len(d.hidden)-1]
	case "w:t", "m:t":
		d.inText--
	case "w:tbl":
		d.page.endTable()
	case "w:tc":
		d.page.endCell(d.spans[len(d.spans)-1])
		d.spans = d.spans[:len(d.spans)-1]
	case "w:footnote", "w:endnote":
		d.page.notes[d.noted[d.note]-1] = d.page.endNote()
	}
}

// mark is what stands before a paragraph, by its own properties and those of its style.
func (d *docx) mark(x *paragraph) string {
	style := d.styles.resolve(x.style)
	if x.heading == 0 {
		x.heading = style.heading
	}
	if x.heading > 0 {
		return headingMark(x.heading)
	}
	if !x.numbered {
		x.list, x.level = style.list, max(x.level, style.level)
	}
	if x.Len() == 0 {
		return ""
	}
	return d.lists.mark(x.list, x.level)
}

func (d *docx) text(s string) {
	if d.inText > 0 {
		d.write(s)
	}
}

func (d *docx) write(s string) {
	if x := d.page.paragraph(); x != nil && !d.styles.hides(x.style) && !slices.Contains(d.hidden, true) {
		d.page.write(s)
	}
}

// isOn reads a property that is there, and may still say no.
func isOn(value string) bool { return value != "0" && value != "false" && value != "off" }

// number reads a number from lo to hi. What is none is lo.
func number(s string, lo, hi int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return lo
	}
	return min(max(n, lo), hi)
}
