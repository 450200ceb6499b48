package assistant

import (
	"context"
	"strings"
	"time"

	"lamplight/privacy/vault"
)

// rowOf is what a user can change of a conversation beside what was said: title, folder, pin, lifetime and Extra.
func rowOf(v vault.Conversation) vault.Conversation {
	return vault.Conversation{Title: v.Title, Folder: v.Folder, Pinned: v.Pinned, Lifetime: v.Lifetime, Extra: v.Extra}
}

// asRow is the row of a conversation that goes into the store now. The caller has the lock.
func (c *Conversation) asRow() vault.Conversation {
	v := c.row
	v.Title, v.Lifetime = c.title(), c.kept()
	return v
}

// arrange lets f change the row. While the conversation is being stored for the first time the error is
// [ErrAnswering].
func (c *Conversation) arrange(ctx context.Context, f func(*vault.Conversation)) error {
	c.arranging.Lock()
	defer c.arranging.Unlock()
	c.mu.Lock()
	id := c.id
	if id == 0 {
		defer c.mu.Unlock()
		if c.answering {
			return ErrAnswering
		}
		f(&c.row)
		return nil
	}
	c.mu.Unlock()
	v, err := c.store.Conversation(ctx, id)
	if err != nil {
		return unstored(err)
	}
	f(&v)
	if err := c.store.UpdateConversation(ctx, v); err != nil {
		return unstored(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.row = rowOf(v)
	return nil
}

const (
	maxTitle = 48  // characters of a title that a conversation gets by itself
	maxName  = 200 // characters of a title or folder that a user has written
)

// title is the beginning of the first thing said.
func title(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > maxTitle {
		line = strings.TrimSpace(string(r[:maxTitle])) + "…"
	}
	return line
}

// beginning is what a conversation that begins with a question is called after: its words, or else its first file.
func (t Turn) beginning() string {
	if strings.TrimSpace(t.Text) == "" && len(t.Files) > 0 {
		return t.Files[0].Name
	}
	return t.Text
}

// Title is what the user has called the conversation, or else the beginning of the first thing said, "" while nothing
// was.
func (c *Conversation) Title() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.title()
}

func (c *Conversation) title() string {
	if c.row.Title == "" && len(c.turns) > 0 {
		return title(c.turns[0].beginning())
	}
	return c.row.Title
}

// oneLine is what a user has written, as a title.
func oneLine(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	return strings.TrimSpace(string(r[:min(len(r), maxName)]))
}

// Rename gives the conversation a title. An empty one is the beginning of the first thing said, if that was read.
func (c *Conversation) Rename(ctx context.Context, name string) error {
	name = oneLine(name)
	c.mu.Lock()
	if name == "" && len(c.turns) > 0 {
		name = title(c.turns[0].beginning())
	}
	c.mu.Unlock()
	return c.arrange(ctx, func(v *vault.Conversation) {
		if name != "" {
			v.Title = name
		}
	})
}

// Folder is what the conversation is in, "" for none.
func (c *Conversation) Folder() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.row.Folder
}

// Move puts the conversation into a folder, or with "" into none. Folders are there as long as something is in them.
func (c *Conversation) Move(ctx context.Context, folder string) error {
	folder = oneLine(folder)
	return c.arrange(ctx, func(v *vault.Conversation) { v.Folder = folder })
}

// Pinned reports whether the conversation is to stand before the others.
func (c *Conversation) Pinned() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.row.Pinned
}

// SetPinned changes it.
func (c *Conversation) SetPinned(ctx context.Context, pinned bool) error {
	return c.arrange(ctx, func(v *vault.Conversation) { v.Pinned = pinned })
}

// Changed is when something was said last, zero while nothing was.
func (c *Conversation) Changed() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changedAt
}
