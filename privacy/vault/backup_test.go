package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

const cheapWork = 1 // scrypt for tests

// horse opens the backups here.
var horse = []byte("correct horse")

// filled is a vault that has some of everything.
func filled(t testing.TB, c *clock) *Vault {
	t.Helper()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	talk := must(v.NewConversation(ctx, Conversation{Title: "Tides", Folder: "Sea", Pinned: true, Lifetime: time.Hour}))(t)
	ask := must(v.AddMessage(ctx, talk.ID, Message{Role: "user", Text: "Why <tides> & \"waves\"?\n\u2028"}))(t)
	c.pass(time.Second)
	first := must(v.AddMessage(ctx, talk.ID, Message{Parent: ask.ID, Role: "assistant", Text: "The moon.", State: 2,
		Model: "tiny", Tokens: []int32{1, -2, 3}}))(t)
	second := must(v.AddMessage(ctx, talk.ID, Message{Parent: ask.ID, Role: "assistant", Text: "Not UTF-8: \xff\x00.", Tokens: []int32{},
		Extra: json.RawMessage(`{"a":[1.50,"<"]}`)}))(t)
	ok(t, v.DeleteMessages(ctx, talk.ID, second.ID))
	ok(t, v.PinMessages(ctx, true, ask.ID, first.ID))
	ok(t, v.Choose(ctx, talk.ID, first.ID))
	talk.Extra = json.RawMessage(`"mine"`)
	ok(t, v.UpdateConversation(ctx, talk))
	gone := must(v.NewConversation(ctx, Conversation{Title: "In the trash"}))(t)
	ok(t, v.Trash(ctx, Ref{KindConversation, gone.ID}))
	d := must(v.NewDocument(ctx, Document{Title: "Letter", Text: "Dear"}))(t)
	must(v.KeepRevision(ctx, d.ID, "begun"))(t)
	ok(t, v.SetDocument(ctx, d.ID, "Letter", "Dear Ann"))
	must(v.SetItem(ctx, Persona, "poet", map[string]string{"name": "<Poet>"}))(t)
	must(v.SetItem(ctx, Setting, "theme", "dark"))(t)
	return v
}

// rows is all that a vault has, without its own ids.
func rows(t testing.TB, v *Vault) string {
	t.Helper()
	var out bytes.Buffer
	b := backupWriter{ctx: t.Context(), v: v, w: &out}
	ok(t, b.all())
	return out.String()
}

func backupOf(t testing.TB, v *Vault) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.backup")
	ok(t, v.backup(t.Context(), path, horse, cheapWork))
	return path
}

func TestBackup(t *testing.T) {
	c := newClock()
	v := filled(t, c)
	path := backupOf(t, v)
	raw := must(os.ReadFile(path))(t)
	if bytes.Contains(raw, []byte("moon")) {
		t.Error("the backup can be read without its passphrase")
	}
	if !IsBackup(path) || IsBackup(filepath.Dir(path)) || IsBackup(filepath.Join(v.Dir(), "vault.key")) {
		t.Error("a backup is not told from other things")
	}
	if entries := must(os.ReadDir(filepath.Dir(path)))(t); len(entries) != 1 {
		t.Errorf("something was left beside the backup: %v", entries)
	}

	into := contents(t, t.TempDir(), c.now)
	done := must(into.RestoreBackup(t.Context(), path, horse, "from a backup"))(t)
	want := Merged{Conversations: Count{Added: 2}, Messages: Count{Added: 3}, Documents: Count{Added: 1},
		Revisions: Count{Added: 1}, Items: Count{Added: 2}}
	same(t, done, want)
	same(t, rows(t, into), rows(t, v))
	sound(t, into)
	if hits := must(into.Search(t.Context(), "moon", 10))(t); len(hits) != 1 {
		t.Errorf("what was restored is not found: %v", hits)
	}

	// Once more, and into the vault that it is of: nothing is doubled, nothing changes.
	for _, v := range []*Vault{into, v} {
		before := rows(t, v)
		done = must(v.RestoreBackup(t.Context(), path, horse, "from a backup"))(t)
		same(t, done, Merged{Conversations: Count{Same: 2}, Messages: Count{Same: 3}, Documents: Count{Same: 1},
			Revisions: Count{Same: 1}, Items: Count{Same: 2}})
		same(t, rows(t, v), before)
		sound(t, v)
	}
}

func TestRestoreKeeps(t *testing.T) {
	c := newClock()
	v := filled(t, c)
	ctx := t.Context()
	path := backupOf(t, v)
	c.pass(time.Hour)
	talk := must(v.Conversations(ctx, Filter{}))(t)[0]
	talk.Title = "Tides again"
	ok(t, v.UpdateConversation(ctx, talk))
	messages := must(v.Messages(ctx, talk.ID))(t)
	ok(t, v.SetMessage(ctx, Message{ID: messages[1].ID, Text: "The moon and the sun.", State: 3}))
	newer := must(v.AddMessage(ctx, talk.ID, Message{Parent: messages[1].ID, Role: "user", Text: "And?"}))(t)
	d := must(v.Documents(ctx))(t)[0]
	ok(t, v.SetDocument(ctx, d.ID, "Letter", "Dear Bob"))
	must(v.SetItem(ctx, Setting, "theme", "light"))(t)
	poet := must(v.Items(ctx, Persona))(t)[0]
	ok(t, v.Purge(ctx, Ref{KindItem, poet.ID}))
	must(v.SetItem(ctx, Persona, "poet", "another"))(t)

	for range 2 {
		must(v.RestoreBackup(ctx, path, horse, "from a backup"))(t)
		got := must(v.Thread(ctx, talk.ID))(t)
		same(t, got.Conversation.Title, "Tides again")
		same(t, got.Conversation.Leaf, newer.ID)
		same(t, len(got.Messages), 3) // one is deleted
		same(t, got.Messages[1].Text, "The moon and the sun.")
		same(t, must(v.Document(ctx, d.ID))(t).Text, "Dear Bob")
		revisions := must(v.Revisions(ctx, d.ID))(t)
		same(t, len(revisions), 2)
		same(t, revisions[0].Note, "from a backup")
		same(t, must(v.Revision(ctx, revisions[0].ID))(t).Text, "Dear Ann")
		var theme, persona string
		ok(t, v.Item(ctx, Setting, "theme", &theme))
		ok(t, v.Item(ctx, Persona, "poet", &persona))
		same(t, []string{theme, persona}, []string{"light", "another"})
		sound(t, v)
	}
}

// A backup that is further than the vault continues what the vault shows; another branch only becomes a version.
func TestRestoreContinues(t *testing.T) {
	for _, branch := range []bool{false, true} {
		c := newClock()
		v := contents(t, t.TempDir(), c.now)
		ctx := t.Context()
		talk := must(v.NewConversation(ctx, Conversation{Title: "Tides"}))(t)
		ask := must(v.AddMessage(ctx, talk.ID, Message{Role: "user", Text: "Why?"}))(t)
		old := backupOf(t, v)
		c.pass(time.Minute)
		answer := must(v.AddMessage(ctx, talk.ID, Message{Parent: ask.ID, Role: "assistant", Text: "Because."}))(t)
		recent := backupOf(t, v)

		into := contents(t, t.TempDir(), c.now)
		must(into.RestoreBackup(ctx, old, horse, ""))(t)
		want := "Because."
		if branch {
			c := must(into.Conversations(ctx, Filter{}))(t)[0]
			must(into.AddMessage(ctx, c.ID, Message{Parent: c.Leaf, Role: "assistant", Text: "Who knows?"}))(t)
			want = "Who knows?"
		}
		must(into.RestoreBackup(ctx, recent, horse, ""))(t)
		back := must(into.Conversations(ctx, Filter{}))(t)[0]
		path := must(into.Path(ctx, back.ID))(t)
		same(t, path[len(path)-1].Text, want)
		same(t, path[len(path)-1].Versions, map[bool]int{false: 1, true: 2}[branch])
		same(t, back.Changed, answer.Created)
		sound(t, into)
	}
}

func TestRestoreDamaged(t *testing.T) {
	c := newClock()
	path := backupOf(t, filled(t, c))
	raw := must(os.ReadFile(path))(t)
	v := contents(t, t.TempDir(), c.now)
	must(v.NewConversation(t.Context(), Conversation{Title: "Here before"}))(t)
	before := rows(t, v)
	check := func(what string, data []byte) {
		t.Helper()
		bad := filepath.Join(t.TempDir(), "bad.backup")
		ok(t, os.WriteFile(bad, data, 0o600))
		_, err := v.RestoreBackup(t.Context(), bad, horse, "")
		if err == nil || !strings.Contains(err.Error(), "bad.backup") {
			t.Fatalf("%s: got the error %v", what, err)
		}
		same(t, rows(t, v), before)
	}
	for i := 0; i < len(raw); i += 1 + len(raw)/97 {
		data := bytes.Clone(raw)
		data[i] ^= 0x10
		check(fmt.Sprintf("byte %d changed", i), data)
	}
	for _, n := range []int{0, 1, 20, len(raw) / 2, len(raw) - 16, len(raw) - 1} {
		check(fmt.Sprintf("cut to %d bytes", n), raw[:n])
	}
	check("a byte more", append(bytes.Clone(raw), 0))

	for _, wrong := range []string{"", "correct horse ", "Correct horse"} {
		_, err := v.RestoreBackup(t.Context(), path, []byte(wrong), "")
		wantIs(t, err, ErrBackupPassphrase)
	}
	_, err := v.RestoreBackup(t.Context(), t.TempDir(), horse, "")
	if err == nil {
		t.Error("a folder was restored")
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, err = v.RestoreBackup(stopped, path, horse, "")
	wantIs(t, err, context.Canceled)
	same(t, rows(t, v), before)
	sound(t, v)
}

// encrypted makes a backup of any lines.
func encrypted(t testing.TB, work int, plain string) string {
	t.Helper()
	to := must(age.NewScryptRecipient(string(horse)))(t)
	to.SetWorkFactor(work)
	path := filepath.Join(t.TempDir(), "x.backup")
	ok(t, WriteFile(path, func(w io.Writer) error {
		sealed, err := age.Encrypt(w, to)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(sealed, plain); err != nil {
			return err
		}
		return sealed.Close()
	}))
	return path
}

const (
	head   = `{"lamplight backup":{"version":1,"schema":1}}` + "\n"
	uidA   = `"0102030405060708090a0b0c0d0e0f10"`
	uidB   = `"1102030405060708090a0b0c0d0e0f10"`
	uidC   = `"2102030405060708090a0b0c0d0e0f10"`
	talkA  = `{"conversation":{"uid":` + uidA + `,"title":"T","created":1,"changed":1}}` + "\n"
	finish = `{"end":{"lines":%d}}` + "\n"
)

func TestRestoreHostile(t *testing.T) {
	message := func(uid, parent string) string {
		return fmt.Sprintf(`{"message":{"uid":%s,"parent":%s,"role":"user","text":"x","state":0,"created":1}}`+"\n", uid, parent)
	}
	tests := []struct {
		name, lines string
		want        error
		says        string
	}{
		{"nothing", "", ErrBackup, "end is missing"},
		{"no header", talkA, ErrBackup, "no header"},
		{"newer", `{"lamplight backup":{"version":3,"new":1}}`, ErrBackupNewer, "version is 3"},
		{"no version", `{"lamplight backup":{"version":0}}`, ErrBackup, "no version"},
		{"an extra that is no text", head + talkA + `{"message":{"uid":` + uidB + `,"role":"","text":"","state":0,"created":1,"extra":"` + "\xff\"}}\n",
			ErrBackup, "no JSON"},
		{"cut", head + talkA, ErrBackup, "end is missing"},
		{"count", head + talkA + fmt.Sprintf(finish, 3), ErrBackup, "not 3"},
		{"more", head + fmt.Sprintf(finish, 1) + talkA, ErrBackup, "follows"},
		{"unknown", head + `{"conversation":{"uid":` + uidA + `,"spell":1}}`, ErrBackup, "spell"},
		{"empty", head + "{}\n", ErrBackup, "line 2"},
		{"no uid", head + `{"conversation":{"title":"T"}}`, ErrBackup, "uid is missing"},
		{"short uid", head + `{"conversation":{"uid":"01"}}`, ErrBackup, "no uid"},
		{"long uid", head + `{"conversation":{"uid":"` + strings.Repeat("0", 99) + `"}}`, ErrBackup, "no uid"},
		{"orphan", head + message(uidB, "null"), ErrBackup, "before its conversation"},
		{"self", head + talkA + message(uidB, uidB), ErrBackup, "before its parent"},
		{"circle", head + talkA + message(uidB, uidC) + message(uidC, uidB), ErrBackup, "before its parent"},
		{"twice", head + talkA + message(uidB, "null") + message(uidB, "null"), ErrBackup, "twice"},
		{"time", head + strings.Replace(talkA, `"created":1`, `"created":9000000000000000`, 1), ErrBackup, "out of range"},
		{"lifetime", head + strings.Replace(talkA, `"created":1`, `"lifetime":9000000000000000000`, 1), ErrBackup, "out of range"},
		{"state", head + talkA + strings.Replace(message(uidB, "null"), `"state":0`, `"state":256`, 1), ErrBackup, "line 3"},
		{"revision", head + `{"revision":{"uid":` + uidA + `,"note":"","title":"","text":"","created":1}}`, ErrBackup, "before its document"},
		{"item", head + `{"item":{"uid":` + uidA + `,"kind":"persona","name":"x","created":1,"changed":1}}`, ErrBackup, "no value"},
		{"deep", head + `{"item":{"value":` + strings.Repeat("[", 20000), ErrBackup, "depth"},
		{"leaf", head + strings.Replace(talkA, `"created"`, `"leaf":`+uidC+`,"created"`, 1) + message(uidB, "null") +
			fmt.Sprintf(finish, 3), ErrBackup, "none of the messages"},
	}
	v := contents(t, t.TempDir(), newClock().now)
	before := rows(t, v)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := v.RestoreBackup(t.Context(), encrypted(t, cheapWork, test.lines), horse, "")
			wantIs(t, err, test.want)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v does not say %q", err, test.says)
			}
			same(t, rows(t, v), before)
		})
	}
	good := head + talkA + message(uidB, "null") + message(uidC, uidB) + fmt.Sprintf(finish, 4)
	must(v.RestoreBackup(t.Context(), encrypted(t, cheapWork, good), horse, ""))(t)

	// A message of another conversation.
	other := head + strings.Replace(talkA, uidA, `"ff02030405060708090a0b0c0d0e0f10"`, 1) + message(uidB, "null") + fmt.Sprintf(finish, 3)
	_, err := v.RestoreBackup(t.Context(), encrypted(t, cheapWork, other), horse, "")
	wantIs(t, err, ErrBackup)
	sound(t, v)

	// A file that asks for more memory than a backup may.
	path := encrypted(t, cheapWork, good)
	raw := must(os.ReadFile(path))(t)
	line, _, _ := bytes.Cut(raw[bytes.Index(raw, []byte("-> scrypt")):], []byte("\n"))
	greedy := bytes.Replace(raw, line, append(line[:len(line)-1:len(line)-1], "22"...), 1)
	ok(t, os.WriteFile(path, greedy, 0o600))
	_, err = v.RestoreBackup(t.Context(), path, horse, "")
	wantIs(t, err, ErrBackup)
}

// A backup that fails leaves the one before it.
func TestBackupFails(t *testing.T) {
	c := newClock()
	v := filled(t, c)
	path := backupOf(t, v)
	before := must(os.ReadFile(path))(t)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	wantIs(t, v.backup(stopped, path, horse, cheapWork), context.Canceled)
	wantIs(t, v.Backup(t.Context(), path, nil), ErrBackupPassphrase)
	if !bytes.Equal(must(os.ReadFile(path))(t), before) {
		t.Error("the backup that was there has changed")
	}
	if entries := must(os.ReadDir(filepath.Dir(path)))(t); len(entries) != 1 {
		t.Errorf("something was left beside the backup: %v", entries)
	}
	if err := v.backup(t.Context(), filepath.Join(t.TempDir(), "none", "x"), horse, cheapWork); err == nil {
		t.Error("a backup was written into a folder that is not there")
	}
}

func FuzzBackupLines(f *testing.F) {
	c := newClock()
	f.Add([]byte(rows(f, filled(f, c))))
	f.Add([]byte(head + talkA + fmt.Sprintf(finish, 2)))
	f.Add([]byte(head + `{"item":{"uid":` + uidA + `,"kind":"persona","name":"x","value":{},"created":1,"changed":1}}`))
	v := contents(f, f.TempDir(), c.now)
	f.Fuzz(func(t *testing.T, lines []byte) {
		undo := fmt.Errorf("undo")
		err := v.do(t.Context(), "fuzz", func(x *txn) error {
			if err := newBackupReader(bytes.NewReader(lines), merger{t: x}).all(); err != nil {
				return err
			}
			var wrong int
			ok(t, x.one(`SELECT count(*) FROM conversation c WHERE leaf <> 0
				AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = c.leaf AND m.conversation = c.id)`, nil, &wrong))
			if wrong > 0 {
				t.Error("a leaf is not of its conversation")
			}
			return undo
		})
		if err == nil {
			t.Error("it was not undone")
		}
	})
}

func TestExact(t *testing.T) {
	for _, want := range []string{"", "plain", "{", "\x00", "\xff", "a\xc3", "\u2028<&>"} {
		var got exact
		ok(t, json.Unmarshal(must(json.Marshal(exact(want)))(t), &got))
		same(t, string(got), want)
	}
}
