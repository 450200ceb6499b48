package vault

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTrash(t *testing.T) {
	c := newClock()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	talk := must(v.NewConversation(ctx, Conversation{Title: "Tides"}))(t)
	q := must(v.AddMessage(ctx, talk.ID, Message{Text: "q"}))(t)
	must(v.AddMessage(ctx, talk.ID, Message{Text: "a", Parent: q.ID}))(t)
	d := must(v.NewDocument(ctx, Document{Title: "Poem", Text: "Roses"}))(t)
	must(v.KeepRevision(ctx, d.ID, ""))(t)
	i := must(v.SetItem(ctx, Action, "shorter", "Shorten this."))(t)

	refs := []Ref{{KindConversation, talk.ID}, {KindDocument, d.ID}, {KindItem, i.ID}}
	var want []Trashed
	for k, r := range refs {
		c.pass(time.Minute)
		ok(t, v.Trash(ctx, r))
		want = append([]Trashed{{r, []string{"Tides", "Poem", "shorter"}[k], c.now()}}, want...)
		c.pass(time.Minute)
		ok(t, v.Trash(ctx, r)) // it stays where it is
	}
	same(t, must(v.Trashed(ctx))(t), want)
	if n := must(v.Conversations(ctx, Filter{}))(t); len(n) != 0 {
		t.Errorf("the list has what is in the trash: %v", n)
	}
	for _, r := range refs {
		ok(t, v.Restore(ctx, r))
		ok(t, v.Restore(ctx, r))
	}
	if list := must(v.Trashed(ctx))(t); len(list) != 0 {
		t.Error("something is left in the trash")
	}
	same(t, must(v.Conversation(ctx, talk.ID))(t).Deleted, time.Time{})
	sound(t, v)

	for _, r := range refs {
		ok(t, v.Trash(ctx, r))
	}
	ok(t, v.EmptyTrash(ctx))
	ok(t, v.EmptyTrash(ctx))
	for _, r := range refs {
		for _, err := range []error{v.Trash(ctx, r), v.Restore(ctx, r), v.Purge(ctx, r)} {
			wantIs(t, err, ErrNotFound)
		}
	}
	wantRows(t, v, 0)
	sound(t, v)
	for _, r := range []Ref{{KindMessage, q.ID}, {"chain", 1}, {}} {
		for _, err := range []error{v.Trash(ctx, r), v.Restore(ctx, r), v.Purge(ctx, r)} {
			if err == nil || !strings.Contains(err.Error(), "trash") {
				t.Errorf("%v: %v", r, err)
			}
		}
	}
}

func TestSweep(t *testing.T) {
	c := newClock()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	const day = 24 * time.Hour
	make := func(title string, lifetime time.Duration) Conversation {
		talk := must(v.NewConversation(ctx, Conversation{Title: title, Lifetime: lifetime}))(t)
		must(v.AddMessage(ctx, talk.ID, Message{Text: title}))(t)
		return talk
	}
	make("for ever", 0)
	week := make("a week", 7*day)
	make("a month", 30*day)
	trashed := make("in the trash", 0)
	make("both", 7*day)

	left := func(want ...string) {
		t.Helper()
		got := []string{}
		for _, trash := range []bool{false, true} {
			for _, c := range must(v.Conversations(ctx, Filter{Trashed: trash}))(t) {
				got = append(got, c.Title)
			}
		}
		same(t, got, want)
	}
	sweep := func(want int) {
		t.Helper()
		if n := must(v.Sweep(ctx))(t); n != want {
			t.Errorf("%d were deleted, want %d", n, want)
		}
	}
	ok(t, v.Trash(ctx, Ref{KindConversation, trashed.ID}))
	sweep(0)
	c.pass(7*day - time.Second)
	sweep(0)
	must(v.AddMessage(ctx, week.ID, Message{Text: "goes on"}))(t) // the week begins anew
	c.pass(time.Second)
	sweep(1)
	left("a week", "a month", "for ever", "in the trash")
	c.pass(7 * day)
	sweep(1)
	left("a month", "for ever", "in the trash")
	c.pass(30*day - 14*day)
	sweep(2)
	left("for ever")
	wantRows(t, v, 2)
	sound(t, v)
}

// What belongs to a document goes with it, also when its time in the trash is over.
func TestPurgeDocument(t *testing.T) {
	for _, purge := range []func(context.Context, *Vault, Ref) error{
		func(ctx context.Context, v *Vault, r Ref) error { return v.Purge(ctx, r) },
		func(ctx context.Context, v *Vault, r Ref) error { return v.EmptyTrash(ctx) },
		func(ctx context.Context, v *Vault, r Ref) error { _, err := v.Sweep(ctx); return err },
	} {
		c := newClock()
		v := contents(t, t.TempDir(), c.now)
		ctx := t.Context()
		var refs []Ref
		for _, title := range []string{"goes", "stays"} {
			d := must(v.NewDocument(ctx, Document{Title: title, Text: title}))(t)
			must(v.KeepRevision(ctx, d.ID, ""))(t)
			must(v.SetItem(ctx, Setting, "pending "+d.UID.String(), title))(t)
			refs = append(refs, Ref{KindDocument, d.ID})
		}
		must(v.SetItem(ctx, Setting, "other", "stays"))(t)
		ok(t, v.Trash(ctx, refs[0]))
		wantRows(t, v, 7) // it may come back
		c.pass(TrashTime)
		ok(t, purge(ctx, v, refs[0]))
		wantRows(t, v, 4)
		for _, i := range must(v.Items(ctx, Setting))(t) {
			if string(i.Value) != `"stays"` {
				t.Errorf("there is %s still: %s", i.Name, i.Value)
			}
		}
		sound(t, v)
	}
}

// wantRows compares how many rows of content there are.
func wantRows(t *testing.T, v *Vault, want int) {
	t.Helper()
	total := 0
	ok(t, v.do(t.Context(), "count", func(x *txn) error {
		for _, c := range chained {
			var n int
			if err := x.one("SELECT count(*) FROM "+string(c.kind), nil, &n); err != nil {
				return err
			}
			total += n
		}
		return nil
	}))
	if total != want {
		t.Errorf("there are %d rows, want %d", total, want)
	}
}

// What is deleted for good gives its space back.
func TestPurgeShrinks(t *testing.T) {
	dir := t.TempDir()
	v := contents(t, dir, newClock().now)
	ctx := t.Context()
	size := func() int64 {
		t.Helper()
		total := int64(0)
		for _, name := range []string{dbName, dbName + "-wal"} {
			info, err := os.Stat(filepath.Join(dir, name))
			ok(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", name, info.Mode())
			}
			total += info.Size()
		}
		return total
	}
	must(v.NewConversation(ctx, Conversation{Title: "stays"}))(t)
	ok(t, v.shrink(ctx))
	before := size()
	d := must(v.NewDocument(ctx, Document{Text: strings.Repeat("All work and no play. ", 50_000)}))(t)
	if size() < before+1_000_000 {
		t.Fatal("a document of a megabyte takes no space")
	}
	ok(t, v.Purge(ctx, Ref{KindDocument, d.ID}))
	if after := size(); after > before+64<<10 {
		t.Errorf("%d bytes before, %d after", before, after)
	}
	sound(t, v)
}
