package ui

import (
	"context"
	"iter"
	"slices"
	"strings"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine/chat"
	"lamplight/ui/widgets"
)

// This file is what can be done with a message: nothing that was said is overwritten by any of it.

// turnActions are what can be done with a turn of the conversation that is shown, beside copying it.
func (c *chatView) turnActions(turn int) []widgets.TurnAction {
	turns := c.shown.Turns()
	if turn >= len(turns) {
		return nil // it is about to leave the stream
	}
	t := turns[turn]
	var list []widgets.TurnAction
	if t.Role == chat.User {
		list = append(list, widgets.TurnAction{Name: "edit", Label: lang.L("Edit"), Icon: icon("pen"), OnTapped: func() { c.editTurn(turn) }})
	} else {
		list = append(list, widgets.TurnAction{Name: "again", Label: lang.L("Write again"), Icon: icon("again"), OnTapped: func() { c.again(turn) }})
		if turn == len(turns)-1 && canContinue(t) && !c.answering(c.shown) {
			on := widgets.TurnAction{Name: "continue", Label: lang.L("Continue"), OnTapped: c.goOn}
			if c.note(c.shown, t, true).Action != on.Label { // it has a button already
				on.Icon = icon("goon")
			}
			list = append(list, on)
		}
		list = append(list, widgets.TurnAction{Name: "quote", Label: lang.L("Quote"), OnTapped: func() { c.quote(c.stream.Text(turn)) }})
		list = append(list, c.answerViews(turn, t)...)
	}
	pin := widgets.TurnAction{Name: "pin", Label: lang.L("Keep in the model's view"), Apart: true, OnTapped: func() { c.pin(turn, !t.Pinned) }}
	if t.Pinned {
		pin.Label, pin.On = lang.L("Kept in the model's view"), true
		if t.Role == chat.User { // the mark of both
			pin.Icon = icon("pin")
		}
	}
	return append(list, pin,
		widgets.TurnAction{Name: "fork", Label: lang.L("Go on from here in a new chat"), OnTapped: func() { c.fork(turn) }},
		widgets.TurnAction{Name: "delete", Label: lang.L("Delete question and answer"), Apart: true, OnTapped: func() { c.removeTurn(turn) }})
}

// answering reports whether an answer is being written in a conversation.
func (c *chatView) answering(t *talk) bool { return c.running != nil && c.running.talk == t }

// again lets an answer be written once more. The prompt box has the keyboard then, as after any question.
func (c *chatView) again(turn int) *run {
	c.w.focus(c.prompt)
	return c.answer(func(ctx context.Context, t *talk) iter.Seq2[assistant.Piece, error] { return t.Again(ctx, turn) })
}

// goOn lets the last answer go on where it broke off.
func (c *chatView) goOn() {
	c.w.focus(c.prompt)
	c.answer(func(ctx context.Context, t *talk) iter.Seq2[assistant.Piece, error] { return t.Continue(ctx) })
}

// quote puts a text into the prompt box, as a quotation below which one can write.
func (c *chatView) quote(text string) {
	var b strings.Builder
	if before := strings.TrimRight(c.prompt.Text, "\n"); strings.TrimSpace(before) != "" {
		b.WriteString(before + "\n\n")
	}
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		b.WriteString(strings.TrimRight("> "+line, " ") + "\n")
	}
	b.WriteByte('\n')
	c.prompt.SetText(b.String())
	c.prompt.CursorRow, c.prompt.CursorColumn = lastPlace(c.prompt.Text)
	c.prompt.Refresh()
	c.w.focus(c.prompt)
}

// change does something with the conversation that is shown, in the order in which it was asked for, and shows it then. What
// stands under the turn held stays where it is.
func (c *chatView) change(held int, do func(ctx context.Context, t *talk) error, done func(t *talk)) {
	t := c.shown
	if c.answering(t) {
		c.complain(assistant.ErrAnswering)
		return
	}
	c.w.inOrder(func() {
		err := do(context.Background(), t)
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("a message was not changed", "error", err)
				c.complain(err)
			}
			t.failed = nil
			c.moves++
			if c.shown == t {
				c.updateTurns(held)
				c.measure()
			}
			if err == nil && done != nil {
				done(t)
			}
		})
	})
}

// switchTo shows a version of a turn, and what was said after it.
func (c *chatView) switchTo(turn, version int) {
	c.change(turn, func(ctx context.Context, t *talk) error { return t.Switch(ctx, turn, version) }, nil)
}

// pin keeps a question and its answer in the model's view, or no longer.
func (c *chatView) pin(turn int, pinned bool) {
	c.change(turn, func(ctx context.Context, t *talk) error { return t.Pin(ctx, turn, pinned) }, nil)
}

// removeTurn takes a question and its answer out of the conversation, from where Undo brings them back.
func (c *chatView) removeTurn(turn int) {
	var undo func(context.Context) error
	c.change(noTurn, func(ctx context.Context, t *talk) (err error) {
		undo, err = t.RemoveTurn(ctx, turn)
		return err
	}, func(t *talk) {
		c.list.Refresh()
		c.w.offerUndo(lang.L("The question and its answer were deleted."), func() { c.bringBack(t, undo) })
	})
}

// bringBack undoes a removeTurn, and shows the conversation.
func (c *chatView) bringBack(t *talk, undo func(context.Context) error) {
	if c.shown != t && slices.Contains(c.all, t) {
		c.open(t)
	}
	c.change(noTurn, func(ctx context.Context, _ *talk) error { return undo(ctx) }, func(*talk) { c.list.Refresh() })
}

// fork begins a conversation with what was said up to a turn.
func (c *chatView) fork(turn int) {
	t := c.shown
	c.w.inOrder(func() {
		forked, err := t.Fork(context.Background(), turn)
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("a conversation was not forked", "error", err)
				c.complain(err)
				return
			}
			n := newTalk(forked)
			n.private = t.private
			c.moves++
			c.all = slices.Insert(c.all, 0, n)
			c.open(n)
			c.w.mentionInPrivate(lang.L("Forked from “{{.Title}}”.", map[string]any{"Title": t.title()}), lang.L("Back to it"), func() {
				if slices.Contains(c.all, t) {
					c.open(t)
				}
			})
		})
	})
}
