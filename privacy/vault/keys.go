package vault

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/crypto/chacha20poly1305"
)

// Protection says what it takes to read a vault.
type Protection string

const (
	Keyring    Protection = "keyring"    // the desktop's keyring, which opens when its user logs in
	Passphrase Protection = "passphrase" // words that only the user knows
	File       Protection = "file"       // nothing: the key lies beside the vault, in a file that other users cannot read
)

const (
	keyVersion  = 1
	keySize     = chacha20poly1305.KeySize // 32 bytes
	maxKeyFile  = 16 << 10                 // bytes; ours have less than 1 KiB
	accountSize = 8                        // bytes, twice as many hex digits
)

// keyFile is vault.key.
type keyFile struct {
	Version    int        `json:"version"`
	Protection Protection `json:"protection"`
	KDF        *kdf       `json:"kdf,omitempty"`     // with Passphrase
	Account    string     `json:"account,omitempty"` // with Keyring: the name of the entry, hex digits
	Key        sealed     `json:"key"`
	Next       *sealed    `json:"next,omitempty"` // while a rotation swaps the database: the key of the new one
	Sum        string     `json:"sum"`            // see sum
}

// sealed is a data key, encrypted with XChaCha20-Poly1305. With File it is the key itself and has no nonce.
type sealed struct {
	Nonce []byte `json:"nonce,omitempty"`
	Text  []byte `json:"text"`
}

// parseKeyFile reads vault.key. What it returns has passed every check that needs no key.
func parseKeyFile(data []byte) (keyFile, error) {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return keyFile{}, fmt.Errorf("%s: %w: %w", keyName, ErrDamaged, err)
	}
	if version.Version > keyVersion {
		return keyFile{}, fmt.Errorf("%s: version %d: %w", keyName, version.Version, ErrNewer)
	}
	var k keyFile
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&k); err != nil {
		return keyFile{}, fmt.Errorf("%s: %w: %w", keyName, ErrDamaged, err)
	}
	if err := k.check(); err != nil {
		return keyFile{}, fmt.Errorf("%s: %w: %w", keyName, ErrDamaged, err)
	}
	return k, nil
}

func (k keyFile) check() error {
	if k.Version != keyVersion {
		return fmt.Errorf("version %d, want %d", k.Version, keyVersion)
	}
	if (k.Protection == Passphrase) != (k.KDF != nil) || (k.Protection == Keyring) != (k.Account != "") {
		return fmt.Errorf("fields that do not belong to protection %q", k.Protection)
	}
	nonce, text := chacha20poly1305.NonceSizeX, keySize+chacha20poly1305.Overhead
	switch k.Protection {
	case Passphrase:
		if err := k.KDF.check(); err != nil {
			return err
		}
	case Keyring:
		if raw, err := hex.DecodeString(k.Account); err != nil || len(raw) != accountSize {
			return fmt.Errorf("account %q, want %d hex digits", k.Account, 2*accountSize)
		}
	case File:
		nonce, text = 0, keySize
	default:
		return fmt.Errorf("protection %q is unknown", k.Protection)
	}
	for _, s := range []*sealed{&k.Key, k.Next} {
		if s != nil && (len(s.Nonce) != nonce || len(s.Text) != text) {
			return fmt.Errorf("a key of %d bytes with a nonce of %d, want %d and %d", len(s.Text), len(s.Nonce), text, nonce)
		}
	}
	if k.Sum != k.sum() {
		return errors.New("the sum does not match")
	}
	return nil
}

// header is everything that says how the data key is encrypted. It is authenticated with the key.
func (k keyFile) header() []byte {
	h := fmt.Appendf(nil, "lamplight vault key\nversion %d\nprotection %s\naccount %s\n", k.Version, k.Protection, k.Account)
	if k.KDF != nil {
		h = fmt.Appendf(h, "kdf %s %d %d %d %x\n", k.KDF.Name, k.KDF.Memory, k.KDF.Passes, k.KDF.Threads, k.KDF.Salt)
	}
	return h
}

// sum tells a file that was damaged by accident from a wrong passphrase. It keeps nobody from changing the file
// on purpose; that is what authentication is for.
func (k keyFile) sum() string {
	h := k.header()
	for _, s := range []*sealed{&k.Key, k.Next} {
		if s != nil {
			h = fmt.Appendf(h, "key %x %x\n", s.Nonce, s.Text)
		}
	}
	sum := sha256.Sum256(h)
	return hex.EncodeToString(sum[:8])
}

// seal encrypts a data key with the key that the protection gives; kek is nil with File.
func (k keyFile) seal(kek, key []byte) (sealed, error) {
	if k.Protection == File {
		return sealed{Text: bytes.Clone(key)}, nil
	}
	a, err := chacha20poly1305.NewX(kek)
	if err != nil {
		return sealed{}, err
	}
	nonce := random(a.NonceSize())
	return sealed{nonce, a.Seal(nil, nonce, key, k.header())}, nil
}

// unseal undoes seal; ok is false when the key or the header is another one.
func (k keyFile) unseal(kek []byte, s sealed) (key []byte, ok bool) {
	if k.Protection == File {
		return bytes.Clone(s.Text), true
	}
	a, err := chacha20poly1305.NewX(kek)
	if err != nil {
		return nil, false
	}
	key, err = a.Open(nil, s.Nonce, s.Text, k.header())
	return key, err == nil
}

// kek returns the key that encrypts the data key, nil with File. With Keyring it may wait for the user to open
// the keyring.
func (k keyFile) kek(passphrase []byte) ([]byte, error) {
	switch k.Protection {
	case Passphrase:
		return k.KDF.derive(passphrase), nil
	case Keyring:
		return keyringGet(k.Account)
	}
	return nil, nil
}

// refused is what it means that unseal said no.
func (k keyFile) refused() error {
	if k.Protection == Passphrase {
		return ErrPassphrase
	}
	return fmt.Errorf("%s: %w: the keyring's key does not fit", keyName, ErrDamaged)
}

// newKeyFile starts a key file with the protection, and returns the key that it encrypts data keys with. A key
// for the keyring is in the keyring when it returns.
func newKeyFile(p Protection, passphrase []byte, with *kdf) (k keyFile, kek []byte, err error) {
	k = keyFile{Version: keyVersion, Protection: p}
	switch p {
	case Passphrase:
		if len(passphrase) == 0 {
			return k, nil, errors.New("the passphrase is empty")
		}
		if with == nil {
			t := tuned()
			with = &t
		}
		k.KDF = with
		return k, with.derive(passphrase), nil
	case Keyring:
		k.Account, kek = hex.EncodeToString(random(accountSize)), random(keySize)
		return k, kek, keyringSet(k.Account, kek)
	case File:
		return k, nil, nil
	}
	return k, nil, fmt.Errorf("protection %q is unknown", p)
}

// readKeyFile reads the key file of the vault in a folder.
func readKeyFile(path string) (keyFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return keyFile{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return keyFile{}, err
	}
	if len(data) > maxKeyFile {
		return keyFile{}, fmt.Errorf("%s: %w: more than %d bytes", keyName, ErrDamaged, maxKeyFile)
	}
	return parseKeyFile(data)
}

// write puts the key file in its place. What the old one said about the key is overwritten as far as a program
// can do that: the disk may have other copies.
func (k keyFile) write(path string) error {
	k.Sum = k.sum()
	data, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		return err
	}
	return replaceFile(path, append(data, '\n'))
}

// random returns n bytes that nobody can guess.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
