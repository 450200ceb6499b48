//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package privacy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// firstRun is set in the environment of the copy of this test binary that is another instance: the path.
const firstRun = "LAMPLIGHT_TEST_FIRST"

// another is what the copy does: it seals itself, says what First said, and when it is the first, what it was
// asked, until its input ends.
func another(t *testing.T, path string) {
	report, err := Seal()
	if err != nil {
		t.Fatal(err)
	}
	shown := make(chan bool, 8)
	release, first, err := First(t.Context(), path, nil, func([]string) { shown <- true })
	fmt.Printf("sealed %v first %v error %v\n", report.Enforced, first, err)
	if !first {
		return
	}
	defer release()
	go func() {
		for range shown {
			fmt.Println("shown")
		}
	}()
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

// instance is such a copy.
type instance struct {
	*exec.Cmd
	lines *bufio.Scanner
	end   func() error // closes its input
}

func start(t *testing.T, path string) instance {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestFirst$")
	c.Env = append(os.Environ(), firstRun+"="+path)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return instance{c, bufio.NewScanner(out), in.Close}
}

func (i instance) says(t *testing.T, want string) {
	t.Helper()
	if !i.lines.Scan() {
		t.Fatal("it said nothing: ", i.lines.Err())
	}
	if got := i.lines.Text(); !strings.Contains(got, want) {
		t.Fatalf("it said %q, want %q", got, want)
	}
}

func TestFirst(t *testing.T) {
	if path := os.Getenv(firstRun); path != "" {
		another(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "lamplight", "show")
	mine := func() (release func(), first bool) {
		t.Helper()
		release, first, err := First(t.Context(), path, nil, func([]string) {})
		if err != nil {
			t.Fatal(err)
		}
		return release, first
	}

	// This process is first; the other one asks and ends.
	shown := make(chan bool, 8)
	release, first, err := First(t.Context(), path, nil, func([]string) { shown <- true })
	if !first || err != nil {
		t.Fatal(first, err)
	}
	b := start(t, path)
	b.says(t, "first false error <nil>")
	if err := b.Wait(); err != nil {
		t.Error(err)
	}
	if len(shown) != 1 {
		t.Errorf("it was asked %d times to show itself, want 1", len(shown))
	}
	release()

	// The other one is first, under the seal.
	c := start(t, path)
	c.says(t, "first true error <nil>")
	for range 3 {
		if _, first := mine(); first {
			t.Fatal("two are first")
		}
		c.says(t, "shown")
	}
	// It is killed, and leaves its socket.
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if _, err := os.Lstat(path); err != nil {
		t.Error("the socket of the one that was killed: ", err)
	}
	release, first = mine()
	if !first {
		t.Error("whoever comes after one that was killed is not first")
	}
	release()

	// It ends by itself, and leaves none.
	d := start(t, path)
	d.says(t, "first true")
	if err := d.end(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Process.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("the socket of the one that ended: ", err)
	}
}

// However many start at once, there is one first at a time, and all others hear from it.
func TestManyStartAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lamplight", "show")
	var wait sync.WaitGroup
	var now, firsts, shown atomic.Int32
	const instances = 20
	for range instances {
		wait.Go(func() {
			release, first, err := First(t.Context(), path, nil, func([]string) { shown.Add(1) })
			if err != nil {
				t.Error(err)
				return
			}
			if !first {
				return
			}
			firsts.Add(1)
			if now.Add(1) > 1 {
				t.Error("two are first")
			}
			time.Sleep(5 * time.Millisecond) // others find this one, and find it ending
			now.Add(-1)
			release()
		})
	}
	wait.Wait()
	if f, s := firsts.Load(), shown.Load(); f < 1 || s < instances-f {
		t.Errorf("%d of %d were first, and they were asked %d times", f, instances, s)
	}
}

func TestFirstThatHangs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lamplight", "show")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := tryLock(path + ".lock")
	if lock == nil || err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	// It has its lock and not yet a socket.
	if _, first, err := First(ctx, path, nil, nil); first || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(first, err)
	}
	// It has a socket and does not answer.
	fd, err := local()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 8)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, first, err := First(ctx, path, nil, nil); first || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(first, err)
	}
}

// Files that another instance was started with arrive, whatever is in their names.
func TestFirstGetsFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lamplight", "show")
	got := make(chan []string, 8)
	release, _, err := First(t.Context(), path, nil, func(files []string) { got <- files })
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	long := "/" + strings.Repeat("x", 4000)
	many := slices.Repeat([]string{long}, 200)
	for _, files := range [][]string{nil, {"/home/ann/a b\n.gguf"}, {"/ü", "/\xff"}, many} {
		if _, first, err := First(t.Context(), path, files, nil); first || err != nil {
			t.Fatal(first, err)
		}
		if got := <-got; !slices.Equal(got, files) {
			t.Errorf("%.80q arrived of %.80q", got, files)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, first, err := First(ctx, path, slices.Repeat(many, 2), nil); first || err == nil {
		t.Error("more than fits was sent: ", first, err)
	}
	if _, first, err := First(t.Context(), path, []string{"here.gguf"}, nil); first || err != nil {
		t.Fatal(first, err)
	}
	if got := <-got; len(got) != 0 {
		t.Errorf("a name that is not absolute arrived: %q", got)
	}
}

// What is wrong with the folder or the path is said, and this instance starts all the same.
func TestFirstWithoutAPlace(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o755)); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a folder that others may read": filepath.Join(open, "show"),
		"a link":                        filepath.Join(link, "show"),
		"a file for a folder":           filepath.Join(file, "show"),
		"a path that is too long":       filepath.Join(dir, "private", strings.Repeat("x", 120)),
	} {
		release, first, err := First(t.Context(), path, nil, nil)
		if !first || err == nil {
			t.Errorf("%s: first %v, %v", name, first, err)
		}
		release()
	}
}

// A stranger's words are no request, and keep nobody else from asking.
func TestAttendStrangers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lamplight", "show")
	var shown atomic.Int32
	release, _, err := First(t.Context(), path, nil, func([]string) { shown.Add(1) })
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for _, words := range []string{"", "s", "hide\n", "show?", "show 5\n", "show -1\n/a\x00", "show 9999999\n", "show 1\n", strings.Repeat("x", 1000)} {
		fd, err := local()
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
			t.Fatal(err)
		}
		_, _ = unix.Write(fd, []byte(words))
		unix.Close(fd)
	}
	if _, first, err := First(t.Context(), path, nil, nil); first || err != nil {
		t.Error(first, err)
	}
	if n := shown.Load(); n != 1 {
		t.Errorf("shown %d times, want 1", n)
	}
}
