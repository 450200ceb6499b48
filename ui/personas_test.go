package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// keptSession begins with two models and a vault.
func keptSession(t *testing.T) *session {
	t.Helper()
	u := begin(t, opener(vault.File, t.TempDir(), nil, setup{models: []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}}}))
	u.settle()
	return u
}

// after returns the control that stands first after a text in the dialog.
func (u *session) after(name string) fyne.CanvasObject {
	u.t.Helper()
	var control fyne.CanvasObject
	here := false
	roots := u.roots()
	each(roots[len(roots)-1], func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *choiceBox, *field:
			if here && control == nil {
				control = o
			}
		case *words:
			here = here || o.segment.Text == name
		}
	})
	if control == nil {
		u.t.Fatalf("nothing stands after %q", name)
	}
	return control
}

// newPersona makes a persona, and closes the list of them.
func (u *session) newPersona(name, system string, model int, temperature string) {
	u.t.Helper()
	u.openPersonas()
	u.tap("New persona")
	u.after("Name").(*field).SetText(name)
	u.after("Instructions").(*field).SetText(system)
	u.before("Model").(*choiceBox).SetSelectedIndex(model)
	u.before("Temperature").(*field).SetText(temperature)
	u.tap("Save")
	u.settle()
	u.mustSee("Personas", name)
	u.escape()
}

// before returns the control of a row of the dialog, which is drawn before the row's name or after it.
func (u *session) before(name string) fyne.CanvasObject {
	u.t.Helper()
	var control fyne.CanvasObject
	roots := u.roots()
	each(roots[len(roots)-1], func(o fyne.CanvasObject) {
		row, ok := o.(*fyne.Container)
		if !ok || control != nil || len(row.Objects) != 2 {
			return
		}
		named := false
		var inside fyne.CanvasObject
		each(row, func(o fyne.CanvasObject) {
			switch o := o.(type) {
			case *words:
				named = named || o.segment.Text == name
			case *choiceBox, *field:
				if inside == nil {
					inside = o
				}
			}
		})
		if named {
			control = inside
		}
	})
	if control == nil {
		u.t.Fatalf("there is no row %q", name)
	}
	return control
}

func TestPersonas(t *testing.T) {
	u := keptSession(t)
	if want := []string{"No persona", "Personas…"}; !slices.Equal(u.chat.persona.Options, want) || u.chat.persona.SelectedIndex() != 0 {
		t.Errorf("to choose from are %q", u.chat.persona.Options)
	}
	u.newPersona("Editor", "You correct letters.", 2, "0.2")
	p := u.chat.personas[0]
	want := assistant.Persona{ID: p.ID, Name: "Editor", System: "You correct letters.", Model: u.model("Two"), Sampling: assistant.Sampling{Temperature: ptr(float32(0.2))}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Fatal(diff)
	}

	u.chat.persona.SetSelectedIndex(1)
	u.settle()
	if e := u.chat.shown.Effective(); e.Persona.ID != p.ID || e.System != "You correct letters." || e.Model != p.Model || *e.Sampling.Temperature != 0.2 {
		t.Errorf("in force is %+v", e)
	}
	if u.chat.choice.Selected != "Two" || u.chat.loading.what.id != p.Model {
		t.Errorf("the list shows %q, loaded is %q", u.chat.choice.Selected, u.chat.loading.what.id)
	}
	first := u.chat.shown
	u.ask("hello")
	u.until("the answer", func() bool { return u.chat.running == nil })
	u.chat.startNew()
	u.settle()
	if u.chat.persona.SelectedIndex() != 0 || u.chat.choice.Selected != "One" {
		t.Errorf("a new chat has %q and %q", u.chat.persona.Selected, u.chat.choice.Selected)
	}
	u.chat.open(first)
	u.settle()
	if u.chat.persona.Selected != "Editor" || u.chat.choice.Selected != "Two" {
		t.Errorf("the first chat has %q and %q", u.chat.persona.Selected, u.chat.choice.Selected)
	}

	u.chat.persona.SetSelectedIndex(2) // Personas…
	u.mustSee("Personas", "Two · You correct letters.")
	if u.chat.persona.Selected != "Editor" {
		t.Errorf("opening the list has chosen %q", u.chat.persona.Selected)
	}
	u.tap("Duplicate Editor")
	u.tap("Save")
	u.settle()
	u.mustSee("Editor, copy")
	u.tap("Edit Editor, copy")
	u.after("Name").(*field).SetText("Poet")
	u.tap("Save")
	u.settle()
	u.mustSee("Poet")
	u.mustNotSee("Editor, copy")

	u.tap("Delete Editor")
	u.settle()
	u.mustSee("“Editor” was deleted.")
	if u.chat.persona.Selected != "No persona" || u.chat.choice.Selected != "One" || len(u.chat.personas) != 1 {
		t.Errorf("without the persona the chat has %q and %q", u.chat.persona.Selected, u.chat.choice.Selected)
	}
	u.tap("Undo")
	u.settle()
	if u.chat.persona.Selected != "Editor" || u.chat.choice.Selected != "Two" {
		t.Errorf("brought back it is %q and %q", u.chat.persona.Selected, u.chat.choice.Selected)
	}
	if log := u.log.String(); strings.Contains(log, "Editor") || strings.Contains(log, "correct") {
		t.Error("the log has words of the user")
	}
}

// model returns the ID of a model by its name.
func (u *session) model(name string) string {
	u.t.Helper()
	for _, m := range u.shelf.models {
		if m.Card.Name == name {
			return m.ID
		}
	}
	u.t.Fatalf("there is no model %q", name)
	return ""
}

func TestPersonaNeedsAName(t *testing.T) {
	u := keptSession(t)
	u.openPersonas()
	u.tap("New persona")
	u.tap("Save")
	u.settle()
	u.mustSee("New persona", "This persona cannot be kept.")
	if len(u.chat.personas) != 0 {
		t.Errorf("%v were kept", u.chat.personas)
	}
	u.tap("Cancel")
	u.mustSee("A persona is who answers")
}

// Personas are the user's words: a lock takes them from memory.
func TestPersonasAreLocked(t *testing.T) {
	u := keptSession(t)
	u.newPersona("Editor", "", 0, "")
	u.lockVault("test")
	u.settle()
	if len(u.chat.personas) != 0 || slices.Contains(u.chat.persona.Options, "Editor") {
		t.Error("a locked window has them")
	}
	u.openAgain()
	u.settle()
	if !slices.Contains(u.chat.persona.Options, "Editor") {
		t.Errorf("to choose from are %q", u.chat.persona.Options)
	}
}

func TestThisChat(t *testing.T) {
	u := keptSession(t)
	u.newPersona("Editor", "You correct letters.", 2, "0.2")
	u.chat.persona.SetSelectedIndex(1)
	u.settle()
	u.tap("This chat")
	u.mustSee("As the persona has it.", "The persona's: Two", "Careful: stays with likely words, and repeats itself more easily. From the persona.")
	system := u.after("Instructions").(*field)
	if system.Text != "You correct letters." {
		t.Errorf("the instructions are %q", system.Text)
	}
	system.SetText("")
	u.mustSee("The model is told nothing in this chat.")
	u.tap("As the persona has it")
	u.mustSee("As the persona has it.")
	system.SetText("You are brief.")
	u.mustSee("Changed for this chat.")
	u.before("Model").(*choiceBox).SetSelectedIndex(1)
	u.before("Top-k").(*field).SetText("7")
	u.tap("Save")
	u.settle()
	id := u.chat.personas[0].ID
	want := assistant.Options{Persona: id, System: ptr("You are brief."), Model: u.model("One"), Sampling: assistant.Sampling{TopK: ptr(7)}}
	if diff := cmp.Diff(want, u.chat.shown.Options()); diff != "" {
		t.Fatal(diff)
	}
	if !u.chat.own.Active() || u.chat.choice.Selected != "One" {
		t.Errorf("the head shows %q", u.chat.choice.Selected)
	}
	u.chat.choice.SetSelectedIndex(1) // a chat with a model of its own gets another one
	u.settle()
	if got := u.chat.shown.Options().Model; got != u.model("Two") || u.shelf.active != u.model("One") {
		t.Errorf("its model is %q, active is %q", got, u.shelf.active)
	}

	u.tap("This chat")
	u.tap("All as usual")
	u.tap("Save")
	u.settle()
	if diff := cmp.Diff(assistant.Options{Persona: id}, u.chat.shown.Options()); diff != "" {
		t.Error(diff)
	}
	if u.chat.own.Active() {
		t.Error("the head shows that the chat has something of its own")
	}
}

// A model that is gone is not asked for in vain: the active one answers, and the window says so.
func TestModelOfAChatIsGone(t *testing.T) {
	u := keptSession(t)
	u.chat.setOptions(u.chat.shown, func(o *assistant.Options) { o.Model = "no-such-model" })
	u.settle()
	u.mustSee("The model that was chosen for this chat is gone, so One answers.")
	if u.chat.choice.Selected != "One" {
		t.Errorf("the head shows %q", u.chat.choice.Selected)
	}
	u.tap("This chat")
	u.mustSee("a model that is gone")
}
