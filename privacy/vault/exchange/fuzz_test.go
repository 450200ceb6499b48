package exchange

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"lamplight/privacy/vault"
)

// fuzz reads a file of any bytes, whoever may have written it.
func fuzz(t *testing.T, name string, data []byte) {
	_, threads, err := open(context.Background(), written(t, name, data))
	if err == nil {
		fits(t, threads)
	}
}

// written is the path of a file of any bytes.
func written(t *testing.T, name string, data []byte) string {
	path := filepath.Join(t.TempDir(), name)
	ok(t, os.WriteFile(path, data, 0o600))
	return path
}

// fits checks what a reader gives before it gives an error: parents come before their children, nothing is there
// twice, and a leaf is.
func fits(t *testing.T, threads iter.Seq2[vault.Thread, error]) {
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

func FuzzChatGPT(f *testing.F) {
	seed(f, "testdata/conversations.json")
	f.Fuzz(func(t *testing.T, data []byte) {
		fits(t, new(Result).chatGPTFile(written(t, "conversations.json", data)))
	})
}

func FuzzLMStudio(f *testing.F) {
	seed(f, "testdata/lmstudio/1731420000000.conversation.json", "testdata/lmstudio/Cooking/1731430000000.conversation.json")
	f.Fuzz(func(t *testing.T, data []byte) { fits(t, new(Result).lmStudio(written(t, "x.json", data), "Cooking")) })
}

// FuzzOwn is about the JSON that this program writes.
func FuzzOwn(f *testing.F) {
	seed(f, "testdata/export.json")
	f.Fuzz(func(t *testing.T, data []byte) { fits(t, new(Result).own(written(t, "x.json", data))) })
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
		fits(t, new(Result).jan(dir))
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
