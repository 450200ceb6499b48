package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant/attach"
	"lamplight/ui/widgets"
)

// This file is about text files that go with a message: they come by drop, by a dialog or by paste, see paste.go, and
// stand as chips over the prompt until they are sent.

// maxFiles is how many files can go with one message.
const maxFiles = 20

var (
	errFolder    = errors.New("it is a folder")
	errEmpty     = errors.New("there is no text in it")
	errManyFiles = errors.New("there are too many files")
)

// promptComplaints are about files that were to go with a message, beside attachComplaints.
var promptComplaints = []complaint{
	{errFolder, "It is a folder. Attach the files in it that matter.", noRemedy},
	{errEmpty, "There is no text in it. Attach another file.", noRemedy},
	{errManyFiles, "A message takes 20 files at most. Remove some first.", noRemedy},
}

// attach reads files and puts them beside the draft of the conversation that is shown.
func (c *chatView) attach(paths ...string) {
	if c.w.current != chatPage {
		c.w.show(chatPage)
	}
	if c.trash.shown() {
		c.closeTrash()
	}
	t := c.shown
	c.w.work(func(ctx context.Context) {
		var files []attach.File
		problems := map[string]error{}
		for _, path := range paths {
			f, err := readFile(ctx, path)
			if err != nil {
				problems[path] = err
			} else {
				files = append(files, f)
			}
		}
		c.w.do(func() {
			if !slices.Contains(c.all, t) { // it is gone, or locked
				return
			}
			for _, path := range paths {
				if err := problems[path]; err != nil {
					c.w.Log.Warn("a file was not attached", "why", attachReason(err)) // its name is the user's
					c.unattached(path, err)
				}
			}
			c.addFiles(t, files...)
		})
	})
}

// attachReason is what the log may know of an error, which has the name of a file.
func attachReason(err error) string {
	for _, known := range slices.Concat(promptComplaints, attachComplaints) {
		if errors.Is(err, known.err) {
			return known.err.Error()
		}
	}
	return fmt.Sprintf("%T", err)
}

// unattached says why a file does not go with the message.
func (c *chatView) unattached(path string, err error) {
	why, ok := find(err, promptComplaints)
	if !ok {
		why = explainAttach(err)
	}
	action, f := c.w.remedy(why.remedy, err)
	c.w.sayInPrivate(lang.L("{{.Name}} was not attached. {{.Why}}", map[string]any{"Name": oneLine(filepath.Base(path), 60), "Why": why.text}), action, f)
}

// readFile turns a file on the disk into one that can go with a message.
func readFile(ctx context.Context, path string) (attach.File, error) {
	info, err := os.Stat(path) // before it is opened: a pipe would wait for its other end
	if err != nil {
		return attach.File{}, err
	}
	if info.IsDir() {
		return attach.File{}, errFolder
	}
	if !info.Mode().IsRegular() {
		return attach.File{}, attach.ErrBinary
	}
	f, err := os.Open(path)
	if err != nil {
		return attach.File{}, err
	}
	defer f.Close()
	read, err := attach.Read(ctx, filepath.Base(path), f, info.Size())
	if err == nil && strings.TrimSpace(read.Text) == "" {
		err = errEmpty
	}
	return read, err
}

// addFiles puts files beside a draft. Those that are there already stay as they are.
func (c *chatView) addFiles(t *talk, files ...attach.File) {
	now := slices.Clone(t.draft.Files)
	for _, f := range files {
		if slices.Contains(now, f) {
			continue
		}
		if len(now) == maxFiles {
			c.unattached(f.Name, errManyFiles)
			break
		}
		now = append(now, f)
	}
	c.w.Log.Info("files attached", "files", len(now)-len(t.draft.Files), "all", len(now))
	c.setFiles(t, now)
	if t == c.shown {
		c.w.focus(c.prompt)
	}
}

// removeFile takes a file off the draft. The keyboard goes to the next one, or back to the prompt.
func (c *chatView) removeFile(i int) {
	t := c.shown
	if i >= len(t.draft.Files) {
		return
	}
	c.setFiles(t, slices.Delete(slices.Clone(t.draft.Files), i, i+1))
	if n := len(c.chips); n > 0 {
		c.w.focus(c.chips[min(i, n-1)].Focus())
	} else {
		c.w.focus(c.prompt)
	}
}

// setFiles puts files beside a draft in the place of those that were there.
func (c *chatView) setFiles(t *talk, files []attach.File) {
	t.draft.Files = files
	if t == c.shown {
		c.usage.Files = nil // which are counted anew
		c.showChips()
		c.measure()
	}
	c.w.rememberSoon()
}

// showChips shows the files of the draft, with their tokens as soon as they are counted.
func (c *chatView) showChips() {
	files := c.shown.draft.Files
	c.chips = nil
	var objects []fyne.CanvasObject
	for i, f := range files {
		chip := widgets.NewFileChip(c.fileLabel(i), func() { c.w.showFile(f) }, func() { c.removeFile(i) })
		c.chips, objects = append(c.chips, chip), append(objects, chip)
	}
	c.files.Set(objects...)
	show(c.files, len(objects) > 0)
	c.write.Refresh()
}

// labelChips writes the tokens of the files into their chips.
func (c *chatView) labelChips() {
	for i, chip := range c.chips {
		chip.SetLabel(c.fileLabel(i))
	}
	c.files.Refresh()
}

// fileLabel is the name of a file of the draft, with its tokens when they are known.
func (c *chatView) fileLabel(i int) string {
	name := oneLine(c.shown.draft.Files[i].Name, 60)
	if i >= len(c.usage.Files) {
		return name
	}
	return fileLabel(name, c.usage.Files[i])
}

// fileLabel says what a file is called and how long it is.
func fileLabel(name string, tokens int) string {
	return name + " · " + lang.N("{{.N}} tokens", tokens, map[string]any{"N": grouped(int64(tokens))})
}

// sentFiles are the labels of files that went with a question.
func sentFiles(files []attach.File) []string {
	var labels []string
	for _, f := range files {
		labels = append(labels, oneLine(f.Name, 60)+" · "+byteSize(int64(len(f.Text))))
	}
	return labels
}

// openSent shows a file that went with a question.
func (c *chatView) openSent(turn, file int) {
	if turns := c.shown.Turns(); turn < len(turns) && file < len(turns[turn].Files) {
		c.w.showFile(turns[turn].Files[file])
	}
}

// askAttach asks for a file to attach.
func (c *chatView) askAttach() {
	c.w.askText(lang.L("Attach a text file"), func(path string) { c.attach(path) })
}
