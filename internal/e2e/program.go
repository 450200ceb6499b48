//go:build e2e

// Package e2e drives the real program, in a real window, as a person would: files are dropped on it, keys
// typed and buttons clicked through the X server, and what it did is read in its log and on its disk.
// It runs with the build tag e2e; make e2e installs what it needs.
//
// Nothing here waits for a time to pass: every step waits for what the program says of itself, in its log at
// debug level, and is repeated if it may have missed.
package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"lamplight/library"
)

// patience bounds every wait. It is generous: a slow machine makes a test slow, not red.
const patience = 2 * time.Minute

// executable is the program, which TestMain has built.
var executable string

// display starts an X server of its own, which keeps its screen in a file in a folder, and returns its name.
func display(t *testing.T, folder string) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Without -r a key that is held down for long, on a machine that stalls, would be typed again and again.
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x860x24", "-nolisten", "tcp", "-r", "-fbdir", folder)
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

// options are how a program is started.
type options struct {
	settings string // the content of settings.json; empty: a new user's
	user     string // who runs it, of another name than the one who tests; empty: the same
	bus      string // address of the session bus; empty: there is none
	args     []string
	before   func(p *program) // what is done before the first start; may be nil
	bare     bool             // no strace beside it and no talkative log: it is measured
	stalls   time.Duration    // how long the process stands still before its window is drawn
}

// program is a running Lamplight with a home of its own.
type program struct {
	t       *testing.T
	options options
	home    string
	display string
	source  *source
	window  xproto.Window

	screenFolder     string  // of the file with what the X server shows
	promptX, promptY int     // the middle of the prompt, where it is measured
	speed            float64 // characters a second of the first answer, where it is measured

	starts int
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the program has ended, with err
	err    error
	began  int // bytes of the log when the process was started
	seen   int // bytes of the log up to the last event that was awaited
	shots  int
}

// start runs the program in a home of its own and waits for its window.
func start(t *testing.T, o options) *program {
	t.Helper()
	p := prepare(t, o)
	p.launch()
	return p
}

// prepare makes the home and the display of a program, which is not started.
func prepare(t *testing.T, o options) *program {
	t.Helper()
	p := &program{t: t, options: o, home: t.TempDir(), screenFolder: t.TempDir()}
	p.display = display(t, p.screenFolder)
	var err error
	if p.source, err = newSource(p.display); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"data/lamplight", "state", "config", "cache", "run", "tmp"} {
		if err := os.MkdirAll(p.dir(dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if o.before != nil {
		o.before(p)
	}
	if o.settings != "" {
		if err := os.WriteFile(p.dir("data/lamplight/settings.json"), []byte(o.settings), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if o.user != "" {
		p.handOver()
	}
	t.Cleanup(p.cleanUp)
	return p
}

// launch starts the process and waits for its window, which shows the page on which it was closed.
func (p *program) launch() {
	p.t.Helper()
	p.launchTo("the places of its controls", func() bool { return p.look().has("rail-chat") })
}

// chatting runs the program with a model, ready to be asked.
func chatting(t *testing.T, model, settings string) *program {
	t.Helper()
	p := start(t, options{settings: settings})
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice")) // Chat with it
	return p
}

// launchLocked starts the process, whose vault cannot be opened, and waits until it has said so.
func (p *program) launchLocked(says string) {
	p.t.Helper()
	p.launchTo("the way on", func() bool { return p.look().focus == "Open" })
	if log := p.log()[p.began:]; !strings.Contains(log, says) {
		p.t.Errorf("the program does not say %q:\n%s", says, log)
	}
}

// launchTo starts the process, under strace unless it is measured, and waits until its window is drawn.
func (p *program) launchTo(what string, drawn func() bool) {
	p.t.Helper()
	p.began = len(p.log())
	if p.options.bare {
		p.cmd = p.alone()
	} else {
		p.cmd = p.traced()
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that both can be ended at once
	output, err := os.OpenFile(p.dir("output.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer output.Close()
	p.cmd.Stdout, p.cmd.Stderr = output, output
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.ended = make(chan struct{})
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()

	if p.options.stalls > 0 {
		p.until("the vault", func() bool { return strings.Contains(p.log()[p.began:], `msg="vault opened"`) })
		p.signal(syscall.SIGSTOP)
		time.Sleep(p.options.stalls)
		p.signal(syscall.SIGCONT)
	}
	p.await(`msg="window ready"`)
	p.until("its window", func() (found bool) {
		p.window, found = p.source.find("Lamplight")
		return found
	})
	p.until(what, drawn)
	p.xdotool("windowfocus", "--sync", fmt.Sprint(p.window))
}

// traced is the program under strace, with a record of its own.
func (p *program) traced() *exec.Cmd {
	p.starts++
	args := []string{"-f", "-qq", "-e", "trace=" + recorded, "-o", p.record(p.starts)}
	if p.options.user != "" {
		args = append(args, "-u", p.options.user)
	}
	c := exec.Command("strace", slices.Concat(args, []string{executable}, p.options.args)...)
	c.Dir, c.Env = p.home, p.environment()
	return c
}

// alone is the program without anything beside it.
func (p *program) alone() *exec.Cmd {
	c := exec.Command(executable, p.options.args...)
	c.Dir, c.Env = p.home, append(p.environment(), "LAMPLIGHT_LOG=")
	return c
}

// environment is what the program runs in.
func (p *program) environment() []string {
	bus := p.options.bus
	if bus == "" {
		bus = "disabled:"
	}
	return append(os.Environ(),
		"DISPLAY="+p.display, "HOME="+p.home,
		"XDG_DATA_HOME="+p.dir("data"), "XDG_STATE_HOME="+p.dir("state"), "XDG_CONFIG_HOME="+p.dir("config"), "XDG_CACHE_HOME="+p.dir("cache"), "XDG_RUNTIME_DIR="+p.dir("run"),
		"TMPDIR="+p.dir("tmp"), "DBUS_SESSION_BUS_ADDRESS="+bus, "LC_ALL=C.UTF-8", "LANG=en_US.UTF-8", "LIBGL_ALWAYS_SOFTWARE=1", "WAYLAND_DISPLAY=", "LAMPLIGHT_LOG=debug", "LAMPLIGHT_KERNELS=")
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
	p.source.close()
	if p.ended != nil && !p.hasEnded() {
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
	if !p.t.Failed() {
		p.checkRecords()
	}
}

// quit closes the window and waits for a clean end.
func (p *program) quit() {
	p.t.Helper()
	if err := p.source.closeWindow(p.window); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
		if p.err != nil {
			p.t.Errorf("the program ended with %v", p.err)
		}
	case <-time.After(patience):
		p.sayWhere()
		p.t.Fatal("the program did not end")
	}
	p.await("msg=closed")
}

// kill ends the program from one moment to the next.
func (p *program) kill() {
	p.t.Helper()
	if err := syscall.Kill(p.pid(), syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	<-p.ended
}

func (p *program) dir(name string) string { return filepath.Join(p.home, name) }

// until waits for something that will become true, or for the end of the program, which is an error.
func (p *program) until(what string, f func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			last := p.look()
			p.sayWhere()
			p.t.Fatalf("waited %v for %s; of the window is said %+v", patience, what, last)
		}
		if p.hasEnded() && !f() {
			p.t.Fatalf("the program ended before %s: %v", what, p.err)
		}
	}
}

// sayWhere has a program that hangs write what its goroutines do into its output, which ends it.
func (p *program) sayWhere() {
	p.shot("hangs")
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGQUIT) // strace passes it on
	select {
	case <-p.ended:
	case <-time.After(again):
	}
}

func (p *program) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// log returns the program's log so far.
func (p *program) log() string {
	data, _ := os.ReadFile(p.dir("state/lamplight/lamplight.log"))
	return string(data)
}

// await waits for the next event that matches, after the last one that was awaited, and returns its line.
func (p *program) await(pattern string) (line string) {
	p.t.Helper()
	re := regexp.MustCompile("(?m)^.*" + pattern + ".*\n")
	p.until("an event "+pattern, func() bool {
		log := p.log()[p.seen:]
		at := re.FindStringIndex(log)
		if at == nil {
			return false
		}
		line = strings.TrimSpace(log[at[0]:at[1]])
		p.seen += at[1]
		return true
	})
	return line
}

// came reports whether an event has come since the last one that was awaited.
func (p *program) came(pattern string) bool {
	return regexp.MustCompile(pattern).MatchString(p.log()[p.seen:])
}

// models lists the folders in the library, hidden ones too, without that of the starter.
func (p *program) models() []string {
	var names []string
	entries, _ := os.ReadDir(p.dir("data/lamplight/models"))
	for _, e := range entries {
		if e.IsDir() && e.Name() != library.BuiltInID {
			names = append(names, e.Name())
		}
	}
	return names
}

// pid is the process of the program: strace's one child, if that is there.
func (p *program) pid() int {
	p.t.Helper()
	if p.options.bare {
		return p.cmd.Process.Pid
	}
	strace := p.cmd.Process.Pid
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", strace))
	if err != nil {
		p.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(list)))
	if err != nil {
		p.t.Fatalf("strace has the children %q", list)
	}
	return pid
}

// signal sends the program a signal.
func (p *program) signal(s syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(p.pid(), s); err != nil {
		p.t.Fatal(err)
	}
}

// inSlices lets the program run for an instant, again and again, until something is so, and leaves it frozen.
func (p *program) inSlices(what string, there func() bool) {
	p.t.Helper()
	p.until(what, func() bool {
		p.signal(syscall.SIGCONT)
		time.Sleep(2 * time.Millisecond)
		p.signal(syscall.SIGSTOP)
		return there()
	})
}
