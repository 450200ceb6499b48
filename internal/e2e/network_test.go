//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// peer is where the peer listens, in a network that documents are written about.
var peer = unix.SockaddrInet4{Port: 4242, Addr: [4]byte{192, 0, 2, 2}}

// network is two networks of their own with a cable between them. The goroutine that has made it is in the one,
// with all that it starts; in the other a peer listens to TCP, to UDP and to every packet.
type network struct {
	wire, loopback             int // sockets that hear every packet, at this end of the cable and on the computer itself
	peerWire, peerTCP, peerUDP int
}

// errCable is what a test is skipped with.
var errCable = errors.New("this machine gives no network of one's own")

// wireUp makes the networks. The calling goroutine keeps its thread for good, and both end together.
func wireUp(t *testing.T) (n network, err error) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return n, fmt.Errorf("%w: %w", errCable, err)
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return n, fmt.Errorf("%w: %w", errCable, err)
	}
	thread, laid, listening := make(chan int), make(chan bool), make(chan error)
	go func() { // the peer
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		thread <- unix.Gettid()
		if <-laid && err == nil {
			err = n.listen()
		}
		listening <- err // its sockets hold the network
	}()
	err = ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", fmt.Sprint(<-thread))
	if err != nil {
		err = fmt.Errorf("%w: %w", errCable, err)
	}
	laid <- err == nil
	if err := errors.Join(err, <-listening); err != nil {
		return n, err
	}
	if err := errors.Join(setUp("near", "192.0.2.1/24"), ip("link", "set", "lo", "up"), ip("route", "add", "default", "via", "192.0.2.2")); err != nil {
		return n, err
	}
	n.wire, err = packets("near")
	if err != nil {
		return n, err
	}
	n.loopback, err = packets("lo")
	return n, err
}

// listen starts the peer in its network.
func (n *network) listen() (err error) {
	if err := setUp("far", "192.0.2.2/24"); err != nil {
		return err
	}
	if n.peerWire, err = packets("far"); err != nil {
		return err
	}
	const kind = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	var err1, err2 error
	n.peerTCP, err1 = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|kind, 0)
	n.peerUDP, err2 = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|kind, 0)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	return errors.Join(unix.Bind(n.peerTCP, &peer), unix.Listen(n.peerTCP, 5), unix.Bind(n.peerUDP, &peer))
}

func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %v: %w: %s", args, err, out)
	}
	return nil
}

// setUp brings an end of the cable up. IPv6 says hello by itself on every cable, so it stays off there.
func setUp(name, address string) error {
	err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(ip("address", "add", address, "dev", name), ip("link", "set", name, "up"))
}

// packets returns a socket that hears every packet of an interface, in either direction.
func packets(name string) (socket int, err error) {
	socket, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, request)
	}
	if err != nil {
		return 0, err
	}
	all := [2]byte{0, unix.ETH_P_ALL} // in the order of the network
	return socket, unix.Bind(socket, &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16(all[:]), Ifindex: int(request.Uint32())})
}

// heard returns how many packets have come since it was asked last.
func heard(socket int) (count int) {
	for buffer := make([]byte, 2048); ; count++ {
		if _, _, err := unix.Recvfrom(socket, buffer, 0); err != nil {
			return count
		}
	}
}

// counted is what the kernel has counted on an end of the cable: packets in and out.
func counted(t *testing.T, name string) (in, out int) {
	t.Helper()
	data, err := os.ReadFile("/proc/thread-self/net/dev")
	must(t, err)
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) > 10 && fields[0] == name+":" {
			_, err1 := fmt.Sscan(fields[2], &in)
			_, err2 := fmt.Sscan(fields[10], &out)
			must(t, errors.Join(err1, err2))
			return in, out
		}
	}
	t.Fatalf("%s is not counted:\n%s", name, data)
	return 0, 0
}

// traffic is everything that was seen of a network since the last time.
type traffic struct {
	Wire, PeerWire, Loopback, Accepted, Received int
	In, Out                                      int // at this end of the cable, since it was laid
}

func (n network) traffic(t *testing.T) (s traffic) {
	t.Helper()
	s.In, s.Out = counted(t, "near")
	s.Wire, s.Loopback = heard(n.wire), heard(n.loopback)
	s.PeerWire, s.Received = heard(n.peerWire), heard(n.peerUDP)
	for {
		fd, _, err := unix.Accept(n.peerTCP)
		if err != nil {
			return s
		}
		unix.Close(fd)
		s.Accepted++
	}
}

// TestNoPacket runs the program in a network with a peer: while it chats, tries on its page Privacy to get out, and
// ends, no packet goes or comes, not even on the computer itself. Of the same program with the network open, and of
// whoever talks to the peer, packets are seen.
func TestNoPacket(t *testing.T) {
	if os.Geteuid() != 0 {
		asOwnAdministrator(t)
		return
	}
	n, err := wireUp(t)
	if errors.Is(err, errCable) {
		t.Skip(err)
	}
	must(t, err)
	if s := n.traffic(t); s != (traffic{}) {
		t.Fatalf("there is talk before anybody talks: %+v", s)
	}
	model, settings := endless(t)
	p := start(t, options{settings: settings})
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	p.ask("What does http://192.0.2.2:4242/ say?")
	p.until("some words", func() bool { return p.look().written > 300 })
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	p.testAgain()
	p.quit()
	if s := n.traffic(t); s != (traffic{}) {
		t.Errorf("the program was heard: %+v", s)
	}

	p = start(t, options{args: []string{openNetwork}})
	p.testAgain()
	p.quit()
	if s := n.traffic(t); s.Loopback < 4 {
		t.Errorf("the program with the network open is not heard when it tries: %+v", s)
	}
	n.talk(t)
	if s := n.traffic(t); s.Wire < 4 || s.PeerWire != s.Wire || s.In == 0 || s.Out == 0 || s.Accepted != 1 || s.Received != 1 {
		t.Errorf("the peer does not hear who talks to it: %+v", s)
	}
}

// asOwnAdministrator runs the test once more, in a process that is the administrator of nothing but itself.
func asOwnAdministrator(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	c := exec.Command(self, "-test.v", "-test.run=^"+t.Name()+"$")
	c.Env = append(os.Environ(), built+"="+executable)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		t.Skip(errCable, ": ", err)
	case err != nil:
		t.Errorf("%v:\n%s", err, out)
	case bytes.Contains(out, []byte("--- SKIP")):
		t.Skipf("%s", out)
	}
}

// testAgain has the program try to get out.
func (p *program) testAgain() {
	p.t.Helper()
	p.openPage("privacy")
	p.tabTo("Test again")
	before := p.attempts()
	p.key("Return")
	p.until("the attempts", func() bool { return p.attempts() >= before+14 })
}

// attempts counts the sockets that the program has asked for but local ones.
func (p *program) attempts() (n int) {
	data, err := os.ReadFile(p.record(p.starts))
	must(p.t, err)
	for _, call := range calls(string(data)) {
		if (strings.HasPrefix(call, "socket(") || strings.HasPrefix(call, "io_uring_setup(")) && !strings.Contains(call, "AF_UNIX") {
			n++
		}
	}
	return n
}

// talk sends a datagram to the peer and connects to it.
func (n network) talk(t *testing.T) {
	t.Helper()
	udp, err1 := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	tcp, err2 := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, errors.Join(err1, err2))
	defer unix.Close(udp)
	defer unix.Close(tcp)
	must(t, errors.Join(unix.Connect(tcp, &peer), unix.Sendto(udp, []byte("…"), 0, &peer)))
}
