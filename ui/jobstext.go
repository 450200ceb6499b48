package ui

import (
	"cmp"
	"io/fs"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"lamplight/library"
	"lamplight/library/jobs"
)

// This file has what is said of jobs.

// jobComplaints are about a job that has failed. What is not among them is about a model's file.
var jobComplaints = []complaint{
	{library.ErrNoSpace, "The disk is full. Nothing is left behind. Make room and try again.", noRemedy},
	{library.ErrNotFound, "A model that this is about is no longer in the library. Bring it back from the trash, or dismiss this.", noRemedy},
	{library.ErrGone, "The file of a model that this is about is no longer on the disk. Bring it back and try again.", noRemedy},
	{library.ErrDamaged, "The model's file is damaged, so nothing was made of it. Remove the model and fetch it again.", noRemedy},
	{library.ErrChanged, "The file changed while it was read. Wait until it is complete and try again.", noRemedy},
	{library.ErrOwnSource, "This is the model's own file, which stays as it is. Export it under another name or into another folder.", noRemedy},
	{fs.ErrPermission, "You are not allowed to read or write one of the files. Change its permissions and try again, or choose another folder.", copyDetails},
	{fs.ErrNotExist, "A file or folder that this needs is no longer there. Bring it back and try again.", copyDetails},
}

// explainJob says why a job has failed.
func explainJob(j jobs.Job) message {
	if m, ok := find(j.Failure, jobComplaints, fileComplaints, libraryComplaints); ok {
		return m
	}
	return message{lang.L("It stopped for a reason that Lamplight does not know. Nothing is left behind. Try again."), copyDetails}
}

// title says what a job does.
func (b *background) title(j jobs.Job) string {
	data := map[string]any{"Name": b.w.nameOf(j.Model), "Recipe": recipeName(j.Recipe), "Base": b.w.nameOf(j.Base), "File": shownPath(j.Path)}
	switch {
	case j.Kind == jobs.Convert && j.Recipe == library.Original:
		return lang.L("Make one file of {{.Name}}", data)
	case j.Kind == jobs.Convert, j.Kind == jobs.Quantize:
		return lang.L("Make {{.Recipe}} of {{.Name}}", data)
	case j.Kind == jobs.Verify:
		return lang.L("Verify {{.Name}}", data)
	case j.Kind == jobs.Receipt:
		return lang.L("Compare {{.Name}} with {{.Base}}", data)
	}
	return lang.L("Export {{.Name}} to {{.File}}", data)
}

// recipeName is the name of a recipe as files of models have it in theirs.
func recipeName(recipe string) string { return strings.ToUpper(recipe) }

// outcome says what came of a job that has gone well, with at most one thing to do with it.
func (b *background) outcome(j jobs.Job) (text, action string, f func()) {
	w := b.w
	made, there := w.shelf.model(cmp.Or(j.Result, j.Model))
	data := map[string]any{"Name": made.Card.Name, "Size": byteSize(made.Card.Bytes), "File": shownPath(j.Path)}
	switch {
	case j.Kind == jobs.Export:
		return lang.L("{{.File}} is written.", data), "", nil
	case !there:
		return lang.L("Done."), "", nil // it has gone since, or the library was not read again yet
	case j.Kind == jobs.Verify:
		return lang.L("{{.Name}} is as it was when it was added.", data), "", nil
	case j.Kind == jobs.Receipt && made.Card.Receipt != nil:
		return verdictOf(made.Card.Receipt), lang.L("Show it"), func() { w.showReceipt(made) }
	}
	return lang.L("{{.Name}} is in your library: {{.Size}}.", data), lang.L("Use it"), func() { w.chatWith(made.ID) }
}

// progressText says how far a job is, and how long it will still take if that is known.
func (b *background) progressText(j jobs.Job, left time.Duration, known bool) string {
	data := map[string]any{"Percent": grouped(percent(j))}
	switch {
	case j.State == jobs.Waiting:
		return lang.L("Waits for its turn.")
	case j.State == jobs.Paused && j.StepsTotal == 0:
		return lang.L("Paused before it began.")
	case j.State == jobs.Paused:
		return lang.L("Paused at {{.Percent}} %. What comes after it waits too.", data)
	case j.StepsTotal == 0:
		return lang.L("Begins…")
	case b.w.runner.Busy():
		return lang.L("{{.Percent}} % · waits while the model works for you", data)
	case j.Kind == jobs.Receipt && j.Steps == j.StepsTotal:
		return lang.L("Measures how fast both are")
	}
	text := lang.L("{{.Percent}} %", data)
	if j.Kind != jobs.Receipt && j.Kind != jobs.Export && j.Step == library.Hashing.String() {
		text = lang.L("Checking: {{.Percent}} %", data)
	}
	if known {
		text += " · " + leftText(left)
	}
	return text
}

func percent(j jobs.Job) int64 {
	if j.StepsTotal <= 0 {
		return 0
	}
	return int64(100 * float64(j.Steps) / float64(j.StepsTotal))
}

// leftText is a time as exactly as anybody can know it.
func leftText(left time.Duration) string {
	if left < time.Minute {
		return lang.L("less than a minute left")
	}
	minutes := int(left.Round(time.Minute) / time.Minute)
	return lang.N("about {{.N}} minutes left", minutes, map[string]any{"N": grouped(int64(minutes))})
}

// pace tells from how a job went on how long it will take.
type pace struct {
	from, total int64 // steps
	last        int64
	since       time.Time // when it was at from; zero: it begins with the next step
}

// What is told before so much was done, or so much time has passed, would be a guess.
const (
	paceTime  = 3 * time.Second
	paceShare = 0.03
)

// rest forgets what was seen: the job does not go on.
func (p *pace) rest() { p.since = time.Time{} }

// left says how long the steps that are missing will take.
func (p *pace) left(now time.Time, done, total int64) (time.Duration, bool) {
	if p.since.IsZero() || total != p.total || done < p.last {
		p.from, p.total, p.since = done, total, now
	}
	p.last = done
	took, made := now.Sub(p.since), float64(done-p.from)
	if took < paceTime || made < paceShare*float64(total) {
		return 0, false
	}
	return time.Duration(float64(took) * float64(total-done) / made), true
}
