package assistant

import (
	"context"
	"errors"
	"time"

	"lamplight/privacy/vault"
)

// Day is the unit of a lifetime.
const Day = 24 * time.Hour

// Lifetime is how long a conversation that begins now is kept after the last thing said in it; 0: for ever.
func (s Settings) Lifetime() time.Duration { return time.Duration(s.KeepDays) * Day }

// Lifetime is how long the conversation is kept after the last thing said in it; 0: for ever. Until it is in
// the store, and unless [Conversation.SetLifetime] was called, that is what the settings say.
func (c *Conversation) Lifetime() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept()
}

// kept is Lifetime for a caller that has the lock.
func (c *Conversation) kept() time.Duration {
	if c.id == 0 && !c.decided {
		return c.runner.Settings().Lifetime()
	}
	return c.row.Lifetime
}

// Ends is when the conversation will be deleted if nothing more is said. It is zero for one that is kept for
// ever, or is not in the store.
func (c *Conversation) Ends() time.Time { return c.EndsAfter(c.Lifetime()) }

// EndsAfter is what Ends would be with another lifetime.
func (c *Conversation) EndsAfter(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stored() == 0 || d == 0 {
		return time.Time{}
	}
	return c.changedAt.Add(d)
}

// SetLifetime changes how long the conversation is kept. While it is being stored for the first time the error
// is [ErrAnswering].
func (c *Conversation) SetLifetime(ctx context.Context, d time.Duration) error {
	if err := c.arrange(ctx, func(v *vault.Conversation) { v.Lifetime = d }); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decided = true
	return nil
}

// Others counts the conversations of a store, without its trash, that are kept for another time than d, and
// those of them that would be over now if it were d.
func Others(ctx context.Context, s Store, d time.Duration, now time.Time) (all, over int, err error) {
	list, err := s.Conversations(ctx, vault.Filter{})
	for _, v := range list {
		if v.Lifetime == d {
			continue
		}
		all++
		if d > 0 && !now.Before(v.Changed.Add(d)) {
			over++
		}
	}
	return all, over, unstored(err)
}

// KeepAll changes how long the conversations of a store, without its trash, are kept. After an error some of
// them are kept as before.
func KeepAll(ctx context.Context, s Store, d time.Duration) error {
	list, err := s.Conversations(ctx, vault.Filter{})
	if err != nil {
		return unstored(err)
	}
	for _, v := range list {
		if v.Lifetime == d {
			continue
		}
		if v, err = s.Conversation(ctx, v.ID); errors.Is(err, vault.ErrNotFound) {
			continue // it went meanwhile
		}
		v.Lifetime = d
		if err == nil {
			err = s.UpdateConversation(ctx, v)
		}
		if err != nil {
			return unstored(err)
		}
	}
	return nil
}
