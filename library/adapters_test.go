package library

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/adapter"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// TestAdapters holds what becomes of an adapter in the library: it is copied from either format, known by its content,
// shown with the models that it fits, renamed, removed and brought back.
func TestAdapters(t *testing.T) {
	l, sources := openTemp(t)
	path := fixture.GGUF(t, fixture.Options{})
	m := mustImport(t, l, path)
	a := fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 3, Size: 0.1, Targets: []string{"attn_q", "ffn_down"}})
	file, folder := filepath.Join(sources, "poems.gguf"), filepath.Join(sources, "letters")
	other := fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 2, Size: 0.1})
	if err := errors.Join(a.WriteGGUF(t.Context(), file, kernels.F16), other.WriteFolder(folder)); err != nil {
		t.Fatal(err)
	}
	poems, existed, err := l.AddAdapter(t.Context(), file, AdapterOptions{Base: "My model", BaseSHA256: m.Digest(), Trained: true})
	if err != nil || existed {
		t.Fatal(existed, err)
	}
	want := AdapterCard{
		Name: "poems", Architecture: "gemma3", Base: "My model", BaseSHA256: m.Digest(), Trained: true, Layers: fixture.Layers, Rank: 3,
		Matrices:   map[string][2]int{"attn_q": {fixture.Hidden, fixture.Heads * fixture.HeadDim}, "ffn_down": {fixture.FeedForward, fixture.Hidden}},
		Parameters: fixture.Layers * 3 * (fixture.Hidden + fixture.Heads*fixture.HeadDim + fixture.FeedForward + fixture.Hidden),
		Bytes:      poems.Card.Bytes, SHA256: poems.Card.SHA256, Imported: poems.Card.Imported,
	}
	if diff := cmp.Diff(want, poems.Card); diff != "" || poems.ID != "poems" {
		t.Errorf("%s: %s", poems.ID, diff)
	}
	letters, _, err := l.AddAdapter(t.Context(), folder, AdapterOptions{})
	if err != nil || letters.Card.Name != "letters" {
		t.Fatal(letters, err)
	}
	if read, err := adapter.Open(letters.Path); err != nil || !cmp.Equal(read.Factors, other.Factors) {
		t.Errorf("converted from a folder it is another one: %v", err)
	}
	again, existed, err := l.AddAdapter(t.Context(), file, AdapterOptions{Name: "Another name"})
	if err != nil || !existed || again.ID != poems.ID || again.Card.Name != "poems" {
		t.Errorf("once more: %v, %v, %v", again, existed, err)
	}

	names := func() (names string) {
		list, err := l.AdaptersFor(*m)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			names += a.Card.Name + " "
		}
		return names
	}
	if got := names(); got != "letters poems " {
		t.Errorf("adapters: %q", got)
	}
	if err := l.RenameAdapter(poems.ID, " Short\npoems "); err != nil {
		t.Fatal(err)
	}
	if err := l.RemoveAdapter(letters.ID); err != nil {
		t.Fatal(err)
	}
	if got := names(); got != "Short poems " {
		t.Errorf("adapters: %q", got)
	}
	if _, err := l.Adapter(letters.Card.SHA256); !errors.Is(err, ErrNotFound) {
		t.Errorf("a removed one: %v", err)
	}
	if err := l.RestoreAdapter(letters.ID); err != nil {
		t.Fatal(err)
	}
	if err := l.RemoveAdapter(letters.ID); err != nil {
		t.Fatal(err)
	}
	if _, existed, err := l.AddAdapter(t.Context(), folder, AdapterOptions{}); err != nil || !existed || names() != "letters Short poems " {
		t.Errorf("from the trash: %v, %v, %q", existed, err, names())
	}
	for _, err := range []error{l.RenameAdapter(poems.ID, " "), l.RenameAdapter("x", "y"), l.RemoveAdapter("../x"), l.RestoreAdapter(poems.ID)} {
		if !errors.Is(err, ErrName) && !errors.Is(err, ErrNotFound) {
			t.Errorf("%v", err)
		}
	}
	if models, err := l.List(); err != nil || len(models) != 1 {
		t.Errorf("%d models, %v", len(models), err)
	}
	if err := l.RemoveAdapter(letters.ID); err != nil {
		t.Fatal(err)
	}
	if err := l.EmptyTrash(); err != nil {
		t.Fatal(err)
	}
	if err := l.RestoreAdapter(letters.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the trash was emptied: %v", err)
	}
}

// TestAdapterFits holds that an adapter is shown with models of its shape only.
func TestAdapterFits(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	src, err := source.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	c, err := describeAdapter(fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 1, Size: 1}))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*source.Config){
		"":             func(*source.Config) {},
		"architecture": func(m *source.Config) { m.Architecture = "llama" },
		"layers":       func(m *source.Config) { m.Layers-- },
		"hidden":       func(m *source.Config) { m.Hidden++ },
		"heads":        func(m *source.Config) { m.Heads++ },
		"KV heads":     func(m *source.Config) { m.KVHeads++ },
		"feed-forward": func(m *source.Config) { m.FeedForward++ },
	} {
		shape := src.Config()
		change(&shape)
		if c.Fits(shape) != (name == "") {
			t.Errorf("another %s: fits is %v", name, c.Fits(shape))
		}
	}
}

// TestAdapterRefuses holds that what is no adapter, and a card that somebody has spoilt, leave nothing behind and
// disturb nothing.
func TestAdapterRefuses(t *testing.T) {
	l, sources := openTemp(t)
	path := fixture.GGUF(t, fixture.Options{})
	text := filepath.Join(sources, "a.gguf")
	if err := os.WriteFile(text, []byte("no adapter"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, text, sources, filepath.Join(sources, "none")} {
		if _, _, err := l.AddAdapter(t.Context(), path, AdapterOptions{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if entries, err := os.ReadDir(l.dir); err != nil || len(entries) > 1 { // the lock
		t.Errorf("%v, %v", entries, err)
	}
	good := filepath.Join(sources, "good.gguf")
	if err := fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 1, Size: 1}).WriteGGUF(t.Context(), good, kernels.F16); err != nil {
		t.Fatal(err)
	}
	a, _, err := l.AddAdapter(t.Context(), good, AdapterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	card := filepath.Join(filepath.Dir(a.Path), adapterCardName)
	for _, data := range []string{"", "{}", "null", `{"name":"x"}`, strings.Repeat("[", 1000)} {
		if err := os.WriteFile(card, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if list, err := l.Adapters(); err != nil || len(list) != 0 {
			t.Errorf("%.20q: %v, %v", data, list, err)
		}
	}
}

// TestSetAdapters holds that a model's card keeps what it is used with, and nothing that makes no sense.
func TestSetAdapters(t *testing.T) {
	l, _ := openTemp(t)
	m := mustImport(t, l, fixture.GGUF(t, fixture.Options{}))
	sum := strings.Repeat("ab", 32)
	uses := []adapter.Use{{SHA256: sum, Name: "a\nb", Strength: 0.5}, {SHA256: sum, Strength: 1}, {SHA256: "x", Strength: 1}, {SHA256: strings.Repeat("cd", 32), Strength: 100}}
	if err := l.SetAdapters(m.ID, uses); err != nil {
		t.Fatal(err)
	}
	got, err := l.Get(m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]adapter.Use{{SHA256: sum, Name: "a b", Strength: 0.5}}, got.Card.Adapters); diff != "" {
		t.Error(diff)
	}
	if err := l.SetAdapters(m.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Get(m.ID); err != nil || got.Card.Adapters != nil {
		t.Errorf("%v, %v", got.Card.Adapters, err)
	}
}
