package stories

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lamplight/privacy/vault"
)

// A story on the shelf is a document, so that it can be searched, put into the trash and backed up as any other, and an item
// of the kind vault.Story that says from what it was made. The item has the UID of the document as its name: that stays the
// same where a backup is restored. Without its item a story is a document like any other.

// Store keeps stories: what a [vault.Vault] can do, as far as it is needed here.
type Store interface {
	NewDocument(context.Context, vault.Document) (vault.Document, error)
	SetDocument(ctx context.Context, id int64, title, text string) error
	Document(context.Context, int64) (vault.Document, error)
	Documents(context.Context) ([]vault.Document, error)
	SetItem(ctx context.Context, kind vault.ItemKind, name string, value any) (vault.Item, error)
	Items(context.Context, vault.ItemKind) ([]vault.Item, error)
	Trashed(context.Context) ([]vault.Trashed, error)
	Purge(context.Context, ...vault.Ref) error
}

// facts are what the item of a story has.
type facts struct {
	Choice Choice `json:"choice"`
	Seed   uint64 `json:"seed"`
	Tongue string `json:"tongue,omitempty"`
	Model  string `json:"model,omitempty"`
}

// Kept is a story on the shelf.
type Kept struct {
	ID      int64 // of its document
	Title   string
	Changed time.Time
}

// headingMark stands before the heading of a chapter in a document. No paragraph begins with it: Parse has seen to that.
const headingMark = "## "

// text is the story as its document has it.
func (s *Story) text() string {
	var lines []string
	for _, p := range s.Paragraphs {
		if p.Heading {
			p.Text = headingMark + p.Text
		}
		lines = append(lines, p.Text)
	}
	return strings.Join(lines, "\n\n")
}

// setText reads what text has written.
func (s *Story) setText(text string) {
	s.Paragraphs = nil
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		heading, ok := strings.CutPrefix(p, headingMark)
		s.Paragraphs = append(s.Paragraphs, Paragraph{Text: heading, Heading: ok})
	}
}

// Keep puts a story on the shelf, or replaces the one that is there, and returns its ID.
func Keep(ctx context.Context, store Store, s *Story) (int64, error) {
	if s.ID != 0 {
		return s.ID, store.SetDocument(ctx, s.ID, s.Title, s.text())
	}
	d, err := store.NewDocument(ctx, vault.Document{Title: s.Title, Text: s.text()})
	if err != nil {
		return 0, err
	}
	if _, err := store.SetItem(ctx, vault.Story, d.UID.String(), facts{s.Choice, s.Seed, s.Tongue, s.Model}); err != nil {
		_ = store.Purge(ctx, vault.Ref{Kind: vault.KindDocument, ID: d.ID}) // it is told again where it is kept again
		return 0, err
	}
	return d.ID, nil
}

// Load reads a story from the shelf.
func Load(ctx context.Context, store Store, id int64) (*Story, error) {
	d, err := store.Document(ctx, id)
	if err != nil {
		return nil, err
	}
	items, err := store.Items(ctx, vault.Story)
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		if i.Name != d.UID.String() {
			continue
		}
		var f facts
		if err := json.Unmarshal(i.Value, &f); err != nil {
			return nil, fmt.Errorf("stories: what a story was made from: %w", err)
		}
		s := &Story{Choice: f.Choice, Seed: f.Seed, Tongue: f.Tongue, Model: f.Model, Title: d.Title, ID: d.ID}
		s.setText(d.Text)
		return s, nil
	}
	return nil, vault.ErrNotFound
}

// Shelf lists the stories that were kept, the last changed first. What was known of stories that are gone for good goes too.
func Shelf(ctx context.Context, store Store) ([]Kept, error) {
	items, err := store.Items(ctx, vault.Story)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	ids := map[string]int64{} // of items
	for _, i := range items {
		ids[i.Name] = i.ID
	}
	documents, err := store.Documents(ctx)
	if err != nil {
		return nil, err
	}
	var list []Kept
	for _, d := range documents {
		if name := d.UID.String(); ids[name] != 0 {
			list = append(list, Kept{d.ID, d.Title, d.Changed})
			delete(ids, name)
		}
	}
	return list, sweep(ctx, store, ids)
}

// sweep purges the items whose documents are neither on the shelf nor in the trash.
func sweep(ctx context.Context, store Store, items map[string]int64) error {
	if len(items) == 0 {
		return nil
	}
	trash, err := store.Trashed(ctx)
	if err != nil {
		return err
	}
	for _, x := range trash {
		if x.Kind != vault.KindDocument {
			continue
		}
		d, err := store.Document(ctx, x.ID)
		if err != nil {
			return err
		}
		delete(items, d.UID.String())
	}
	var gone []vault.Ref
	for _, id := range items {
		gone = append(gone, vault.Ref{Kind: vault.KindItem, ID: id})
	}
	if len(gone) == 0 {
		return nil
	}
	return store.Purge(ctx, gone...)
}

// Others are the documents that are no stories.
func Others(ctx context.Context, store Store, documents []vault.Document) ([]vault.Document, error) {
	items, err := store.Items(ctx, vault.Story)
	if err != nil || len(items) == 0 {
		return documents, err
	}
	stories := map[string]bool{}
	for _, i := range items {
		stories[i.Name] = true
	}
	var others []vault.Document
	for _, d := range documents {
		if !stories[d.UID.String()] {
			others = append(others, d)
		}
	}
	return others, nil
}
