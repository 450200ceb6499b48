package ui

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lamplight/internal/fixture"
	"lamplight/library"
	"lamplight/ui/widgets"
)

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		width float32
		want  int
	}{{0, 1}, {300, 1}, {607, 1}, {608, 2}, {916, 3}, {2000, 6}} {
		if got := columnsIn(c.width); got != c.want {
			t.Errorf("%v is wide enough for %d columns, not %d", c.width, c.want, got)
		}
	}
}

// Of many models only those exist as cards that can be seen, and the others when it is scrolled to them.
func TestManyModels(t *testing.T) {
	u := begin(t, setup{options: func(o *Options) { stock(t, o.Library, filepath.Join(o.Models), 60) }})
	u.show(modelsPage)
	u.settle()
	if n := len(u.shelf.models); n != 60 {
		t.Fatalf("%d models", n)
	}
	u.mustSee("Model 000")
	u.mustNotSee("Model 059")
	if n := len(u.models.grid.box.Objects); n < 4 || n > 20 {
		t.Errorf("%d cards exist", n)
	}
	seen := map[fyne.Focusable]bool{}
	u.win.Canvas().Unfocus()
	for range 500 {
		u.win.Canvas().FocusNext()
		if f, ok := u.win.Canvas().Focused().(*widgets.IconButton); ok && strings.HasPrefix(f.Label(), "More about ") {
			seen[f] = true
			if f.Label() == "More about Model 059" {
				break
			}
		}
	}
	if len(seen) != 60 {
		t.Errorf("Tab came to %d cards", len(seen))
	}
	u.mustSee("Model 059")
	u.mustNotSee("Model 000")
	u.parent.Resize(fyne.NewSize(760, 520)) // fewer columns
	u.settle()
	if n := len(u.models.grid.box.Objects); n < 2 || n > 12 {
		t.Errorf("%d cards exist in a small window", n)
	}
	u.models.search.SetText("003")
	u.mustSee("Model 003")
}

// BenchmarkOpenModels is what it costs to list a library of 500 cards, to put the page together from that, and to
// scroll by a row.
func BenchmarkOpenModels(b *testing.B) {
	u := begin(b, setup{options: func(o *Options) { stock(b, o.Library, o.Models, 500) }})
	u.show(modelsPage)
	u.settle()
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			s, err := u.readShelf()
			if err != nil || len(s.models) != 500 {
				b.Fatal(len(s.models), err)
			}
			u.shelf = s
			clear(u.models.grid.made)
			u.models.build()
		}
	})
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			clear(u.models.grid.made)
			u.models.build()
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			u.models.build()
		}
	})
	b.Run("scroll", func(b *testing.B) {
		g := u.models.grid
		for i := 0; b.Loop(); i++ {
			g.ScrollToOffset(fyne.NewPos(0, g.rows[i%len(g.rows)].y))
			g.show()
		}
	})
}

// stock writes cards of n models into a library's folder, with all that a card can have.
func stock(t testing.TB, lib *library.Library, dir string, n int) {
	t.Helper()
	m := put(t, lib, fixture.GGUF(t, fixture.Options{Name: "Model 000"}))
	card, err := os.ReadFile(filepath.Join(dir, m.ID, "model.json"))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(card, &fields); err != nil {
		t.Fatal(err)
	}
	fields["tags"], fields["notes"] = []string{"story", "small"}, "a line of notes"
	fields["speed"] = library.Speed{Decode: 60, Kernels: "go", Threads: 2}
	fields["last_used"], fields["origin"] = time.Now(), "https://example.org/model"
	for i := range n {
		folder := filepath.Join(dir, m.ID)
		if i > 0 {
			folder = filepath.Join(dir, fmt.Sprintf("model-%03d", i))
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Link(filepath.Join(dir, m.ID, "model.gguf"), filepath.Join(folder, "model.gguf")); err != nil {
				t.Fatal(err)
			}
		}
		fields["name"] = fmt.Sprintf("Model %03d", i)
		data, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "model.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
