package assistant

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"lamplight/engine/sample"
)

func TestSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lamplight", "settings.json")
	s, err := LoadSettings(path)
	if err != nil || !reflect.DeepEqual(s, Settings{}) {
		t.Fatalf("without a file: %+v, %v", s, err)
	}
	k, seed := 5, uint64(7)
	s = Settings{Threads: 2, ContextLength: 1024, Theme: Dark, EnterInserts: true, KeepDays: 7, LockAfter: 5, LockAtSleep: Never, Folders: []string{filepath.Dir(path)}, Sampling: Sampling{TopK: &k, Seed: &seed}}
	if err := s.Save(path); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadSettings(path); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("got %+v, %v", got, err)
	}
	p := s.Sampling.Apply(sample.Defaults("gemma3"))
	if p.TopK != 5 || p.Seed != 7 || p.Temperature != 1 {
		t.Errorf("applied: %+v", p)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLockSettings(t *testing.T) {
	for _, c := range []struct {
		s          Settings
		passphrase bool
		after      time.Duration
		sleep      bool
	}{
		{Settings{}, false, 0, false},
		{Settings{}, true, 15 * time.Minute, true},
		{Settings{LockAfter: 1, LockAtSleep: 1}, false, time.Minute, true},
		{Settings{LockAfter: Never, LockAtSleep: Never}, true, 0, false},
	} {
		if after, sleep := c.s.LockTime(c.passphrase), c.s.LocksAtSleep(c.passphrase); after != c.after || sleep != c.sleep {
			t.Errorf("%+v with a passphrase %v: %v, %v", c.s, c.passphrase, after, sleep)
		}
	}
}

func TestDamagedSettings(t *testing.T) {
	for name, content := range map[string]string{
		"no JSON": "{", "a wrong type": `{"threads":"many"}`, "threads": `{"threads":-1}`, "a theme": `{"theme":"pink"}`,
		"top-p": `{"sampling":{"top_p":7}}`, "context": `{"context_length":-5}`, "days": `{"keep_days":-7}`,
		"the lock": `{"lock_after":-2}`, "a day's lock": `{"lock_after":1441}`, "sleep": `{"lock_at_sleep":2}`,
		"a folder": `{"folders":["models"]}`, "many folders": `{"folders":["/a"` + strings.Repeat(`,"/a"`, MaxFolders) + `]}`,
	} {
		path := filepath.Join(t.TempDir(), "settings.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := LoadSettings(path)
		if err == nil || !reflect.DeepEqual(s, Settings{}) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if kept, err := os.ReadFile(path + ".damaged"); err != nil || string(kept) != content {
			t.Errorf("%s: the damaged file was not kept: %v", name, err)
		}
	}
	if err := (Settings{Threads: -1}).Save(filepath.Join(t.TempDir(), "s.json")); err == nil {
		t.Error("settings out of range were saved")
	}
}
