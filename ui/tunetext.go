package ui

import (
	"io/fs"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant/tuning"
	"lamplight/engine/adapter"
	"lamplight/engine/train"
	"lamplight/engine/train/data"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// This file has what is said of examples and trainings.

// tuneComplaints are about examples, and about a training. What is not among them is about a model's file, or the vault.
var tuneComplaints = []complaint{
	{tuning.ErrNoExamples, "There is no example in this file. Lamplight takes JSON, one object a line or a list of them, or CSV whose first line names its columns.", noRemedy},
	{tuning.ErrMany, "These are more examples than can be kept: 32 MB of text are possible. Take a part of them.", noRemedy},
	{tuning.ErrRunning, "A training is under way. Keep or discard it first.", noRemedy},
	{tuning.ErrNone, "There is no training to decide about. Begin one.", noRemedy},
	{data.ErrTooLarge, "This file is too large, or has a line that is. Take a part of it.", noRemedy},
	{train.ErrDiverged, "The numbers of the training grew beyond all bounds. Discard it, and choose a lower learning rate under Advanced.", noRemedy},
	{train.ErrOptions, "One of the settings makes no sense for this model. Discard it, and choose the usual ones under Advanced.", copyDetails},
	{train.ErrExamples, "The examples do not fit this model. Discard it, and choose other ones.", copyDetails},
	{train.ErrCheckpoint, "What was learnt so far is damaged on the disk. Discard it, and begin anew.", copyDetails},
	{train.ErrOther, "What lies on the disk belongs to another training. Discard it, and begin anew.", copyDetails},
	{adapter.ErrUnusable, "What was learnt does not fit this model, or is damaged. Discard it, and begin anew.", copyDetails},
	{train.ErrExists, "Something of this name is there already. Choose another name.", noRemedy},
	{library.ErrNotFound, "The model that learns is no longer in the library. Bring it back from the trash, or discard the training.", openModels},
	{library.ErrNoSpace, "The disk is full. What was learnt is kept. Make room and try again.", noRemedy},
	{fs.ErrPermission, "You are not allowed to read or write one of the files. Change its permissions and try again.", copyDetails},
	{fs.ErrNotExist, "A file that this needs is no longer there. Bring it back and try again.", copyDetails},
}

// explainTuning says why something about examples or a training went wrong.
func explainTuning(err error) message {
	if m, ok := find(err, tuneComplaints, libraryComplaints, vaultComplaints, fileComplaints, answerComplaints); ok {
		return m
	}
	return message{lang.L("The training stopped for a reason that Lamplight does not know. What was learnt until the last half minute is kept. Try again, or discard it."), copyDetails}
}

// problemText says why an example is left out.
func problemText(p tuning.Problem) string {
	switch p.Kind {
	case data.Empty:
		return lang.L("there is nothing to learn in it, as it has no answer")
	case data.Order:
		return lang.L("question and answer do not alternate in it")
	case data.TooLong:
		return lang.L("it is too long; see Advanced")
	case data.Duplicate:
		return lang.L("it is there more than once")
	case data.Leak:
		return lang.L("it is held back, and its question is learnt from too")
	}
	return lang.L("it cannot be read as an example")
}

// lessonText says how much there is to learn.
func lessonText(p *tuning.Prepared) string {
	n, held := p.Report.Train, p.Report.Held
	text := lang.N("{{.N}} examples to learn from", n, map[string]any{"N": grouped(int64(n))})
	if held > 0 {
		text += ", " + lang.N("{{.N}} held back to see what was learnt", held, map[string]any{"N": grouped(int64(held))})
	}
	return text + "."
}

// tokensText says what the examples are made of.
func tokensText(p *tuning.Prepared) string {
	return lang.L("{{.All}} tokens, {{.Learnt}} of them learnt; the longest example has {{.Longest}}.", map[string]any{
		"All": grouped(int64(p.Report.Tokens)), "Learnt": grouped(int64(p.Report.Targets)), "Longest": grouped(int64(p.Report.Longest))})
}

// memoryText says what memory it takes, and whether there is that much.
func memoryText(p *tuning.Prepared, free int64) (string, fyne.ThemeColorName) {
	data := map[string]any{"Need": byteSize(p.Need), "Free": byteSize(max(0, free))}
	switch {
	case free < 0:
		return lang.L("It takes about {{.Need}} of memory.", data), theme.ColorNameForeground
	case p.Need > free:
		return lang.L("It takes about {{.Need}} of memory, and {{.Free}} are free. Close other programs, choose a smaller model, or a shorter longest example under Advanced.", data), theme.ColorNameWarning
	}
	return lang.L("It takes about {{.Need}} of memory; {{.Free}} are free.", data), theme.ColorNameForeground
}

// mannersText says how a training behaves.
func mannersText(battery func() (on, known bool)) string {
	text := lang.L("It gives way to other programs and waits while the model answers you. Closing Lamplight or locking it interrupts it; it goes on from there.")
	switch on, known := battery(); {
	case on:
		return text + " " + lang.L("It pauses on battery: now it would wait for the plug.")
	case known:
		return text + " " + lang.L("It pauses on battery.")
	}
	return text + " " + lang.L("Whether this computer runs on a battery is not known, so it does not pause for that.")
}

// progressOf says how far a training is.
func progressOf(s tuning.Status) (string, fyne.ThemeColorName) {
	data := map[string]any{"Step": grouped(int64(s.Step)), "Steps": grouped(int64(s.Steps)), "Asked": grouped(int64(s.Asked)), "All": grouped(int64(s.Questions))}
	text, color := "", fyne.ThemeColorName(widgets.ColorNameMuted)
	switch {
	case s.Phase == tuning.Failed:
		return explainTuning(s.Err).text, theme.ColorNameError
	case s.Phase == tuning.Waiting && s.Step > 0:
		return lang.L("It was interrupted after step {{.Step}}. What was learnt until then is kept, and it can go on.", data), theme.ColorNameWarning
	case s.Phase == tuning.Waiting:
		return lang.L("It was interrupted before it had learnt anything, and can go on."), theme.ColorNameWarning
	case s.Phase == tuning.Done:
		return lang.L("It ended after {{.Step}} steps. The model itself is as it was: decide what becomes of what it has learnt.", map[string]any{"Step": grouped(int64(lastStep(s)))}), theme.ColorNameForeground
	case s.Rests == tuning.Reading:
		text = lang.L("The model and the examples are being read…")
	case s.Phase == tuning.Asking:
		text = lang.L("Before it learns, it is asked what was held back: {{.Asked}} of {{.All}}.", data)
	case s.Phase == tuning.Trying:
		text = lang.L("Now that it has learnt, it is asked the same again: {{.Asked}} of {{.All}}.", data)
	default:
		text = lang.L("Step {{.Step}} of {{.Steps}}", data)
		if s.Rests == tuning.None {
			text += stepText(s)
		}
	}
	switch s.Rests {
	case tuning.ByUser:
		text += " · " + lang.L("paused")
	case tuning.Battery:
		text += " · " + lang.L("waits for the plug: the computer runs on its battery")
	case tuning.Answer:
		text += " · " + lang.L("waits while the model works for you")
	}
	return text, color
}

// lastStep is the step after which a training ended.
func lastStep(s tuning.Status) (n int) {
	for _, p := range s.Record.Curve {
		n = max(n, p.Step)
	}
	return n
}

// stepText says how fast a training is.
func stepText(s tuning.Status) string {
	if s.TokensPerSecond == 0 {
		return ""
	}
	text := " · " + lang.L("pass {{.N}}", map[string]any{"N": grouped(int64(s.Epoch))}) +
		" · " + lang.L("{{.N}} tokens/s", map[string]any{"N": speed(s.TokensPerSecond)})
	if s.Left > 0 {
		text += " · " + leftText(s.Left.Round(time.Second))
	}
	return text
}

// scoreText compares the answers before and after.
func scoreText(r tuning.Record) string {
	return lang.L("Of {{.All}} questions, it answered {{.Before}} exactly as expected before, and {{.After}} now.", map[string]any{
		"All": grouped(int64(r.After.Of)), "Before": grouped(int64(r.Before.Right)), "After": grouped(int64(r.After.Right))})
}
