package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is a Go file of the project.
type source struct {
	path  string // from the root, with slashes
	text  []byte
	file  *ast.File
	lines int
}

func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	set := token.NewFileSet()
	for _, path := range files(t) {
		if !strings.HasSuffix(path, ".go") {
			continue
		}
		text, err := os.ReadFile(root(t, path))
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, source{path, text, f, bytes.Count(text, []byte("\n"))})
	}
	return all
}

// files lists what belongs to the project: what git knows, or will know unless it is ignored.
func files(t *testing.T) []string {
	t.Helper()
	c := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	c.Dir = root(t)
	out, err := c.Output()
	if err != nil {
		t.Skip("this is no git checkout: ", err)
	}
	var list []string
	for _, path := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		// Go remembers that a test has passed until what it has read changes: a new file changes its folder.
		for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
			_, _ = os.ReadDir(root(t, dir))
			if dir == "." {
				break
			}
		}
		if info, err := os.Lstat(root(t, path)); err == nil && info.Mode().IsRegular() { // not deleted since
			list = append(list, path)
		}
	}
	if len(list) < 50 {
		t.Fatalf("the project has only %d files", len(list))
	}
	slices.Sort(list)
	return list
}

func (s source) imports(path string) bool {
	return slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool {
		p, err := strconv.Unquote(i.Path.Value)
		return err == nil && p == path
	})
}

// What only one file may do.
func TestPlaces(t *testing.T) {
	for _, s := range sources(t) {
		if s.imports("fyne.io/fyne/v2/app") && s.path != "ui/run.go" && !strings.Contains(s.path, "/testdata/") {
			t.Errorf("%s makes an application: only ui/run.go does", s.path)
		}
		if s.imports("C") && !strings.HasPrefix(s.path, "kernels/") {
			t.Errorf("%s uses cgo: only kernels does", s.path)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			e, ok := n.(*ast.SelectorExpr)
			if !ok || e.Sel.Name != "Do" && e.Sel.Name != "DoAndWait" {
				return true
			}
			if x, ok := e.X.(*ast.Ident); ok && x.Name == "fyne" && s.path != "ui/sched.go" {
				t.Errorf("%s calls fyne.%s: only ui/sched.go does", s.path, e.Sel.Name)
			}
			return true
		})
	}
}

// A file is about 400 lines at most.
func TestFileSize(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > 450 {
			t.Errorf("%s has %d lines: would two ideas live better apart?", s.path, s.lines)
		}
	}
}

// Every package says what it is, once.
func TestPackageComments(t *testing.T) {
	comments := map[string]int{}
	for _, s := range sources(t) {
		dir := filepath.Dir(s.path)
		if _, ok := comments[dir]; !ok {
			comments[dir] = 0
		}
		if s.file.Doc != nil && !strings.HasSuffix(s.path, "_test.go") {
			comments[dir]++
		}
	}
	for dir, n := range comments {
		if n != 1 {
			t.Errorf("%s has %d package comments, want 1", dir, n)
		}
	}
}

// A path of somebody's machine is of no use on another one.
var machinePath = regexp.MustCompile(`(^|[^A-Za-z0-9_.])/(work|root|farm)/`)

func TestNoMachinePaths(t *testing.T) {
	if !machinePath.MatchString("see /" + "work/main") {
		t.Fatal("the expression finds nothing")
	}
	for _, path := range files(t) {
		text, err := os.ReadFile(root(t, path))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(text, 0) >= 0 {
			continue // not text
		}
		for i, line := range bytes.Split(text, []byte("\n")) {
			if m := machinePath.Find(line); m != nil {
				t.Errorf("%s:%d has a path of one machine: %s", path, i+1, bytes.TrimSpace(m))
			}
		}
	}
}

// Every dependency has its reason in docs/ARCHITECTURE.md.
func TestDependencies(t *testing.T) {
	mod, err := os.ReadFile(root(t, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(root(t, "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## Dependencies\n")
	if !ok {
		t.Fatal("docs/ARCHITECTURE.md has no section Dependencies")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var wanted, given []string
	for _, m := range regexp.MustCompile(`(?m)^(?:\t|require |tool )([\w./-]+)(?: v\S+)?$`).FindAllStringSubmatch(string(mod), -1) {
		wanted = append(wanted, m[1])
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([\\w./-]+)` +\\|.*\\w.*\\|$").FindAllStringSubmatch(section, -1) {
		given = append(given, m[1])
	}
	slices.Sort(wanted)
	slices.Sort(given)
	if len(wanted) < 5 {
		t.Fatalf("only %q were found in go.mod", wanted)
	}
	if !slices.Equal(wanted, given) {
		t.Errorf("docs/ARCHITECTURE.md has reasons for\n%q, go.mod needs\n%q", given, wanted)
	}
}
