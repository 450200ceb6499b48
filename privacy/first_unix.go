//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package privacy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// What two instances say to each other. The one that asks appends the names of the files that it was started with,
// each with a zero byte after it; what is asked before them is how many bytes they are.
const (
	ask     = "show %d\n"
	answer  = "shown\n"
	maxAsk  = len("show 1048576\n")
	maxName = 1 << 20 // bytes of all names: more than a command line may have
)

// First finds out whether this is the first instance of the program, of all that pass the same path. If it is,
// first is true, and show is called in a goroutine of its own whenever another instance has started, with the files
// that this one was given; release ends that. If it is not, the first instance has been asked to show itself and has
// said that it will, and this one may end. Names of files must be absolute.
//
// path is that of a local socket (AF_UNIX, which the seal allows) in a folder that belongs to this user alone,
// and is made if it is not there; beside it lies a lock file. A path has about 100 bytes at most. An error with
// first says that other instances will not find this one. An error without first says that the other instance
// does not answer: it may hang.
func First(ctx context.Context, path string, files []string, show func(files []string)) (release func(), first bool, err error) {
	release = func() {}
	if err := privateFolder(filepath.Dir(path)); err != nil {
		return release, true, fmt.Errorf("privacy: first instance: %w", err)
	}
	for {
		lock, err := tryLock(path + ".lock")
		if err != nil {
			return release, true, fmt.Errorf("privacy: first instance: %w", err)
		}
		if lock != nil {
			end, err := listen(path, show)
			if err != nil {
				lock.Close()
				return release, true, fmt.Errorf("privacy: first instance: %w", err)
			}
			return func() { end(); lock.Close() }, true, nil
		}
		// The other instance may be between its lock and its socket, or be ending: then the next round is first.
		if err = askFirst(ctx, path, files); err == nil {
			return release, false, nil
		}
		select {
		case <-ctx.Done():
			return release, false, fmt.Errorf("privacy: the other instance does not answer: %w", errors.Join(ctx.Err(), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// privateFolder makes a folder that belongs to this user alone, or makes sure that it does.
func privateFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var info unix.Stat_t
	if err := unix.Lstat(dir, &info); err != nil {
		return fmt.Errorf("look at %s: %w", dir, err)
	}
	if info.Mode&unix.S_IFMT != unix.S_IFDIR || int(info.Uid) != os.Geteuid() || info.Mode&0o077 != 0 {
		return fmt.Errorf("%s is not a folder of this user alone", dir)
	}
	return nil
}

// tryLock returns the lock file with its lock, which ends with the file or the process; nil if another
// instance has it.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
		case err == nil:
			return f, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			f.Close()
			return nil, nil
		default:
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
	}
}

// local makes a local socket. In an os.File of it, reads and writes wait without a thread, and end when it is
// closed.
func local() (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, fmt.Errorf("make a local socket: %w", err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// listen answers at path until end is called. The lock is held: what lies there is nobody's.
func listen(path string, show func([]string)) (end func(), err error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	fd, err := local()
	if err != nil {
		return nil, err
	}
	err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	if err == nil {
		err = unix.Listen(fd, 8)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("listen at %s: %w", path, err)
	}
	socket := os.NewFile(uintptr(fd), path)
	over := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			c, err := accept(socket)
			if err == nil {
				attend(c, show)
				continue
			}
			select {
			case <-over:
				return
			case <-time.After(patience / 10): // no file descriptor is left, for example
			}
		}
	})
	return sync.OnceFunc(func() {
		os.Remove(path)
		close(over)
		socket.Close()
		wait.Wait()
	}), nil
}

// accept waits for the next connection.
func accept(socket *os.File) (*os.File, error) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var acceptErr error
	err = raw.Read(func(listener uintptr) bool {
		for {
			fd, _, acceptErr = unix.Accept(int(listener))
			switch {
			case errors.Is(acceptErr, unix.EINTR), errors.Is(acceptErr, unix.ECONNABORTED):
			default:
				return !errors.Is(acceptErr, unix.EAGAIN)
			}
		}
	})
	if err = errors.Join(err, acceptErr); err != nil {
		return nil, err
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "another instance"), nil
}

// patience is how long an instance waits for the other's next word.
const patience = 2 * time.Second

// attend hears what another instance wants. One that says nothing keeps the next waiting for a moment only.
func attend(c *os.File, show func([]string)) {
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return
	}
	files, err := question(c)
	if err != nil {
		return
	}
	show(files)
	_, _ = io.WriteString(c, answer) // it may have gone
}

// question reads what is asked: the files that are in it.
func question(r io.Reader) (files []string, err error) {
	in := bufio.NewReader(r)
	var line []byte
	for len(line) == 0 || line[len(line)-1] != '\n' {
		b, err := in.ReadByte()
		if err != nil || len(line) == maxAsk {
			return nil, errors.Join(err, fmt.Errorf("the question begins %q", line))
		}
		line = append(line, b)
	}
	var length int
	if n, err := fmt.Sscanf(string(line), ask, &length); n != 1 || err != nil || length < 0 || length > maxName {
		return nil, fmt.Errorf("the question is %q", line)
	}
	names := make([]byte, length)
	if _, err := io.ReadFull(in, names); err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(string(names), "\x00") {
		if filepath.IsAbs(name) {
			files = append(files, name)
		}
	}
	return files, nil
}

// askFirst asks the instance that listens at path to show itself, and gives it files.
func askFirst(ctx context.Context, path string, files []string) error {
	var names strings.Builder
	for _, f := range files {
		names.WriteString(f + "\x00")
	}
	if names.Len() > maxName {
		return fmt.Errorf("%d files are too many at once", len(files))
	}
	fd, err := local()
	if err != nil {
		return err
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil { // at once, or not at all
		unix.Close(fd)
		return fmt.Errorf("connect to %s: %w", path, err)
	}
	c := os.NewFile(uintptr(fd), path)
	defer c.Close()
	deadline := time.Now().Add(patience)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := c.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c, ask+"%s", names.Len(), names.String()); err != nil {
		return err
	}
	heard := make([]byte, len(answer))
	if _, err := io.ReadFull(c, heard); err != nil {
		return fmt.Errorf("wait for an answer: %w", err)
	}
	if string(heard) != answer {
		return fmt.Errorf("it answered %q", heard)
	}
	return nil
}
