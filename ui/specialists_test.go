package ui

import (
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/engine/adapter"
	"lamplight/internal/fixture"
	"lamplight/kernels"
	"lamplight/library"
)

// adapterFile writes a strong adapter for a model.
func adapterFile(t *testing.T, m library.Model, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".gguf")
	if err := fixture.Adapter(t, m.Path, fixture.AdapterOptions{Rank: 4, Size: 0.4}).WriteGGUF(t.Context(), path, kernels.F16); err != nil {
		t.Fatal(err)
	}
	return path
}

// strength returns the choice of an adapter's strength in the dialog: of the innermost row that has its name.
func (u *session) strength(name string) (box *choiceBox) {
	u.t.Helper()
	roots := u.roots()
	each(roots[len(roots)-1], func(o fyne.CanvasObject) {
		row, ok := o.(*fyne.Container)
		if !ok || len(row.Objects) != 2 {
			return
		}
		named := false
		var inside *choiceBox
		each(row, func(o fyne.CanvasObject) {
			switch o := o.(type) {
			case *words:
				named = named || o.segment.Text == name
			case *choiceBox:
				inside = o
			}
		})
		if named && inside != nil {
			box = inside
		}
	})
	if box == nil {
		u.t.Fatalf("no strength of %q", name)
	}
	return box
}

// TestSpecialists drops an adapter, switches it on for the model, asks, and reads the receipt; then it has the persona,
// the chat and an action choose.
func TestSpecialists(t *testing.T) {
	u := keptSession(t)
	m, _ := u.shelf.chosen()
	u.importer.add(adapterFile(t, m, "Poems"))
	u.settle()
	u.mustSee("Poems is in your library, a specialist for One.")
	u.tap("Specialists")
	u.mustSee("Specialists of One")
	u.strength("Poems").SetSelected("As trained")
	u.tap("Save")
	u.settle()
	m, _ = u.shelf.chosen()
	if len(m.Card.Adapters) != 1 || m.Card.Adapters[0].Strength != 1 {
		t.Fatalf("on the card: %v", m.Card.Adapters)
	}
	use := m.Card.Adapters[0]
	if got := u.specialistsOf(m); got != "Poems" {
		t.Errorf("the card says %q", got)
	}

	u.openThisChat()
	u.before("Specialists").(*choiceBox).SetSelectedIndex(1)
	u.strength("Poems").SetSelected("× 0.5")
	u.tap("Save")
	u.settle()
	if own := u.chat.shown.Options().Adapters; own == nil || !slices.Equal(*own, []adapter.Use{{SHA256: use.SHA256, Name: "Poems", Strength: 0.5}}) {
		t.Errorf("the chat has %v", own)
	}
	u.openThisChat()
	u.tap("All as usual")
	u.tap("Save")
	u.settle()
	if own := u.chat.shown.Options().Adapters; own != nil {
		t.Errorf("the chat has %v", *own)
	}

	u.openPersonas()
	u.tap("New persona")
	u.after("Name").(*field).SetText("Poet")
	u.before("Specialists").(*choiceBox).SetSelectedIndex(1)
	u.tap("Save")
	u.settle()
	u.escape()
	if p := u.chat.personas; len(p) != 1 || p[0].Adapters == nil || len(*p[0].Adapters) != 0 {
		t.Errorf("the persona is %+v", p)
	}

	u.specialists(m)
	u.tap("Delete Poems")
	u.settle()
	u.mustSee("Poems is in the trash.")
	if got := u.specialistsOf(m); got != "" {
		t.Errorf("the card says %q", got)
	}
	u.openThisChat()
	u.escape()
	u.specialists(m)
	u.mustSee("Poems", "It is not in your library, or was made for another model.")
	u.escape()
	u.tap("Undo")
	u.settle()
	if got := u.specialistsOf(m); got != "Poems" {
		t.Errorf("brought back, the card says %q", got)
	}
}
