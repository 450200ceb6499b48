package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/library"
)

// The scripts in testdata show every command as its user sees it. This file has the words that they use
// beside those of testscript.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"lamp": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_DATA_HOME", e.WorkDir+"/data") // no user's library is touched
			e.Setenv("XDG_CACHE_HOME", e.WorkDir+"/cache")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"fails":   word(fails, "STATUS", "COMMAND"),
			"vocab":   word(vocab, "FILE"),
			"folder":  word(folder, "DIR"),
			"import":  word(importModel, "FILE", "NAME"),
			"cut":     word(cut, "FILE", "BYTES"),
			"rows":    word(rows, "FILE", "N", "MODEL"),
			"smaller": word(smaller, "FILE", "FILE"),
			"spill":   word(spill, "FILE", "OFFSET"),
			"spoilt":  word(spoilt, "KIND", "FILE"),
			"split":   word(split, "PREFIX", "PARTS"),
		},
	})
}

// word makes a word of the scripts, which takes arguments of these names.
func word(do func(ts *testscript.TestScript, args []string), names ...string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < len(names) {
			ts.Fatalf("this word takes %s and no !", strings.Join(names, " "))
		}
		do(ts, args)
	}
}

// fails STATUS COMMAND… runs a command that must end with this exit status, print nothing to standard output
// and, if the status is 1, say why on one line.
func fails(ts *testscript.TestScript, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("%v, want exit status %s", err, args[0])
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("it printed %q", out)
	}
	said := ts.ReadFile("stderr")
	if args[0] == "1" && (strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "lamp ")) {
		ts.Fatalf("want one line that says why, got %q", said)
	}
}

// vocab FILE writes a GGUF file with a small vocabulary and no weights.
func vocab(ts *testscript.TestScript, args []string) {
	m := fixture.New(fixture.Options{})
	m.Tensors = nil
	ts.Check(m.WriteGGUF(ts.MkAbs(args[0])))
}

// folder DIR writes a small model as a Hugging Face folder.
func folder(ts *testscript.TestScript, args []string) {
	ts.Check(fixture.New(fixture.Options{}).WriteFolder(ts.MkAbs(args[0])))
}

// spoilt KIND FILE writes a small model with something wrong in it.
func spoilt(ts *testscript.TestScript, args []string) {
	m := fixture.New(fixture.Options{})
	switch args[0] {
	case "architecture":
		m.Set("general.architecture", gguf.Scalar("gemma9"))
	case "tensor":
		m.Drop("blk.3.ffn_up.weight")
	case "shape":
		m.Set("gemma3.feed_forward_length", gguf.Scalar(uint32(128)))
	case "adapter":
		m.Set("general.type", gguf.Scalar("adapter"))
	case "offset":
		data, err := m.Bytes()
		ts.Check(err)
		const name = "output_norm.weight" // its record goes on with 1 dimension (u32), u64, type (u32), offset (u64)
		at := bytes.Index(data, []byte(name)) + len(name) + 4 + 8 + 4
		binary.LittleEndian.PutUint64(data[at:], 1<<40)
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o600))
		return
	default:
		ts.Fatalf("%s is no way to spoil a model", args[0])
	}
	ts.Check(m.WriteGGUF(ts.MkAbs(args[1])))
}

// split PREFIX PARTS writes a small model in parts.
func split(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	_, err = fixture.New(fixture.Options{}).WriteSplit(ts.MkAbs("."), args[0], n)
	ts.Check(err)
}

// import FILE NAME puts a model into the library under this name and makes it the active one.
func importModel(ts *testscript.TestScript, args []string) {
	l, err := library.Open(filepath.Join(ts.Getenv("XDG_DATA_HOME"), "lamplight", "models"))
	ts.Check(err)
	for p, err := range l.Import(context.Background(), ts.MkAbs(args[0]), library.ImportOptions{Name: args[1]}) {
		ts.Check(err)
		if p.Stage == library.Done {
			ts.Check(l.SetActive(p.Model.ID))
		}
	}
}

// cut FILE BYTES cuts a file short.
func cut(ts *testscript.TestScript, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// spill FILE OFFSET changes a byte of a file.
func spill(ts *testscript.TestScript, args []string) {
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	data := []byte(ts.ReadFile(args[0]))
	data[at] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// rows FILE N MODEL checks that a file has N rows of float32, as wide as the vocabulary of the model.
func rows(ts *testscript.TestScript, args []string) {
	src, err := source.Open(ts.MkAbs(args[2]))
	ts.Check(err)
	defer src.Close()
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got, want := size(ts, args[0]), int64(4*n*src.Config().Vocab); got != want {
		ts.Fatalf("%s has %d bytes, want %d", args[0], got, want)
	}
}

// smaller FILE FILE checks that the first file is smaller than the second.
func smaller(ts *testscript.TestScript, args []string) {
	if a, b := size(ts, args[0]), size(ts, args[1]); a >= b {
		ts.Fatalf("%s has %d bytes, %s %d", args[0], a, args[1], b)
	}
}

func size(ts *testscript.TestScript, path string) int64 {
	info, err := os.Stat(ts.MkAbs(path))
	ts.Check(err)
	return info.Size()
}
