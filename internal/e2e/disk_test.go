//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"lamplight/privacy/vault"
)

// smallDisk puts a file system of its own, of so many bytes, under what the program keeps. It skips the test
// where that is not allowed.
func smallDisk(size string) func(p *program) {
	return func(p *program) {
		dir := p.dir("data/lamplight")
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size+",mode=0700"); err != nil {
			p.t.Skip("a small file system cannot be mounted here: ", err)
		}
		p.t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				p.t.Error(err)
			}
		})
	}
}

// fill takes all space that is left where the program keeps things.
func (p *program) fill() (filler string) {
	p.t.Helper()
	filler = p.dir("data/lamplight/filler")
	f, err := os.OpenFile(filler, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(p.t, err)
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else {
			must(p.t, err)
		}
	}
	return filler
}

// exchanged is a question and how much of its answer was shown.
type exchanged struct {
	question string
	written  int // bytes
}

// Under an answer or at the top of the window stands how it ended.
const (
	full    = "The disk is full, so your words could not be stored."
	stopped = "text=Stopped."
)

// ask sends the question in the prompt and stops its answer after some words; meanwhile runs when they are there.
// It returns what the program says of the end, and false if it did not take the question.
func (c *conversation) ask(question string, meanwhile func()) (says string, taken bool) {
	p := c.p
	p.t.Helper()
	turns := 2 * len(c.all)
	p.key("Return")
	p.await(`msg="answer started"`)
	p.until("some words, or a refusal", func() bool {
		l := p.look()
		return l.turns == turns+2 && l.written > 300 || p.came(`msg="an answer failed"`)
	})
	if meanwhile != nil {
		meanwhile()
	}
	p.key("Escape")
	p.await(`msg="answer ended"`)
	says = p.await(`msg=(?:note|notice) text=`)
	if strings.Contains(says, "msg=notice") {
		p.until("the question back in the prompt", func() bool { l := p.look(); return l.turns == turns && l.typed == len(question) })
		return says, false
	}
	p.until("the end of the answer", func() bool { l := p.look(); return l.turns == turns+2 && l.written > 0 && l.has("send") })
	c.all = append(c.all, exchanged{question, p.look().written})
	return says, true
}

// conversation is what was said, as the window shows it.
type conversation struct {
	p   *program
	all []exchanged
}

// next types another question.
func (c *conversation) next() string {
	c.p.t.Helper()
	question := fmt.Sprintf("What comes after %d?", len(c.all))
	c.p.typeText(question)
	return question
}

// wantStored looks into the vault of the program, which has ended.
func (c *conversation) wantStored(t *testing.T) {
	t.Helper()
	v := c.p.openVault(t)
	ctx := t.Context()
	talks, err := v.Conversations(ctx, vault.Filter{})
	must(t, err)
	if len(talks) != 1 {
		t.Fatalf("the vault has %d conversations", len(talks))
	}
	path, err := v.Path(ctx, talks[0].ID)
	must(t, err)
	var stored []exchanged
	for i := 0; i+1 < len(path); i += 2 {
		stored = append(stored, exchanged{path[i].Text, len(path[i+1].Text)})
	}
	if !slices.Equal(stored, c.all) {
		t.Errorf("stored are %v, want %v", stored, c.all)
	}
	must(t, v.Check(ctx))
	if found, err := v.Verify(ctx); err != nil || len(found) > 0 {
		t.Errorf("the vault is not as it was written: %v %v", found, err)
	}
	must(t, v.Close())
}

// TestFullDisk chats on a disk that becomes full, first while an answer is written. A sentence says so, nothing of
// what was stored is lost, the program goes on, and what could not be stored is when there is space again.
func TestFullDisk(t *testing.T) {
	model, settings := endless(t)
	p := start(t, options{settings: settings, before: smallDisk("16m")})
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	c := &conversation{p: p}
	if says, _ := c.ask(c.next(), nil); !strings.Contains(says, stopped) {
		t.Fatal("the program says ", says)
	}
	// The log of the database may have room that it has used before, so the disk is fuller than it seems only
	// after some attempts.
	var filler string
	until := func(what string, enough func(taken bool) bool) (question string) {
		for range 20 {
			question = c.next()
			says, taken := c.ask(question, func() { filler = p.fill() })
			switch {
			case strings.Contains(says, full) && enough(taken):
				return question
			case !strings.Contains(says, full) && !strings.Contains(says, stopped):
				t.Fatal("the program says ", says)
			case !taken:
				t.Fatalf("the question was refused before %s", what)
			}
		}
		t.Fatalf("the disk does not become full enough for %s", what)
		return ""
	}
	until("an answer that is not stored", func(taken bool) bool { return taken })
	p.shot("an answer that is not stored")
	question := until("a question that is not taken", func(taken bool) bool { return !taken })
	p.shot("a question that is not taken")
	p.openPage("settings")
	p.openPage("chat")

	must(t, os.Remove(filler))
	p.until("the same question", func() bool { return p.look().typed == len(question) && p.clickOnce("prompt") })
	if says, taken := c.ask(question, nil); !taken || !strings.Contains(says, stopped) {
		t.Fatal("the program says ", says)
	}
	p.quit()
	c.wantStored(t)
}

// TestReadOnly starts the program where it may write nothing of what it keeps, in two ways: a sentence says so, and
// it chats. What was there before stays, and is there when it may write again.
func TestReadOnly(t *testing.T) {
	for _, way := range []struct {
		name        string
		o           options
		shut, again func(t *testing.T, dir string)
	}{
		{"file system", options{before: smallDisk("16m")}, remount(syscall.MS_RDONLY), remount(0)},
		{"folder", options{user: "nobody"}, chmod(0o500, 0o400), chmod(0o700, 0o600)},
	} {
		t.Run(way.name, func(t *testing.T) {
			model, settings := endless(t)
			must(t, os.Chmod(filepath.Dir(model), 0o755)) // another user reads it
			must(t, os.Chmod(model, 0o644))
			way.o.settings = settings
			if way.o.user != "" && os.Geteuid() != 0 {
				way.o.user = "" // it is no administrator who may write everything
			}
			p := start(t, way.o)
			p.drop(model)
			p.await(`msg="import done"`)
			p.click("notice-action", p.gone("notice"))
			c := &conversation{p: p}
			if says, _ := c.ask(c.next(), nil); !strings.Contains(says, stopped) {
				t.Fatal("the program says ", says)
			}
			p.quit()

			way.shut(t, p.dir("data/lamplight"))
			p.launchLocked("Your conversations cannot be written")
			p.shot("started")
			p.tabTo("Go on without them")
			p.key("Return")
			p.until("the chat", func() bool { return p.look().has("prompt") })
			p.ask("And now?")
			p.until("some words", func() bool { return p.look().written > 300 })
			p.key("Escape")
			p.await(`msg="answer ended" tokens=\d+ stopped=true`)
			p.quit()

			way.again(t, p.dir("data/lamplight"))
			p.launch()
			p.await(`msg="history read" conversations=1`)
			p.quit()
			c.wantStored(t)
		})
	}
}

func remount(flags uintptr) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		must(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, ""))
	}
}

// chmod gives a folder and all in it these permissions.
func chmod(folder, file os.FileMode) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				return os.Chmod(path, folder)
			}
			return os.Chmod(path, file)
		}))
	}
}
