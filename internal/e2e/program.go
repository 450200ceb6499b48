//go:build e2e

// Package e2e drives the real program, in a real window, as a person would: files are dropped on it, keys
// typed and buttons clicked through the X server, and what it did is read in its log and on its disk.
// It runs with the build tag e2e; make e2e installs what it needs.
package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// patience bounds every wait. It is generous: a slow machine makes a test slow, not red.
const patience = 30 * time.Second

// display starts an X server of its own and returns its name.
func display(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x860x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	if err := x.Start(); err != nil {
		t.Fatalf("Xvfb: %v", err)
	}
	w.Close()
	t.Cleanup(func() {
		x.Process.Kill()
		x.Wait()
	})
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb: %v", err)
	}
	return ":" + strings.TrimSpace(line)
}

// program is a running Lamplight.
type program struct {
	t       *testing.T
	home    string
	display string
	trace   string // strace's record of sockets
	cmd     *exec.Cmd
	ended   chan error
	source  *source
	window  xproto.Window
	shots   int
}

// binary builds the program once for all tests.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(os.TempDir(), fmt.Sprintf("lamplight-e2e-%d", os.Getpid()))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if out, err := exec.Command("go", "build", "-o", path, "lamplight").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// start runs the program with a home of its own, under strace, and waits for its window.
func start(t *testing.T) *program {
	t.Helper()
	p := &program{t: t, home: t.TempDir(), display: display(t), ended: make(chan error, 1)}
	p.trace = filepath.Join(p.home, "sockets.txt")
	p.cmd = exec.Command("strace", "-f", "-qq", "-e", "trace=socket,socketpair,io_uring_setup", "-o", p.trace, binary(t))
	p.cmd.Env = append(os.Environ(),
		"DISPLAY="+p.display, "HOME="+p.home,
		"XDG_DATA_HOME="+p.dir("data"), "XDG_STATE_HOME="+p.dir("state"), "XDG_CONFIG_HOME="+p.dir("config"), "XDG_CACHE_HOME="+p.dir("cache"), "XDG_RUNTIME_DIR="+p.dir("run"),
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "LC_ALL=C.UTF-8", "LANG=en_US.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1", "WAYLAND_DISPLAY=", "LAMPLIGHT_LOG=debug", "LAMPLIGHT_KERNELS=")
	output, err := os.Create(p.dir("output.txt"))
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = output, output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	t.Cleanup(p.cleanUp)
	p.await(`msg="window ready"`)
	if p.source, err = newSource(p.display); err != nil {
		t.Fatal(err)
	}
	p.until("its window", func() (found bool) {
		p.window, found = p.source.find("Lamplight")
		return found
	})
	return p
}

func (p *program) cleanUp() {
	if p.t.Failed() {
		p.shot("failed")
		for _, name := range []string{"output.txt", "state/lamplight/lamplight.log"} {
			if data, err := os.ReadFile(p.dir(name)); err == nil {
				p.t.Logf("%s:\n%s", name, data)
			}
		}
	}
	if p.source != nil {
		p.source.close()
	}
	if p.cmd.ProcessState == nil {
		exec.Command("pkill", "-KILL", "-P", strconv.Itoa(p.cmd.Process.Pid)).Run() // strace's child
		p.cmd.Process.Kill()
	}
}

func (p *program) dir(name string) string { return filepath.Join(p.home, name) }

// until waits for something that will become true.
func (p *program) until(what string, f func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// log returns the program's log so far.
func (p *program) log() string {
	data, _ := os.ReadFile(p.dir("state/lamplight/lamplight.log"))
	return string(data)
}

// await waits until the log has an event that matches, and returns its line.
func (p *program) await(pattern string) string {
	p.t.Helper()
	return p.awaitNth(pattern, 1)
}

// awaitNth waits until an event has come n times, and returns the line of the last.
func (p *program) awaitNth(pattern string, n int) string {
	p.t.Helper()
	re := regexp.MustCompile("(?m)^.*" + pattern + ".*$")
	var found []string
	p.until(fmt.Sprintf("event %d of %s", n, pattern), func() bool {
		found = re.FindAllString(p.log(), -1)
		return len(found) >= n
	})
	return found[n-1]
}

// place returns where a control is, in pixels of the screen: the newest that the log says.
func (p *program) place(name string) (x, y int) {
	p.t.Helper()
	re := regexp.MustCompile(`msg=place name=` + name + ` x=(\d+) y=(\d+)`)
	p.until("the place of "+name, func() bool { return re.MatchString(p.log()) })
	all := re.FindAllStringSubmatch(p.log(), -1)
	last := all[len(all)-1]
	x, _ = strconv.Atoi(last[1])
	y, _ = strconv.Atoi(last[2])
	wx, wy, err := p.source.position(p.window)
	if err != nil {
		p.t.Fatal(err)
	}
	return x + wx, y + wy
}

// xdotool sends keys and clicks.
func (p *program) xdotool(args ...string) {
	p.t.Helper()
	c := exec.Command("xdotool", args...)
	c.Env = append(os.Environ(), "DISPLAY="+p.display, "LC_ALL=C.UTF-8")
	if out, err := c.CombinedOutput(); err != nil {
		p.t.Fatalf("xdotool %v: %v\n%s", args, err, out)
	}
}

func (p *program) click(name string) {
	p.t.Helper()
	x, y := p.place(name)
	p.xdotool("mousemove", strconv.Itoa(x), strconv.Itoa(y), "click", "1")
}

func (p *program) typeText(text string) {
	p.t.Helper()
	p.xdotool("windowfocus", strconv.Itoa(int(p.window)))
	p.xdotool("type", "--delay", "30", text)
}

func (p *program) key(name string) {
	p.t.Helper()
	p.xdotool("key", name)
}

// drop drops files on the middle of the window.
func (p *program) drop(paths ...string) {
	p.t.Helper()
	x, y, err := p.source.position(p.window)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.source.drop(p.window, x+600, y+300, paths, patience); err != nil {
		p.t.Fatal(err)
	}
}

// shot keeps a picture of the screen in the folder that LAMPLIGHT_E2E_SHOTS names.
func (p *program) shot(name string) {
	folder := os.Getenv("LAMPLIGHT_E2E_SHOTS")
	if folder == "" {
		return
	}
	p.shots++
	path := filepath.Join(folder, fmt.Sprintf("%s-%02d-%s.png", p.t.Name(), p.shots, name))
	c := exec.Command("import", "-window", "root", path)
	c.Env = append(os.Environ(), "DISPLAY="+p.display)
	if out, err := c.CombinedOutput(); err != nil {
		p.t.Logf("screenshot: %v\n%s", err, out)
	}
}

// quit closes the window and waits for a clean end.
func (p *program) quit() {
	p.t.Helper()
	if err := p.source.closeWindow(p.window); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Errorf("the program ended with %v", err)
		}
	case <-time.After(patience):
		p.t.Fatal("the program did not end")
	}
	if !strings.Contains(p.log(), "msg=closed") {
		p.t.Error("the program ended without closing its window")
	}
}

// models lists what is in the library's folder, hidden files excepted that belong to the library itself.
func (p *program) models() []string {
	var names []string
	entries, _ := os.ReadDir(p.dir("data/lamplight/models"))
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// checkSockets fails for every socket but local ones that the program asked for and got.
func (p *program) checkSockets() {
	p.t.Helper()
	data, err := os.ReadFile(p.trace)
	if err != nil {
		p.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	local := 0
	for _, line := range lines {
		switch {
		case strings.Contains(line, "AF_UNIX"):
			local++
		case strings.Contains(line, "socket") || strings.Contains(line, "io_uring"):
			// The self-test asks for sockets on purpose; the kernel must refuse every one.
			if !strings.Contains(line, "= -1 EPERM") {
				p.t.Errorf("not refused: %s", line)
			}
		}
	}
	if local == 0 {
		p.t.Errorf("the trace of %d lines has not even the socket of the window", len(lines))
	}
}
