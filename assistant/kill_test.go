package assistant

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lamplight/engine/chat"
	"lamplight/internal/fixture"
	"lamplight/library"
	"lamplight/privacy/vault"
)

// A process in which a model answers into a vault, while documents are edited in it, says what was stored, one
// line for each call that has returned, and is killed in the middle of it, again and again. LAMPLIGHT_KILLS sets
// how often.
func TestKill(t *testing.T) {
	kills := 10
	if s := os.Getenv("LAMPLIGHT_KILLS"); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	} else if testing.Short() {
		kills = 3
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("%d kills, seed %d", kills, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir, models := t.TempDir(), t.TempDir()
	lib, err := library.Open(models)
	if err != nil {
		t.Fatal(err)
	}
	use(t, lib, fixture.Options{})
	k := killed{questions: map[string]bool{}, answers: map[string][]string{}, texts: map[vault.Ref]string{}}
	for round := range kills {
		k.run(t, models, dir, round, time.Duration(random.IntN(250))*time.Millisecond)
		k.verify(t, NewRunner(lib, "", Settings{}), dir)
		if t.Failed() {
			t.Fatalf("after %d kills", round+1)
		}
	}
	t.Logf("acknowledged: %d questions, %d whole answers, %d texts; %d answers were cut off after some words", len(k.questions), len(k.answers), len(k.texts), k.cut)
	if len(k.questions) < kills || len(k.texts) < kills || kills >= 100 && k.cut == 0 {
		t.Error("that is too little to prove anything")
	}
}

// told is a line of a process: something was stored.
type told struct {
	Question string `json:",omitempty"`
	Answer   string `json:",omitempty"` // to Question; all of one version
	// Row has this text, or one that goes on after it: an answer that is being written, a document, a revision.
	Row  vault.Ref
	Text string `json:",omitempty"`
}

// killed is what the processes said.
type killed struct {
	questions map[string]bool
	answers   map[string][]string // by question
	texts     map[vault.Ref]string
	asked     []string // by the last process
	cut       int
}

// run starts a process and kills it so long after its first question.
func (k *killed) run(t *testing.T, models, dir string, round int, after time.Duration) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestAnswering$", "-test.timeout=5m")
	cmd.Env = append(os.Environ(), fmt.Sprintf("LAMPLIGHT_ANSWERING=%s\n%s\n%d", models, dir, round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	k.asked = nil
	lines := bufio.NewReader(out)
	var end *time.Timer
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line that was cut off was not said
		}
		var say told
		if err := json.Unmarshal([]byte(line), &say); err != nil {
			_ = cmd.Process.Kill()
			rest, _ := io.ReadAll(lines)
			t.Fatalf("the process said %s%s", line, rest)
		}
		switch {
		case say.Answer != "":
			k.answers[say.Question] = append(k.answers[say.Question], say.Answer)
		case say.Question != "":
			k.questions[say.Question] = true
			k.asked = append(k.asked, say.Question)
		default:
			k.texts[say.Row] = say.Text
		}
		if end == nil && say.Question != "" {
			end = time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
			defer end.Stop()
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the process was not killed: %v", err)
	}
}

// verify opens the vault and looks for everything that was acknowledged. What was under way when the process
// was killed may be there or not.
func (k *killed) verify(t *testing.T, r *Runner, dir string) {
	t.Helper()
	ctx := t.Context()
	v, err := vault.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if err := v.Check(ctx); err != nil {
		t.Error(err)
	}
	if found, err := v.Verify(ctx); err != nil || len(found) > 0 {
		t.Errorf("the vault is not as it was written: %v %v", found, err)
	}
	answers, texts := map[string][]string{}, map[vault.Ref]string{}
	for _, c := range loadAll(t, r, v) {
		turns := c.Turns()
		for i := 0; i+1 < len(turns); i += 2 {
			question, answer := turns[i], turns[i+1]
			if question.Role != chat.User || answer.Role != chat.Assistant || answer.State != CutOff && answer.State != Stopped {
				t.Errorf("the turns are %+v and %+v", question, answer)
			}
		}
		all, err := v.Messages(ctx, c.ID())
		if err != nil {
			t.Fatal(err)
		}
		questions := map[int64]string{}
		for _, m := range all {
			texts[vault.Ref{Kind: vault.KindMessage, ID: m.ID}] = m.Text
			if m.Role == string(chat.Assistant) {
				answers[questions[m.Parent]] = append(answers[questions[m.Parent]], m.Text)
				continue
			}
			questions[m.ID] = m.Text
			if _, twice := answers[m.Text]; twice {
				t.Errorf("%q is there twice", m.Text)
			}
			answers[m.Text] = nil
		}
	}
	for question := range k.questions {
		if _, there := answers[question]; !there {
			t.Errorf("the question %q is lost", question)
		}
	}
	for question, versions := range k.answers {
		for _, answer := range versions {
			if !slices.Contains(answers[question], answer) {
				t.Errorf("the answers to %q are %q, want %q", question, answers[question], answer)
			}
		}
	}
	for row, text := range k.texts {
		have := texts[row]
		switch row.Kind {
		case vault.KindDocument:
			d, err := v.Document(ctx, row.ID)
			if have = d.Text; err != nil {
				t.Error(err)
			}
		case vault.KindRevision:
			d, err := v.Revision(ctx, row.ID)
			if have = d.Text; err != nil {
				t.Error(err)
			}
		}
		if !strings.HasPrefix(have, text) {
			t.Errorf("%v was acknowledged as %q and is %q", row, text, have)
		}
	}
	for _, question := range k.asked {
		if len(k.answers[question]) < len(answers[question]) {
			k.cut++
		}
		hits, err := v.Search(ctx, question, 10)
		if err != nil {
			t.Error(err)
		}
		found := false
		for _, h := range hits {
			found = found || h.Kind == vault.KindMessage && h.Snippet == question
		}
		if !found {
			t.Errorf("%q is not found: %v", question, hits)
		}
	}
}

// TestAnswering is no test: it is what the processes do that TestKill starts.
func TestAnswering(t *testing.T) {
	args := strings.Split(os.Getenv("LAMPLIGHT_ANSWERING"), "\n")
	if len(args) != 3 {
		t.Skip("it runs for TestKill only")
	}
	saveEvery = 3 * time.Millisecond
	fmt.Println("failed:", answerForEver(args[0], args[1], args[2]))
	os.Exit(1)
}

// noted is a vault that says which texts it has.
type noted struct {
	*vault.Vault
	say func(told)
}

func (n noted) SetMessage(ctx context.Context, m vault.Message) error {
	err := n.Vault.SetMessage(ctx, m)
	if err == nil {
		n.say(told{Row: vault.Ref{Kind: vault.KindMessage, ID: m.ID}, Text: m.Text})
	}
	return err
}

// answerForEver answers questions and edits documents until it is killed or fails. round makes the questions
// its own.
func answerForEver(models, dir, round string) error {
	v, err := vault.Open(dir, nil)
	if errors.Is(err, vault.ErrNone) {
		v, err = vault.Create(dir, vault.Options{Protection: vault.File})
	}
	if err != nil {
		return err
	}
	lib, err := library.Open(models)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	n := noted{v, func(say told) {
		line, err := json.Marshal(say)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			_, err = os.Stdout.Write(append(line, '\n'))
		}
		if err != nil {
			fmt.Println("failed:", err)
		}
	}}
	failed := make(chan error)
	go func() { failed <- n.answer(NewRunner(lib, "", Settings{Threads: 1}), round) }()
	go func() { failed <- n.edit(round) }()
	return <-failed
}

// answer holds conversations of three questions whose answers are stopped after a while; one is then written again,
// and one goes on.
func (n noted) answer(r *Runner, round string) error {
	for talk := 0; ; talk++ {
		c := NewConversation(r, n)
		for part := range 3 {
			question := fmt.Sprintf("tell me of q%sx%dx%d", round, talk, part)
			for _, f := range []func(context.Context) iter.Seq2[Piece, error]{
				func(ctx context.Context) iter.Seq2[Piece, error] { return c.Ask(ctx, question) },
				func(ctx context.Context) iter.Seq2[Piece, error] { return c.Again(ctx, 2*part+1) },
				c.Continue,
			}[:part+1] {
				if err := n.stopped(f, question, 150*(part+1)); err != nil {
					return err
				}
				if turns := c.Turns(); part < 2 { // what went on is another text
					n.say(told{Question: question, Answer: turns[len(turns)-1].Text})
				}
			}
		}
	}
}

// stopped lets an answer to a question come, and stops it after so many words.
func (n noted) stopped(f func(context.Context) iter.Seq2[Piece, error], question string, after int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	words := 0
	for p, err := range f(ctx) {
		switch {
		case err != nil && !errors.Is(err, context.Canceled):
			return err
		case err == nil && p.Stage == Loading:
			n.say(told{Question: question})
		case err == nil && p.Stage == Answering:
			if words++; words == after {
				cancel()
			}
		}
	}
	return nil
}

// edit lets documents grow, and keeps revisions.
func (n noted) edit(round string) error {
	ctx := context.Background()
	for draft := 0; ; draft++ {
		title := fmt.Sprintf("draft %d", draft)
		d, err := n.NewDocument(ctx, vault.Document{Title: title})
		if err != nil {
			return err
		}
		text := ""
		for step := range 12 {
			text += fmt.Sprintf("d%sx%dx%d ", round, draft, step)
			if err := n.SetDocument(ctx, d.ID, title, text); err != nil {
				return err
			}
			n.say(told{Row: vault.Ref{Kind: vault.KindDocument, ID: d.ID}, Text: text})
			if step%4 == 3 {
				r, err := n.KeepRevision(ctx, d.ID, "kept")
				if err != nil {
					return err
				}
				n.say(told{Row: vault.Ref{Kind: vault.KindRevision, ID: r.ID}, Text: r.Text})
			}
		}
	}
}
