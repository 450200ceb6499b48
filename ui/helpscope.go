package ui

import (
	"strings"
	"unicode"

	"lamplight/ui/buffer"
)

// extent is how much of a text an action works on.
type extent uint8

const (
	selectedPart extent = iota
	paragraphPart
	wholeText
	extents
)

// scope is what the user has said about extents. Without a word of theirs it is what is selected, else the paragraph, else all.
type scope struct {
	wide  bool         // all, when nothing is selected
	other extent       // in the place of what is selected
	on    buffer.Range // the selection for which other holds
}

// extent is how much of the text the next action works on.
func (h *help) extent() extent {
	b := h.page.editor.Buffer()
	if r := b.Selection().Range(); r.Len() > 0 {
		if h.scope.on == r {
			return h.scope.other
		}
		return selectedPart
	}
	if h.scope.wide || !strings.ContainsFunc(b.Slice(b.ParagraphAt(b.Cursor())), unicode.IsLetter) {
		return wholeText
	}
	return paragraphPart
}

// setExtent chooses how much of the text the next action works on.
func (h *help) setExtent(e extent) {
	if r := h.page.editor.Buffer().Selection().Range(); r.Len() > 0 {
		h.scope.other, h.scope.on = e, r
	} else {
		h.scope.wide = e == wholeText
	}
	h.panel.showScope()
}

// part is the part of the text that the next action works on.
func (h *help) part() buffer.Range {
	b := h.page.editor.Buffer()
	switch h.extent() {
	case selectedPart:
		return b.Selection().Range()
	case paragraphPart:
		return b.ParagraphsOf(b.Selection().Range())
	}
	return buffer.Range{End: b.Len()}
}
