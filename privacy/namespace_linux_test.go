//go:build linux && (amd64 || arm64)

package privacy

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// peer is where the listening peer waits: the only address of a network of its own.
var peer = &unix.SockaddrInet4{Port: 4242, Addr: home4}

// heard is what the peer and the wire had to say.
type heard struct {
	Skip            string
	Packets         int // on the wire, in either direction
	Talked, Refused int // the sender's attempts
}

// chatter is a network of its own: a peer that listens on TCP and UDP, one that hears every packet, and a copy that
// tries to talk to them, sealed or not.
func chatter() any {
	var h heard
	wire, err := wireUp()
	if err != nil {
		h.Skip = err.Error()
		return h
	}
	var sent struct{ Talked, Refused int }
	data, err := startCopy("talk").Output()
	if err == nil {
		err = json.Unmarshal(data, &sent)
	}
	if err != nil {
		h.Skip = "the sender: " + err.Error()
		return h
	}
	h.Talked, h.Refused = sent.Talked, sent.Refused
	for buffer := make([]byte, 2048); ; h.Packets++ {
		if _, _, err := unix.Recvfrom(wire, buffer, unix.MSG_DONTWAIT); err != nil {
			return h // nothing more was on the wire: loopback delivers before it returns
		}
	}
}

// wireUp starts the network and its peers, which end with the process.
func wireUp() (wire int, err error) {
	wire, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(htons(unix.ETH_P_ALL)))
	if err != nil {
		return 0, err
	}
	udp, err1 := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	tcp, err2 := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	lo, err3 := unix.NewIfreq("lo")
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return wire, errors.Join(unix.IoctlIfreq(udp, unix.SIOCSIFFLAGS, lo), unix.Bind(udp, peer), unix.Bind(tcp, peer), unix.Listen(tcp, 5))
}

func htons(n uint16) uint16 { return n<<8 | n>>8 } // both architectures are little-endian

// talk tries to reach the peer in every way that the kernel might let it.
func talk() any {
	if os.Getenv("LAMPLIGHT_TEST_CLOSED") != "" {
		if _, err := Seal(); err != nil {
			return err.Error()
		}
	}
	var sent struct{ Talked, Refused int }
	question := []byte("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x07invalid\x00\x00\x01\x00\x01")
	for _, a := range append(ways(unix.AF_INET), attempt{kind: unix.SOCK_STREAM, domain: unix.AF_INET, protocol: mptcp}) {
		fd, err := unix.Socket(a.domain, a.kind, a.protocol)
		if err == nil && a.kind == unix.SOCK_STREAM {
			err = unix.Connect(fd, peer)
		} else if err == nil {
			err = unix.Sendto(fd, question, 0, peer)
		}
		if err != nil {
			sent.Refused++
		} else {
			sent.Talked++
		}
	}
	return sent
}

// ways are the kinds of sockets of a family.
func ways(domain int) []attempt {
	return []attempt{
		{kind: unix.SOCK_STREAM, domain: domain},
		{kind: unix.SOCK_DGRAM, domain: domain},
		{kind: unix.SOCK_RAW, domain: domain, protocol: unix.IPPROTO_ICMP},
	}
}

// A listening peer hears no packet, in either direction.
func TestNoPacket(t *testing.T) {
	listen := func(closed string) heard {
		c := startCopy("chatter", "LAMPLIGHT_TEST_CLOSED="+closed)
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
		data, err := c.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Skip("this machine gives no network of one's own: ", err)
		}
		var h heard
		if err := errors.Join(err, json.Unmarshal(data, &h)); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if h.Skip != "" {
			t.Skip("this machine gives no network of one's own: ", h.Skip)
		}
		return h
	}
	open, closed := listen(""), listen("yes")
	t.Logf("open: %+v, sealed: %+v", open, closed)
	if open.Packets < 3 || open.Talked < 3 {
		t.Fatalf("the peer hears too little of one that is not sealed: %+v", open)
	}
	if closed.Packets != 0 || closed.Talked != 0 || closed.Refused != 4 {
		t.Errorf("a sealed process was heard: %+v", closed)
	}
}

// Seen from outside, no socket but a local one is made, also not before the seal is complete.
func TestStrace(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	record := t.TempDir() + "/record.txt"
	c := startCopy("talk", "LAMPLIGHT_TEST_CLOSED=yes")
	c.Args = []string{"strace", "-f", "-qq", "-e", "trace=socket,socketpair,connect,bind,sendto,io_uring_setup", "-o", record, c.Path}
	c.Path = strace
	if out, err := c.Output(); err != nil {
		t.Skipf("strace may not trace here: %v %s", err, out)
	}
	data, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	refusals := 0
	for _, call := range wholeCalls(string(data)) {
		switch {
		case strings.Contains(call, "= -1 EPERM"):
			refusals++
		case !strings.Contains(call, "AF_UNIX"):
			t.Errorf("not refused: %s", call)
		}
	}
	if refusals < 18 { // those of Seal's report and of the talk
		t.Errorf("only %d refusals:\n%s", refusals, data)
	}
}

// wholeCalls lists the calls of a record of strace's. One during which another thread made one takes two lines.
func wholeCalls(record string) (calls []string) {
	began := map[string]string{}
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
		if strings.Contains(call, "(") { // else it is a signal or an end
			calls = append(calls, call)
		}
	}
	for _, start := range began { // never returned
		calls = append(calls, start)
	}
	return calls
}
