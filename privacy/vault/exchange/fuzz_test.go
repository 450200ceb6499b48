package exchange

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"lamplight/privacy/vault"
)

// fuzz reads a file of any bytes. What is read without an error must fit together: parents before their
// children, and a leaf that is there.
func fuzz(t *testing.T, name string, data []byte) {
	path := filepath.Join(t.TempDir(), name)
	ok(t, os.WriteFile(path, data, 0o600))
	_, threads, err := open(context.Background(), path)
	if err != nil {
		return
	}
	for h, err := range threads {
		if err != nil {
			return
		}
		seen := map[int64]bool{0: true}
		uids := map[vault.UID]bool{}
		for _, m := range h.Messages {
			if !seen[m.Parent] || seen[m.ID] || uids[m.UID] {
				t.Fatalf("the message %+v does not fit", m)
			}
			seen[m.ID], uids[m.UID] = true, true
		}
		if !seen[h.Conversation.Leaf] {
			t.Fatalf("there is no leaf %d", h.Conversation.Leaf)
		}
	}
}

func seed(f *testing.F, paths ...string) {
	f.Helper()
	for _, path := range paths {
		data, err := os.ReadFile(path)
		ok(f, err)
		f.Add(data)
	}
}

// FuzzJSON is about ChatGPT, LM Studio and our own files, which are told apart by how they begin.
func FuzzJSON(f *testing.F) {
	seed(f, "testdata/conversations.json", "testdata/lmstudio/1731420000000.conversation.json", "testdata/export.json")
	f.Fuzz(func(t *testing.T, data []byte) { fuzz(t, "x.json", data) })
}

func FuzzZip(f *testing.F) {
	data, err := os.ReadFile("testdata/conversations.json")
	ok(f, err)
	f.Add(zipped(f, map[string][]byte{"conversations.json": data}))
	f.Fuzz(func(t *testing.T, data []byte) { fuzz(t, "x.zip", data) })
}

func FuzzJan(f *testing.F) {
	thread, err := os.ReadFile("testdata/jan/threads/thread_1/thread.json")
	ok(f, err)
	messages, err := os.ReadFile("testdata/jan/threads/thread_1/messages.jsonl")
	ok(f, err)
	f.Add(thread, messages)
	f.Fuzz(func(t *testing.T, thread, messages []byte) {
		dir := t.TempDir()
		ok(t, os.WriteFile(filepath.Join(dir, "thread.json"), thread, 0o600))
		ok(t, os.WriteFile(filepath.Join(dir, "messages.jsonl"), messages, 0o600))
		for range new(Result).jan(dir) {
		}
	})
}

func FuzzGPT4All(f *testing.F) {
	f.Add(gpt4allFixture(11))
	f.Add(gpt4allFixture(12))
	f.Fuzz(func(t *testing.T, data []byte) { fuzz(t, "x.chat", data) })
}

func FuzzOllama(f *testing.F) {
	seed(f, ollamaFixture(f, ollamaChats, ollamaMessages, ollamaRowsSQL))
	f.Fuzz(func(t *testing.T, data []byte) { fuzz(t, "db.sqlite", data) })
}
