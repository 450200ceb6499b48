package jobs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"lamplight/library"
)

func TestParse(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":        `{`,
		"state":          `{"jobs":[{"id":1,"kind":"verify","model":"m","state":"flying"}]}`,
		"no id":          `{"jobs":[{"kind":"verify","model":"m","state":"waiting"}]}`,
		"negative id":    `{"jobs":[{"id":-1,"kind":"verify","model":"m","state":"waiting"}]}`,
		"huge id":        `{"jobs":[{"id":9007199254740993,"kind":"verify","model":"m","state":"waiting"}]}`,
		"id twice":       `{"jobs":[{"id":1,"kind":"verify","model":"m","state":"done"},{"id":1,"kind":"verify","model":"m","state":"done"}]}`,
		"no model":       `{"jobs":[{"id":1,"kind":"verify","state":"waiting"}]}`,
		"failure":        `{"jobs":[{"id":1,"kind":"verify","model":"m","state":"failed"}]}`,
		"and no failure": `{"jobs":[{"id":1,"kind":"verify","model":"m","state":"done","failure":{"text":"x"}}]}`,
		"path":           `{"jobs":[{"id":1,"kind":"export","model":"m","state":"waiting","path":"../out.gguf"}]}`,
		"many":           `{"jobs":[` + strings.Repeat(`{"id":1},`, maxEntries) + `{"id":2}]}`,
		"long":           strings.Repeat(" ", maxFile+1),
	} {
		if d, err := parse([]byte(text)); err == nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
	d, err := parse([]byte(`{"next":2,"jobs":[{"id":7,"kind":"verify","model":"m","state":"running"}]}`))
	if err != nil || d.Next != 8 || d.Jobs[0].State != Waiting {
		t.Errorf("%+v, %v", d, err)
	}
}

// A queue that cannot be read does not keep the program from starting, and is not thrown away.
func TestDamagedQueue(t *testing.T) {
	lib, err := library.Open(filepath.Join(t.TempDir(), "library"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	q, err := Open(dir, lib, Options{})
	if err != nil || len(q.List()) != 0 {
		t.Fatal(q.List(), err)
	}
	if old, err := os.ReadFile(filepath.Join(dir, fileName+".damaged")); err != nil || string(old) != "{" {
		t.Errorf("%q, %v", old, err)
	}
	if _, err := q.Add(Spec{Kind: Verify, Model: "m"}); err != nil {
		t.Error(err)
	}
}

// The oldest of many jobs that have ended are forgotten, and none that has not.
func TestForget(t *testing.T) {
	var q Queue
	for i := range 2 * keptJobs {
		state := Done
		if i%4 == 0 {
			state = Paused
		}
		q.jobs = append(q.jobs, &Job{ID: int64(i + 1), State: state})
	}
	q.forget()
	if len(q.jobs) != keptJobs+2*keptJobs/4 || q.find(1) == nil || q.find(2) != nil || q.find(2*keptJobs) == nil {
		t.Errorf("%d jobs are left", len(q.jobs))
	}
}

// Whatever is in the file, what was read can be written and read again.
func FuzzParse(f *testing.F) {
	full, err := json.Marshal(document{Next: 3, Jobs: []Job{
		{ID: 1, Spec: Spec{Kind: Quantize, Model: "m", Recipe: "q4_0"}, State: Done, Added: time.Unix(1e9, 0).UTC(), Ended: time.Unix(2e9, 0).UTC(), Result: "n"},
		{ID: 2, Spec: Spec{Kind: Receipt, Model: "n", Base: "m"}, State: Failed, Failure: &Failure{"x", "gone"}},
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte(`{"jobs":[{"id":1,"kind":"verify","model":"m","state":"running"}]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parse(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		e, err := parse(again)
		if err != nil && len(again) <= maxFile { // escapes may make it longer than it was
			t.Fatalf("%v: %s", err, again)
		}
		if err == nil && (len(e.Jobs) != len(d.Jobs) || e.Next != d.Next || len(d.Jobs) > 0 && !reflect.DeepEqual(fmt.Sprint(d.Jobs), fmt.Sprint(e.Jobs))) {
			t.Fatalf("%+v became %+v", d, e)
		}
	})
}
