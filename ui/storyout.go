package ui

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant/publish"
	"lamplight/assistant/speech"
	"lamplight/assistant/stories"
	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// outComplaints are about stories that leave the window.
var outComplaints = []complaint{
	{publish.ErrLetters, "The letters of this story are not in the font that Lamplight has for paper. Save it as a web page, which a browser can show and print.", noRemedy},
	{publish.ErrNoPrinter, "There is no printer that Lamplight can reach: it uses the system's own, through the program lp. Save the story as PDF and print that.", copyDetails},
	{speech.ErrNoVoice, "Nothing on this computer reads aloud. On Linux the packages speech-dispatcher and espeak-ng do. Install one of them and try again.", noRemedy},
}

func explainOut(err error) message {
	if m, ok := find(err, outComplaints); ok {
		return m
	}
	return message{lang.L("That did not work, and Lamplight cannot tell why. The story is as it was. Save it as a file, or try once more."), copyDetails}
}

// paper is a story as it is put on paper.
func paper(s *stories.Story) publish.Page {
	p := publish.Page{Title: storyTitle(s.Title), Language: stories.Tag(s.Tongue), Foot: toldBy(s)}
	for _, x := range s.Paragraphs {
		p.Blocks = append(p.Blocks, publish.Block{Text: x.Text, Heading: x.Heading})
	}
	return p
}

// pdf sets a story in the fonts of the window.
func pdf(p publish.Page) ([]byte, error) {
	return publish.PDF(p, publish.Fonts{Regular: theme.DefaultTextFont().Content(), Bold: theme.DefaultTextBoldFont().Content()})
}

// Endings of files of stories.
const (
	pdfEnding  = ".pdf"
	htmlEnding = ".html"
)

// askSave asks where the story that is shown is to be written as a file.
func (p *storyView) askSave() {
	w, s := p.w, p.shown
	if w.dialog != nil || w.lock != nil || s == nil || p.telling != nil {
		return
	}
	to, ending := w.newTarget(fileName(storyTitle(s.Title))+pdfEnding), pdfEnding
	about := lang.L("The file is not encrypted: whoever gets it can read it.")
	hint := muted(about)
	to.path.OnChanged = func(string) { hint.show(about, widgets.ColorNameMuted) }
	endings := []string{pdfEnding, htmlEnding}
	choice := newChoiceBox([]string{lang.L("PDF, for paper"), lang.L("Web page, for a browser")}, nil)
	choice.SetSelectedIndex(0)
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
		path := to.file()
		if ext := filepath.Ext(path); ext == pdfEnding || ext == htmlEnding { // what was typed says it best
			ending = ext
		}
		w.closeDialog()
		p.save(paper(s), path, ending)
	}
	to.path.OnSubmitted = func(string) { accept() }
	w.showDialog(subheading(lang.L("Save as a file")), container.NewVBox(choice, to.row, hint), to.path,
		widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), widgets.NewChipButton(icon("export"), lang.L("Save"), accept))
}

// save writes a story to a file.
func (p *storyView) save(text publish.Page, path, ending string) {
	p.w.inOrder(func() {
		data, err := publish.HTML(text), error(nil)
		if ending == pdfEnding {
			data, err = pdf(text)
		}
		var writeErr error
		if err == nil {
			writeErr = writeFile(path, data)
		}
		p.w.do(func() {
			switch {
			case err != nil:
				p.w.Log.Warn("a story was not made a file", "error", err)
				p.w.complain(explainOut(err), err)
			case writeErr != nil:
				p.w.Log.Error("a story was not saved as a file", "why", attachReason(writeErr))
				p.w.complain(explainWrite(writeErr), writeErr)
			default:
				p.w.Log.Info("a story was saved as a file", "bytes", len(data))
				p.w.mentionInPrivate(lang.L("Saved as {{.File}}.", map[string]any{"File": shownPath(path)}), "", nil)
			}
			p.w.focus(p.read.first())
		})
	})
}

// writeFile replaces a file, or makes a new one that its user alone may read.
func writeFile(path string, data []byte) error {
	before, statErr := os.Stat(path)
	err := vault.WriteFile(path, func(out io.Writer) error {
		_, err := out.Write(data)
		return err
	})
	if err == nil && statErr == nil {
		_ = os.Chmod(path, before.Mode().Perm()) // else it stays private
	}
	return err
}

// print has the system's printer print the story that is shown.
func (p *storyView) print() {
	s := p.shown
	if s == nil || p.telling != nil {
		return
	}
	text := paper(s)
	p.w.work(func(ctx context.Context) {
		data, err := pdf(text)
		if err == nil {
			err = publish.Print(ctx, data)
		}
		p.w.do(func() {
			if err != nil {
				p.w.Log.Warn("a story was not printed", "error", err)
				p.w.complain(explainOut(err), err)
				return
			}
			p.w.Log.Info("a story was given to the printer")
			p.w.mention(lang.L("The story is on its way to the printer."), "", nil)
		})
	})
}

// readAloud has the system read the story that is shown, or ends that.
func (p *storyView) readAloud() {
	s := p.shown
	if p.reads != nil {
		p.silence()
		return
	}
	if s == nil || p.telling != nil {
		return
	}
	ctx, cancel := context.WithCancel(p.w.ctx)
	p.reads = cancel
	text, tag := s.Words(), stories.Tag(s.Tongue)
	p.w.work(func(context.Context) {
		defer cancel()
		by, err := speech.Read(ctx, text, tag)
		stopped := errors.Is(err, context.Canceled)
		p.w.do(func() {
			p.w.Log.Info("reading aloud ended", "by", by, "stopped", stopped)
			if !stopped { // else another one may have begun
				p.reads = nil
			}
			if err != nil && !stopped {
				p.w.Log.Warn("a story was not read aloud", "error", err)
				p.w.complain(explainOut(err), err)
			}
			p.read.show()
		})
	})
	p.read.show()
}

// silence ends reading aloud.
func (p *storyView) silence() {
	if p.reads != nil {
		p.reads()
		p.reads = nil
		p.read.show()
	}
}
