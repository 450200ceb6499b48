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
// another one was started: the files it was started with. If not, the first one has come forward and has the files of
// this one. release ends that.
func first(data string, files []string, log *slog.Logger) (shows <-chan []string, release func(), first bool) {
	asked := make(chan []string)
	over := make(chan struct{})
	show := func(files []string) {
		go func() { // until the window takes it, or ends
			select {
			case asked <- files:
			case <-over:
			}
		}()
	}
	name := sha256.Sum256([]byte(data))
	path := filepath.Join(xdg.RuntimeDir, "lamplight", hex.EncodeToString(name[:8])) // a socket's path is short
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	end, first, err := privacy.First(ctx, path, files, show)
	if err != nil { // the vault's own lock keeps two instances apart
		log.Warn("instances do not find each other", "error", err)
		first = true
	}
	return asked, func() { close(over); end() }, first
}

// absolute makes absolute names of the files that the program was started with.
func absolute(names []string) ([]string, error) {
	var files []string
	for _, name := range names {
		file, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// vaultOpener returns what opens the vault in the data folder. The first time it makes one where there is none,
// that the desktop's keyring protects, or nobody. It is called by one caller at a time.
func vaultOpener(data string, log *slog.Logger) func(passphrase []byte) (*vault.Vault, error) {
	known := false // a vault that was there and is not any more does not come back empty
	return func(passphrase []byte) (*vault.Vault, error) {
		v, err := vault.Open(data, passphrase)
		if !errors.Is(err, vault.ErrNone) {
			known = true
		} else if !known {
			v, err = makeVault(data, log)
			known = err == nil
		}
		return v, err
	}
}

func makeVault(data string, log *slog.Logger) (*vault.Vault, error) {
	o := vault.Options{Protection: vault.Keyring}
	if err := vault.KeyringAnswers(); err != nil {
		log.Info("there is no keyring", "error", err)
		o.Protection = vault.File
	}
	v, err := vault.Create(data, o)
	if o.Protection == vault.Keyring && errors.Is(err, vault.ErrKeyring) { // it reads, and does not write
		log.Warn("the keyring keeps nothing", "error", err)
		v, err = vault.Create(data, vault.Options{Protection: vault.File})
	}
	return v, err
}
