package library

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Rename changes the name on a model's card; its ID stays. ErrName: nothing is left of name once control
// characters and surrounding spaces are gone.
func (l *Library) Rename(id, name string) error {
	name = cleanText(name)
	if name == "" {
		return fmt.Errorf("library: rename %s: %w", id, ErrName)
	}
	if err := l.edit(id, func(c *Card) { c.Name = name }); err != nil {
		return fmt.Errorf("library: rename: %w", err)
	}
	return nil
}

// SetNotes replaces the notes on a card, several lines of which 4,000 characters are kept.
func (l *Library) SetNotes(id, notes string) error {
	return written(l.edit(id, func(c *Card) { c.Notes = notes }))
}

// SetTags replaces the tags on a card, of which 16 are kept, and of each 40 characters.
func (l *Library) SetTags(id string, tags []string) error {
	return written(l.edit(id, func(c *Card) { c.Tags = tags }))
}

// Used notes on a card that the model is being used now.
func (l *Library) Used(id string) error {
	now := time.Now().UTC().Truncate(time.Second)
	return written(l.edit(id, func(c *Card) { c.LastUsed = now }))
}

// SetSpeed notes on a card how fast the model is here.
func (l *Library) SetSpeed(id string, s Speed) error {
	if err := s.check(); err != nil {
		return fmt.Errorf("library: %s: %w", id, err)
	}
	return written(l.edit(id, func(c *Card) { c.Speed = &s }))
}

// SetReceipt notes on a card how the model compares with the one that it was made from; nil removes the receipt.
func (l *Library) SetReceipt(id string, r *Receipt) error {
	if r != nil {
		if err := r.check(); err != nil {
			return fmt.Errorf("library: %s: %w", id, err)
		}
		own := *r
		r = &own
	}
	return written(l.edit(id, func(c *Card) { c.Receipt = r }))
}

func written(err error) error {
	if err != nil {
		return fmt.Errorf("library: write on a card: %w", err)
	}
	return nil
}

// edit changes the card of a model, whether it can be loaded or not. Other instances see the old card or the new one.
func (l *Library) edit(id string, change func(*Card)) error {
	if _, err := l.get(id); errors.Is(err, ErrNotFound) { // get also stores a card that had to be rebuilt
		return err
	}
	err := l.locked(func() error {
		folder := filepath.Join(l.dir, id)
		card, err := readCard(folder)
		if err != nil {
			return err
		}
		card.date(folder)
		change(&card)
		card.clean()
		if err := l.writeCard(folder, &card); err != nil {
			return err
		}
		if s, ok := l.selection(); ok && s.ID == id && s.Name != card.Name {
			s.Name = card.Name
			return l.writeSelection(s)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	return nil
}
