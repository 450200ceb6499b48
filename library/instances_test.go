package library

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// The test program stands in for other instances of the application. Started with these variables it
// imports a file, and dies without any cleaning up at the first progress of the stage in the third.
const (
	childLibrary = "LAMPLIGHT_TEST_LIBRARY"
	childImport  = "LAMPLIGHT_TEST_IMPORT"
	childDies    = "LAMPLIGHT_TEST_DIES"
)

const died = 9

func TestMain(m *testing.M) {
	if dir := os.Getenv(childLibrary); dir != "" {
		if err := instance(dir, os.Getenv(childImport), os.Getenv(childDies)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func instance(dir, path, dies string) error {
	l, err := Open(dir)
	if err != nil {
		return err
	}
	l.link = func(string, string) error { return errors.ErrUnsupported } // a copy takes its time
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	for p, err := range l.Import(context.Background(), path, ImportOptions{}) {
		if err != nil {
			return err
		}
		if p.Stage.String() == dies {
			os.Exit(died)
		}
		if p.Stage == Done {
			fmt.Println(p.Model.ID, p.Existed)
		}
	}
	return nil
}

// startInstance starts another process that is ready to import path; run lets it go on and returns what it
// printed.
func startInstance(t *testing.T, l *Library, path, dies string) (run func() (string, error)) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childLibrary+"="+l.dir, childImport+"="+path, childDies+"="+dies)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if s, err := lines.ReadString('\n'); s != "ready\n" {
		t.Fatalf("the other instance said %q, %v", s, err)
	}
	return func() (string, error) {
		io.WriteString(in, "go\n")
		rest, _ := io.ReadAll(lines)
		return string(rest), cmd.Wait()
	}
}

// Several instances import the same content at the same time: it is one model, and whole.
func TestInstancesImportTheSame(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	const instances = 3
	runs := make([]func() (string, error), instances)
	for i := range runs {
		runs[i] = startInstance(t, l, path, "")
	}
	said := make([]string, instances)
	var wg sync.WaitGroup
	for i, run := range runs {
		wg.Go(func() {
			var err error
			if said[i], err = run(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	models, err := l.List()
	if err != nil || len(models) != 1 || models[0].Err() != nil {
		t.Fatalf("list: %+v, %v", models, err)
	}
	id := models[0].ID
	first := 0
	for _, s := range said {
		switch s {
		case id + " false\n":
			first++
		case id + " true\n":
		default:
			t.Errorf("an instance said %q", s)
		}
	}
	if first != 1 {
		t.Errorf("%d instances imported it first", first)
	}
	wantTree(t, l.dir, id, id+"/model.gguf", id+"/model.json")
}

// What a process leaves behind that dies while it imports is removed by the next Open.
func TestCrash(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	_, err := startInstance(t, l, path, "copying")()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != died {
		t.Fatalf("the other instance ended with %v", err)
	}
	if left := tree(t, l.dir); len(left) == 0 {
		t.Fatal("the crash left nothing: this test shows nothing")
	}
	if models, err := l.List(); err != nil || len(models) != 0 {
		t.Errorf("list: %v, %v", models, err)
	}
	write(t, filepath.Join(l.dir, temporaryPrefix+"123"), []byte("half a file"))
	l = reopen(t, l.dir)
	wantTree(t, l.dir)
	mustImport(t, l, path)
}

// An Open does not touch an import that is under way.
func TestOpenDuringImport(t *testing.T) {
	l, sources := openTemp(t)
	noLinks(l)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	opened := 0
	m, _, err := drain(t, t.Context(), l, path, func(p Progress) {
		if p.Stage == Copying {
			reopen(t, l.dir)
			opened++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if opened == 0 {
		t.Error("nothing was copied: this test shows nothing")
	}
	wantTree(t, l.dir, m.ID, m.ID+"/model.gguf", m.ID+"/model.json")
}

// Goroutines with their own Library, and with one in common, do everything at once.
func TestConcurrency(t *testing.T) {
	l, sources := openTemp(t)
	noLinks(l)
	other := noLinks(reopen(t, l.dir))
	const contents = 3
	paths := make([]string, contents)
	for i := range paths {
		paths[i] = write(t, filepath.Join(sources, fmt.Sprint(i, ".gguf")), tinyGGUF(t, uint64(i)))
	}
	var wg sync.WaitGroup
	for i := range 4 * contents {
		wg.Go(func() {
			l := []*Library{l, other}[i%2]
			for p, err := range l.Import(t.Context(), paths[i%contents], ImportOptions{}) {
				if err != nil {
					t.Error(err)
					return
				}
				if p.Stage != Done {
					continue
				}
				// Others remove and restore the same models, so what follows may find them or not.
				for _, err := range []error{l.SetActive(p.Model.ID), l.Rename(p.Model.ID, fmt.Sprint("Model ", i)),
					l.Remove(p.Model.ID), l.Restore(p.Model.ID)} {
					if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, os.ErrNotExist) {
						t.Error(err)
					}
				}
			}
			if _, err := l.List(); err != nil {
				t.Error(err)
			}
			l.Active()
		})
	}
	wg.Wait()
	trash, err := l.Trashed()
	if err != nil {
		t.Fatal(err)
	}
	models, err := l.List()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range append(models, trash...) {
		if m.Err() != nil || seen[m.Card.SHA256] {
			t.Errorf("%+v is damaged or there twice", m)
		}
		seen[m.Card.SHA256] = true
	}
	if len(seen) != contents {
		t.Errorf("%d models, want %d", len(seen), contents)
	}
}
