//go:build !unix

package engine

import "io/fs"

func inode(fs.FileInfo) string { return "" }
