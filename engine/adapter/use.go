package adapter

import (
	"encoding/hex"
	"math"
)

// MaxStrength bounds the strength of an adapter that is used.
const MaxStrength = 10

// Use names an adapter by its content, with the strength that it is to have: 1 as it was trained, below 0 its opposite.
type Use struct {
	SHA256   string  `json:"sha256"`         // of the adapter's file in the library, hexadecimal
	Name     string  `json:"name,omitempty"` // what it was called, for who does not have it
	Strength float32 `json:"strength"`
}

// Valid reports whether u can name an adapter.
func (u Use) Valid() bool {
	sum, err := hex.DecodeString(u.SHA256)
	return err == nil && len(sum) == 32 && math.Abs(float64(u.Strength)) <= MaxStrength
}
