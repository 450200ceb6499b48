//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// recorded are the system calls that strace writes down: those that make sockets, and those that open files.
const recorded = "socket,socketpair,io_uring_setup,open,openat,openat2,creat"

// openNetwork is the flag of the program that leaves the network open.
const openNetwork = "-allow-remote-display"

// record is the file for what a start of the program has called, counted from 1.
func (p *program) record(start int) string { return p.dir(fmt.Sprintf("calls-%d.txt", start)) }

// checkRecords looks at what all starts of the program have called, those that were killed and those of a second
// instance too: no socket but a local one was made, and no file outside of the home was opened for writing.
func (p *program) checkRecords() {
	p.t.Helper()
	for start := 1; start <= p.starts; start++ {
		data, err := os.ReadFile(p.record(start))
		if err != nil {
			p.t.Error(err)
			continue
		}
		all := calls(string(data))
		if !slices.Contains(p.options.args, openNetwork) {
			p.checkSockets(all)
		}
		p.checkFiles(all)
	}
}

// checkSockets fails for every socket but local ones that the program asked for and got. The program's own
// test asks for all kinds; the record must have these refusals, or it would prove nothing.
func (p *program) checkSockets(calls []string) {
	p.t.Helper()
	local, refused := 0, 0
	for _, call := range calls {
		switch {
		case !strings.HasPrefix(call, "socket") && !strings.HasPrefix(call, "io_uring"):
		case strings.Contains(call, "= -1 EPERM"), strings.HasSuffix(call, "= ?"):
			refused++
		case strings.Contains(call, "AF_UNIX"):
			local++
		default:
			p.t.Errorf("not refused: %s", call)
		}
	}
	if local == 0 || refused == 0 {
		p.t.Errorf("the record has %d local sockets and %d refusals, want some of both:\n%s", local, refused, strings.Join(calls, "\n"))
	}
}

// opened is a call that has opened a file. A path that is not absolute is below the home, where the program is
// started.
var opened = regexp.MustCompile(`^(?:open|openat|openat2|creat)\((?:AT_FDCWD, )?"([^"]*)"(.*) = \d+$`)

// checkFiles fails for every file outside of the home that was opened for writing. Devices and what the kernel
// shows of a process are no files.
func (p *program) checkFiles(calls []string) {
	p.t.Helper()
	inside := 0
	for _, call := range calls {
		m := opened.FindStringSubmatch(call)
		if m == nil || !strings.HasPrefix(call, "creat") && !strings.Contains(m[2], "O_WRONLY") && !strings.Contains(m[2], "O_RDWR") {
			continue
		}
		path := m[1]
		if !filepath.IsAbs(path) {
			path = p.dir(path)
		}
		switch {
		case strings.HasPrefix(path, p.home+"/"):
			inside++
		case strings.HasPrefix(path, "/dev/"), strings.HasPrefix(path, "/proc/"):
		default:
			p.t.Errorf("written outside of the home: %s", call)
		}
	}
	if inside == 0 {
		p.t.Error("the record has no file that was written")
	}
}

// calls lists the calls of a record of strace's. One during which another thread made one takes two lines; one that
// the end of the program has cut off has no answer.
func calls(record string) (list []string) {
	began := map[string]string{} // by thread
	for line := range strings.Lines(record) {
		thread, call, _ := strings.Cut(strings.TrimSpace(line), " ")
		call = strings.TrimSpace(call)
		if start, ok := strings.CutSuffix(call, "<unfinished ...>"); ok {
			began[thread] = start
			continue
		}
		if _, end, ok := strings.Cut(call, " resumed>"); ok {
			call = began[thread] + end
			delete(began, thread)
		}
		list = append(list, call)
	}
	for _, start := range began {
		list = append(list, start+"= ?")
	}
	return list
}
