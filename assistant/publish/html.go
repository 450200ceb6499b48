package publish

import (
	"html"
	"strings"
)

// htmlStyle is for a screen, at night too, and for paper. The page may load and run nothing.
const htmlStyle = `<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root { color-scheme: light dark; }
body { font: 1.25rem/1.6 Georgia, "Noto Serif", serif; max-width: 34em; margin: 3rem auto; padding: 0 1.5rem; background: #fbf8f3; color: #26221c; overflow-wrap: anywhere; }
h1 { font-size: 1.8em; line-height: 1.25; }
h2 { font-size: 1.3em; margin-top: 2em; break-after: avoid; }
p { orphans: 2; widows: 2; }
footer { margin-top: 3em; font-size: 0.7em; color: #6b6255; }
@media (prefers-color-scheme: dark) { body { background: #10141f; color: #ece6da; } footer { color: #b0a899; } }
@media print { body { background: none; color: #000; margin: 0; max-width: none; } footer { color: #444; } }
</style>
`

// HTML is the page as one file for a browser.
func HTML(p Page) []byte {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html")
	if p.Language != "" {
		b.WriteString(` lang="` + html.EscapeString(p.Language) + `"`)
	}
	b.WriteString(">\n<head>\n<meta charset=\"utf-8\">\n<title>" + html.EscapeString(p.Title) + "</title>\n" + htmlStyle + "</head>\n<body>\n")
	element := func(name, text string) {
		if text != "" {
			b.WriteString("<" + name + ">" + html.EscapeString(text) + "</" + name + ">\n")
		}
	}
	element("h1", p.Title)
	for _, block := range p.Blocks {
		name := "p"
		if block.Heading {
			name = "h2"
		}
		element(name, block.Text)
	}
	element("footer", p.Foot)
	b.WriteString("</body>\n</html>\n")
	return []byte(b.String())
}
