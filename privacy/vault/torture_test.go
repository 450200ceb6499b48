package vault

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A process that stores things says so, one line for each that was acknowledged, and is killed in the middle
// of it, again and again, with the same vault. LAMPLIGHT_KILLS sets how often.
func TestKill(t *testing.T) {
	kills := 30
	if s := os.Getenv("LAMPLIGHT_KILLS"); s != "" {
		var err error
		kills, err = strconv.Atoi(s)
		ok(t, err)
	} else if testing.Short() {
		kills = 5
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("%d kills, seed %d", kills, seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	have := acknowledged{texts: map[int64]int{}, drafts: map[int64]int{}}
	for i := range kills {
		have.run(t, dir, i, time.Duration(r.IntN(120))*time.Millisecond)
		have.verify(t, dir)
		if t.Failed() {
			t.Fatalf("after %d kills", i+1)
		}
	}
	t.Logf("%d messages and %d documents were acknowledged", len(have.texts), len(have.drafts))
	if len(have.texts) < kills {
		t.Errorf("the processes have stored only %d messages", len(have.texts))
	}
}

// acknowledged is what the killed processes said they have stored: the step of each message and document.
type acknowledged struct{ texts, drafts map[int64]int }

// run starts a process and kills it so long after its first word.
func (a *acknowledged) run(t *testing.T, dir string, round int, after time.Duration) {
	t.Helper()
	cmd := helper(t, "store", dir, strconv.Itoa(round))
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	lines := bufio.NewReader(out)
	for first := true; ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line that was cut off was not said
		}
		var what string
		var id int64
		var step int
		if _, err := fmt.Sscanf(line, "%s %d %d\n", &what, &id, &step); err != nil {
			_ = cmd.Process.Kill()
			rest, _ := io.ReadAll(lines)
			t.Fatalf("the process said %s%s", line, rest)
		}
		switch what {
		case "text":
			a.texts[id] = step
		case "draft":
			a.drafts[id] = step
		}
		if first {
			first = false
			timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the process was not killed: %v", err)
	}
}

// verify opens the vault and looks for everything that was acknowledged. A write that was under way when the
// process was killed may be there or not.
func (a *acknowledged) verify(t *testing.T, dir string) {
	t.Helper()
	v, err := openContents(dir, time.Now)
	ok(t, err)
	defer v.db.Close()
	sound(t, v)
	texts, drafts := map[int64]string{}, map[int64]string{}
	read := func(query string, into map[int64]string) {
		ok(t, v.do(t.Context(), "read", func(x *txn) error {
			return x.each(query, nil, func(scan func(...any) error) error {
				var id int64
				var text string
				err := scan(&id, &text)
				into[id] = text
				return err
			})
		}))
	}
	read("SELECT id, text FROM message", texts)
	read("SELECT id, text FROM document", drafts)
	same := func(what string, said map[int64]int, have map[int64]string) {
		for id, step := range said {
			if text := have[id]; text != grown(id, step) && text != grown(id, step+1) {
				t.Errorf("%s %d was acknowledged at step %d and is %.80q", what, id, step, text)
			}
		}
	}
	same("message", a.texts, texts)
	same("document", a.drafts, drafts)
	for id, step := range a.texts { // the next process does not go on with it
		if texts[id] != grown(id, step) {
			a.texts[id] = step + 1
		}
	}
	for id, step := range a.drafts {
		if drafts[id] != grown(id, step) {
			a.drafts[id] = step + 1
		}
	}
}

// grown is the text of a row at a step. Every step has a word of its own.
func grown(id int64, step int) string {
	var b strings.Builder
	for i := range step + 1 {
		fmt.Fprintf(&b, "w%dx%d ", id, i)
	}
	return b.String()
}

// helper is this test binary as another process, which does what TestHelper says.
func helper(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	ok(t, err)
	cmd := exec.Command(self, "-test.run=^TestHelper$", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), "LAMPLIGHT_VAULT_HELPER="+strings.Join(args, "\n"))
	cmd.Stderr = os.Stderr
	return cmd
}

// TestHelper is no test: it is what the processes do that other tests start.
func TestHelper(t *testing.T) {
	args := strings.Split(os.Getenv("LAMPLIGHT_VAULT_HELPER"), "\n")
	if len(args) < 2 {
		t.Skip("it runs for other tests only")
	}
	err := helpers[args[0]](args[1:])
	fmt.Println("failed:", err)
	os.Exit(1)
}

var helpers = map[string]func(args []string) error{
	"store":  func(args []string) error { return storeForEver(args[0]) },
	"marker": func(args []string) error { return storeMarker(args[0], args[1]) },
}

// storeForEver stores conversations whose answers grow, and documents, until it is killed or fails.
func storeForEver(dir string) error {
	ctx := context.Background()
	v, err := openContents(dir, time.Now)
	if err != nil {
		return err
	}
	say := func(what string, id int64, step int) { fmt.Printf("%s %d %d\n", what, id, step) }
	for n := 0; ; n++ {
		c, err := v.NewConversation(ctx, Conversation{Title: fmt.Sprintf("talk %d", n)})
		if err != nil {
			return err
		}
		d, err := v.NewDocument(ctx, Document{Title: "draft"})
		if err != nil {
			return err
		}
		var parent int64
		for part := range 3 {
			m, err := v.AddMessage(ctx, c.ID, Message{Parent: parent, Role: "assistant"})
			if err != nil {
				return err
			}
			parent = m.ID
			for step := range 6 {
				if err := v.SetMessage(ctx, Message{ID: m.ID, Text: grown(m.ID, step), State: 1}); err != nil {
					return err
				}
				say("text", m.ID, step)
				draft := 6*part + step
				if err := v.SetDocument(ctx, d.ID, "draft", grown(d.ID, draft)); err != nil {
					return err
				}
				say("draft", d.ID, draft)
			}
			if _, err := v.KeepRevision(ctx, d.ID, "kept"); err != nil {
				return err
			}
		}
		if n%4 == 3 { // conversations that were not acknowledged come and go
			gone, err := v.NewConversation(ctx, Conversation{Title: "gone"})
			if err != nil {
				return err
			}
			if err := v.Purge(ctx, Ref{KindConversation, gone.ID}); err != nil {
				return err
			}
		}
	}
}

// storeMarker stores the marker wherever words go, says so, and goes on until it is killed.
func storeMarker(dir, marker string) error {
	ctx := context.Background()
	v, err := openContents(dir, time.Now)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		c, err := v.NewConversation(ctx, Conversation{Title: marker, Folder: marker})
		if err != nil {
			return err
		}
		m, err := v.AddMessage(ctx, c.ID, Message{Role: marker, Text: marker, Model: marker})
		if err != nil {
			return err
		}
		long := strings.Repeat(marker+" ", 2000)
		if err := v.SetMessage(ctx, Message{ID: m.ID, Text: long}); err != nil {
			return err
		}
		d, err := v.NewDocument(ctx, Document{Title: marker, Text: long})
		if err != nil {
			return err
		}
		if _, err := v.KeepRevision(ctx, d.ID, marker); err != nil {
			return err
		}
		if _, err := v.SetItem(ctx, Persona, marker, marker); err != nil {
			return err
		}
		hits, err := v.Search(ctx, marker, 1000) // sorting may use temporary files
		if err != nil || len(hits) == 0 {
			return fmt.Errorf("the marker is not found: %w", err)
		}
		if n%3 == 2 {
			if err := v.Purge(ctx, Ref{KindConversation, c.ID}); err != nil {
				return err
			}
		}
		fmt.Println("stored", n)
	}
}

// No file has the words of the user, neither while the vault is open nor after a kill or an orderly end.
func TestNoPlainText(t *testing.T) {
	const marker = "Xylographisches-Geheimnis-4711"
	root := t.TempDir()
	cmd := helper(t, "marker", filepath.Join(root, "data"), marker)
	ok(t, os.Mkdir(filepath.Join(root, "data"), 0o700))
	ok(t, os.Mkdir(filepath.Join(root, "tmp"), 0o700))
	for _, name := range []string{"HOME", "TMPDIR", "TMP", "TEMP", "SQLITE_TMPDIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"} {
		cmd.Env = append(cmd.Env, name+"="+filepath.Join(root, "tmp"))
	}
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	lines := bufio.NewScanner(out)
	said := 0
	for said < 8 && lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "stored") {
			t.Fatal("the process said ", lines.Text())
		}
		said++
	}
	wantNothing := func(when string) {
		t.Helper()
		files, found := grep(t, root, marker)
		if len(found) > 0 {
			t.Errorf("%s: plain text is in %v", when, found)
		}
		if files == 0 {
			t.Errorf("%s: there are no files", when)
		}
	}
	wantNothing("while it runs")
	ok(t, cmd.Process.Kill())
	_ = cmd.Wait()
	wantNothing("after a kill")
	v := contents(t, filepath.Join(root, "data"), time.Now)
	sound(t, v)
	if hits := must(v.Search(t.Context(), marker, 100))(t); len(hits) == 0 {
		t.Error("the marker is not in the vault")
	}
	wantNothing("after opening again")
	ok(t, v.db.Close())
	wantNothing("when it is closed")

	// The search does find what is there.
	for _, text := range []string{marker, strings.ToLower(marker), strings.Join(strings.Split(marker, ""), "\x00")} {
		path := filepath.Join(root, "tmp", "plain")
		ok(t, os.WriteFile(path, []byte("..."+text), 0o600))
		if _, found := grep(t, root, marker); len(found) != 1 {
			t.Errorf("%q is found in %v", text, found)
		}
	}
}

// grep returns how many files are below root, and which of them have a word of the marker: in any case, in
// UTF-8 or UTF-16.
func grep(t *testing.T, root, marker string) (files int, found []string) {
	t.Helper()
	ok(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil // the process has removed it
		}
		files++
		plain := strings.ToLower(strings.ReplaceAll(string(text), "\x00", ""))
		for _, word := range strings.Split(strings.ToLower(marker), "-")[:2] {
			if strings.Contains(plain, word) {
				found = append(found, path)
				break
			}
		}
		return err
	}))
	return files, found
}
