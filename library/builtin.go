package library

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// BuiltInID is the ID of the model that the program brings along. No other model gets it: there is no plus in a slug.
const BuiltInID = "+starter"

// BuiltIn reports whether the program has brought the model along. It cannot be removed.
func (m *Model) BuiltIn() bool { return m.ID == BuiltInID }

// brought is a model that the program brings along.
type brought struct {
	gguf   string // the content of its one file
	sha256 string // of that
}

// Bring puts a model that is part of the program into the library: gguf is the content of its file, sha256 its digest in
// hexadecimal. From then on it is put there again whenever it is looked at and is not as it was, or not there. What the user
// wrote on the card of another version stays. An error says why it is not in the library, which can be used without it.
func (l *Library) Bring(gguf, sha256 string) error {
	l.own.Store(&brought{gguf, sha256})
	m, err := l.get(BuiltInID)
	if err == nil && m.Digest() == sha256 {
		return nil
	}
	err = l.locked(func() error { return l.place(l.own.Load()) }) // once more: looking does not say what was in the way
	if err != nil {
		return fmt.Errorf("library: bring a model along: %w", err)
	}
	return nil
}

// place puts the model where it belongs, in the place of what is there. The library is locked.
func (l *Library) place(b *brought) error {
	folder := filepath.Join(l.dir, BuiltInID)
	if m, _, err := load(folder, BuiltInID); err == nil && m.Digest() == b.sha256 {
		return nil // another instance was faster
	}
	if free, ok := freeSpace(l.dir); ok && int64(len(b.gguf)) > free {
		return fmt.Errorf("%w: %d bytes are needed, %d are free", ErrNoSpace, len(b.gguf), free)
	}
	s, err := l.stage()
	if err != nil {
		return err
	}
	defer s.remove()
	if err := createFile(filepath.Join(s.model, "model.gguf"), []byte(b.gguf)); err != nil {
		return err
	}
	card, err := rebuild(s.model)
	if err != nil {
		return err
	}
	if err := hashModel(context.Background(), s.model, &card); err != nil {
		return err
	}
	if card.SHA256 != b.sha256 {
		return fmt.Errorf("%w: its digest is %s, not %s", ErrDamaged, card.SHA256, b.sha256)
	}
	card.Source, card.Imported = "", time.Now().UTC().Truncate(time.Second)
	if old, err := readCard(folder); err == nil {
		card.inherit(&old)
	}
	return l.publish(s, BuiltInID, &card)
}
