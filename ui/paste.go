package ui

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant/attach"
)

// longPaste is from how many characters on pasted text becomes a file: in the prompt it could no longer be looked over.
const longPaste = 2000

// pasted takes what is pasted into the prompt if it is better kept as a file: long text, and the paths of files, which is
// what a file manager copies.
func (c *chatView) pasted(text string) (taken bool) {
	if paths := pastedPaths(text); len(paths) > 0 {
		c.pastePaths(text, paths)
		return true
	}
	if utf8.RuneCountInString(text) < longPaste {
		return false
	}
	f, err := attach.Read(c.w.ctx, c.pasteName(), strings.NewReader(text), int64(len(text)))
	if err != nil {
		return false // it is no text that could be looked at either
	}
	c.addFiles(c.shown, f)
	c.offerWords(lang.L("Pasted as a file."), text, f)
	return true
}

// offerWords says that a file was attached in the place of words, and offers to have the words.
func (c *chatView) offerWords(what, text string, files ...attach.File) {
	t := c.shown
	c.w.mention(what, lang.L("Put it into the message instead"), func() {
		if c.shown != t {
			return
		}
		c.setFiles(t, slices.DeleteFunc(slices.Clone(t.draft.Files), func(f attach.File) bool { return slices.Contains(files, f) }))
		c.prompt.Insert(text)
		c.w.focus(c.prompt)
	})
}

// pasteName is what a pasted text is called: the first that is free.
func (c *chatView) pasteName() string {
	for n := 1; ; n++ {
		name := lang.L("Pasted text") + ".txt"
		if n > 1 {
			name = fmt.Sprintf("%s %d.txt", lang.L("Pasted text"), n)
		}
		if !slices.ContainsFunc(c.shown.draft.Files, func(f attach.File) bool { return f.Name == name }) {
			return name
		}
	}
}

// pastedPaths returns the paths that a text consists of, one on each line; nil if there is anything else in it.
func pastedPaths(text string) []string {
	if len(text) > 64<<10 {
		return nil
	}
	var paths []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") { // a comment, in a list of addresses
			continue
		}
		if u, err := url.Parse(line); err == nil && u.Scheme == "file" && u.Path != "" {
			line = filepath.FromSlash(u.Path)
		}
		if !filepath.IsAbs(line) || len(paths) == maxFiles {
			return nil
		}
		paths = append(paths, line)
	}
	return paths
}

// pastePaths attaches the files at paths if they are files that can be, and puts the text into the message if not.
func (c *chatView) pastePaths(text string, paths []string) {
	t := c.shown
	c.w.work(func(ctx context.Context) { // a disk may be slow
		var files []attach.File
		for _, path := range paths {
			if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
				break
			}
			f, err := readFile(ctx, path)
			if err != nil {
				break
			}
			files = append(files, f)
		}
		c.w.do(func() {
			switch {
			case c.shown != t:
			case len(files) < len(paths):
				c.prompt.Insert(text)
			default:
				c.addFiles(t, files...)
				c.offerWords(lang.N("{{.N}} files are attached.", len(files), map[string]any{"N": len(files)}), text, files...)
			}
		})
	})
}
