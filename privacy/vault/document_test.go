package vault

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func TestDocuments(t *testing.T) {
	c := newClock()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	d := must(v.NewDocument(ctx, Document{Title: "Letter", Text: "Dear"}))(t)
	later := must(v.NewDocument(ctx, Document{Title: "Poem", Text: "Roses"}))(t)
	same(t, must(v.Document(ctx, d.ID))(t), d)

	first := must(v.KeepRevision(ctx, d.ID, "begun"))(t)
	c.pass(time.Minute)
	ok(t, v.SetDocument(ctx, d.ID, "Letter to Ann", "Dear Ann"))
	second := must(v.KeepRevision(ctx, d.ID, "addressed"))(t)
	if again := must(v.KeepRevision(ctx, d.ID, "nothing new"))(t); again != second {
		t.Errorf("a document that has not changed got another revision: %+v", again)
	}
	ok(t, v.SetDocument(ctx, d.ID, "Letter to Ann", "Dear Bob"))

	c.pass(time.Minute)
	back := must(v.Revert(ctx, first.ID, "before going back"))(t)
	want := d
	want.Changed = c.now()
	same(t, back, want)
	same(t, must(v.Document(ctx, d.ID))(t), want)
	var notes []string
	for _, r := range must(v.Revisions(ctx, d.ID))(t) {
		notes = append(notes, r.Note)
		if r.Text != "" {
			t.Errorf("the list has the text of %q", r.Note)
		}
	}
	same(t, notes, []string{"before going back", "addressed", "begun"})
	same(t, must(v.Revision(ctx, second.ID))(t), second)

	list := must(v.Documents(ctx))(t)
	want.Text, later.Text = "", ""
	same(t, list, []Document{want, later})

	for _, err := range []error{
		v.SetDocument(ctx, 99, "", ""),
		failure(v.KeepRevision(ctx, 99, "")),
		failure(v.Revision(ctx, 99)),
		failure(v.Revert(ctx, 99, "")),
		failure(v.Document(ctx, 99)),
	} {
		wantIs(t, err, ErrNotFound)
	}
	sound(t, v)
}

func failure[T any](_ T, err error) error { return err }

func TestItems(t *testing.T) {
	type persona struct {
		Name  string
		Words []string
	}
	c := newClock()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	one := must(v.SetItem(ctx, Persona, "poet", persona{"Poet", []string{"ah"}}))(t)
	must(v.SetItem(ctx, Setting, "theme", "dark"))(t)
	must(v.SetItem(ctx, Setting, "poet", 3))(t) // a name is one of its kind
	c.pass(time.Hour)
	two := must(v.SetItem(ctx, Persona, "poet", persona{"Poet", []string{"oh"}}))(t)
	if two.ID != one.ID || two.Created != one.Created || two.Changed != c.now() {
		t.Errorf("got %+v after %+v", two, one)
	}
	var p persona
	ok(t, v.Item(ctx, Persona, "poet", &p))
	same(t, p, persona{"Poet", []string{"oh"}})
	var theme string
	ok(t, v.Item(ctx, Setting, "theme", &theme))
	same(t, theme, "dark")
	wantIs(t, v.Item(ctx, Setting, "none", &theme), ErrNotFound)
	var wrong *json.UnmarshalTypeError
	if err := v.Item(ctx, Setting, "poet", &theme); !errors.As(err, &wrong) {
		t.Errorf("a number was read as a string: %v", err)
	}
	if _, err := v.SetItem(ctx, Setting, "f", func() {}); err == nil {
		t.Error("a function was stored")
	}

	for range 3 {
		must(v.SetItem(ctx, Rejected, "", map[string]string{"from": "teh", "to": "the"}))(t)
	}
	if list := must(v.Items(ctx, Rejected))(t); len(list) != 3 || list[0].Name == list[1].Name {
		t.Errorf("items without names: %+v", list)
	}

	// An item in the trash leaves its name to another one.
	ok(t, v.Trash(ctx, Ref{KindItem, one.ID}))
	wantIs(t, v.Item(ctx, Persona, "poet", &p), ErrNotFound)
	three := must(v.SetItem(ctx, Persona, "poet", persona{Name: "New"}))(t)
	wantIs(t, v.Restore(ctx, Ref{KindItem, one.ID}), ErrExists)
	ok(t, v.Trash(ctx, Ref{KindItem, three.ID}))
	ok(t, v.Restore(ctx, Ref{KindItem, one.ID}))
	ok(t, v.Item(ctx, Persona, "poet", &p))
	same(t, p.Words, []string{"oh"})
	sound(t, v)
}
