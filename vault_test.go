package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/adrg/xdg"
	"github.com/zalando/go-keyring"

	"lamplight/privacy/vault"
)

func TestOpenVault(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, c := range []struct {
		name    string
		keyring func()
		want    vault.Protection
	}{
		{"with a keyring", keyring.MockInit, vault.Keyring},
		{"without one", func() { keyring.MockInitWithError(errors.New("no bus")) }, vault.File},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.keyring()
			dir := filepath.Join(t.TempDir(), "lamplight")
			for range 2 { // the first makes it
				v, unlock, err := openVault(dir, log)
				if err != nil || unlock != nil {
					t.Fatal(err)
				}
				if _, _, err := openVault(dir, log); !errors.Is(err, vault.ErrBusy) {
					t.Errorf("opened twice: %v", err)
				}
				if err := v.Close(); err != nil {
					t.Fatal(err)
				}
				if s, err := vault.Inspect(dir); err != nil || s.Protection != c.want {
					t.Errorf("protection %q, %v", s.Protection, err)
				}
			}
		})
	}
}

func TestOpenVaultRefuses(t *testing.T) {
	keyring.MockInit()
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	v, _, err := openVault(dir, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Protect(vault.Passphrase, []byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v, unlock, err := openVault(dir, log)
	if v != nil || unlock == nil || err != nil {
		t.Fatal(v, err)
	}
	if _, err := unlock([]byte("wrong")); !errors.Is(err, vault.ErrPassphrase) {
		t.Error(err)
	}
	if v, err = unlock([]byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	v.Close()

	if err := os.WriteFile(filepath.Join(dir, "vault.key"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, unlock, err := openVault(dir, log); v != nil || unlock != nil || !errors.Is(err, vault.ErrDamaged) {
		t.Error(v, err)
	}
}

func TestFirst(t *testing.T) {
	dir, err := os.MkdirTemp("", "first-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	old := xdg.RuntimeDir
	xdg.RuntimeDir = dir
	defer func() { xdg.RuntimeDir = old }()
	log := slog.New(slog.DiscardHandler)
	shows, release, alone := first("/data/a", log)
	defer release()
	if !alone {
		t.Fatal("nobody else is there")
	}
	_, releaseOther, alone := first("/data/b", log)
	defer releaseOther()
	if !alone {
		t.Error("another folder has another instance")
	}
	for range 3 {
		if _, _, alone := first("/data/a", log); alone {
			t.Error("two are the first")
		}
	}
	<-shows
}
