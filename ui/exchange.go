package ui

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant"
	"lamplight/engine/chat"
	"lamplight/privacy/vault"
	"lamplight/privacy/vault/exchange"
	"lamplight/ui/widgets"
)

// importComplaints are about chats that were to be imported.
var importComplaints = []complaint{
	{exchange.ErrInUse, "Its program is writing this file. Nothing was added. End that program and try again.", noRemedy},
	{exchange.ErrNewer, "The file was written by a later version of its program. Nothing was added. Export it in an older format, or update Lamplight.", copyDetails},
	{exchange.ErrTooLarge, "There is more in this file than can be read. Nothing was added. Import the other files without it.", copyDetails},
	{exchange.ErrDamaged, "The file is damaged. Nothing was added. Export it again, or import the others without it.", copyDetails},
	{exchange.ErrUnknown, "No program that Lamplight knows has written this. Nothing was added. Choose an export of ChatGPT, a file or folder of LM Studio, Jan, GPT4All or Ollama, or a JSON file of Lamplight.", noRemedy},
	{vault.ErrContent, "What is in the file does not fit together. Nothing was added. Export it again and try once more.", copyDetails},
	{vault.ErrLocked, "Your conversations were locked meanwhile. Nothing was added. Unlock them and try again.", noRemedy},
	{vault.ErrDamaged, "The files of your conversations are damaged. Nothing was added. Make a copy of their folder before you do anything else.", copyDetails},
	{vault.ErrFull, "The disk is full. Nothing was added. Make room and try again.", noRemedy},
	{vault.ErrReadOnly, "The folder of your conversations cannot be written. Nothing was added. Change its permissions and try again.", copyDetails},
	{fs.ErrPermission, "You are not allowed to read this. Nothing was added. Copy it to a folder of your own and try again.", copyDetails},
	{fs.ErrNotExist, "It is no longer there. Nothing was added. Look where it went.", noRemedy},
}

// explainImport says why chats were not imported.
func explainImport(err error) message {
	if m, ok := find(err, importComplaints); ok {
		return m
	}
	return message{lang.L("It could not be read. Nothing was added. Export it again and try once more."), copyDetails}
}

// exchangeView is the card of exports and imports.
type exchangeView struct {
	p     *privacyView
	job   *job
	queue []string // dropped, to be imported one after the other
	card  fyne.CanvasObject
}

func newExchangeView(p *privacyView) *exchangeView {
	e := &exchangeView{p: p}
	e.job = newJob(p,
		p.scroll.chip(icon("export"), lang.L("Export all…"), func() { p.w.askExport(lang.L("Export all conversations"), today(), nil) }),
		p.scroll.chip(nil, lang.L("Import a file…"), e.askFile),
		p.scroll.chip(nil, lang.L("Import a folder…"), func() {
			if p.w.dialog == nil {
				p.w.askFolder(lang.L("Import chats"), func(path string) { e.add(path) })
			}
		}))
	e.card = section(lang.L("Export and import"),
		lines(paragraph(lang.L("An export is a file for other programs. It is not encrypted: whoever gets it can read it.")),
			paragraph(lang.L("Chats of ChatGPT, LM Studio, Jan, GPT4All and Ollama can be imported, and exports of Lamplight in JSON. What you import again is not doubled."))),
		e.job.row)
	return e
}

// formatName says what a format is called and what it is for.
func formatName(f exchange.Format) (name, use string) {
	switch f {
	case exchange.Markdown:
		return lang.L("Markdown"), lang.L("For notes and editors: headings, lists and code stay what they are.")
	case exchange.Text:
		return lang.L("Plain text"), lang.L("For every program that shows text.")
	case exchange.HTML:
		return lang.L("Web page (HTML)"), lang.L("To read in a browser, or to print. The page loads nothing.")
	case exchange.JSON:
		return lang.L("JSON"), lang.L("Everything, with all versions of the answers. Lamplight can import it.")
	}
	return lang.L("ShareGPT (JSON lines)"), lang.L("For training a model: one conversation in each line.")
}

// askExport asks how and where conversations are written; ids are theirs, nil is all.
func (w *Window) askExport(title, name string, ids []int64) {
	if w.dialog != nil {
		return
	}
	var names []string
	for _, f := range exchange.Formats {
		n, _ := formatName(f)
		names = append(names, n)
	}
	format := exchange.Formats[0]
	_, first := formatName(format)
	to, use := w.newTarget(name+format.Extension()), muted(first)
	open := lang.L("The file is not encrypted: whoever gets it can read it.")
	hint := muted(open)
	to.path.OnChanged = func(string) { hint.show(open, widgets.ColorNameMuted) }
	choice := newChoiceBox(names, nil)
	choice.SetSelectedIndex(0)
	choice.OnChanged = func(string) {
		old := format.Extension()
		format = exchange.Formats[choice.SelectedIndex()]
		_, text := formatName(format)
		use.set(text)
		to.setExtension(old, format.Extension())
	}
	accept := func() {
		if problem := to.problem(); problem != "" {
			hint.show(problem, theme.ColorNameError)
			w.dialog.fit()
			return
		}
		w.closeDialog()
		w.export(to.file(), format, ids)
	}
	to.path.OnSubmitted = func(string) { accept() }
	do := widgets.NewChipButton(icon("export"), lang.L("Export"), accept)
	w.showDialog(subheading(title), container.NewVBox(choice, use, to.row, hint), choice, widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), do)
}

// export writes conversations to a file.
func (w *Window) export(path string, f exchange.Format, ids []int64) {
	style := exchange.Style{Speaker: speaker, Untitled: lang.L("New chat")}
	w.privacy.exchange.job.run(lang.L("Writing {{.File}}…", map[string]any{"File": shownPath(path)}),
		lang.L("Stopped. No file was written."),
		func(ctx context.Context, v *vault.Vault) (string, error) {
			begun := time.Now()
			if err := exchange.Export(ctx, v, path, f, ids, style); err != nil {
				return "", err
			}
			return writtenText(path, begun), nil
		}, explainWrite, nil)
}

// speaker is who says what has a role, as an export calls them.
func speaker(role string) string {
	switch chat.Role(role) {
	case chat.User:
		return lang.L("You")
	case chat.Assistant:
		return lang.L("Answer")
	case chat.System:
		return lang.L("Instructions")
	}
	return role
}

// export asks how and where a conversation is written.
func (c *chatView) export(t *talk) {
	switch {
	case t.empty():
		c.w.mention(lang.L("Nothing was said here yet, so there is nothing to export."), "", nil)
	case c.running != nil && c.running.talk == t:
		c.complain(assistant.ErrAnswering)
	case c.w.Vault == nil || t.ID() == 0:
		c.w.mention(lang.L("This chat is in memory only. An export has what is kept on the disk, so copy what you need from here."), "", nil)
	default:
		c.w.askExport(lang.L("Export this chat"), fileName(t.title()), []int64{t.ID()})
	}
}

// fileName makes the name of a file of a title.
func fileName(title string) string {
	const most = 60
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return -1
		}
		return r
	}, oneLine(title, most))
	if name = strings.Trim(name, " .…"); name == "" {
		return today()
	}
	return name
}

// askFile asks for a file with chats.
func (e *exchangeView) askFile() {
	e.p.w.askFile(lang.L("Import chats"), []string{".json", ".jsonl", ".zip", ".chat", ".sqlite"}, func(path string) { e.add(path) })
}

// add imports files and folders, one after the other.
func (e *exchangeView) add(paths ...string) {
	if e.p.w.Vault == nil {
		e.p.w.sayNotOpen()
		return
	}
	e.queue = append(e.queue, paths...)
	e.next()
}

// next imports what is first in the queue.
func (e *exchangeView) next() {
	if e.job.stop != nil || len(e.queue) == 0 {
		return
	}
	path := e.queue[0]
	e.queue = e.queue[1:]
	w := e.p.w
	doing := lang.L("Reading {{.File}}…", map[string]any{"File": shownPath(path)})
	if w.current != privacyPage {
		w.mentionInPrivate(doing, lang.L("Cancel"), func() {
			if e.job.stop != nil {
				e.job.stop()
			}
		})
	}
	e.job.run(doing, lang.L("Stopped. Nothing was added."),
		func(ctx context.Context, v *vault.Vault) (string, error) {
			r, err := exchange.Import(ctx, v, path)
			if err != nil {
				return "", err
			}
			w.Log.Info("chats imported", "of", string(r.Source), "conversations", r.Merged.Conversations.Added)
			return importedText(filepath.Base(path), r), nil
		}, explainImport, func(err error) {
			switch {
			case errors.Is(err, context.Canceled):
				e.queue = nil
			case err == nil:
				w.chat.refreshHistory()
				w.privacy.lookAtDisk()
			}
			if len(e.queue) > 0 {
				w.notices.passing = nil // what it reports stays
			}
			e.next()
		})
}

// importedText says what an import has done.
func importedText(name string, r exchange.Result) string {
	sentences := []string{lang.L("{{.File}}, written by {{.Program}}.", map[string]any{"File": oneLine(name, 60), "Program": string(r.Source)})}
	sentences = append(sentences, mergedText(r.Merged)...)
	if r.Skipped > 0 {
		sentences = append(sentences, lang.N("{{.N}} messages were left out: they have no text, or are instructions or the work of tools.", r.Skipped, map[string]any{"N": grouped(int64(r.Skipped))}))
	}
	return strings.Join(sentences, " ")
}
