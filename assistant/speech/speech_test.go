//go:build unix

package speech

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	return record
}

func TestRead(t *testing.T) {
	if voices["darwin"] == nil || len(voices["unix"]) == 0 {
		t.Fatal("no program is known")
	}
	record := pretend(t, "spd-say", "cat >> $(dirname $0)/record")
	v, err := Find()
	if err != nil || v.Name() != "spd-say" {
		t.Skipf("on this system it is %q, %v", v.Name(), err)
	}
	if err := v.Read(t.Context(), "The owl\n\n!-! 100 % quiet", "de-AT"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(record)
	if want := "-e -w -l de\n The owl\n !-! 100 percent quiet\n"; err != nil || string(data) != want {
		t.Errorf("%q, %v, want %q", data, err, want)
	}
}

func TestReadStops(t *testing.T) {
	record := pretend(t, "spd-say", `case "$1" in -e) exec sleep 600;; esac`)
	v, err := Find()
	if err != nil || v.Name() != "spd-say" {
		t.Skipf("on this system it is %q, %v", v.Name(), err)
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
	if err := v.Read(ctx, "The owl", ""); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if data, _ := os.ReadFile(record); string(data) != "-e -w\n-C\n" {
		t.Errorf("the service was told %q", data)
	}
}

func TestReadFails(t *testing.T) {
	pretend(t, "spd-say", "exit 3")
	v, err := Find()
	if err != nil || v.Name() != "spd-say" {
		t.Skipf("on this system it is %q, %v", v.Name(), err)
	}
	if err := v.Read(t.Context(), "The owl", ""); err == nil || strings.Contains(err.Error(), "owl") {
		t.Error(err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(); !errors.Is(err, ErrNoVoice) {
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
	if got := sayable("\u202ea\x07b\xff %d"); got != " ab percentd\n" && got != " ab  percentd\n" {
		t.Errorf("%q", got)
	}
}
