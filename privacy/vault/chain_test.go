package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// someContent stores a little of every kind.
func someContent(t *testing.T, v *Vault) {
	t.Helper()
	ctx := t.Context()
	for i := range 3 {
		talk := must(v.NewConversation(ctx, Conversation{Title: fmt.Sprint("talk ", i)}))(t)
		q := must(v.AddMessage(ctx, talk.ID, Message{Role: "user", Text: "question"}))(t)
		a := must(v.AddMessage(ctx, talk.ID, Message{Parent: q.ID, Role: "assistant"}))(t)
		for _, text := range []string{"an", "an answer", "an answer that grows"} {
			ok(t, v.SetMessage(ctx, Message{ID: a.ID, Text: text, State: 1, Tokens: []int32{1, 2}}))
		}
		d := must(v.NewDocument(ctx, Document{Title: "doc", Text: "one"}))(t)
		must(v.KeepRevision(ctx, d.ID, ""))(t)
		ok(t, v.SetDocument(ctx, d.ID, "doc", "two"))
		must(v.SetItem(ctx, Setting, fmt.Sprint("s", i), i))(t)
	}
	ok(t, v.Purge(ctx, Ref{KindConversation, 2}))
}

func TestVerify(t *testing.T) {
	for _, c := range []struct {
		name, change string
		want         string // the first finding; "" for none
	}{
		{"nothing", "SELECT 1", ""},
		{"a changed text", "UPDATE message SET text = 'lie' WHERE id = 2", "message 2: it was changed"},
		{"a changed number", "UPDATE message SET state = 0 WHERE id = 2", "message 2: it was changed"},
		{"changed tokens", "UPDATE message SET tokens = NULL WHERE id = 2", "message 2: it was changed"},
		{"swapped texts", "UPDATE conversation SET title = CASE id WHEN 1 THEN 'talk 2' ELSE 'talk 0' END", "conversation 1: it was changed"},
		{"a moved message", "UPDATE message SET conversation = 3 WHERE id = 2", "message 2: it was changed"},
		{"another leaf", "UPDATE conversation SET leaf = 1 WHERE id = 1", "conversation 1: it was changed"},
		{"a removed row", "DELETE FROM revision WHERE id = 1", "revision 1: it was removed"},
		{"an added row", "INSERT INTO item (uid, kind, name, value, created, changed) VALUES (randomblob(16), 'setting', 'x', '1', 1, 1)",
			"item 4: it was added"},
		{"a row that was deleted", "INSERT INTO conversation (id, uid, title, folder, pinned, created, changed, lifetime) VALUES (2, randomblob(16), '', '', 0, 1, 1, 0)",
			"conversation 2: it was added"},
		{"the end of the chain cut off", "DELETE FROM chain WHERE seq >= (SELECT max(seq) FROM chain WHERE kind = 'item')", "item 3: it was added"},
		{"no chain", "DELETE FROM chain", "conversation 1: it was added"},
		{"an entry left out", "DELETE FROM chain WHERE seq = 3", "entry 3 of the chain: it is missing"},
		{"the first entry left out", "DELETE FROM chain WHERE seq = 1", "entry 1 of the chain: it is missing"},
		{"a changed entry", "UPDATE chain SET row = 2 WHERE seq = 1", "entry 1 of the chain: it was changed"},
		{"entries swapped", "UPDATE chain SET seq = CASE seq WHEN 4 THEN -5 ELSE -4 END WHERE seq IN (4, 5); UPDATE chain SET seq = -seq WHERE seq < 0",
			"entry 4 of the chain: it was changed"},
		{"a forged entry", "UPDATE message SET text = 'lie' WHERE id = 2; INSERT INTO chain SELECT max(seq) + 1, 'message', 2, randomblob(32), randomblob(32) FROM chain",
			"entry 34 of the chain: it was changed"},
		{"an unknown kind", "INSERT INTO chain SELECT max(seq) + 1, 'x', 2, randomblob(32), randomblob(32) FROM chain",
			"entry 34 of the chain: it was changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := contents(t, t.TempDir(), newClock().now)
			someContent(t, v)
			sound(t, v)
			var entries int
			ok(t, v.db.QueryRow("SELECT count(*) FROM chain").Scan(&entries))
			if entries != 33 {
				t.Fatalf("there are %d entries, the cases above know 33", entries)
			}
			if _, err := v.db.Exec("PRAGMA foreign_keys=off; " + c.change); err != nil {
				t.Fatal(err)
			}
			found := must(v.Verify(t.Context()))(t)
			got := ""
			if len(found) > 0 {
				got = found[0].String()
			}
			if got != c.want {
				t.Errorf("found %v, want %q first", found, c.want)
			}
		})
	}
}

// Another data key: the chain moves to it, and what was wrong stays wrong.
func TestRechain(t *testing.T) {
	v := contents(t, t.TempDir(), newClock().now)
	someContent(t, v)
	old, fresh := v.key, bytes.Repeat([]byte{9}, 32)
	ok(t, rechain(t.Context(), v.db, old, fresh))
	if found := must(v.Verify(t.Context()))(t); len(found) == 0 {
		t.Error("the old key still fits")
	}
	v.key = fresh
	sound(t, v)
	must(v.NewDocument(t.Context(), Document{Text: "goes on"}))(t)
	sound(t, v)

	_, err := v.db.Exec("UPDATE chain SET mac = zeroblob(32) WHERE seq = 3")
	ok(t, err)
	ok(t, rechain(t.Context(), v.db, fresh, old))
	v.key = old
	found := must(v.Verify(t.Context()))(t)
	if len(found) != 2 || found[0].String() != "entry 3 of the chain: it was changed" {
		// The entry behind it was made after another one.
		t.Errorf("found %v", found)
	}
}

// Pages from an earlier time are found, which their encryption does not give away.
func TestOldPages(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, dbName)
	v := contents(t, dir, newClock().now)
	someContent(t, v)
	ok(t, v.db.Close())
	before, err := os.ReadFile(path)
	ok(t, err)
	v = contents(t, dir, newClock().now)
	ok(t, v.SetMessage(t.Context(), Message{ID: 2, Text: "an answer that was put right", State: 1}))
	ok(t, v.db.Close())
	after, err := os.ReadFile(path)
	ok(t, err)

	const page = 4096
	noticed := 0
	for at := 0; at < min(len(before), len(after)); at += page {
		if bytes.Equal(before[at:at+page], after[at:at+page]) {
			continue
		}
		mixed := bytes.Clone(after)
		copy(mixed[at:], before[at:at+page])
		ok(t, os.WriteFile(path, mixed, 0o600))
		v, err := openContents(dir, newClock().now)
		if err != nil {
			noticed++
			continue
		}
		found, err := v.Verify(t.Context())
		if err == nil && len(found) == 0 {
			err = v.Check(t.Context()) // a page of an index
		}
		switch {
		case err != nil || len(found) > 0:
			noticed++
		default: // such a page has counters, or what an index can do without
			if m := must(v.Messages(t.Context(), 1))(t); m[1].Text != "an answer that was put right" {
				t.Errorf("the page at %d was put back, which nobody noticed", at)
			}
			if hits := must(v.Search(t.Context(), "right", 9))(t); len(hits) != 1 {
				t.Errorf("the page at %d was put back, and a search finds %v", at, hits)
			}
		}
		ok(t, v.db.Close())
	}
	if noticed < 3 {
		t.Errorf("only %d pages have changed", noticed)
	}
	ok(t, os.WriteFile(path, after, 0o600))
	sound(t, contents(t, dir, newClock().now))
}

func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, dbName)
	v := contents(t, dir, newClock().now)
	someContent(t, v)
	ok(t, v.db.Close())
	whole, err := os.ReadFile(path)
	ok(t, err)
	for _, at := range []int{0, 20, 100, 4000} {
		bad := bytes.Clone(whole)
		bad[at] ^= 1
		ok(t, os.WriteFile(path, bad, 0o600))
		if _, err := openContents(dir, newClock().now); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d of the first page was changed: %v", at, err)
		}
	}
	for at := 4096; at < len(whole); at += 4096 {
		bad := bytes.Clone(whole)
		bad[at+50] ^= 1
		ok(t, os.WriteFile(path, bad, 0o600))
		v, err := openContents(dir, newClock().now)
		if err == nil {
			found, bad := v.Verify(t.Context())
			err = errors.Join(bad, v.Check(t.Context()))
			if err == nil && len(found) == 0 {
				t.Errorf("page %d was damaged, which nobody noticed", at/4096)
			}
			ok(t, v.db.Close())
		}
	}
	ok(t, os.WriteFile(path, whole, 0o600))
	_, err = openDB(path, bytes.Repeat([]byte{8}, 32))
	wantIs(t, err, ErrDamaged) // another key
}
