package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant/attach"
	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// This file opens files as documents, and saves documents as files.

// origin is the file that a document was opened from, or was saved to last.
type origin struct {
	Path     string    `json:"path"`
	Modified time.Time `json:"modified"` // the file, when it was read or written
	CRLF     bool      `json:"crlf"`     // its lines end as on Windows
}

// openComplaints are about files that were to be opened as documents, beside attachComplaints.
var openComplaints = []complaint{
	{errFolder, "It is a folder. Open the files in it that matter.", noRemedy},
}

// documentEndings are those of files that are opened as documents when the program is started with them.
var documentEndings = []string{".txt", ".text", ".md", ".markdown", ".docx", ".odt"}

// isDocument reports whether a file is one that people write, by its name.
func isDocument(path string) bool {
	return slices.Contains(documentEndings, strings.ToLower(filepath.Ext(path)))
}

// askOpen asks for a file to open.
func (p *writeView) askOpen() {
	p.w.askText(lang.L("Open a file"), func(path string) { p.openFiles(path) })
}

// openFiles makes documents of files, and shows the last one. A file that was opened before, and has not changed since, leads
// to its document.
func (p *writeView) openFiles(paths ...string) {
	if p.w.current != writePage {
		p.w.show(writePage)
	}
	p.w.work(func(ctx context.Context) {
		type opened struct {
			file attach.File
			from origin
			err  error
		}
		all := make([]opened, len(paths))
		for i, path := range paths {
			all[i].file, all[i].from, all[i].err = readDocument(ctx, path)
		}
		p.w.do(func() {
			if p.w.lock != nil { // they wait
				p.w.waiting = append(p.w.waiting, given{paths: paths, started: true})
				return
			}
			for i, o := range all {
				if o.err != nil {
					p.w.Log.Warn("a file was not opened", "why", attachReason(o.err)) // its name is the user's
					p.unopened(paths[i], o.err)
					continue
				}
				p.opened(o.file, o.from)
			}
		})
	})
}

// opened shows a file that was read.
func (p *writeView) opened(f attach.File, from origin) {
	p.w.Log.Info("file opened as a document")
	for _, d := range p.all {
		if o := d.place.File; o != nil && o.Path == from.Path && o.Modified.Equal(from.Modified) {
			p.open(d)
			return
		}
	}
	d := newDocument(strings.TrimSuffix(f.Name, filepath.Ext(f.Name)), f.Text)
	d.place.File = &from
	p.moves++
	p.all = slices.Insert(p.all, 0, d)
	p.keepRevision(d, lang.L("As it was opened"))
	p.open(d)
}

// unopened says why a file is no document now.
func (p *writeView) unopened(path string, err error) {
	why, ok := find(err, openComplaints)
	if !ok {
		why = explainAttach(err)
	}
	action, f := p.w.remedy(why.remedy, err)
	p.w.sayInPrivate(lang.L("{{.Name}} was not opened. {{.Why}}", map[string]any{"Name": oneLine(filepath.Base(path), 60), "Why": why.text}), action, f)
}

// readDocument reads a file of any kind that has text.
func readDocument(ctx context.Context, path string) (attach.File, origin, error) {
	read, err := readFile(ctx, path)
	if errors.Is(err, errEmpty) {
		err = nil // it may be written into
	}
	from := origin{Path: path}
	if err != nil {
		return read, from, err
	}
	if info, err := os.Stat(path); err == nil {
		from.Modified = info.ModTime()
	}
	from.CRLF = endsLikeWindows(path)
	return read, from, nil
}

// longHead is how many bytes of a file are looked at to see how its lines end.
const longHead = 1 << 20

// endsLikeWindows reports whether most lines of a text file end with a carriage return and a line feed.
func endsLikeWindows(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head, _ := io.ReadAll(io.LimitReader(f, longHead))
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) { // an archive, such as a .docx
		return false
	}
	head = bytes.ReplaceAll(head, []byte{0}, nil) // of UTF-16
	both := bytes.Count(head, []byte("\r\n"))
	return 2*both > bytes.Count(head, []byte("\n"))
}

// Endings of the files that documents are saved as.
const (
	plainEnding    = ".txt"
	markdownEnding = ".md"
)

// askSave asks where a document is to be written as a file.
func (p *writeView) askSave(d *document) {
	w := p.w
	if w.dialog != nil || w.lock != nil || d.text == nil {
		return
	}
	if d.blank() || d.text.Len() == 0 {
		w.mention(lang.L("Nothing is written here yet, so there is nothing to save."), "", nil)
		return
	}
	to, ending := p.targetOf(d)
	about := lang.L("The document stays here too, and goes on being kept by itself. The file is not encrypted: whoever gets it can read it.")
	hint := muted(about)
	to.path.OnChanged = func(string) { hint.show(about, widgets.ColorNameMuted) }
	endings := []string{plainEnding, markdownEnding}
	choice := newChoiceBox([]string{lang.L("Plain text"), lang.L("Markdown")}, nil)
	choice.SetSelectedIndex(slices.Index(endings, ending))
	choice.OnChanged = func(string) {
		now := endings[choice.SelectedIndex()]
		to.setExtension(ending, now)
		ending = now
	}
	accept := func() {
		if problem := to.problem(); problem != "" {
			hint.show(problem, theme.ColorNameError)
			w.dialog.fit()
			return
		}
		w.closeDialog()
		p.save(d, to.file())
	}
	to.path.OnSubmitted = func(string) { accept() }
	do := widgets.NewChipButton(icon("export"), lang.L("Save"), accept)
	w.showDialog(subheading(lang.L("Save as a file")), container.NewVBox(choice, to.row, hint), to.path,
		widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), do)
	if at := len([]rune(strings.TrimSuffix(to.path.Text, ending))); at > 0 {
		to.path.CursorColumn = at
	}
}

// targetOf proposes the file that a document came from, if that is text, which then may be replaced unless another program has
// written it since. Otherwise it proposes one that is called as the document is.
func (p *writeView) targetOf(d *document) (to *target, ending string) {
	ending = plainEnding
	o := d.place.File
	if o != nil {
		switch ext := strings.ToLower(filepath.Ext(o.Path)); ext {
		case plainEnding, markdownEnding:
			to = p.w.newTarget(filepath.Base(o.Path))
			to.path.SetText(abbreviated(o.Path))
			if info, err := os.Stat(o.Path); err == nil && info.ModTime().Equal(o.Modified) {
				to.agreed = filepath.Clean(o.Path)
			}
			return to, ext
		case ".docx", ".odt": // of which headings and lists are Markdown now
			ending = markdownEnding
		}
	}
	return p.w.newTarget(fileName(oneLine(d.name(), maxTitle)) + ending), ending
}

// save writes a document to a file. Its lines end as those of the file that it came from.
func (p *writeView) save(d *document, path string) {
	text, crlf := d.text.Text(), d.place.File != nil && d.place.File.CRLF
	p.w.inOrder(func() {
		modified, err := writeText(path, text, crlf)
		p.w.do(func() {
			if err != nil {
				p.w.Log.Error("a document was not saved as a file", "why", attachReason(err))
				p.w.complain(explainWrite(err), err)
				return
			}
			d.place.File = &origin{path, modified, crlf}
			p.w.Log.Info("a document was saved as a file")
			p.w.mentionInPrivate(lang.L("Saved as {{.File}}.", map[string]any{"File": shownPath(path)}), "", nil)
			p.rememberSoon()
		})
	})
}

// writeText replaces a file, or makes a new one that its user alone may read. A link stays one, and permissions stay what they are.
func writeText(path, text string, crlf bool) (modified time.Time, err error) {
	if crlf {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	before, statErr := os.Stat(path)
	err = vault.WriteFile(path, func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	})
	if err != nil {
		return modified, err
	}
	if statErr == nil {
		_ = os.Chmod(path, before.Mode().Perm()) // else it stays private
	}
	info, err := os.Stat(path)
	if err != nil {
		return modified, err
	}
	return info.ModTime(), nil
}
