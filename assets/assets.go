// Package assets holds what the program carries with it: its icons, drawn for it with one stroke of 1.75 on a
// grid of 24.
package assets

import "embed"

//go:embed icons/*.svg
var icons embed.FS

// Icon returns the drawing called name, without ".svg". It panics for one that does not exist, which a test
// excludes.
func Icon(name string) []byte {
	data, err := icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(err)
	}
	return data
}
