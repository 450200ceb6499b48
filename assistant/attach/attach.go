// Package attach turns the files of users into text.
package attach

// File is a file as text. Paragraphs are separated by line breaks, and nothing but text is in it.
type File struct {
	Name string `json:"name"` // without a folder
	Text string `json:"text"`
}
