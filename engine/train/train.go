// Package train changes a model's weights so that it says what examples say: adapters of low rank (LoRA) beside frozen
// weights of any type, all weights, or all weights from nothing.
package train

import "errors"

// ErrOptions: a setting that makes no sense.
var ErrOptions = errors.New("a setting is out of range")
