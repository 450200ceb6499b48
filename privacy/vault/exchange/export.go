// Package exchange writes conversations of a vault to files that other programs read, and reads the histories
// of other programs. Nothing that it reads is ever changed.
//
//	err := exchange.Export(ctx, v, "tides.md", exchange.Markdown, ids, exchange.Style{})
//	what, err := exchange.Import(ctx, v, "conversations.json", answered)
//
// What is exported is not encrypted any more.
package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lamplight/privacy/vault"
)

// Format is a format that conversations are exported in.
type Format string

// The formats. JSON has everything, with all versions of all messages, and can be imported; the others have
// what the conversation shows.
const (
	Markdown Format = "markdown"
	Text     Format = "text"
	HTML     Format = "html"
	JSON     Format = "json"
	ShareGPT Format = "sharegpt" // JSON lines for training
)

// Formats lists the formats.
var Formats = []Format{Markdown, Text, HTML, JSON, ShareGPT}

// Extension is how names of files of this format end.
func (f Format) Extension() string {
	return map[Format]string{Markdown: ".md", Text: ".txt", HTML: ".html", JSON: ".json", ShareGPT: ".jsonl"}[f]
}

// Style is how Markdown, Text and HTML call things.
type Style struct {
	Speaker  func(role string) string // nil is the role itself
	Untitled string                   // in place of an empty title
	Zone     *time.Location           // of times; nil is the local one
}

func (s Style) speaker(role string) string {
	if s.Speaker == nil {
		return role
	}
	return s.Speaker(role)
}

// title is the title in one line.
func (s Style) title(c vault.Conversation) string {
	if t := strings.Join(strings.Fields(c.Title), " "); t != "" {
		return t
	}
	return s.Untitled
}

func (s Style) time(t time.Time) string {
	if s.Zone == nil {
		s.Zone = time.Local
	}
	return t.In(s.Zone).Format("2006-01-02 15:04")
}

// writer writes conversations in one format.
type writer interface {
	begin() error
	thread(vault.Thread) error
	end() error
}

// Export writes conversations to a file, in the order of ids; nil is all that are not in the trash, as the
// vault lists them. A file that was at path is replaced when the new one is complete.
func Export(ctx context.Context, v *vault.Vault, path string, f Format, ids []int64, s Style) error {
	all := ids == nil
	if all {
		list, err := v.Conversations(ctx, vault.Filter{})
		if err != nil {
			return fmt.Errorf("export to %s: %w", path, err)
		}
		for _, c := range list {
			ids = append(ids, c.ID)
		}
	}
	err := vault.WriteFile(path, func(out io.Writer) error {
		w, err := newWriter(out, f, s)
		if err != nil {
			return err
		}
		if err := w.begin(); err != nil {
			return err
		}
		for _, id := range ids {
			h, err := v.Thread(ctx, id)
			if all && errors.Is(err, vault.ErrNotFound) {
				continue // it went meanwhile
			}
			if err == nil {
				err = w.thread(valid(h))
			}
			if err != nil {
				return err
			}
		}
		return w.end()
	})
	if err != nil {
		return fmt.Errorf("export to %s: %w", path, err)
	}
	return nil
}

func newWriter(out io.Writer, f Format, s Style) (writer, error) {
	switch f {
	case Markdown:
		return &markdownWriter{out: out, style: s}, nil
	case Text:
		return &textWriter{out: out, style: s}, nil
	case HTML:
		return &htmlWriter{out: out, style: s}, nil
	case JSON:
		return &jsonWriter{out: out}, nil
	case ShareGPT:
		return &shareGPTWriter{out: out}, nil
	}
	return nil, fmt.Errorf("there is no format %q", f)
}

// valid makes all texts UTF-8, which every format is.
func valid(h vault.Thread) vault.Thread {
	clean := func(s *string) { *s = strings.ToValidUTF8(*s, "\uFFFD") }
	clean(&h.Conversation.Title)
	clean(&h.Conversation.Folder)
	for i := range h.Messages {
		clean(&h.Messages[i].Role)
		clean(&h.Messages[i].Text)
		clean(&h.Messages[i].Model)
	}
	return h
}

// shown are the messages from a root to the leaf.
func shown(h vault.Thread) (path []vault.Message) {
	at := make(map[int64]vault.Message, len(h.Messages))
	for _, m := range h.Messages {
		at[m.ID] = m
	}
	for m, ok := at[h.Conversation.Leaf]; ok; m, ok = at[m.Parent] {
		path = append(path, m)
	}
	slices.Reverse(path)
	return path
}
