//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"syscall"
	"testing"

	"lamplight/internal/fixture"
)

// Ctrl+C ends an answer, with what the model has said so far and a line break.
func TestInterruptedAnswer(t *testing.T) {
	model := fixture.GGUF(t, fixture.Options{ContextLength: 1 << 20})
	cmd := exec.Command("lamp", "run", "-m", model, "-p", "hello", "-n", "100000", "-stats")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	answer := bufio.NewReader(out)
	if _, err := answer.ReadByte(); err != nil { // the model is answering
		t.Fatal(err, errs.String())
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(answer)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	if !bytes.HasSuffix(rest, []byte("\n")) {
		t.Errorf("the answer ends with %q", rest[max(0, len(rest)-20):])
	}
	if !bytes.HasPrefix(errs.Bytes(), []byte("prompt ")) {
		t.Errorf("standard error has %q, want the statistics", errs.String())
	}
}
