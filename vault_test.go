package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/adrg/xdg"
	"github.com/zalando/go-keyring"

	"lamplight/privacy/vault"
)

func TestVaultOpener(t *testing.T) {
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
				open := vaultOpener(dir, log)
				v, err := open(nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := open(nil); !errors.Is(err, vault.ErrBusy) {
					t.Errorf("opened twice: %v", err)
				}
				if err := v.Close(); err != nil {
					t.Fatal(err)
				}
				if v, err = open(nil); err != nil { // as after a lock
					t.Fatal(err)
				}
				v.Close()
				if s, err := vault.Inspect(dir); err != nil || s.Protection != c.want {
					t.Errorf("protection %q, %v", s.Protection, err)
				}
			}
		})
	}
}

func TestVaultOpenerRefuses(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	open := vaultOpener(dir, slog.New(slog.DiscardHandler))
	v, err := open(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Protect(vault.Passphrase, []byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := open([]byte("wrong")); !errors.Is(err, vault.ErrPassphrase) {
		t.Error(err)
	}
	if v, err = open([]byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	v.Close()

	key := filepath.Join(dir, "vault.key")
	if err := os.WriteFile(key, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(nil); !errors.Is(err, vault.ErrDamaged) {
		t.Error(err)
	}
	for _, name := range []string{"vault.key", "vault.db"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := open(nil); !errors.Is(err, vault.ErrNone) {
		t.Errorf("a vault that has vanished came back empty: %v", err)
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
	shows, release, alone := first("/data/a", nil, log)
	defer release()
	if !alone {
		t.Fatal("nobody else is there")
	}
	_, releaseOther, alone := first("/data/b", nil, log)
	defer releaseOther()
	if !alone {
		t.Error("another folder has another instance")
	}
	for _, files := range [][]string{nil, {"/models/a.gguf"}, {"/models/b.gguf", "/models/c.gguf"}} {
		if _, _, alone := first("/data/a", files, log); alone {
			t.Error("two are the first")
		}
		if got := <-shows; !slices.Equal(got, files) {
			t.Errorf("%q arrived of %q", got, files)
		}
	}
}
