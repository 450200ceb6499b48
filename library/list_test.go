package library

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stock writes cards of n models with all that a card can have: every second one is a reference to a file in others,
// every tenth is split, every twentieth is gone.
func stock(t testing.TB, l *Library, others string, n int) {
	t.Helper()
	sum := strings.Repeat("0a", 32)
	for i := range n {
		id := fmt.Sprintf("model-%03d", i)
		folder := filepath.Join(l.dir, id)
		c := goodCard()
		c.Name, c.Reference = fmt.Sprint("Model ", n-i), i%2 == 0
		c.Notes, c.Tags = strings.Repeat("a line of notes\n", 20), []string{"story", "small", "fast"}
		c.Speed = &Speed{Decode: 60, Kernels: "avx512", Threads: 2}
		c.Receipt = &Receipt{Source: "Big", Text: "en.txt", Tokens: 512}
		c.Extras = &Extras{Template: strings.Repeat("{{ .Prompt }}", 100)}
		c.Files, c.Bytes = nil, 0
		parts := 1
		if i%10 == 0 {
			parts = 3
		}
		for p := range parts {
			f := File{Name: fmt.Sprintf("part-%d.gguf", p), Bytes: 10, SHA256: sum}
			c.Bytes += f.Bytes
			if c.Reference {
				f.Name = filepath.Join(others, id, f.Name)
			}
			c.Files = append(c.Files, f)
			path := c.at(folder, p)
			for _, dir := range []string{folder, filepath.Dir(path)} {
				if err := os.MkdirAll(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if i%20 == 19 {
				continue
			}
			if err := os.WriteFile(path, make([]byte, f.Bytes), 0o600); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			c.Files[p].Modified = modified(info)
		}
		data, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, cardName), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestListMany(t *testing.T) {
	l, _ := openTemp(t)
	stock(t, l, t.TempDir(), 60)
	models, err := l.List()
	if err != nil || len(models) != 60 {
		t.Fatalf("%d models, %v", len(models), err)
	}
	for _, m := range models {
		var i int
		if _, err := fmt.Sscanf(m.ID, "model-%d", &i); err != nil || m.Gone != (i%20 == 19) || m.Damage != nil || m.Changed {
			t.Errorf("%+v, %v", m, err)
		}
	}
}

// BenchmarkList lists a library of 500 cards.
func BenchmarkList(b *testing.B) {
	l, err := Open(filepath.Join(b.TempDir(), "library"))
	if err != nil {
		b.Fatal(err)
	}
	stock(b, l, b.TempDir(), 500)
	for b.Loop() {
		if models, err := l.List(); err != nil || len(models) != 500 {
			b.Fatal(len(models), err)
		}
	}
}
