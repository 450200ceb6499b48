// Package model is the starter model as the program carries it: a Gemma 3 of 3.4 million parameters with a vocabulary of its
// own, as Q8_0, in one GGUF file of less than 4 MB that is called "Lamplight starter". It was trained from nothing by
// "make starter" on text that package starter composes; docs/STARTER.md says what it can do and how that was measured. The
// receipt beside it says what it was made with. It is in a program once, and in those alone that import this package.
package model

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed starter.gguf
var gguf string

//go:embed receipt.json
var receipt []byte

// Receipt is what the model was made with. Its file has more: where the training was when it ended.
type Receipt struct {
	Seed   uint64 `json:"seed"`   // of text and weights
	Copies int    `json:"copies"` // conversations in which everything is only said again
	Rows   int    `json:"rows"`   // conversations after those
	SHA256 string `json:"sha256"` // of the file, in hexadecimal
}

// GGUF returns the content of the file.
func GGUF() string { return gguf }

// Made returns the receipt. It panics for one that cannot be read, which a test excludes.
func Made() Receipt {
	var r Receipt
	if err := json.Unmarshal(receipt, &r); err != nil {
		panic(fmt.Errorf("receipt.json: %w", err))
	}
	return r
}
