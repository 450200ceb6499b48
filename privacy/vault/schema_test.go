package vault

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

var update = flag.Bool("update", false, "write the vault of the newest schema to testdata")

// Every schema has left a vault with everything in it, which every later one opens. It is written once, while the
// schema is the newest, by go test -run TestSchemas -update, and kept for good.
func TestSchemas(t *testing.T) {
	for version := 1; version <= len(steps); version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) { opensSchema(t, version) })
	}
}

func opensSchema(t *testing.T, version int) {
	kept := filepath.Join("testdata", fmt.Sprintf("schema%d.db", version))
	if *update && version == len(steps) {
		dir := t.TempDir()
		v := contents(t, dir, newClock().now)
		storeFixture(t, v)
		ok(t, v.db.Close())
		b, err := os.ReadFile(filepath.Join(dir, dbName))
		ok(t, err)
		ok(t, os.MkdirAll("testdata", 0o755))
		ok(t, os.WriteFile(kept, b, 0o644))
	}
	b, err := os.ReadFile(kept)
	ok(t, err)
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, dbName), b, 0o600))
	ctx := t.Context()
	v := contents(t, dir, newClock().now)
	sound(t, v)

	talks := must(v.Conversations(ctx, Filter{}))(t)
	at := newClock().at
	var extra json.RawMessage
	pinned := version > 1
	if pinned {
		extra = json.RawMessage(`{"of":"the second schema"}`)
	}
	for i := range talks {
		talks[i].UID = UID{}
	}
	same(t, talks, []Conversation{{ID: 1, Title: "Gezeiten", Folder: "Meer", Pinned: true, Created: at, Changed: at, Leaf: 3, Lifetime: 7 * 24 * time.Hour, Extra: extra}})
	path := must(v.Path(ctx, 1))(t)
	for i := range path {
		path[i].UID = UID{}
	}
	same(t, path, []Message{
		{ID: 1, Role: "user", Text: "Why does the tide come twice a day?", Created: at, Version: 1, Versions: 1, Pinned: pinned},
		{ID: 3, Parent: 1, Role: "assistant", Text: "潮は月のせいです。", State: 2, Model: "gemma", Tokens: []int32{2, 105, 262143}, Created: at,
			Version: 2, Versions: 2, Extra: extra},
	})
	if version > 1 {
		ok(t, v.RestoreMessages(ctx, 1, 5))
		same(t, must(v.Messages(ctx, 1))(t)[3].Text, "deleted")
		ok(t, v.Choose(ctx, 1, 3))
	}
	same(t, must(v.Document(ctx, 1))(t).Text, "Roses are red, naïve")
	same(t, must(v.Revision(ctx, 1))(t).Text, "Roses")
	var persona string
	ok(t, v.Item(ctx, Persona, "poet", &persona))
	same(t, persona, "You are a poet.")
	if list := must(v.Trashed(ctx))(t); len(list) != 1 || list[0].Title != "Altes" {
		t.Errorf("the trash has %v", list)
	}
	for query, want := range map[string]int{"tide": 1, "月の": 1, "naive": 1, "gezeiten": 1, "old": 0} {
		if hits := must(v.Search(ctx, query, 9))(t); len(hits) != want {
			t.Errorf("%s: %v", query, hits)
		}
	}
	must(v.AddMessage(ctx, 1, Message{Parent: 3, Text: "It goes on."}))(t)
	sound(t, v)
}

func storeFixture(t *testing.T, v *Vault) {
	t.Helper()
	ctx := t.Context()
	extra := json.RawMessage(`{"of":"the second schema"}`)
	c := must(v.NewConversation(ctx, Conversation{Title: "Gezeiten", Folder: "Meer", Pinned: true,
		Lifetime: 7 * 24 * time.Hour, Extra: extra}))(t)
	q := must(v.AddMessage(ctx, c.ID, Message{Role: "user", Text: "Why does the tide come twice a day?"}))(t)
	must(v.AddMessage(ctx, c.ID, Message{Parent: q.ID, Role: "assistant", Text: "The moon."}))(t)
	a := must(v.AddMessage(ctx, c.ID, Message{Parent: q.ID, Role: "assistant", Model: "gemma"}))(t)
	ok(t, v.SetMessage(ctx, Message{ID: a.ID, Text: "潮は月のせいです。", State: 2, Model: "gemma", Tokens: []int32{2, 105, 262143}, Extra: extra}))
	old := must(v.NewConversation(ctx, Conversation{Title: "Altes"}))(t)
	must(v.AddMessage(ctx, old.ID, Message{Text: "old"}))(t)
	ok(t, v.Trash(ctx, Ref{KindConversation, old.ID}))
	d := must(v.NewDocument(ctx, Document{Title: "Poem", Text: "Roses"}))(t)
	must(v.KeepRevision(ctx, d.ID, "begun"))(t)
	ok(t, v.SetDocument(ctx, d.ID, "Poem", "Roses are red, naïve"))
	must(v.SetItem(ctx, Persona, "poet", "You are a poet."))(t)
	gone := must(v.NewDocument(ctx, Document{Title: "gone"}))(t)
	ok(t, v.Purge(ctx, Ref{KindDocument, gone.ID}))
	ok(t, v.PinMessages(ctx, true, q.ID))
	deleted := must(v.AddMessage(ctx, c.ID, Message{Parent: q.ID, Role: "assistant", Text: "deleted"}))(t)
	ok(t, v.DeleteMessages(ctx, c.ID, deleted.ID))
	ok(t, v.Choose(ctx, c.ID, a.ID))
}

// What somebody has changed without the key does not become right because the schema changes.
func TestMigrateChanged(t *testing.T) {
	b, err := os.ReadFile("testdata/schema1.db")
	ok(t, err)
	for _, c := range []struct {
		name, change string
		want         []string
	}{
		{"nothing", "SELECT 1", nil},
		{"a text", "UPDATE message SET text = 'lie' WHERE id = 1", []string{"message 1: it was changed"}},
		{"a title", "UPDATE conversation SET title = 'lie' WHERE id = 2", []string{"conversation 2: it was changed"}},
		{"an added row", "INSERT INTO message SELECT 99, randomblob(16), 1, NULL, 'user', 'lie', 0, '', NULL, 1", []string{"message 99: it was added"}},
		{"a removed row", "DELETE FROM message WHERE id = 4", []string{"message 4: it was removed"}},
		{"a document", "UPDATE document SET text = 'lie' WHERE id = 1", []string{"document 1: it was changed"}},
		{"a forged entry", "UPDATE chain SET mac = zeroblob(32) WHERE kind = 'message' AND row = 4",
			[]string{"entry 10 of the chain: it was changed", "entry 11 of the chain: it was changed", "conversation 2: it was changed", "message 4: it was changed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, dbName)
			ok(t, os.WriteFile(path, b, 0o600))
			db, err := driver.Open(location(path), func(c *sqlite3.Conn) error { return prepare(c, testKey()) })
			ok(t, err)
			_, err = db.Exec("PRAGMA foreign_keys=off; " + c.change)
			ok(t, err)
			ok(t, db.Close())
			v := contents(t, dir, newClock().now)
			var got []string
			for _, f := range must(v.Verify(t.Context()))(t) {
				got = append(got, f.String())
			}
			same(t, got, c.want)
		})
	}
}

func TestMigrate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, dbName)
	key := must(chainKey(testKey()))(t)
	v := contents(t, dir, newClock().now)
	someContent(t, v)
	copies := func(want ...string) {
		t.Helper()
		found, err := filepath.Glob(path + ".*")
		ok(t, err)
		for i := range found {
			found[i] = filepath.Base(found[i])
		}
		same(t, append([]string{}, found...), append([]string{}, want...))
	}
	copies()

	// A step that fails changes nothing, and the copy is there.
	bad := append(steps[:len(steps):len(steps)], step{statements: "CREATE TABLE extra (x); CREATE TABLE message (x)"})
	if err := migrate(v.db, path, key, bad); err == nil {
		t.Fatal("a table was made twice")
	}
	copies(dbName + ".before-v3")
	if _, err := v.db.Exec("SELECT * FROM extra"); err == nil {
		t.Error("half a step was taken")
	}
	sound(t, v)
	ok(t, migrate(v.db, path, key, steps))
	copies()

	// The copy is a vault of the version before, and goes after the next start.
	good := append(steps[:len(steps):len(steps)], step{statements: "CREATE TABLE extra (x)"}, step{statements: "CREATE TABLE more (x)"})
	ok(t, migrate(v.db, path, key, good))
	copies(dbName + ".before-v3")
	sound(t, v)
	must(v.NewDocument(t.Context(), Document{}))(t)
	elsewhere := t.TempDir()
	b, err := os.ReadFile(path + ".before-v3")
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(elsewhere, dbName), b, 0o600))
	before := contents(t, elsewhere, newClock().now)
	sound(t, before)
	if n := len(must(before.Documents(t.Context()))(t)); n != 3 {
		t.Errorf("the copy has %d documents, want 3", n)
	}
	ok(t, migrate(v.db, path, key, good))
	copies()

	// To this version of the program the vault is too new now.
	ok(t, v.db.Close())
	_, err = openContents(dir, newClock().now)
	wantIs(t, err, ErrNewer)
}

// When words are folded in another way the indexes are made anew.
func TestReindex(t *testing.T) {
	dir := t.TempDir()
	v := contents(t, dir, newClock().now)
	someContent(t, v)
	_, err := v.db.Exec(`INSERT INTO message_index (message_index) VALUES ('delete-all');
		UPDATE meta SET value = '0' WHERE name = 'folding'`)
	ok(t, err)
	if hits := must(v.Search(t.Context(), "grows", 9))(t); len(hits) != 0 {
		t.Fatalf("an empty index finds %v", hits)
	}
	wantIs(t, v.Check(t.Context()), ErrDamaged)
	ok(t, v.db.Close())
	v = contents(t, dir, newClock().now)
	sound(t, v)
	if hits := must(v.Search(t.Context(), "grows", 9))(t); len(hits) != 2 {
		t.Errorf("found %v", hits)
	}
}

func TestLockedAndCancelled(t *testing.T) {
	v := contents(t, t.TempDir(), newClock().now)
	ctx, cancel := context.WithCancel(t.Context())
	d := must(v.NewDocument(ctx, Document{Text: "one"}))(t)
	cancel()
	if err := v.SetDocument(ctx, d.ID, "", "two"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	same(t, must(v.Document(t.Context(), d.ID))(t).Text, "one")

	locked := &Vault{now: time.Now}
	for _, err := range []error{
		failure(locked.NewConversation(t.Context(), Conversation{})), failure(locked.Search(t.Context(), "x", 1)),
		failure(locked.Verify(t.Context())), locked.Purge(t.Context()), failure(locked.Sweep(t.Context())),
	} {
		wantIs(t, err, ErrLocked)
	}
}

// The same database is never open twice.
func TestOpenTwice(t *testing.T) {
	dir := t.TempDir()
	v := contents(t, dir, newClock().now)
	someContent(t, v)
	_, err := openContents(dir, newClock().now)
	wantIs(t, err, ErrBusy)
	sound(t, v)
	if _, err := os.Stat(filepath.Join(dir, dbName+"-shm")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file for shared memory: %v", err)
	}
}

func TestConcurrent(t *testing.T) {
	v := contents(t, t.TempDir(), time.Now)
	ctx := t.Context()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c, err := v.NewConversation(ctx, Conversation{Title: "talk"})
			if err != nil {
				t.Error(err)
				return
			}
			var parent int64
			for range 20 {
				m, err := v.AddMessage(ctx, c.ID, Message{Parent: parent, Text: "words"})
				if err == nil {
					err = v.SetMessage(ctx, Message{ID: m.ID, Text: "other words", State: 1})
				}
				if err != nil {
					t.Error(err)
				}
				parent = m.ID
			}
			if path, err := v.Path(ctx, c.ID); err != nil || len(path) != 20 {
				t.Errorf("%d messages: %v", len(path), err)
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			if found, err := v.Verify(ctx); err != nil || len(found) > 0 {
				t.Errorf("while others write: %v %v", found, err)
			}
			if _, err := v.Search(ctx, "words", 10); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	sound(t, v)
}
