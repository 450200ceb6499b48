package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/adrg/xdg"

	"lamplight/privacy"
	"lamplight/privacy/vault"
)

// patience is how long an instance that is there already may take to answer.
const patience = 5 * time.Second

// first reports whether this is the first instance with this data folder. If it is, shows gets a value whenever
// another one was started; if not, the first one has come forward. release ends that.
func first(data string, log *slog.Logger) (shows <-chan struct{}, release func(), first bool) {
	asked := make(chan struct{}, 1)
	show := func() {
		select {
		case asked <- struct{}{}:
		default: // it will come forward anyway
		}
	}
	name := sha256.Sum256([]byte(data))
	path := filepath.Join(xdg.RuntimeDir, "lamplight", hex.EncodeToString(name[:8])) // a socket's path is short
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	release, first, err := privacy.First(ctx, path, show)
	if err != nil { // the vault's own lock keeps two instances apart
		log.Warn("instances do not find each other", "error", err)
		first = true
	}
	return asked, release, first
}

// openVault opens the vault in the data folder, or makes one that the desktop's keyring protects, or nobody. It
// returns unlock instead when it takes a passphrase.
func openVault(data string, log *slog.Logger) (v *vault.Vault, unlock func([]byte) (*vault.Vault, error), err error) {
	state, err := vault.Inspect(data)
	switch {
	case errors.Is(err, vault.ErrNone):
		o := vault.Options{Protection: vault.Keyring}
		if err := vault.KeyringAnswers(); err != nil {
			log.Info("there is no keyring", "error", err)
			o.Protection = vault.File
		}
		v, err = vault.Create(data, o)
		if o.Protection == vault.Keyring && errors.Is(err, vault.ErrKeyring) { // it reads, and does not write
			log.Warn("the keyring keeps nothing", "error", err)
			v, err = vault.Create(data, vault.Options{Protection: vault.File})
		}
	case err == nil && state.Protection == vault.Passphrase:
		return nil, func(passphrase []byte) (*vault.Vault, error) { return vault.Open(data, passphrase) }, nil
	case err == nil:
		v, err = vault.Open(data, nil)
	}
	if err != nil {
		log.Error("the vault cannot be opened", "error", err)
		return nil, nil, err
	}
	log.Info("vault opened")
	return v, nil, nil
}
