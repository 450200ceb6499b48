package exchange

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lamplight/privacy/vault"
)

var update = flag.Bool("update", false, "write testdata anew")

// talked is a vault with two conversations, one of them with versions and signs that formats must escape.
func talked(t testing.TB) (*vault.Vault, []int64) {
	t.Helper()
	v := newVault(t)
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	talk, err := v.NewConversation(t.Context(), vault.Conversation{UID: vault.UIDOf("1"), Title: "Tides & <moons>\n*again*", Folder: "Sea",
		Extra: json.RawMessage(`{"system":"Be brief."}`), Pinned: true, Lifetime: 7 * 24 * time.Hour, Created: at})
	ok(t, err)
	say := func(conversation, parent int64, role, text string) int64 {
		at = at.Add(90 * time.Second)
		m, err := v.AddMessage(t.Context(), conversation, vault.Message{UID: vault.UIDOf(text), Parent: parent, Role: role, Text: text,
			Model: map[bool]string{true: "tiny"}[role == assistant], Created: at})
		ok(t, err)
		return m.ID
	}
	ask := say(talk.ID, 0, user, "Why <script>alert(1)</script> & \"tides\"?")
	say(talk.ID, ask, assistant, "Another version.")
	ok(t, v.DeleteMessages(t.Context(), talk.ID, say(talk.ID, ask, assistant, "Deleted.")))
	ok(t, v.PinMessages(t.Context(), true, ask))
	answer := say(talk.ID, ask, assistant, "# Moon\n\n```go\nfmt.Println(\"open\")\n")
	say(talk.ID, answer, user, "Not UTF-8: \xff")
	other, err := v.NewConversation(t.Context(), vault.Conversation{UID: vault.UIDOf("2"), Created: at})
	ok(t, err)
	say(other.ID, 0, user, "Hello")
	return v, []int64{talk.ID, other.ID}
}

func TestExport(t *testing.T) {
	v, ids := talked(t)
	style := Style{Speaker: func(role string) string { return map[string]string{user: "You", assistant: "Lamplight"}[role] },
		Untitled: "Untitled", Zone: time.UTC}
	for _, f := range Formats {
		t.Run(string(f), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out"+f.Extension())
			ok(t, Export(t.Context(), v, path, f, ids, style))
			got, err := os.ReadFile(path)
			ok(t, err)
			golden := "testdata/export" + f.Extension()
			if *update {
				ok(t, os.WriteFile(golden, got, 0o644))
			}
			want, err := os.ReadFile(golden)
			ok(t, err)
			same(t, string(got), string(want))
		})
	}
	err := Export(t.Context(), v, filepath.Join(t.TempDir(), "x"), "pdf", ids, style)
	if err == nil || !strings.Contains(err.Error(), "pdf") {
		t.Errorf("got the error %v", err)
	}
	dir := t.TempDir()
	if err := Export(t.Context(), v, filepath.Join(dir, "x"), Text, []int64{99}, style); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("got the error %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("an export that failed has left %v", entries)
	}
}

// Our JSON brings back what it was made of, and nothing twice.
func TestOwnJSON(t *testing.T) {
	v, _ := talked(t)
	path := filepath.Join(t.TempDir(), "all.json")
	ok(t, Export(t.Context(), v, path, JSON, nil, Style{}))
	into := newVault(t)
	for i := range 2 {
		r, err := Import(t.Context(), into, path)
		ok(t, err)
		same(t, r.Source, Lamplight)
		same(t, r.Merged.Conversations.Added, 2-2*i)
		again := filepath.Join(t.TempDir(), "again.json")
		ok(t, Export(t.Context(), into, again, JSON, nil, Style{}))
		want, err := os.ReadFile(path)
		ok(t, err)
		got, err := os.ReadFile(again)
		ok(t, err)
		same(t, string(got), string(want))
	}
	// And into the vault that it is of.
	r, err := Import(t.Context(), v, path)
	ok(t, err)
	same(t, r.Merged, vault.Merged{Conversations: vault.Count{Same: 2}, Messages: vault.Count{Same: 4, Kept: 1}})
}

func TestCloseFences(t *testing.T) {
	for text, want := range map[string]string{
		"plain\n":             "plain",
		"```\nx":              "```\nx\n```",
		"```go\nx\n```":       "```go\nx\n```",
		"````\n```\nx":        "````\n```\nx\n````",
		"~~~\n```\n~~~":       "~~~\n```\n~~~",
		"``` a`b":             "``` a`b",
		"    ```\nindented":   "    ```\nindented",
		"```\nx\n```\n~~~\ny": "```\nx\n```\n~~~\ny\n~~~",
	} {
		if got := closeFences(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
