package ui

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// writeComplaints are about a file that was to be written: a backup or an export.
var writeComplaints = []complaint{
	{vault.ErrLocked, "Your conversations were locked meanwhile, so no file was written. Unlock them and try again.", noRemedy},
	{vault.ErrDamaged, "The files of your conversations are damaged, so no file was written. Make a copy of their folder before you do anything else.", copyDetails},
	{vault.ErrFull, "The disk is full, so no file was written. What was there before stays. Make room, or choose another disk.", noRemedy},
	{vault.ErrReadOnly, "This folder cannot be written, so no file was written. Choose another one.", copyDetails},
	{fs.ErrNotExist, "The folder is gone, so no file was written. Choose another one.", copyDetails},
	{vault.ErrNotFound, "This conversation is no longer there, so no file was written. Look for it in the trash.", noRemedy},
}

// restoreComplaints are about a backup that was to be restored.
var restoreComplaints = []complaint{
	{vault.ErrBackupPassphrase, "This passphrase does not open the backup. Type it once more; capital letters count.", noRemedy},
	{vault.ErrBackupNewer, "The backup was written by a later version of Lamplight. Nothing was changed. Update this one and try again.", noRemedy},
	{vault.ErrBackup, "The file is damaged, or no backup of Lamplight. Nothing was changed. Try another copy of it.", copyDetails},
	{vault.ErrContent, "What is in the file does not fit together. Nothing was changed. Try another copy of it.", copyDetails},
	{vault.ErrLocked, "Your conversations were locked meanwhile. Nothing was changed. Unlock them and try again.", noRemedy},
	{vault.ErrDamaged, "The files of your conversations are damaged. Nothing was changed. Make a copy of their folder before you do anything else.", copyDetails},
	{vault.ErrFull, "The disk is full. Nothing was changed. Make room and try again.", noRemedy},
	{fs.ErrPermission, "You are not allowed to read this file. Nothing was changed. Copy it to a folder of your own and try again.", copyDetails},
	{vault.ErrReadOnly, "The folder of your conversations cannot be written. Nothing was changed. Change its permissions and try again.", copyDetails},
	{fs.ErrNotExist, "The file is no longer there. Nothing was changed. Look where it went.", noRemedy},
}

// explainWrite says why a backup or an export was not written.
func explainWrite(err error) message {
	if m, ok := find(err, writeComplaints); ok {
		return m
	}
	return message{lang.L("The file could not be written. What was there before stays. Choose another folder, or another disk."), copyDetails}
}

// explainRestore says why a backup was not restored.
func explainRestore(err error) message {
	if m, ok := find(err, restoreComplaints); ok {
		return m
	}
	return message{lang.L("The backup could not be restored. Nothing was changed. Try another copy of it."), copyDetails}
}

// backupView is the card of backups.
type backupView struct {
	p    *privacyView
	job  *job
	card fyne.CanvasObject
}

func newBackupView(p *privacyView) *backupView {
	b := &backupView{p: p}
	b.job = newJob(p,
		p.scroll.chip(icon("lock"), lang.L("Make a backup…"), b.askBackup),
		p.scroll.chip(nil, lang.L("Restore from a backup…"), b.askRestore))
	about := paragraph(lang.L("A backup is one file with everything you wrote, encrypted with a passphrase of its own. It can be restored on any computer that has Lamplight."))
	b.card = section(lang.L("Backup"), about, b.job.row)
	return b
}

// backupExtension is how names of backups end: they are age's files.
const backupExtension = ".age"

// today is the beginning of the names that are proposed for files with everything.
func today() string { return "lamplight-" + time.Now().Format(time.DateOnly) }

// askBackup asks for the file and the passphrase of a new backup.
func (b *backupView) askBackup() {
	w := b.p.w
	to := w.newTarget(today() + backupExtension)
	var f *passphraseForm
	f = w.newPassphraseForm(lang.L("Make the backup"),
		lang.L("Several words that you do not use elsewhere are best. It need not be the one that opens your conversations here."),
		lang.L("Nobody can open the backup without it. Keep it somewhere safe, and not only on this computer."),
		func(passphrase []byte) {
			if problem := to.problem(); problem != "" {
				clear(passphrase)
				f.hint.show(problem, theme.ColorNameError)
				w.dialog.fit()
				return
			}
			w.closeDialog()
			b.backup(to.file(), passphrase)
		})
	to.path.OnSubmitted = func(string) { w.win.Canvas().Focus(f.first) }
	body := container.NewVBox(to.row, f.rows)
	w.showDialog(subheading(lang.L("Make a backup")), body, f.first, widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), f.button)
}

// backup writes a backup. The passphrase is wiped.
func (b *backupView) backup(path string, passphrase []byte) {
	name := map[string]any{"File": shownPath(path)}
	b.job.run(lang.L("Writing {{.File}}. This may take some minutes; go on with what you like.", name),
		lang.L("Stopped. No backup was written."),
		func(ctx context.Context, v *vault.Vault) (string, error) {
			begun := time.Now()
			err := v.Backup(ctx, path, passphrase)
			clear(passphrase)
			if err != nil {
				return "", err
			}
			return writtenText(path, begun), nil
		}, explainWrite, nil)
}

// writtenText says which file is there now, how large it is and, if that was long, how long it took.
func writtenText(path string, begun time.Time) string {
	size := lang.L("size unknown")
	if info, err := os.Stat(path); err == nil {
		size = byteSize(info.Size())
	}
	took := time.Since(begun).Round(time.Second)
	data := map[string]any{"File": shownPath(path), "Time": time.Now().Format("15:04"), "Size": size, "Took": took}
	if took < time.Second {
		return lang.L("{{.File}} was written at {{.Time}}: {{.Size}}.", data)
	}
	return lang.L("{{.File}} was written at {{.Time}}: {{.Size}}, in {{.Took}}.", data)
}

// shownPath is a path as it may stand in a sentence.
func shownPath(path string) string { return oneLine(abbreviated(path), 120) }

// askRestore asks for a backup.
func (b *backupView) askRestore() {
	b.p.w.askFile(lang.L("Restore from a backup"), []string{backupExtension}, b.p.w.restore)
}

// restoring asks for the passphrase of a backup until there is one that opens it, or the user gives up, and adds
// what is in the backup to the vault. Nothing else can be done meanwhile: the vault is busy.
type restoring struct {
	w     *Window
	path  string
	entry *field
	hint  *words
	do    *widgets.ChipButton
	over  *openDialog
	stop  context.CancelFunc // nil while nothing is read
}

// sayNotOpen says that there is no vault to add something to.
func (w *Window) sayNotOpen() {
	w.say(lang.L("Your conversations are not open, so nothing can be added to them. Open them first, then try again."), "", nil)
}

// restore brings back what is in the backup at path.
func (w *Window) restore(path string) {
	if w.Vault == nil {
		w.sayNotOpen()
		return
	}
	if w.dialog != nil {
		return
	}
	r := &restoring{w: w, path: path, entry: w.newField()}
	r.hint = muted(lang.L("What is missing here is added. What is here stays as it is."))
	r.entry.Password, r.entry.PlaceHolder = true, lang.L("Passphrase of the backup")
	r.do = widgets.NewChipButton(icon("unlock"), lang.L("Restore"), r.try)
	r.do.Disable()
	r.entry.OnChanged = func(string) { r.setButton() }
	r.entry.OnSubmitted = func(string) { r.do.Tapped(nil) }
	body := container.NewVBox(paragraph(shownPath(path)), r.entry, r.hint)
	w.showDialog(subheading(lang.L("Restore from a backup")), body, r.entry, widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), r.do)
	r.over = w.dialog
	hide := r.over.hide
	r.over.hide = func() {
		hide()
		if r.stop != nil {
			r.stop()
		}
	}
}

func (r *restoring) setButton() {
	if r.entry.Text == "" || r.stop != nil {
		r.do.Disable()
	} else {
		r.do.Enable()
	}
}

// try reads the backup with the passphrase in the entry.
func (r *restoring) try() {
	w, v, passphrase := r.w, r.w.Vault, []byte(r.entry.Text)
	ctx, cancel := context.WithCancel(w.ctx)
	r.stop = cancel
	r.entry.Disable()
	r.setButton()
	r.hint.show(lang.L("Reading the backup…"), widgets.ColorNameMuted)
	w.work(func(context.Context) {
		done, err := v.RestoreBackup(ctx, r.path, passphrase, lang.L("From a backup"))
		clear(passphrase)
		cancelled := ctx.Err() != nil
		cancel()
		w.do(func() { r.tried(done, err, cancelled) })
	})
}

// tried says what came of it.
func (r *restoring) tried(done vault.Merged, err error, cancelled bool) {
	w := r.w
	r.stop = nil
	open := w.dialog == r.over
	switch {
	case err == nil:
		w.Log.Info("backup restored", "conversations", done.Conversations.Added, "messages", done.Messages.Added)
		if open {
			w.closeDialog()
		}
		w.chat.refreshHistory()
		w.write.refresh()
		w.story.refresh()
		w.privacy.lookAtDisk()
		w.showMerged(done)
	case cancelled || !open:
		w.Log.Info("restoring was cancelled")
		w.mention(lang.L("Stopped. Nothing was changed."), "", nil)
	case errors.Is(err, vault.ErrBackupPassphrase):
		r.entry.Enable()
		r.entry.SetText("")
		r.hint.show(explainRestore(err).text, theme.ColorNameError)
		w.dialog.fit()
		w.win.Canvas().Focus(r.entry)
	default:
		m := explainRestore(err)
		w.Log.Warn("the backup was not restored", "why", m.text)
		w.closeDialog()
		w.complain(m, err)
	}
}

// showMerged says what a backup has added. Something else may lie over the window by then.
func (w *Window) showMerged(done vault.Merged) {
	if w.dialog != nil || w.lock != nil {
		w.mention(strings.Join(append([]string{lang.L("The backup was restored.")}, mergedText(done)...), " "), "", nil)
		return
	}
	list := []fyne.CanvasObject{}
	for _, sentence := range mergedText(done) {
		list = append(list, paragraph(sentence))
	}
	if done.Documents.Kept > 0 {
		list = append(list, muted(lang.L("What the backup has of these documents is among their revisions.")))
	}
	ok := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	chats := widgets.NewChipButton(nil, lang.L("Show the chats"), func() { w.closeDialog(); w.show(chatPage) })
	w.showDialog(subheading(lang.L("The backup was restored")), container.NewVBox(list...), ok, chats, ok)
}

// mergedText says in sentences what was added to the vault, what was there already and what was kept.
func mergedText(m vault.Merged) (sentences []string) {
	if added := countedText(m, func(c vault.Count) int { return c.Added }); added != "" {
		sentences = append(sentences, lang.L("Added: {{.What}}.", map[string]any{"What": added}))
	} else {
		sentences = append(sentences, lang.L("Nothing was missing here."))
	}
	if same := countedText(m, func(c vault.Count) int { return c.Same }); same != "" {
		sentences = append(sentences, lang.L("There already: {{.What}}.", map[string]any{"What": same}))
	}
	if kept := countedText(m, func(c vault.Count) int { return c.Kept }); kept != "" {
		sentences = append(sentences, lang.L("Different here, and kept as here: {{.What}}.", map[string]any{"What": kept}))
	}
	return sentences
}

// countedText lists the rows of each kind of which there are any.
func countedText(m vault.Merged, of func(vault.Count) int) string {
	var list []string
	add := func(n int, text func(int, map[string]any) string) {
		if n > 0 {
			list = append(list, text(n, map[string]any{"N": grouped(int64(n))}))
		}
	}
	add(of(m.Conversations), func(n int, d map[string]any) string { return lang.N("{{.N}} conversations", n, d) })
	add(of(m.Messages), func(n int, d map[string]any) string { return lang.N("{{.N}} messages", n, d) })
	add(of(m.Documents), func(n int, d map[string]any) string { return lang.N("{{.N}} documents", n, d) })
	add(of(m.Revisions), func(n int, d map[string]any) string { return lang.N("{{.N}} revisions", n, d) })
	add(of(m.Items), func(n int, d map[string]any) string { return lang.N("{{.N}} settings", n, d) })
	return strings.Join(list, ", ")
}
