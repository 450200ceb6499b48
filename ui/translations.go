package ui

import "embed"

// The window's sentences stand in the code, in English, and are the keys of their translations. The English
// catalogue therefore has only what is counted: the singular beside the plural. docs/TRANSLATING.md says how
// the others are written.
//
//go:embed translations
var translations embed.FS
