package jobs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lamplight/library"
)

// victim makes this test binary a program that runs the queue in the folder it names, and is killed midway.
const victim = "LAMPLIGHT_TEST_QUEUE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victim); dir != "" {
		if err := runVictim(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runVictim says when it is in the middle of a job, and waits there.
func runVictim(dir string) error {
	lib, err := library.Open(filepath.Join(dir, "library"))
	if err != nil {
		return err
	}
	steps := 0
	busy := func() bool {
		if steps++; steps == 20 {
			fmt.Println("midway")
		}
		return steps >= 20
	}
	q, err := Open(filepath.Join(dir, "jobs"), lib, Options{Threads: 2, Busy: busy})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour) // whoever started this may be gone
	defer cancel()
	return q.Run(ctx)
}

// A program that is killed in the middle of a job leaves nothing of it in the library, and the next one does it.
func TestKilled(t *testing.T) {
	p, w := newPlace(t), newWatcher()
	q := p.open(t, Options{})
	mustAdd(t, q, Spec{Kind: Convert, Model: p.model, Recipe: "f16"})

	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self)
	c.Env = append(os.Environ(), victim+"="+filepath.Dir(p.dir))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "midway" {
		t.Errorf("it said %q, %v", line, err)
	}
	if err := c.Process.Kill(); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) {
		t.Errorf("it ended with %v", err)
	}

	if models, err := p.lib.List(); err != nil || len(models) != 1 {
		t.Errorf("%d models, %v", len(models), err)
	}
	again := p.open(t, Options{Changed: w.changed})
	empty(t, filepath.Join(p.dir, workName))
	if list := again.List(); len(list) != 1 || list[0].State != Waiting {
		t.Fatalf("%+v", list)
	}
	start(t, again)
	list := w.until(t, again, allEnded)
	if list[0].State != Done {
		t.Fatalf("%+v: %v", list, list[0].Failure)
	}
	if m, err := p.lib.Get(list[0].Result); err != nil || m.Card.Quantization != "F16" {
		t.Errorf("%+v, %v", m.Card, err)
	}
	empty(t, filepath.Join(p.dir, workName))
}
