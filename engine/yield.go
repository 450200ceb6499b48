package engine

import "lamplight/kernels"

// Yield is for the goroutine that has a model compute, before it begins: see [kernels.Yield].
func Yield() { kernels.Yield() }
