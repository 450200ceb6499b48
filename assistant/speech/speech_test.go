//go:build unix

package speech

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// pretend puts a program in the place of the system's, which writes down how it was called and what it was given.
func pretend(t *testing.T, name, more string) (record string) {
	t.Helper()
	dir := t.TempDir()
	record = filepath.Join(dir, "record")
	script := "#!/bin/sh\necho \"$@\" >> " + record + "\n" + more + "\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return record
}

func TestRead(t *testing.T) {
	record := pretend(t, "spd-say", "cat >> $(dirname $0)/record")
	if voices[runtime.GOOS] != nil {
		t.Skip("this system has another program")
	}
	by, err := Read(t.Context(), "The owl\n\n!-! 100 % quiet", "de-AT")
	if err != nil || by != "spd-say" {
		t.Fatal(by, err)
	}
	data, err := os.ReadFile(record)
	if want := "-e -w -l de\n The owl\n !-! 100 % quiet\n"; err != nil || string(data) != want {
		t.Errorf("%q, %v, want %q", data, err, want)
	}
}

func TestReadStops(t *testing.T) {
	record := pretend(t, "spd-say", `case "$1" in -e) exec sleep 600;; esac`)
	if voices[runtime.GOOS] != nil {
		t.Skip("this system has another program")
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for { // until it has begun
			if data, _ := os.ReadFile(record); len(data) > 0 {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err := Read(ctx, "The owl", ""); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if data, _ := os.ReadFile(record); string(data) != "-e -w\n-S\n" {
		t.Errorf("the service was told %q", data)
	}
}

// Where one program fails, as spd-say does without its service, another one reads.
func TestReadFails(t *testing.T) {
	pretend(t, "spd-say", "exit 3")
	if voices[runtime.GOOS] != nil {
		t.Skip("this system has another program")
	}
	pretend(t, "espeak-ng", "cat > /dev/null")
	if by, err := Read(t.Context(), "The owl", ""); err != nil || by != "espeak-ng" {
		t.Error(by, err)
	}
	pretend(t, "espeak-ng", "exit 1")
	pretend(t, "espeak", "exit 1")
	if _, err := Read(t.Context(), "The owl", ""); err == nil || strings.Contains(err.Error(), "owl") || errors.Is(err, ErrNoVoice) {
		t.Error(err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Read(t.Context(), "The owl", ""); !errors.Is(err, ErrNoVoice) {
		t.Error(err)
	}
}

func TestSayable(t *testing.T) {
	text := strings.Repeat("night ", 300) + "\n!-!QUIT\n\u202e\x07x"
	for line := range strings.Lines(sayable(text)) {
		if !strings.HasPrefix(line, " ") || len(line) > maxLine+20 {
			t.Errorf("%q", line)
		}
	}
	if got := sayable("\u202ea\x07b\xff 5 %"); got != " ab 5 %\n" {
		t.Errorf("%q", got)
	}
}
