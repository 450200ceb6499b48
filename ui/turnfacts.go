package ui

import (
	"context"
	"errors"
	"math"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/ui/widgets"
)

// noTurn is the number of no turn.
const noTurn = -1

// turnsOf are the turns of a conversation as the stream shows them.
func (c *chatView) turnsOf(t *talk) []widgets.Turn {
	said := t.Turns()
	turns := make([]widgets.Turn, len(said))
	for i, s := range said {
		turns[i] = widgets.Turn{Role: widgets.User, Text: s.Text, Files: sentFiles(s.Files), Greyed: s.Dropped, Version: s.Version, Versions: s.Versions}
		if s.Role == chat.Assistant {
			turns[i].Role = widgets.Assistant
			turns[i].Footer = paid(s.Receipt)
			turns[i].Note = c.note(t, s, i == len(said)-1)
		}
	}
	return turns
}

// putTurns gives the turns of the conversation that is shown to the stream, as put does it.
func (c *chatView) putTurns(put func([]widgets.Turn)) {
	turns := c.turnsOf(c.shown)
	put(turns)
	if r := c.running; r != nil && r.talk == c.shown {
		r.shown = len(turns[len(turns)-1].Text)
	}
	c.showHead()
	c.arrangeMiddle()
}

// updateTurns brings the stream in line with the conversation. What stands under the turn held stays where it is;
// for noTurn what is looked at does.
func (c *chatView) updateTurns(held int) {
	c.putTurns(func(turns []widgets.Turn) { c.stream.Update(turns, held) })
}

// note is the sentence under an answer that did not end by itself, or is not as the model wrote it at first. Under the
// last one it offers to go on.
func (c *chatView) note(t *talk, s assistant.Turn, last bool) widgets.Note {
	if s.State == assistant.Writing && c.running != nil && c.running.talk == t {
		return widgets.Note{}
	}
	n := widgets.Note{Text: stateText(s), Error: s.State == assistant.Failed}
	if err := t.failed; last && err != nil && !errors.Is(err, context.Canceled) {
		m := explainAnswer(c.modelName(), err)
		n.Text, n.Error = m.text, s.State == assistant.Failed || errors.Is(err, assistant.ErrStore)
		n.Action, n.OnAction = c.w.remedy(m.remedy, err)
	} else if s.State == assistant.Full {
		n.Action, n.OnAction = c.w.remedy(startChat, nil)
	}
	switch {
	case !last || n.Text == "" || n.Action != "":
	case canContinue(s):
		n.Action, n.OnAction = lang.L("Continue"), c.goOn
	case s.Text == "":
		n.Action, n.OnAction = lang.L("Write again"), func() { c.again(len(c.shown.Turns()) - 1) }
	}
	return n
}

// canContinue reports whether an answer, the last of its conversation, breaks off where it could go on.
func canContinue(s assistant.Turn) bool {
	return s.Text != "" && (s.State == assistant.Stopped || s.State == assistant.Full || s.State == assistant.Failed || s.State == assistant.CutOff)
}

// stateText says how an answer ended, "" where it ended by itself.
func stateText(s assistant.Turn) string {
	switch s.State {
	case assistant.Stopped:
		return explainAnswer("", context.Canceled).text
	case assistant.Full:
		return explainAnswer("", engine.ErrContextFull).text
	case assistant.Looped:
		return explainAnswer("", assistant.ErrLoop).text
	case assistant.Failed:
		return lang.L("This answer broke off.")
	case assistant.CutOff:
		return lang.L("This answer was cut off when the program ended.")
	}
	switch {
	case s.Receipt != nil && s.Receipt.Loops > 0:
		return lang.L("The model repeated itself. That part was taken back, and the answer went on in another way.")
	case s.Text == "":
		return lang.L("The model answered with nothing.")
	}
	return ""
}

// paid says what an answer cost, as far as that is known.
func paid(r *assistant.Receipt) string {
	if r == nil {
		return ""
	}
	return footer(assistant.Stats{Answer: r.Tokens, AnswerSeconds: r.WriteSeconds, CPUSeconds: r.CPUSeconds, Joules: r.Joules, JoulesMeasured: r.Measured})
}

// footer says what an answer cost; "≈" marks what is estimated.
func footer(s assistant.Stats) string {
	if s.Answer == 0 {
		return ""
	}
	text := lang.L("{{.N}} tokens/s", map[string]any{"N": figure(s.TokensPerSecond())})
	if s.AnswerSeconds <= 0 {
		text = lang.N("{{.N}} tokens", s.Answer, map[string]any{"N": grouped(int64(s.Answer))})
	}
	if s.CPUSeconds > 0 {
		text += " · " + lang.L("{{.N}} CPU s", map[string]any{"N": figure(s.CPUSeconds)})
	}
	switch n := map[string]any{"N": figure(s.Joules)}; {
	case s.Joules <= 0:
	case s.JoulesMeasured:
		text += " · " + lang.L("{{.N}} J", n)
	default:
		text += " · " + lang.L("≈ {{.N}} J", n)
	}
	return text
}

// figure writes a number of something with as many digits as are worth reading.
func figure(f float64) string {
	switch {
	case f >= 99.5:
		return grouped(int64(math.Round(f)))
	case f >= 9.95:
		return decimal(f, 0)
	}
	return decimal(f, 1)
}
