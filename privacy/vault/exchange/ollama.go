package exchange

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"lamplight/privacy/vault"
)

// The application of Ollama keeps an SQLite database with the tables chats and messages.

const (
	maxChats  = 100_000
	maxOllama = 1 << 30 // bytes of all texts: pages of a damaged file may be reached in many ways
)

func (r *Result) ollama(ctx context.Context, path string) iter.Seq2[vault.Thread, error] {
	return func(yield func(vault.Thread, error) bool) {
		db, err := openOllama(path)
		if err != nil {
			yield(vault.Thread{}, err)
			return
		}
		defer db.Close()
		db.SetInterrupt(ctx)
		chats, err := ollamaRows(db, maxChats, "SELECT id, title, created_at FROM chats ORDER BY created_at, id")
		if err != nil {
			yield(vault.Thread{}, err)
			return
		}
		left := maxOllama
		for _, c := range chats {
			h, err := r.ollamaChat(db, c, &left)
			if !yield(h, err) || err != nil {
				return
			}
		}
	}
}

// openOllama opens the database so that nothing is written, not even beside it. What another program has in its
// log would not be seen then.
func openOllama(path string) (*sqlite3.Conn, error) {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil, fmt.Errorf("%w: %s-wal is there", ErrInUse, filepath.Base(path))
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	full = filepath.ToSlash(full)
	if filepath.VolumeName(full) != "" {
		full = "/" + full
	}
	name := "file:" + (&url.URL{Path: full}).EscapedPath() + "?immutable=1"
	db, err := sqlite3.OpenFlags(name, sqlite3.OPEN_READONLY|sqlite3.OPEN_URI)
	if err != nil {
		return nil, ollamaError(err)
	}
	db.Limit(sqlite3.LIMIT_LENGTH, maxPart)
	for _, s := range []string{"PRAGMA trusted_schema=off", "PRAGMA cell_size_check=on", "PRAGMA temp_store=memory"} {
		if err = db.Exec(s); err != nil {
			break
		}
	}
	if err == nil {
		err = checkOllama(db)
	}
	if err != nil {
		return nil, errors.Join(ollamaError(err), db.Close())
	}
	return db, nil
}

// checkOllama refuses a database whose tables are not tables: a view could compute without end.
func checkOllama(db *sqlite3.Conn) error {
	for table, columns := range map[string]string{
		"chats":    "id title created_at",
		"messages": "id chat_id role content model_name created_at",
	} {
		rows, err := ollamaRows(db, 1, "SELECT count(*) FROM sqlite_schema WHERE name = ? AND type = 'table' AND rootpage > 0", table)
		if err != nil {
			return err
		}
		if rows[0][0] != "1" {
			return fmt.Errorf("%w: there is no table %s", ErrUnknown, table)
		}
		for _, column := range strings.Fields(columns) {
			rows, err := ollamaRows(db, 1, "SELECT count(*) FROM pragma_table_xinfo(?) WHERE name = ? AND hidden = 0", table, column)
			if err != nil {
				return err
			}
			if rows[0][0] != "1" {
				return fmt.Errorf("%w: the table %s has no column %s", ErrUnknown, table, column)
			}
		}
	}
	return nil
}

func (r *Result) ollamaChat(db *sqlite3.Conn, c []string, left *int) (vault.Thread, error) {
	created := ollamaTime(c[2])
	b := newBuilder(Ollama, c[0], c[1], created, created)
	rows, err := ollamaRows(db, maxMessages,
		"SELECT role, content, model_name, created_at FROM messages WHERE chat_id = ? ORDER BY id", c[0])
	if err != nil {
		return vault.Thread{}, err
	}
	var above int64
	for _, row := range rows {
		if *left -= len(row[1]) + len(row[2]) + 1; *left < 0 {
			return vault.Thread{}, fmt.Errorf("%w: the texts have more than %d bytes", ErrTooLarge, maxOllama)
		}
		m := vault.Message{Role: row[0], Text: row[1], Created: ollamaTime(row[3])}
		if !said(m.Role, m.Text) {
			r.Skipped++
			continue
		}
		if m.Role == assistant {
			m.Model = row[2]
		}
		id, err := b.add(above, m)
		if err != nil {
			return vault.Thread{}, err
		}
		above = id
		if m.Created.After(b.h.Conversation.Changed) {
			b.h.Conversation.Changed = m.Created
		}
	}
	return b.h, nil
}

// ollamaRows returns the rows of a query as texts, at most limit of them, and of no more than maxPart bytes.
func ollamaRows(db *sqlite3.Conn, limit int, query string, args ...string) (rows [][]string, err error) {
	s, _, err := db.Prepare(query)
	if err != nil {
		return nil, ollamaError(err)
	}
	defer s.Close()
	for i, a := range args {
		if err := s.BindText(i+1, a); err != nil {
			return nil, ollamaError(err)
		}
	}
	bytes := 0
	for s.Step() {
		row := make([]string, s.ColumnCount())
		for i := range row {
			row[i] = strings.ToValidUTF8(s.ColumnText(i), "\uFFFD")
			bytes += len(row[i])
		}
		if rows = append(rows, row); len(rows) > limit || bytes > maxPart {
			return nil, fmt.Errorf("%w: there are more than %d rows or %d bytes", ErrTooLarge, limit, maxPart)
		}
	}
	return rows, ollamaError(s.Err())
}

// ollamaError says what an error of SQLite is about.
func ollamaError(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrUnknown), errors.Is(err, ErrTooLarge), errors.Is(err, ErrDamaged),
		errors.Is(err, sqlite3.INTERRUPT), errors.Is(err, os.ErrPermission):
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// ollamaTime reads a time as Go's driver for SQLite writes it, or SQLite itself.
func ollamaTime(s string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04:05.999999999-07:00", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return epoch(float64(t.UnixMilli()))
		}
	}
	return time.Time{}
}
