package assets

import (
	_ "embed" // the symbols are a table
	"fmt"
	"strings"
	"sync"
)

//go:embed symbols.txt
var symbolTable string

// glow is the light in a symbol, in every theme.
const glow = `fill="#F0B052" fill-opacity="0.45" stroke="none"`

// Symbols returns the drawings of the page Story by their names, as SVG with black strokes. They are shared: nobody changes
// them.
var Symbols = sync.OnceValue(func() map[string][]byte {
	all := map[string][]byte{}
	for line := range strings.Lines(symbolTable) {
		name, parts, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasPrefix(name, "#") {
			continue
		}
		var light, ink strings.Builder // what shines lies under the strokes
		for part := range strings.SplitSeq(parts, ";") {
			switch part = strings.TrimSpace(part); part[0] {
			case '*':
				fmt.Fprintf(&light, `<path d="%s" %s/>`, part[1:], glow)
			case '@':
				light.WriteString(circle(part[1:], glow))
			case 'o':
				ink.WriteString(circle(part[1:], ""))
			case '.':
				ink.WriteString(circle(part[1:]+" 1", `fill="#000000" stroke="none"`))
			default:
				fmt.Fprintf(&ink, `<path d="%s"/>`, part)
			}
		}
		all[name] = []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">` + light.String() +
			`<g fill="none" stroke="#000000" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">` + ink.String() + `</g></svg>`)
	}
	return all
})

// circle draws one of "x y r".
func circle(measures, style string) string {
	m := strings.Fields(measures)
	return strings.TrimSuffix(fmt.Sprintf(`<circle cx="%s" cy="%s" r="%s" %s`, m[0], m[1], m[2], style), " ") + `/>`
}
