package ui

import "lamplight/library"

// askCompare asks two models the same.
func (w *Window) askCompare(m library.Model) {}
