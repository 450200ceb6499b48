package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lamplight/internal/fixture"
)

// fillUp takes all space that is left.
func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	ok(t, err)
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, unix.ENOSPC) {
			size /= 2
		} else {
			ok(t, err)
		}
	}
}

// A full disk refuses what is new and keeps what was acknowledged; work goes on when there is space again.
func TestFullDisk(t *testing.T) {
	disk := fixture.SmallDisk(t, "4m")
	filler := filepath.Join(disk, "filler")
	v := contents(t, disk, newClock().now)
	ctx := t.Context()
	d := must(v.NewDocument(ctx, Document{Title: "draft"}))(t)
	talk := must(v.NewConversation(ctx, Conversation{}))(t)
	stored := 0
	draft := ""
	text := strings.Repeat("All work and no play makes Jack a dull boy. ", 100)
	write := func() error {
		if _, err := v.AddMessage(ctx, talk.ID, Message{Text: text}); err != nil {
			return err
		}
		stored++
		if err := v.SetDocument(ctx, d.ID, "draft", draft+text); err != nil {
			return err
		}
		draft += text
		return nil
	}
	intact := func() {
		t.Helper()
		if n := len(must(v.Messages(ctx, talk.ID))(t)); n != stored {
			t.Fatalf("%d messages were acknowledged, %d are there", stored, n)
		}
		if got := must(v.Document(ctx, d.ID))(t); got.Text != draft {
			t.Fatalf("the document has %d bytes, want %d", len(got.Text), len(draft))
		}
		must(v.Search(ctx, "jack", 10))(t)
		if found := must(v.Verify(ctx))(t); len(found) > 0 {
			t.Fatal(found)
		}
	}
	for round := range 4 {
		ok(t, write())
		fillUp(t, filler)
		var err error
		for range 1000 {
			if err = write(); err != nil {
				break
			}
		}
		wantIs(t, err, ErrFull)
		for range 3 { // it stays full
			wantIs(t, write(), ErrFull)
		}
		intact()
		if round == 2 { // the program ends and starts while the disk is full
			_ = v.db.Close()
			again, err := openContents(disk, newClock().now)
			if err != nil {
				wantIs(t, err, ErrFull)
			} else {
				ok(t, again.db.Close())
			}
		}
		ok(t, os.Remove(filler))
		if round == 2 {
			v = contents(t, disk, newClock().now)
			intact()
		}
		ok(t, write())
		intact()
		sound(t, v)
	}
}

// A new vault on a full disk is an error and no vault.
func TestCreateOnFullDisk(t *testing.T) {
	disk := fixture.SmallDisk(t, "64k")
	fillUp(t, filepath.Join(disk, "filler"))
	_, err := openContents(disk, newClock().now)
	wantIs(t, err, ErrFull)
	ok(t, os.Remove(filepath.Join(disk, "filler")))
}

// A folder that can only be read.
func TestReadOnlyDisk(t *testing.T) {
	disk := fixture.SmallDisk(t, "4m")
	v := contents(t, disk, newClock().now)
	someContent(t, v)
	ok(t, v.db.Close())
	ok(t, unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	_, err := openContents(disk, newClock().now)
	wantIs(t, err, ErrReadOnly)
	ok(t, unix.Mount("", disk, "", unix.MS_REMOUNT, ""))
	v = contents(t, disk, newClock().now)
	sound(t, v)
	must(v.NewDocument(t.Context(), Document{Text: "goes on"}))(t)
}

// A file that may not be written, for everybody but root.
func TestReadOnlyFile(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write every file")
	}
	dir := t.TempDir()
	v := contents(t, dir, newClock().now)
	ok(t, v.db.Close())
	ok(t, os.Chmod(filepath.Join(dir, dbName), 0o400))
	_, err := openContents(dir, newClock().now)
	wantIs(t, err, ErrReadOnly)
}
