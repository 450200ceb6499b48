package vault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// steps make the schema: step i takes a vault from version i to i+1. A step that has been in a release is
// never changed.
var steps = []step{{statements: schema1}, {schema2, enter2}}

type step struct {
	statements string
	// enter enters the rows in the chain again, when the step has changed what a digest covers, see chained.
	enter func(*txn) error
}

// Every row of content has a random uid besides its id, so that the contents of two vaults can be merged.
// Times are milliseconds since 1970, 0 for none; a row whose deleted is not 0 is in the trash. An id is never
// given twice (AUTOINCREMENT), because the chain knows rows by it. A parent is older than its children
// (the CHECK), so the tree has no circle. The indexes for search hold no text of their own: triggers keep
// them in step with the tables, in the same transaction, whoever writes. They know the beginnings of one and
// two letters as words too: without that, the first letters of a search read most of an index.
const schema1 = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	uid      BLOB    NOT NULL UNIQUE CHECK (length(uid) = 16),
	title    TEXT    NOT NULL,
	folder   TEXT    NOT NULL,
	pinned   INTEGER NOT NULL,
	created  INTEGER NOT NULL,
	changed  INTEGER NOT NULL,
	deleted  INTEGER NOT NULL DEFAULT 0,
	leaf     INTEGER NOT NULL DEFAULT 0,
	lifetime INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
	id           INTEGER PRIMARY KEY AUTOINCREMENT,
	uid          BLOB    NOT NULL UNIQUE CHECK (length(uid) = 16),
	conversation INTEGER NOT NULL REFERENCES conversation (id),
	parent       INTEGER REFERENCES message (id) CHECK (parent < id),
	role         TEXT    NOT NULL,
	text         TEXT    NOT NULL,
	state        INTEGER NOT NULL,
	model        TEXT    NOT NULL,
	tokens       BLOB,
	created      INTEGER NOT NULL
) STRICT;
CREATE INDEX message_tree ON message (conversation, parent);
CREATE INDEX message_parent ON message (parent);

CREATE TABLE document (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	uid     BLOB    NOT NULL UNIQUE CHECK (length(uid) = 16),
	title   TEXT    NOT NULL,
	text    TEXT    NOT NULL,
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	deleted INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE revision (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	uid      BLOB    NOT NULL UNIQUE CHECK (length(uid) = 16),
	document INTEGER NOT NULL REFERENCES document (id),
	note     TEXT    NOT NULL,
	title    TEXT    NOT NULL,
	text     TEXT    NOT NULL,
	created  INTEGER NOT NULL
) STRICT;
CREATE INDEX revision_document ON revision (document);

CREATE TABLE item (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	uid     BLOB    NOT NULL UNIQUE CHECK (length(uid) = 16),
	kind    TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	value   TEXT    NOT NULL,
	created INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	deleted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX item_name ON item (kind, name) WHERE deleted = 0;

CREATE TABLE chain (
	seq    INTEGER PRIMARY KEY,
	kind   TEXT    NOT NULL,
	row    INTEGER NOT NULL,
	digest BLOB,
	mac    BLOB    NOT NULL
) STRICT;

CREATE VIRTUAL TABLE conversation_index USING fts5 (title,
	content=conversation, content_rowid=id, columnsize=0, prefix='1 2', tokenize=lamplight);
CREATE VIRTUAL TABLE message_index USING fts5 (text,
	content=message, content_rowid=id, columnsize=0, prefix='1 2', tokenize=lamplight);
CREATE VIRTUAL TABLE document_index USING fts5 (title, text,
	content=document, content_rowid=id, columnsize=0, prefix='1 2', tokenize=lamplight);

CREATE TRIGGER conversation_added AFTER INSERT ON conversation BEGIN
	INSERT INTO conversation_index (rowid, title) VALUES (new.id, new.title);
END;
CREATE TRIGGER conversation_removed AFTER DELETE ON conversation BEGIN
	INSERT INTO conversation_index (conversation_index, rowid, title) VALUES ('delete', old.id, old.title);
END;
CREATE TRIGGER conversation_changed AFTER UPDATE OF title ON conversation WHEN old.title <> new.title BEGIN
	INSERT INTO conversation_index (conversation_index, rowid, title) VALUES ('delete', old.id, old.title);
	INSERT INTO conversation_index (rowid, title) VALUES (new.id, new.title);
END;
CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
	INSERT INTO message_index (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
	INSERT INTO message_index (message_index, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER message_changed AFTER UPDATE OF text ON message WHEN old.text <> new.text BEGIN
	INSERT INTO message_index (message_index, rowid, text) VALUES ('delete', old.id, old.text);
	INSERT INTO message_index (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER document_added AFTER INSERT ON document BEGIN
	INSERT INTO document_index (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
CREATE TRIGGER document_removed AFTER DELETE ON document BEGIN
	INSERT INTO document_index (document_index, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
END;
CREATE TRIGGER document_changed AFTER UPDATE OF title, text ON document
WHEN old.title <> new.title OR old.text <> new.text BEGIN
	INSERT INTO document_index (document_index, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
	INSERT INTO document_index (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
`

// A message that was deleted keeps its place in the tree, so that it can be brought back; what is below it stays.
// extra is JSON of the caller's, or empty.
const schema2 = `
ALTER TABLE conversation ADD COLUMN extra TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN extra TEXT NOT NULL DEFAULT '';
CREATE INDEX message_deleted ON message (conversation) WHERE deleted <> 0;
`

// enter2 is about what schema2 has added.
func enter2(t *txn) error {
	for _, c := range []struct {
		kind    Kind
		columns string
		added   []any
	}{
		{KindConversation, "uid, title, folder, pinned, created, changed, deleted, leaf, lifetime", []any{""}},
		{KindMessage, "uid, conversation, parent, role, text, state, model, tokens, created", []any{int64(0), int64(0), ""}},
	} {
		if err := t.enterAgain(c.kind, c.columns, c.added); err != nil {
			return err
		}
	}
	return nil
}

// indexes are the tables for search.
var indexes = []string{"conversation_index", "message_index", "document_index"}

// migrate brings the database to the last of the steps. Before it changes one that has content it copies the
// file aside; the copy goes when the vault has been opened once more at its new version. A step that fails
// leaves the database as it was. chain is the key of the chain.
func migrate(db *sql.DB, path string, chain []byte, steps []step) error {
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version < 0 || version > len(steps):
		return fmt.Errorf("%w: its schema is %d, this version knows %d", ErrNewer, version, len(steps))
	case version == len(steps):
		dropCopies(path)
		return reindex(db)
	case version > 0:
		if err := copyAside(db, path, version+1); err != nil {
			return fmt.Errorf("copy the vault before its schema changes: %w", err)
		}
	}
	err := transact(context.Background(), db, time.Time{}, chain, func(t *txn) error {
		for i := version; i < len(steps); i++ {
			_, err := t.exec(steps[i].statements)
			if err == nil && version > 0 && steps[i].enter != nil { // a new vault has no rows
				err = steps[i].enter(t)
			}
			if err != nil {
				return fmt.Errorf("take the schema to version %d: %w", i+1, err)
			}
		}
		_, err := t.exec(fmt.Sprintf("PRAGMA user_version=%d", len(steps)))
		return err
	})
	if err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(path)); err != nil { // the file may be new
		return err
	}
	return reindex(db)
}

// folding names how text becomes words, which depends on the tables of Unicode too. It is part of what the
// indexes hold: when it changes they are made anew.
const folding = "1 " + unicode.Version + " " + norm.Version

func reindex(db *sql.DB) error {
	return transact(context.Background(), db, time.Time{}, nil, func(t *txn) error {
		var have string
		err := t.one("SELECT value FROM meta WHERE name = 'folding'", nil, &have)
		if err != nil && !errors.Is(err, ErrNotFound) || have == folding {
			return err
		}
		for _, index := range indexes {
			if _, err := t.exec("INSERT INTO " + index + " (" + index + ") VALUES ('rebuild')"); err != nil {
				return fmt.Errorf("make the index for search anew: %w", err)
			}
		}
		_, err = t.exec("INSERT OR REPLACE INTO meta VALUES ('folding', ?)", folding)
		return err
	})
}

// copyAside copies the file as it is, encrypted, to a name that says before which version it was made.
func copyAside(db *sql.DB, path string, before int) error {
	// All of the content goes from the log to the file.
	var busy, logged, done int
	if err := db.QueryRow("PRAGMA wal_checkpoint(truncate)").Scan(&busy, &logged, &done); err != nil {
		return err
	}
	if busy != 0 {
		return ErrBusy
	}
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	name := fmt.Sprintf("%s.before-v%d", path, before)
	out, err := os.OpenFile(name+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(name+".part", name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(name+".part"))
	}
	return syncDir(filepath.Dir(path))
}

// dropCopies removes what copyAside has left. What it cannot remove is for the next start.
func dropCopies(path string) {
	entries, _ := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(path)+".before-v") {
			_ = os.Remove(filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
}
