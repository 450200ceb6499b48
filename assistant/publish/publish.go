// Package publish makes pages of stories, for a printer and for other programs: PDF and HTML, each one file that needs no
// other, and the way to the printer.
//
//	data, err := publish.PDF(page, publish.Fonts{Regular: regular, Bold: bold})
//	err = publish.Print(ctx, data)
//
// It knows nothing of models, vaults or windows.
package publish

// Page is what is put on paper.
type Page struct {
	Title    string
	Language string // BCP 47 tag of the text; "": unknown
	Blocks   []Block
	Foot     string // in small letters at the end; "": nothing
}

// Block is a paragraph or a heading.
type Block struct {
	Text    string
	Heading bool
}
