package ui

import (
	"context"
	"strings"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// replaying is the part of a receipt that makes the answer once more.
type replaying struct {
	w    *Window
	talk *talk
	turn int

	dialog *openDialog
	body   *fyne.Container    // of the dialog
	cancel context.CancelFunc // of the replay that is under way, nil while none is
	state  atomic.Uint64      // tokens that are there, and below them 32 bits with those of the answer
	update coalescer

	button *widgets.ChipButton
	bar    *widget.ProgressBar
	said   *words
	root   *fyne.Container
}

// replaySteps is how often the progress is shown: every picture of a dialog is costly.
const replaySteps = 50

func newReplaying(w *Window, t *talk, turn int) *replaying {
	r := &replaying{w: w, talk: t, turn: turn, bar: widget.NewProgressBar(), said: paragraph("")}
	r.update = coalescer{do: w.do, f: r.progress}
	r.button = widgets.NewChipButton(nil, lang.L("Replay"), r.begin)
	r.bar.Hide()
	r.said.Hide()
	r.root = container.NewVBox(r.bar, r.said)
	return r
}

// opened makes the end of the dialog that of the replay.
func (r *replaying) opened(d *openDialog, body *fyne.Container) {
	if d == nil {
		return
	}
	r.dialog, r.body = d, body
	hide := d.hide
	d.hide = func() {
		r.stop()
		hide()
	}
}

func (r *replaying) begin() {
	ctx, cancel := context.WithCancel(r.w.ctx)
	r.cancel = cancel
	r.state.Store(0)
	r.bar.SetValue(0)
	r.bar.Show()
	r.say(lang.L("The model reads what it was asked…"), theme.ColorNameForeground)
	r.button.SetFace(nil, lang.L("Cancel"))
	r.button.OnTapped = r.stop
	r.w.Log.Info("replay started")
	r.w.work(func(context.Context) {
		defer cancel()
		result, err := r.talk.Replay(ctx, r.turn, func(done, total int) {
			before := r.state.Swap(uint64(done)<<32 | uint64(uint32(total)))
			if replaySteps*done/total != replaySteps*int(before>>32)/total {
				r.update.touch()
			}
		})
		r.w.do(func() { r.ended(result, err, ctx.Err() != nil) })
	})
}

// stop ends the replay that is under way.
func (r *replaying) stop() {
	if r.cancel != nil {
		r.cancel()
	}
}

// progress shows how far the replay is.
func (r *replaying) progress() {
	state := r.state.Load()
	done, total := int64(state>>32), int64(uint32(state))
	if r.cancel == nil || total == 0 {
		return
	}
	r.bar.SetValue(float64(done) / float64(total))
	r.say(lang.L("Token {{.Done}} of {{.Total}}…", map[string]any{"Done": grouped(done), "Total": grouped(total)}), theme.ColorNameForeground)
}

// ended says what came of it.
func (r *replaying) ended(result assistant.Replayed, err error, cancelled bool) {
	r.cancel = nil
	r.bar.Hide()
	r.button.SetFace(nil, lang.L("Replay"))
	r.button.OnTapped = r.begin
	switch {
	case err != nil && cancelled:
		r.say(lang.L("It was cancelled."), widgets.ColorNameMuted)
	case err != nil:
		r.w.Log.Warn("an answer was not made once more", "error", err)
		r.say(explainAnswer(r.w.chat.modelName(), err).text, theme.ColorNameError)
	case result.Same:
		r.w.Log.Info("replay ended", "same", true)
		r.say(replayedText(result), theme.ColorNameSuccess)
	default:
		r.w.Log.Info("replay ended", "same", false, "first", result.First)
		r.say(replayedText(result), theme.ColorNameWarning)
	}
}

func (r *replaying) say(text string, color fyne.ThemeColorName) {
	r.said.show(text, color)
	r.said.Show()
	if r.w.dialog != nil && r.w.dialog == r.dialog {
		for range 2 { // texts wrap to their width, then know their height
			r.body.Refresh()
		}
		r.dialog.fit()
	}
}

// replayedText says what came of making an answer once more, and what is no longer as it was.
func replayedText(r assistant.Replayed) string {
	var list []string
	for _, d := range r.Changed {
		list = append(list, differenceText(d))
	}
	switch {
	case r.Same && len(list) == 0:
		return lang.L("The same text, token for token.")
	case r.Same:
		list = append([]string{lang.L("The same text, token for token, although not all is as it was.")}, list...)
	default:
		list = append([]string{lang.L("Another text, from token {{.N}} on.", map[string]any{"N": grouped(int64(r.First) + 1)})}, list...)
		if len(list) == 1 {
			list = append(list, lang.L("Nothing that was written down has changed, so something is wrong with Lamplight or with this computer."))
		}
	}
	return strings.Join(list, " ")
}

// differenceText says what is no longer as it was when an answer was written.
func differenceText(d assistant.Difference) string {
	data := map[string]any{"What": string(d.What), "Was": orUnknown(oneLine(d.Was, 40)), "Is": orUnknown(oneLine(d.Is, 40))}
	switch d.What {
	case assistant.ModelFile:
		return lang.L("The file of the model is another one.")
	case assistant.AdapterFiles:
		return lang.L("A specialist that it was written with is not in your library: {{.Was}}.", data)
	case assistant.PromptTokens:
		return lang.L("The prompt is another one: something that was said before has changed, or how the model is told of it.")
	case assistant.Build:
		return lang.L("It was written by Lamplight {{.Was}}; this is {{.Is}}.", data)
	case assistant.Kernels:
		return lang.L("It was computed with {{.Was}}, and now with {{.Is}}.", data)
	case assistant.Threads:
		return lang.L("It was computed on {{.Was}} threads, and now on {{.Is}}, which should change nothing.", data)
	}
	return lang.L("{{.What}} was {{.Was}} and is {{.Is}}.", data)
}
