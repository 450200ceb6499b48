// Package assets holds what the program carries with it: its icons, drawn for it with one stroke of 1.75 on a
// grid of 24, the symbols of the page Story on the same grid, the writing actions, and the text that models are compared on, written for it too.
package assets

import "embed"

//go:embed icons/*.svg
var icons embed.FS

//go:embed receipt/en.txt
var receiptText string

// ReceiptName is the name under which a receipt mentions ReceiptText.
const ReceiptName = "en.txt"

// ReceiptText returns the text on which models are compared: some 2,400 words of story, letter, instructions, recipe,
// dialogue, minutes, code and explanation.
func ReceiptText() string { return receiptText }

//go:embed actions/actions.json
var actions []byte

// Actions returns what the writing assistant can be asked to do, as a file of actions.
func Actions() []byte { return actions }

// Icon returns the drawing called name, without ".svg". It panics for one that does not exist, which a test
// excludes.
func Icon(name string) []byte {
	data, err := icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(err)
	}
	return data
}
