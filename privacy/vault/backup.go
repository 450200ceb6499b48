package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
)

// A backup is a file of age's format, encrypted with a passphrase, so that it can be opened without this
// program too. In it are lines of JSON: a header, a conversation before its messages, a document before its
// revisions, the items, and an end that counts the lines before it. What is in the trash is in the backup.

// What a caller decides on.
var (
	ErrBackup           = errors.New("the file is damaged or no backup")
	ErrBackupNewer      = errors.New("the backup was written by a later version")
	ErrBackupPassphrase = errors.New("the passphrase does not open the backup")
)

const (
	backupVersion = 2 // 1 had no Extra, and no messages that were pinned or deleted
	// A line has at most one text of the user's, which has up to six bytes of JSON for one of its own.
	maxBackupLine = 1 << 30
	// scrypt needs 2^work KiB: 256 MiB to write or read a backup, and no more than 1 GiB to read a stranger's.
	backupWork    = 18
	maxBackupWork = 20
)

// Backup writes all of the vault to a file that the passphrase opens. Each conversation and each document is in
// it as it was at one moment; others may read and write meanwhile. A file that was at path before is replaced
// when the new one is complete.
func (v *Vault) Backup(ctx context.Context, path string, passphrase []byte) error {
	if err := v.backup(ctx, path, passphrase, backupWork); err != nil {
		return fmt.Errorf("write the backup %s: %w", path, err)
	}
	return nil
}

func (v *Vault) backup(ctx context.Context, path string, passphrase []byte, work int) error {
	to, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return fmt.Errorf("%w: it is empty", ErrBackupPassphrase)
	}
	to.SetWorkFactor(work)
	return WriteFile(path, func(w io.Writer) error {
		sealed, err := age.Encrypt(w, to)
		if err != nil {
			return err
		}
		b := backupWriter{ctx: ctx, v: v, w: sealed}
		if err := b.all(); err != nil {
			return err
		}
		return sealed.Close()
	})
}

// RestoreBackup adds to the vault what the backup at path has and the vault has not, all of it or, after an error,
// nothing. What is in the vault stays as it is. A document that has another text in the backup gets that as a
// revision, with this note. A conversation whose lifetime is over goes with the next Sweep.
//
// A passphrase that is wrong is [ErrBackupPassphrase]; so is damage in the few bytes that the passphrase opens
// first, because nobody can tell these apart. Any other damage is [ErrBackup].
func (v *Vault) RestoreBackup(ctx context.Context, path string, passphrase []byte, note string) (done Merged, err error) {
	err = v.restoreBackup(ctx, path, passphrase, note, &done)
	if err != nil {
		return Merged{}, fmt.Errorf("restore the backup %s: %w", path, err)
	}
	return done, nil
}

func (v *Vault) restoreBackup(ctx context.Context, path string, passphrase []byte, note string, done *Merged) error {
	f, err := OpenFile(path)
	if err != nil {
		return disk(err)
	}
	defer f.Close()
	with, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return fmt.Errorf("%w: it is empty", ErrBackupPassphrase)
	}
	with.SetMaxWorkFactor(maxBackupWork)
	plain, err := age.Decrypt(f, with)
	switch {
	case errors.Is(err, age.ErrIncorrectIdentity):
		return ErrBackupPassphrase
	case err != nil:
		return fmt.Errorf("%w: %w", ErrBackup, err)
	}
	return v.do(ctx, "merge", func(t *txn) error {
		r := newBackupReader(plain, merger{t: t, note: note})
		if err := r.all(); err != nil {
			return err
		}
		*done = r.m.done
		return nil
	})
}

// IsBackup reports whether the file at path begins as a backup does. Other files that age has encrypted with a
// passphrase do too.
func IsBackup(path string) bool {
	f, err := OpenFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const begins = "age-encryption.org/v1\n-> scrypt "
	head := make([]byte, len(begins))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == begins
}

// OpenFile opens a file of the user's for reading. It is an error if it is no ordinary file: a pipe or a device
// may never end.
func OpenFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open %s: it is no ordinary file", path)
	}
	return os.Open(path)
}
