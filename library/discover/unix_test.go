//go:build linux

package discover

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// Pipes and devices are never opened, which would wait, or do what nobody asked for.
func TestPipes(t *testing.T) {
	root := t.TempDir()
	o := ollama{t, filepath.Join(root, "ollama")}
	pipe := func(names ...string) {
		t.Helper()
		path := filepath.Join(append([]string{root}, names...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mkfifo(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pipe("models", "a.gguf")
	pipe("models", "folder", "config.json")
	pipe("models", "folder", "model.safetensors")
	pipe("models", "half", "config.json")
	write(t, filepath.Join(root, "models", "half", "model.safetensors"), []byte("x"))
	pipe("jan", "llamacpp", "models", "a", janFile)
	pipe("jan", "llamacpp", "models", "b", "model.gguf")
	write(t, filepath.Join(root, "jan", "llamacpp", "models", "b", janFile), []byte("model_path: llamacpp/models/b/model.gguf"))
	pipe("hub", "models--o--r", refsDir, "main")
	write(t, filepath.Join(root, "hub", "models--o--r", snapshotsDir, "1", "a.gguf"), tiny(t, 1))
	link(t, filepath.Join(root, "models", "a.gguf"), filepath.Join(root, "models", "linked.gguf"))
	link(t, "/dev/zero", filepath.Join(root, "models", "zero.gguf"))
	pipe("ollama", manifestsDir, "h", "n", "m", "pipe")
	o.tag("h/n/m/blob", ggufConfig, layer{mediaPrefix + modelLayer, "sha256:" + sum(nil), 0}, layer{mediaPrefix + systemLayer, "sha256:" + sum([]byte("s")), 1})
	pipe("ollama", blobsDir, "sha256-"+sum(nil))
	pipe("ollama", blobsDir, "sha256-"+sum([]byte("s")))
	pipe(".lmstudio", "settings.json")
	pipe(".config", "user-dirs.dirs")

	places := append(Places(root, env(nil), "linux"), Place{Path: filepath.Join(root, "hub")}, Place{Path: filepath.Join(root, "ollama")},
		Place{App: Jan, Path: filepath.Join(root, "jan", "llamacpp", "models")}, Place{Path: filepath.Join(root, "models", "a.gguf")})
	check(t, root, scan(t, root, places...),
		wanted{HuggingFace, "a", "hub/models--o--r/snapshots/1/a.gguf", nil},
		wanted{Ollama, "h/n/m:blob", "ollama/manifests/h/n/m/blob", ErrMissing},
		wanted{Jan, "b", "jan/llamacpp/models/b/model.gguf", ErrMissing},
	)
}

// What may not be read is said, whatever it is that may not.
func TestUnreadable(t *testing.T) {
	root := t.TempDir()
	o := ollama{t, filepath.Join(root, "service", ".ollama", "models")}
	o.tag("h/n/m/tag", ggufConfig, o.blob(modelLayer, tiny(t, 1)))
	other := ollama{t, filepath.Join(root, "ollama")}
	model := other.blob(modelLayer, tiny(t, 2))
	other.tag("h/n/m/tag", ggufConfig, model)
	other.tag("h/n/secret/tag", ggufConfig, other.blob(modelLayer, tiny(t, 3)))
	write(t, filepath.Join(root, "models", "open", "a.gguf"), tiny(t, 4))
	write(t, filepath.Join(root, "models", "shut", "b.gguf"), tiny(t, 5))
	var shut []string
	for _, name := range []string{
		"service", filepath.Join("ollama", blobsDir, model.blob()), filepath.Join("ollama", manifestsDir, "h", "n", "secret"), filepath.Join("models", "shut"),
	} {
		shut = append(shut, filepath.Join(root, name))
	}
	before := tree(t, root)
	for _, path := range shut {
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	var all []Found
	asNobody(t, root, func() {
		all = slices.Collect(Scan(t.Context(), []Place{{App: Ollama, Path: o.dir}, {App: Ollama, Path: other.dir}, {Path: filepath.Join(root, "models")}}))
	})
	for _, path := range shut {
		mode := os.FileMode(0o755)
		if filepath.Base(path) == model.blob() {
			mode = 0o644
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if after := tree(t, root); len(after) != len(before) {
		t.Error("the scan has changed something")
	}
	check(t, root, all,
		wanted{Ollama, filepath.Join(root, "service", ".ollama", "models"), "service/.ollama/models", ErrUnreadable},
		wanted{Ollama, "h/n/m:tag", filepath.Join("ollama", blobsDir, model.blob()), fs.ErrPermission},
		wanted{Ollama, filepath.Join(root, "ollama", manifestsDir, "h", "n", "secret"), "ollama/manifests/h/n/secret", ErrUnreadable},
		wanted{Folder, "a", "models/open/a.gguf", nil},
		wanted{Folder, filepath.Join(root, "models", "shut"), "models/shut", ErrUnreadable},
	)
}

// A thousand folders that may not be read are not a thousand complaints.
func TestManyUnreadable(t *testing.T) {
	root := t.TempDir()
	for i := range maxUnreadable + 5 {
		if err := os.Mkdir(filepath.Join(root, fmt.Sprint(i)), 0); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "z", "a.gguf"), tiny(t, 1))
	var all []Found
	asNobody(t, root, func() { all = slices.Collect(Scan(t.Context(), []Place{{Path: root}})) })
	if n := len(all); n != maxUnreadable+1 || all[n-1].Name != "a" {
		t.Errorf("%d were found: %+v", n, all[n-1])
	}
}

// asNobody runs f, as far as files are concerned, as a user who is not root, for whom no permissions count.
func asNobody(t *testing.T, path string, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	for dir := path; dir != os.TempDir() && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { // the temporary folder is root's alone
			t.Fatal(err)
		}
	}
	runtime.LockOSThread() // the identity is this thread's
	defer runtime.UnlockOSThread()
	const nobody = 65534
	if err := unix.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer unix.Setfsuid(0)
	if id, _ := unix.SetfsuidRetUid(-1); id != nobody {
		t.Skip("this process may not become another user, and root reads everything")
	}
	f()
}
