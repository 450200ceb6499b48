package ui

import (
	"slices"
	"strings"

	"lamplight/assistant/attach"
)

// draft is what was written and not sent: words, and the files that go with them.
type draft struct {
	Text  string
	Files []attach.File
}

// empty reports whether there is nothing to keep.
func (d draft) empty() bool { return strings.TrimSpace(d.Text) == "" && len(d.Files) == 0 }

// before returns d with what has been written since below it. Files are not doubled.
func (d draft) before(later draft) draft {
	switch {
	case strings.TrimSpace(d.Text) == "":
		d.Text = later.Text
	case strings.TrimSpace(later.Text) != "":
		d.Text += "\n\n" + later.Text
	}
	d.Files = slices.Clone(d.Files)
	for _, f := range later.Files {
		if !slices.Contains(d.Files, f) {
			d.Files = append(d.Files, f)
		}
	}
	return d
}

// has reports whether other is a part of the draft.
func (d draft) has(other draft) bool {
	return strings.Contains(d.Text, other.Text) && !slices.ContainsFunc(other.Files, func(f attach.File) bool { return !slices.Contains(d.Files, f) })
}

// keepDraft puts what was not answered before what has been written since.
func (t *talk) keepDraft(d draft) { t.draft = d.before(t.draft) }

// showDraft puts the draft of the conversation that is shown where it can be written on.
func (c *chatView) showDraft() {
	c.prompt.SetText(c.shown.draft.Text)
	c.usage.Files = nil // which are counted anew
	c.showChips()
}
