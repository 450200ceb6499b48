package vault

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/zalando/go-keyring"
)

// service is what a keyring's own window calls us.
const service = "Lamplight"

// KeyringAnswers returns nil when the desktop has a keyring that answers, and what it said otherwise. The
// keyring may ask its user to open it, and the answer waits for that.
func KeyringAnswers() error {
	if _, err := keyring.Get(service, "no such entry"); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("vault: %w: %w", ErrKeyring, err)
	}
	return nil
}

// keyringSet keeps a key under a name, and looks whether it is there.
func keyringSet(account string, key []byte) error {
	text := base64.StdEncoding.EncodeToString(key)
	if err := keyring.Set(service, account, text); err != nil {
		return fmt.Errorf("%w: %w", ErrKeyring, err)
	}
	if got, err := keyring.Get(service, account); err != nil || got != text {
		return fmt.Errorf("%w: it did not keep the key", ErrKeyring)
	}
	return nil
}

func keyringGet(account string) ([]byte, error) {
	text, err := keyring.Get(service, account)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, ErrKeyGone
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeyring, err)
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("%w: its entry is no key of ours", ErrKeyGone)
	}
	return key, nil
}

// keyringDelete forgets a key. That it is gone already is no error.
func keyringDelete(account string) error {
	if err := keyring.Delete(service, account); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("%w: %w", ErrKeyring, err)
	}
	return nil
}
