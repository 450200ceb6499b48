package vault

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
)

// Kind says what a row of content is. It is also the name of its table.
type Kind string

// The kinds of content.
const (
	KindConversation Kind = "conversation"
	KindMessage      Kind = "message"
	KindDocument     Kind = "document"
	KindRevision     Kind = "revision"
	KindItem         Kind = "item"
)

// UID names a row of content for good, in every copy of it. IDs are the vault's own.
type UID [16]byte

// String returns the UID in hexadecimal.
func (u UID) String() string { return hex.EncodeToString(u[:]) }

// orRandom returns u, or a new one if u is zero.
func (u UID) orRandom() UID {
	if u == (UID{}) {
		_, _ = rand.Read(u[:]) // never fails
	}
	return u
}

// Scan reads a UID from a column.
func (u *UID) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(u) {
		return fmt.Errorf("%w: a uid is not 16 bytes", ErrDamaged)
	}
	copy(u[:], b)
	return nil
}

// MarshalText writes the UID in hexadecimal.
func (u UID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what MarshalText wrote. Zero is no UID.
func (u *UID) UnmarshalText(text []byte) error {
	var read UID
	if n, err := hex.Decode(read[:], text[:min(len(text), 2*len(u))]); err != nil || n != len(u) || len(text) != 2*len(u) {
		return fmt.Errorf("%.40q is no uid", text)
	}
	if read == (UID{}) {
		return errors.New("a uid is zero")
	}
	*u = read
	return nil
}
