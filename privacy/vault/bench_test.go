package vault

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vocabulary are made-up words whose frequencies fall as those of a language do.
func vocabulary(r *rand.Rand, size int) func() string {
	const syllables = "ba de fi go ku la me ni po ra se ti vo wu ya ze"
	parts := strings.Fields(syllables)
	list := make([]string, size)
	for i := range list {
		for n := 1 + r.IntN(4); n > 0; n-- {
			list[i] += parts[r.IntN(len(parts))]
		}
	}
	z := rand.NewZipf(r, 1.1, 3, uint64(size-1))
	return func() string { return list[z.Uint64()] }
}

// fill stores messages of about 60 words, 50 to a conversation.
func fill(b testing.TB, v *Vault, messages int) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	word := vocabulary(r, 20_000)
	text := func() string {
		var s strings.Builder
		for n := 20 + r.IntN(80); n > 0; n-- {
			s.WriteString(word())
			s.WriteByte(' ')
		}
		return s.String()
	}
	for done := 0; done < messages; {
		ok(b, v.do(b.Context(), "fill", func(t *txn) error {
			for range 20 {
				uid := UID{}.orRandom()
				c, err := t.insert(KindConversation, "uid, title, folder, pinned, created, changed, lifetime",
					uid[:], word()+" "+word(), "", 0, 1, 1, 0)
				if err != nil {
					return err
				}
				var parent int64
				for range 50 {
					uid := UID{}.orRandom()
					parent, err = t.insert(KindMessage, "uid, conversation, parent, role, text, state, model, created",
						uid[:], c, orNull(parent), "user", text(), 0, "", int64(done+1))
					if err != nil {
						return err
					}
					done++
				}
			}
			return nil
		}))
	}
}

func BenchmarkSearch(b *testing.B) {
	v := contents(b, b.TempDir(), newClock().now)
	fill(b, v, 100_000)
	for _, q := range []struct{ name, query string }{
		{"common", "ba "}, {"prefix of one letter", "b"}, {"prefix of two", "ba"}, {"prefix of three", "bad"}, {"two common", "ba de "},
		{"phrase", `"ba de"`}, {"rare", "bademeni "}, {"nothing", "xylophone"}, {"three", "ba ku pora"},
	} {
		b.Run(q.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n = len(must(v.Search(b.Context(), q.query, 50))(b))
			}
			b.ReportMetric(float64(n), "hits")
		})
	}
}

// BenchmarkUnlock opens a small vault with a passphrase whose cost was tuned for this machine.
func BenchmarkUnlock(b *testing.B) {
	dir := b.TempDir()
	ok(b, must(Create(dir, Options{Protection: Passphrase, Passphrase: secret}))(b).Close())
	for b.Loop() {
		ok(b, must(Open(dir, secret))(b).Close())
	}
	s := must(Inspect(dir))(b)
	b.ReportMetric(float64(s.Memory)/(1<<20), "MiB")
	b.ReportMetric(float64(s.Passes), "passes")
}

// BenchmarkOpen opens a vault of a gigabyte. The key is known already: what unlocking costs is elsewhere.
func BenchmarkOpen(b *testing.B) {
	if testing.Short() {
		b.Skip("it writes a gigabyte")
	}
	dir := b.TempDir()
	v := contents(b, dir, newClock().now)
	text := strings.Repeat("All work and no play. ", 50_000)
	for i := range 440 {
		d := must(v.NewDocument(b.Context(), Document{Title: fmt.Sprint(i), Text: text}))(b)
		must(v.KeepRevision(b.Context(), d.ID, ""))(b)
	}
	ok(b, v.db.Close())
	info, err := os.Stat(filepath.Join(dir, dbName))
	ok(b, err)
	for b.Loop() {
		v, err := openContents(dir, newClock().now)
		ok(b, err)
		must(v.Conversations(b.Context(), Filter{}))(b)
		ok(b, v.db.Close())
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB")
}

// BenchmarkGrow saves an answer of a thousand words once more.
func BenchmarkGrow(b *testing.B) {
	v := contents(b, b.TempDir(), newClock().now)
	c := must(v.NewConversation(b.Context(), Conversation{}))(b)
	m := must(v.AddMessage(b.Context(), c.ID, Message{}))(b)
	word := vocabulary(rand.New(rand.NewPCG(1, 2)), 20_000)
	var text strings.Builder
	for range 1000 {
		text.WriteString(word() + " ")
	}
	for i := 0; b.Loop(); i++ {
		ok(b, v.SetMessage(b.Context(), Message{ID: m.ID, Text: text.String() + fmt.Sprint(i), State: 1}))
	}
}

func BenchmarkAdd(b *testing.B) {
	v := contents(b, b.TempDir(), newClock().now)
	c := must(v.NewConversation(b.Context(), Conversation{}))(b)
	for b.Loop() {
		must(v.AddMessage(b.Context(), c.ID, Message{Text: "Why does the tide come twice a day?"}))(b)
	}
}

func BenchmarkTokenize(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"ASCII", "Why does the tide come twice a day? "}, {"German", "Größe über Maß, schöne Straße "},
		{"Russian", "Почему прилив бывает дважды в день? "}, {"Japanese", "潮はなぜ一日に二回満ちるのですか。"},
	} {
		text := strings.Repeat(c.text, 1000)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tokenize(text, func(token) bool { return true })
			}
		})
	}
}

// BenchmarkPurge deletes a conversation of 50 messages among 2,000 for good.
func BenchmarkPurge(b *testing.B) {
	v := contents(b, b.TempDir(), newClock().now)
	fill(b, v, 100_000)
	ok(b, v.shrink(b.Context()))
	for id := int64(1); b.Loop(); id++ {
		ok(b, v.Purge(b.Context(), Ref{KindConversation, id}))
	}
}

// BenchmarkVerify compares 100,000 messages with the chain.
func BenchmarkVerify(b *testing.B) {
	v := contents(b, b.TempDir(), newClock().now)
	fill(b, v, 100_000)
	for b.Loop() {
		must(v.Verify(b.Context()))(b)
	}
}

func BenchmarkBackup(b *testing.B) {
	v := contents(b, b.TempDir(), newClock().now)
	fill(b, v, 10_000)
	path := filepath.Join(b.TempDir(), "a.backup")
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			ok(b, v.backup(b.Context(), path, horse, cheapWork))
		}
		info, err := os.Stat(path)
		ok(b, err)
		b.ReportMetric(float64(info.Size())/10_000, "bytes/message")
	})
	b.Run("restore", func(b *testing.B) {
		for b.Loop() {
			into := contents(b, b.TempDir(), newClock().now)
			must(into.RestoreBackup(b.Context(), path, horse, ""))(b)
		}
	})
	b.Run("restore again", func(b *testing.B) {
		for b.Loop() {
			must(v.RestoreBackup(b.Context(), path, horse, ""))(b)
		}
	})
}
