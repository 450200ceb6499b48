package attach

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
)

// pack makes an archive of parts.
func pack(t testing.TB, parts ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		method := zip.Deflate
		if len(p[1]) < 100 {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: p[0], Method: method})
		if err == nil {
			_, err = io.WriteString(w, p[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	relationship = `<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>`
	wordSpaces   = ` xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"` +
		` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:x="urn:other"`
)

// docxWith makes a docx file with this body, and with more parts: their roots' content by the roots' names.
func docxWith(t testing.TB, body string, more map[string]string) string {
	t.Helper()
	parts := [][2]string{
		{"[Content_Types].xml", "<Types/>"},
		{"_rels/.rels", "<Relationships>" + fmt.Sprintf(relationship, "officeDocument", "word/document2.xml") + "</Relationships>"},
		{"word/document2.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document` + wordSpaces + "><w:body>" + body + "</w:body></w:document>"},
	}
	relations := ""
	for _, root := range slices.Sorted(maps.Keys(more)) { // a fuzzer needs the same file each time
		content := more[root]
		parts = append(parts, [2]string{"word/part_" + root + ".xml", "<w:" + root + wordSpaces + ">" + content + "</w:" + root + ">"})
		relations += fmt.Sprintf(relationship, root, "/word/../word/part_"+root+".xml")
	}
	parts = append(parts, [2]string{"word/_rels/document2.xml.rels", "<Relationships>" + relations + "</Relationships>"})
	return pack(t, parts...)
}

const openSpaces = ` xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"` +
	` xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"` +
	` xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"`

// odtWith makes an odt file with this text and these automatic styles.
func odtWith(t testing.TB, text, styles string) string {
	t.Helper()
	return pack(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.text"},
		[2]string{"content.xml", `<?xml version="1.0" encoding="UTF-8"?><office:document-content` + openSpaces + "><office:automatic-styles>" + styles +
			"</office:automatic-styles><office:body><office:text>" + text + "</office:text></office:body></office:document-content>"})
}

// p is a paragraph of a docx file with properties and text.
func p(properties, text string) string {
	return "<w:p><w:pPr>" + properties + "</w:pPr>" + run(text) + "</w:p>"
}

func run(text string) string { return `<w:r><w:t xml:space="preserve">` + text + "</w:t></w:r>" }

func TestDocx(t *testing.T) {
	item := func(list, level int, text string) string {
		return p(fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, level, list), text)
	}
	cell := func(inner string) string { return "<w:tc>" + inner + "</w:tc>" }
	more := map[string]string{
		"styles": `<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
			<w:style w:styleId="Mine"><w:basedOn w:val="berschrift1"/></w:style>
			<w:style w:styleId="Round"><w:basedOn w:val="Trip"/></w:style><w:style w:styleId="Trip"><w:basedOn w:val="Round"/></w:style>
			<w:style w:styleId="T"><w:name w:val="Title"/></w:style>
			<w:style w:styleId="Bullets"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
			<w:style w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>`,
		"numbering": `<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
			<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>
			<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
			<w:num w:numId="3"><w:abstractNumId w:val="8"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>`,
		"footnotes": `<w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote><w:footnote w:id="2">` + p("", "Second") + `</w:footnote>
			<w:footnote w:id="1">` + p("", "First,") + p("", "in two") + `</w:footnote><w:footnote w:id="3">` + p("", "unused") + `</w:footnote>`,
		"endnotes": `<w:endnote w:id="1">` + p("", "At the end") + `</w:endnote>`,
	}
	for name, tt := range map[string]struct{ body, want string }{
		"nothing":    {"", ""},
		"paragraphs": {p("", "One.") + p("", "") + p("", "Two &amp; &lt;three&gt;."), "One.\n\nTwo & <three>.\n"},
		"runs":       {"<w:p>" + run("Hel") + run("lo ") + run("wor") + "<w:hyperlink>" + run("ld") + "</w:hyperlink></w:p>", "Hello world\n"},
		"breaks": {`<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/></w:r></w:p>`,
			"a\nb\tc-d\n"},
		"tab stops":       {p(`<w:tabs><w:tab w:val="left"/></w:tabs>`, "a"), "a\n"},
		"headings":        {p(`<w:pStyle w:val="berschrift1"/>`, "Eins") + p(`<w:pStyle w:val="Mine"/>`, "Two") + p(`<w:outlineLvl w:val="2"/>`, "Three") + p(`<w:pStyle w:val="T"/>`, "Title"), "# Eins\n# Two\n### Three\n# Title\n"},
		"no heading":      {p(`<w:pStyle w:val="berschrift1"/><w:outlineLvl w:val="9"/>`, "Body") + p(`<w:pStyle w:val="Round"/>`, "x") + p(`<w:pStyle w:val="none"/>`, "y"), "Body\nx\ny\n"},
		"empty heading":   {p(`<w:pStyle w:val="T"/>`, "") + p("", "x"), "x\n"},
		"bullets":         {item(1, 0, "a") + item(1, 1, "b") + p(`<w:pStyle w:val="Bullets"/>`, "c"), "- a\n  - b\n- c\n"},
		"numbers":         {item(2, 0, "a") + item(2, 1, "x") + item(2, 0, "b") + item(2, 1, "y") + item(3, 0, "new") + item(3, 0, "next"), "3. a\n  1. x\n4. b\n  1. y\n1. new\n2. next\n"},
		"no list":         {item(0, 0, "a") + item(99, 0, "b") + item(1, 12, "c"), "a\nb\n                - c\n"},
		"a table":         {"<w:tbl><w:tr>" + cell(p("", "Name")) + cell(p("", "a|b")) + "</w:tr><w:tr>" + cell(p("", "x")+p("", "y")) + cell(p("", "")) + "</w:tr></w:tbl>" + p("", "after"), "| Name | a\\|b |\n| --- | --- |\n| x y |\nafter\n"},
		"a wide cell":     {`<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>` + p("", "wide") + "</w:tc>" + cell(p("", "z")) + "</w:tr><w:tr>" + cell(p("", "1")) + cell(p("", "2")) + cell(p("", "3")) + "</w:tr></w:tbl>", "| wide |  | z |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n"},
		"one column":      {"<w:tbl><w:tr>" + cell(p("", "a box")) + "</w:tr></w:tbl>", "a box\n"},
		"a table in one":  {"<w:tbl><w:tr>" + cell(p("", "out")+"<w:tbl><w:tr>"+cell(p("", "1"))+cell(p("", "2"))+"</w:tr></w:tbl>") + cell(p("", "b")) + "</w:tr></w:tbl>", "| out 1, 2 | b |\n| --- | --- |\n"},
		"notes":           {`<w:p>` + run("A") + `<w:r><w:footnoteReference w:id="1"/></w:r>` + run(" B") + `<w:r><w:endnoteReference w:id="1"/></w:r><w:r><w:footnoteReference w:id="2"/><w:footnoteReference w:id="1"/></w:r></w:p>`, "A[^1] B[^2][^3][^1]\n\n[^1]: First, in two\n[^2]: At the end\n[^3]: Second\n"},
		"a lost note":     {`<w:p><w:r><w:footnoteReference w:id="77"/></w:r></w:p>`, "[^1]\n\n[^1]: \n"},
		"a note as text":  {`<w:p>` + run("A") + `<w:r><w:footnoteReference w:id="1"/></w:r></w:p><w:footnote w:id="1">` + p("", "x") + "</w:footnote>", "A[^1]\n\n[^1]: First, in two\n"},
		"what was edited": {`<w:p><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del><w:ins>` + run("new") + `</w:ins><w:moveFrom>` + run("old") + `</w:moveFrom><w:moveTo>` + run(" place") + `</w:moveTo></w:p>`, "new place\n"},
		"fields":          {`<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:fldSimple>` + run("7") + `</w:fldSimple></w:p>`, "7\n"},
		"hidden":          {`<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>open</w:t></w:r><w:r><w:rPr><w:rStyle w:val="Secret"/></w:rPr><w:t>secret</w:t></w:r></w:p>` + p(`<w:pStyle w:val="Secret"/>`, "secret") + p(`<w:rPr><w:vanish/></w:rPr>`, "shown"), "open\n\nshown\n"},
		"a text box":      {`<w:p>` + run("out") + `<w:r><mc:AlternateContent><mc:Choice><w:drawing><x:box><w:txbxContent>` + p("", "box") + `</w:txbxContent></x:box></w:drawing></mc:Choice><mc:Fallback><w:pict>` + p("", "box") + `</w:pict></mc:Fallback></mc:AlternateContent></w:r>` + run("side") + `</w:p>`, "box\noutside\n"},
		"ruby":            {`<w:p><w:r><w:ruby><w:rt>` + run("とう") + `</w:rt><w:rubyBase>` + run("東") + `</w:rubyBase></w:ruby></w:r></w:p>`, "東\n"},
		"mathematics":     {`<w:p><m:oMath><m:r><m:t>x+1</m:t></m:r></m:oMath></w:p>`, "x+1\n"},
		"symbols":         {`<w:p><w:r><w:sym w:char="F0A7"/><w:sym w:char="263A"/><w:sym w:char="x"/></w:r></w:p>`, "☺\n"},
		"not ours":        {"<x:p><x:t>other</x:t></x:p>" + p("", "ours"), "ours\n"},
		"loose text":      {"loose" + run("loose") + p("", "held"), "held\n"},
	} {
		f, err := readString(t, "a.docx", docxWith(t, tt.body, more))
		if err != nil || f.Text != tt.want {
			t.Errorf("%s:\n%q, %v, want\n%q", name, f.Text, err, tt.want)
		}
	}
}

func TestOdt(t *testing.T) {
	const styles = `<text:list-style style:name="N"><text:list-level-style-number text:level="1" style:num-format="1"/><text:list-level-style-bullet text:level="2"/></text:list-style>` +
		`<text:list-style style:name="B"><text:list-level-style-bullet text:level="1"/></text:list-style>` +
		`<style:style style:name="H"><style:text-properties text:display="none"/></style:style><style:style style:name="V"><style:text-properties/></style:style><style:style style:name="P1" style:parent-style-name="Title"/>`
	item := func(inner string) string { return "<text:list-item>" + inner + "</text:list-item>" }
	par := func(s string) string { return "<text:p>" + s + "</text:p>" }
	cell := func(inner string) string { return "<table:table-cell>" + inner + "</table:table-cell>" }
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":     {"", ""},
		"paragraphs":  {par("One\n   line ") + par("") + par(" Two &amp; <text:span text:style-name='V'>three </text:span> four"), "One line\n\nTwo & three four\n"},
		"headings":    {`<text:h text:outline-level="2">Head</text:h><text:h>Top</text:h><text:h text:outline-level="99">Deep</text:h>`, "## Head\n# Top\n###### Deep\n"},
		"titles":      {`<text:p text:style-name="Title">One</text:p><text:p text:style-name="P1">Two</text:p><text:p text:style-name="V">Three</text:p>`, "# One\n# Two\nThree\n"},
		"spaces":      {par(`a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d<text:s/>e`), "a   b\tc\nd e\n"},
		"bullets":     {`<text:list text:style-name="B">` + item(par("a")+par("more")) + item(par("b")+"<text:list>"+item(par("c"))+"</text:list>") + "</text:list>", "- a\n  more\n- b\n  - c\n"},
		"numbers":     {`<text:list text:style-name="N">` + item(par("a")) + item(par("b")+"<text:list>"+item(par("x"))+"</text:list>") + "</text:list>" + par("end"), "1. a\n2. b\n  - x\nend\n"},
		"a table":     {"<table:table><table:table-row>" + cell(par("A")) + cell(par("B")) + "</table:table-row><table:table-row>" + cell(par("1|")) + cell(par("2")+par("3")) + `<table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>`, "| A | B |\n| --- | --- |\n| 1\\| | 2 3 |\n"},
		"notes":       {par(`A<text:note><text:note-citation>1</text:note-citation><text:note-body>` + par("First") + par("of two") + `</text:note-body></text:note> B<text:note><text:note-body>` + par("Second") + `</text:note-body></text:note>`), "A[^1] B[^2]\n\n[^1]: First of two\n[^2]: Second\n"},
		"not seen":    {"<text:tracked-changes>" + par("gone") + "</text:tracked-changes>" + par(`a<office:annotation>`+par("comment")+`</office:annotation><text:span text:style-name="H">secret</text:span><text:hidden-text>x</text:hidden-text>b`) + `<text:p text:style-name="H">secret</text:p>`, "ab\n"},
		"a text box":  {par("out<draw:frame><draw:text-box>" + par("box") + "</draw:text-box></draw:frame>side"), "box\noutside\n"},
		"a picture":   {par("a<draw:frame><draw:image/><svg:title>t</svg:title><svg:desc>d</svg:desc></draw:frame>b"), "ab\n"},
		"ruby":        {par("<text:ruby><text:ruby-base>東</text:ruby-base><text:ruby-text>とう</text:ruby-text></text:ruby>"), "東\n"},
		"a loose end": {"loose<text:note-body>" + par("x") + "</text:note-body>" + par("held"), "held\n"},
	} {
		f, err := readString(t, "a.odt", odtWith(t, tt.text, styles))
		if err != nil || f.Text != tt.want {
			t.Errorf("%s:\n%q, %v, want\n%q", name, f.Text, err, tt.want)
		}
	}
}

// What strangers send.
func TestHostileDocuments(t *testing.T) {
	text, archive, unpacked := maxText, maxArchive, maxUnpacked
	t.Cleanup(func() { maxText, maxArchive, maxUnpacked = text, archive, unpacked })
	maxText, maxArchive, maxUnpacked = 1<<18, 6<<20, 4<<20
	bomb := strings.Repeat(" ", int(maxUnpacked)+1)
	deep := strings.Repeat("<w:tbl>", maxDepth+1)
	wide := "<w:tbl><w:tr>" + strings.Repeat(`<w:tc><w:tcPr><w:gridSpan w:val="999999999"/></w:tcPr></w:tc>`, maxText/100) + "</w:tr></w:tbl>"
	encrypted := []byte(docxWith(t, p("", "a"), nil))
	for i := 0; i+10 < len(encrypted); i++ { // the flag, in every header
		if string(encrypted[i:i+4]) == "PK\x01\x02" {
			encrypted[i+8] |= 1
		}
	}
	var many [][2]string
	for i := range 50000 {
		many = append(many, [2]string{fmt.Sprintf("a long name so that the directory becomes large enough %d", i), ""})
	}
	whole := docxWith(t, p("", strings.Repeat("text ", 100)), nil)
	for name, tt := range map[string]struct {
		data string
		want error
	}{
		"a zip of anything":      {pack(t, [2]string{"a.txt", "a"}), ErrBinary},
		"an empty zip":           {"PK\x03\x04" + pack(t), ErrBinary},
		"a spreadsheet":          {pack(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}), ErrFormat},
		"a table of Office":      {pack(t, [2]string{"[Content_Types].xml", ""}, [2]string{"_rels/.rels", "<Relationships>" + fmt.Sprintf(relationship, "officeDocument", "xl/workbook.xml") + "</Relationships>"}, [2]string{"xl/workbook.xml", "<workbook/>"}), ErrFormat},
		"no document":            {pack(t, [2]string{"[Content_Types].xml", ""}), ErrFormat},
		"cut short":              {whole[:len(whole)-30], ErrDamaged},
		"only the beginning":     {"PK\x03\x04", ErrDamaged},
		"no end":                 {docxWith(t, "<w:p>", nil), ErrDamaged},
		"no XML":                 {docxWith(t, "a < b", nil), ErrDamaged},
		"another encoding":       {pack(t, [2]string{"[Content_Types].xml", ""}, [2]string{"word/document.xml", `<?xml version="1.0" encoding="EBCDIC"?><a/>`}), ErrDamaged},
		"a document type":        {pack(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.text"}, [2]string{"content.xml", `<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>`}), ErrDamaged},
		"an entity":              {odtWith(t, "<text:p>&lol;</text:p>", ""), ErrDamaged},
		"no content":             {pack(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.text"}), ErrDamaged},
		"nested":                 {docxWith(t, deep, nil), ErrDamaged},
		"a bomb":                 {docxWith(t, bomb, nil), ErrTooLarge},
		"a bomb in the styles":   {docxWith(t, "", map[string]string{"styles": bomb}), ErrTooLarge},
		"a bomb of text":         {docxWith(t, "<w:p>"+run(strings.Repeat("a", maxText+1))+"</w:p>", nil), ErrTooLarge},
		"a bomb of spaces":       {odtWith(t, "<text:p>"+strings.Repeat(`<text:s text:c="999999999"/>`, maxText/256+1)+"</text:p>", ""), ErrTooLarge},
		"a bomb of cells":        {docxWith(t, wide, nil), ErrTooLarge},
		"a bomb of paragraphs":   {docxWith(t, strings.Repeat("<w:p/>", maxText+1), nil), ErrTooLarge},
		"a bomb of names":        {pack(t, many...), ErrTooLarge},
		"too large":              {whole + strings.Repeat("\x00", int(maxArchive)), ErrTooLarge},
		"a password of odt":      {pack(t, [2]string{"mimetype", "application/vnd.oasis.opendocument.text"}, [2]string{"META-INF/manifest.xml", `<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:encryption-data/></m:manifest>`}, [2]string{"content.xml", "\x8F\x12"}), ErrEncrypted},
		"an encrypted part":      {string(encrypted), ErrEncrypted},
		"damaged where it packs": {strings.Replace(whole, "word/document2.xml", "word/document2.xmm", 1), nil},
	} {
		f, err := readString(t, "a.docx", tt.data)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %q, %v, want %v", name, f.Text[:min(len(f.Text), 100)], err, tt.want)
		}
	}
}

func FuzzDocx(f *testing.F) {
	f.Add(p(`<w:pStyle w:val="a"/><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr>`, "text")+`<w:tbl><w:tr><w:tc><w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p></w:tc></w:tr></w:tbl>`,
		`<w:style w:styleId="a"><w:basedOn w:val="a"/></w:style>`, `<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="8"/></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>`,
		`<w:footnote w:id="1"><w:p/></w:footnote>`)
	f.Add("<w:tc><w:tr><w:tbl/></w:tr></w:tc></w:body><w:p>", "<w:name w:val='heading 1'/>", "<w:lvl/>", "<w:tc><w:p/></w:tc>")
	f.Fuzz(func(t *testing.T, body, styles, numbering, notes string) {
		data := docxWith(t, body, map[string]string{"styles": styles, "numbering": numbering, "footnotes": notes})
		file, err := readString(t, "a.docx", data)
		mustBeText(t, file, err)
	})
}

func FuzzOdt(f *testing.F) {
	f.Add(`<text:list text:style-name="N"><text:list-item><text:p>a</text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell/></table:table-row></table:table>`,
		`<text:list-style style:name="N"><text:list-level-style-number text:level="99" style:num-format="1"/></text:list-style>`)
	f.Add(`<text:note-body><table:table-cell><office:text><text:list-item/></office:text></table:table-cell></text:note-body>`, "<office:text><text:p>")
	f.Fuzz(func(t *testing.T, text, styles string) {
		file, err := readString(t, "a.odt", odtWith(t, text, styles))
		mustBeText(t, file, err)
	})
}
