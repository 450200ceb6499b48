package exchange

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3"

	"lamplight/privacy/vault"
)

// newVault makes a vault whose clock stands still.
func newVault(t testing.TB) *vault.Vault {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }
	v, err := vault.Create(filepath.Join(t.TempDir(), "vault"), vault.Options{Protection: vault.File, Now: now})
	ok(t, err)
	t.Cleanup(func() { ok(t, v.Close()) })
	return v
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same[T any](t testing.TB, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("differs (-want +got):\n%s", d)
	}
}

// lines are the conversations of a vault, one message a line: how deep it is, whether it is shown, who, when, what.
func lines(t testing.TB, v *vault.Vault) (all []string) {
	t.Helper()
	list, err := v.Conversations(t.Context(), vault.Filter{})
	ok(t, err)
	for _, c := range list {
		h, err := v.Thread(t.Context(), c.ID)
		ok(t, err)
		all = append(all, fmt.Sprintf("%q %q %s", c.Folder, c.Title, c.Created.Format(time.DateTime)))
		on := map[int64]bool{}
		for _, m := range shown(h) {
			on[m.ID] = true
		}
		depth := map[int64]int{}
		for _, m := range h.Messages {
			depth[m.ID] = depth[m.Parent] + 1
			all = append(all, strings.TrimRight(fmt.Sprintf("%s%s %s %q %s", strings.Repeat("·", depth[m.ID]), map[bool]string{true: "*"}[on[m.ID]],
				m.Role, m.Text, m.Model), " "))
		}
	}
	return all
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	ok(t, os.WriteFile(path, data, 0o600))
	return path
}

func zipped(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range files {
		w, err := z.Create(name)
		ok(t, err)
		_, err = w.Write(data)
		ok(t, err)
	}
	ok(t, z.Close())
	return b.Bytes()
}

// qt writes as QDataStream does.
type qt struct{ bytes.Buffer }

func (q *qt) put(values ...any) {
	for _, v := range values {
		if s, ok := v.(string); ok {
			units := utf16.Encode([]rune(s))
			_ = binary.Write(q, binary.BigEndian, uint32(2*len(units)))
			v = units
		}
		_ = binary.Write(q, binary.BigEndian, v)
	}
}

// gpt4allFixture is a chat of version 11 or 12 with a question that has an attachment and an answer that has
// sources and, in 12, thoughts and the call of a tool.
func gpt4allFixture(version int32) []byte {
	var q qt
	q.put(uint32(0xf5d553cc), version, int64(1731420000), "5b0c", "Tides", "", "tiny-q4", uint32(1), "Notes")
	none := []byte{0, 0, 0, 0}
	question := func() {
		q.put("Prompt: ", "Why are there tides? 🌙", "", none, int64(0), int64(1), uint32(9), []byte("file:///x"), uint32(2), []byte("hi"))
	}
	answer := func() {
		q.put("Response: ", "The moon.", "", none, []byte{0}, int64(1))
		q.put("Notes", "/notes", "a.txt", "A", "", "", "tides", int32(1), int32(-1), int32(-1), int64(0))
	}
	q.put(int32(2))
	if version < 12 {
		q.put(int32(0))
		question()
		q.put(int32(1))
		answer()
		return q.Bytes()
	}
	question()
	q.put(int64(0))
	answer()
	q.put(int64(2), "Response: ", "", int64(3))
	q.put("Text: ", "Well. ", int64(0), "Think: ", "hm", int32(1200), int64(0))
	q.put("ToolCall: ", "1+1", "javascript", int64(1), "code", int32(0), int32(10), []byte{0}, "1+1", "2", int32(0), "", int64(0))
	q.put("ToolResponse: ", "2", int64(0))
	return q.Bytes()
}

func ollamaFixture(t testing.TB, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db.sqlite")
	db, err := sqlite3.Open("file:" + path)
	ok(t, err)
	for _, s := range statements {
		ok(t, db.Exec(s))
	}
	ok(t, db.Close())
	return path
}

const (
	ollamaChats = `CREATE TABLE chats (id TEXT PRIMARY KEY, title TEXT NOT NULL DEFAULT '',
		created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, browser_state TEXT)`
	ollamaMessages = `CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id TEXT NOT NULL, role TEXT NOT NULL,
		content TEXT NOT NULL DEFAULT '', thinking TEXT NOT NULL DEFAULT '', stream BOOLEAN NOT NULL DEFAULT 0, model_name TEXT,
		created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
		tool_result TEXT, FOREIGN KEY (chat_id) REFERENCES chats(id) ON DELETE CASCADE)`
	ollamaRowsSQL = `INSERT INTO chats (id, title, created_at) VALUES ('c1', 'Tides', '2024-11-12 14:00:00.5+00:00');
		INSERT INTO messages (chat_id, role, content, thinking, model_name, created_at) VALUES
			('c1', 'user', 'Why are there tides?', '', NULL, '2024-11-12 14:00:00.5+00:00'),
			('c1', 'assistant', 'The moon.', 'hm', 'tiny:q4', '2024-11-12 15:00:10+01:00'),
			('c1', 'tool', '{}', '', NULL, '2024-11-12 14:00:20')`
)

func TestImport(t *testing.T) {
	conversations, err := os.ReadFile("testdata/conversations.json")
	ok(t, err)
	chatGPT := []string{
		`"" "Tides and moons" 2024-11-12 14:00:00`,
		`·* user "Why are there tides?"`,
		`·· assistant "The moon." gpt-4`,
		`··* assistant "The moon \n\nand the sun." gpt-4o`,
		`· user "What is this?"`,
	}
	simple := []string{`"" "Tides" 2024-11-12 14:00:00`, `·* user "Why are there tides?"`, `··* assistant "The moon." tiny-q4`}
	tests := []struct {
		name, path string
		source     Source
		skipped    int
		want       []string
	}{
		{"ChatGPT", "testdata/conversations.json", ChatGPT, 3, chatGPT},
		{"ChatGPT zip", write(t, "export.zip", zipped(t, map[string][]byte{"x/conversations.json": conversations, "user.json": nil})), ChatGPT, 3, chatGPT},
		{"ChatGPT folder", filepath.Dir(write(t, "conversations.json", conversations)), ChatGPT, 3, chatGPT},
		{"LM Studio", "testdata/lmstudio", LMStudio, 0, []string{
			`"Cooking" "" 2024-11-12 16:46:40`, `·* user "How long do eggs boil?"`,
			`"" "Tides" 2024-11-12 14:00:00`, `·* user "Why are there tides?"`, `··* assistant "The moon." tiny-1`,
			`·· assistant "The sun." tiny-q4`, `···* user "Thanks."`}},
		{"LM Studio file", "testdata/lmstudio/Cooking/1731430000000.conversation.json", LMStudio, 0, []string{
			`"" "" 2024-11-12 16:46:40`, `·* user "How long do eggs boil?"`}},
		{"Jan", "testdata/jan", Jan, 1, simple},
		{"Jan thread", "testdata/jan/threads/thread_1", Jan, 1, simple},
		{"Jan file", "testdata/jan/threads/thread_1/messages.jsonl", Jan, 1, simple},
		{"GPT4All 11", write(t, "gpt4all-1.chat", gpt4allFixture(11)), GPT4All, 0, []string{simple[0],
			`·* user "Why are there tides? 🌙"`, simple[2]}},
		{"GPT4All 12", filepath.Dir(write(t, "gpt4all-1.chat", gpt4allFixture(12))), GPT4All, 0, []string{simple[0],
			`·* user "Why are there tides? 🌙"`, `··* assistant "Well. The moon." tiny-q4`}},
		{"Ollama", ollamaFixture(t, ollamaChats, ollamaMessages, ollamaRowsSQL), Ollama, 1, []string{simple[0], simple[1],
			`··* assistant "The moon." tiny:q4`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := newVault(t)
			before := tree(t, test.path)
			if !Recognizes(test.path) {
				t.Error("it is not recognized")
			}
			for range 2 { // the second time nothing is doubled
				r, err := Import(t.Context(), v, test.path)
				ok(t, err)
				same(t, r.Source, test.source)
				same(t, r.Skipped, test.skipped)
				same(t, lines(t, v), test.want)
			}
			same(t, tree(t, test.path), before)
			ok(t, v.Check(t.Context()))
		})
	}
}

// What is no chat is not taken for one.
func TestRecognizes(t *testing.T) {
	model := t.TempDir()
	for _, name := range []string{"config.json", "model.safetensors", "x.chat"} {
		ok(t, os.WriteFile(filepath.Join(model, name), []byte("{}"), 0o600))
	}
	for name, path := range map[string]string{
		"nothing": filepath.Join(t.TempDir(), "none"), "words": write(t, "a.txt", []byte("Dear Ann")), "empty": write(t, "a.json", nil),
		"object": write(t, "config.json", []byte("{}")), "model": write(t, "a.gguf", []byte("GGUF")), "list": write(t, "a.txt", []byte("[1]")),
		"folder of a model": model, "empty folder": t.TempDir(),
	} {
		if Recognizes(path) {
			t.Errorf("%s is recognized", name)
		}
	}
	if own := "testdata/export.json"; !Recognizes(own) {
		t.Error("an export of our own is not recognized")
	}
	deep := filepath.Join(t.TempDir(), "1", "2", "3")
	ok(t, os.MkdirAll(deep, 0o700))
	ok(t, os.WriteFile(filepath.Join(deep, "thread.json"), nil, 0o600))
	if top := filepath.Dir(filepath.Dir(filepath.Dir(deep))); Recognizes(top) || !Recognizes(filepath.Join(top, "1")) {
		t.Error("the depth is not as it should be")
	}
}

// tree are the files at path, with what is in them: an import changes nothing and leaves nothing.
func tree(t testing.TB, path string) map[string]string {
	t.Helper()
	all := map[string]string{}
	ok(t, filepath.WalkDir(filepath.Dir(path), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			data, err := os.ReadFile(path)
			all[path] = string(data)
			return err
		}
		return err
	}))
	return all
}

// A conversation that has grown since it was imported grows.
func TestImportAgain(t *testing.T) {
	v := newVault(t)
	data, err := os.ReadFile("testdata/lmstudio/1731420000000.conversation.json")
	ok(t, err)
	path := write(t, "1.conversation.json", data)
	_, err = Import(t.Context(), v, path)
	ok(t, err)
	before := lines(t, v)
	more := `"Thanks."}]}], "currentlySelected": 0},
		{"versions": [{"type": "singleStep", "role": "assistant", "content": [{"type": "text", "text": "Welcome."}]}]}`
	ok(t, os.WriteFile(path, bytes.Replace(data, []byte(`"Thanks."}]}], "currentlySelected": 0}`), []byte(more), 1), 0o600))
	r, err := Import(t.Context(), v, path)
	ok(t, err)
	same(t, r.Merged, vault.Merged{Conversations: vault.Count{Same: 1}, Messages: vault.Count{Added: 1, Same: 4}})
	same(t, lines(t, v), append(before, `····* assistant "Welcome."`))
}

func TestImportRefuses(t *testing.T) {
	chat := gpt4allFixture(12)
	patched := func(at int, b ...byte) []byte {
		return append(append(bytes.Clone(chat[:at]), b...), chat[at+len(b):]...)
	}
	node := func(id, parent string) string {
		return fmt.Sprintf(`%q:{"parent":%q,"children":[],"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["x"]}}}`, id, parent)
	}
	own := `{"format":"lamplight conversations","version":1,"conversations":[{"uid":"0102030405060708090a0b0c0d0e0f10","messages":[`
	bomb := bytes.Repeat([]byte{' '}, maxPart+1<<20)
	tests := []struct {
		name, path string
		want       error
		says       string
	}{
		{"empty", write(t, "a.json", nil), ErrUnknown, "a.json"},
		{"words", write(t, "a.txt", []byte("Dear Ann")), ErrUnknown, "a.txt"},
		{"empty folder", t.TempDir(), ErrUnknown, "choose"},
		{"object", write(t, "a.json", []byte("{}")), ErrUnknown, "no messages"},
		{"cut", write(t, "a.json", []byte(`[{"id":"1","mapping":{}}`)), ErrDamaged, "at byte"},
		{"cut in a string", write(t, "a.json", []byte(`[{"id":"1`)), ErrDamaged, "at byte"},
		{"deep", write(t, "a.json", []byte(`[{"x":`+strings.Repeat("[", 20000))), ErrDamaged, "depth"},
		{"circle", write(t, "a.json", []byte(`[{"mapping":{`+node("a", "b")+`,`+node("b", "a")+`}}]`)), ErrDamaged, "circle"},
		{"own parent", write(t, "a.json", []byte(`[{"mapping":{`+node("a", "a")+`}}]`)), ErrDamaged, "circle"},
		{"twice", write(t, "a.json", []byte(`[{"mapping":{`+node("a", "")+`,`+node("a", "")+`}}]`)), ErrDamaged, "twice"},
		{"many", write(t, "a.json", []byte(`[{"mapping":{"a":{"children":[`+strings.Repeat("1,", maxMessages+1))), ErrDamaged, ""},
		{"many nulls", write(t, "a.json", []byte(`[{"mapping":{"a":{"children":[`+strings.Repeat("null,", maxMessages)+`null]}}}]`)), ErrTooLarge, "elements"},
		{"long", write(t, "a.json", append([]byte(`[`), bomb...)), ErrTooLarge, "a.json"},
		{"zip bomb", write(t, "a.zip", zipped(t, map[string][]byte{"conversations.json": append([]byte("["), bomb...)})), ErrTooLarge, "conversations.json"},
		{"zip of others", write(t, "a.zip", zipped(t, map[string][]byte{"a.txt": nil})), ErrUnknown, "conversations.json"},
		{"no zip", write(t, "a.zip", []byte("PK\x03\x04 no")), ErrDamaged, "zip"},
		{"newer", write(t, "a.json", []byte(`{"format":"lamplight conversations","version":3,"conversations":[]}`)), ErrNewer, "3"},
		{"no version", write(t, "a.json", []byte(`{"format":"lamplight conversations","conversations":[]}`)), ErrUnknown, "format"},
		{"orphan", write(t, "a.json", []byte(own+`{"uid":"1102030405060708090a0b0c0d0e0f10","parent":"1102030405060708090a0b0c0d0e0f10"}]}]}`)), ErrDamaged, "parent"},
		{"no uid", write(t, "a.json", []byte(own+`{"text":"x"}]}]}`)), ErrDamaged, "uid"},
		{"time", write(t, "a.json", []byte(own+`{"uid":"1102030405060708090a0b0c0d0e0f10","created":"yesterday"}]}]}`)), ErrDamaged, "yesterday"},
		{"chat cut", write(t, "a.chat", chat[:len(chat)-3]), ErrDamaged, "before the end"},
		{"chat too long", write(t, "a.chat", append(bytes.Clone(chat), 0)), ErrDamaged, "more than a chat"},
		{"chat newer", write(t, "a.chat", patched(4, 0, 0, 0, 13)), ErrNewer, "13"},
		{"chat older", write(t, "a.chat", patched(4, 0, 0, 0, 9)), ErrUnknown, "9"},
		{"chat of a huge text", write(t, "a.chat", patched(16, 0x7f, 0xff, 0xff, 0xfe)), ErrDamaged, "before the end"},
		{"chat of odd text", write(t, "a.chat", patched(16, 0, 0, 0, 7)), ErrDamaged, "odd"},
		{"no tables", ollamaFixture(t, "CREATE TABLE x (y)"), ErrUnknown, "no table"},
		{"endless view", ollamaFixture(t, ollamaChats, `CREATE VIEW messages AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
			SELECT i id, i chat_id, i role, i content, i model_name, i created_at FROM n`), ErrUnknown, "no table messages"},
		{"computed column", ollamaFixture(t, ollamaChats, strings.Replace(ollamaMessages, "content TEXT NOT NULL DEFAULT ''",
			"content TEXT AS (hex(zeroblob(100000000)))", 1)), ErrUnknown, "no column content"},
		{"no database", write(t, "db.sqlite", []byte("SQLite format 3\x00"+strings.Repeat("x", 5000))), ErrDamaged, "db.sqlite"},
		{"in use", inUse(t), ErrInUse, "db.sqlite-wal"},
	}
	v := newVault(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Import(t.Context(), v, test.path)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), test.path) {
				t.Fatalf("got the error %v, want %v that says %q", err, test.want, test.says)
			}
		})
	}
	// One file of a folder is wrong: nothing of it is imported.
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, "gpt4all-1.chat"), chat, 0o600))
	ok(t, os.WriteFile(filepath.Join(dir, "gpt4all-2.chat"), chat[:50], 0o600))
	_, err := Import(t.Context(), v, dir)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "gpt4all-2.chat") {
		t.Errorf("got the error %v", err)
	}
	if all := lines(t, v); len(all) > 0 {
		t.Errorf("what was refused is in the vault: %q", all)
	}
}

func inUse(t testing.TB) string {
	path := ollamaFixture(t, ollamaChats, ollamaMessages)
	ok(t, os.WriteFile(path+"-wal", []byte("x"), 0o600))
	return path
}
