package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// call is one use of a command: its arguments and where it reads and writes.
type call struct {
	*flag.FlagSet
	command  command
	args     []string
	in       io.Reader
	out, err io.Writer
}

func newCall(c command, args []string, in io.Reader, out, errs io.Writer) *call {
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.SetOutput(io.Discard) // command.run tells the user
	return &call{FlagSet: set, command: c, args: args, in: in, out: out, err: errs}
}

// usageError is a mistake in the use of a command, which its usage text answers.
type usageError struct{ error }

func wrongUse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// parse reads the flags, which may stand before, between and after the arguments that names counts, and
// returns these.
func (c *call) parse(names ...string) ([]string, error) {
	positional, err := c.parseUpTo(names...)
	if err == nil && len(positional) < len(names) {
		return nil, wrongUse("%s is missing", names[len(positional)])
	}
	return positional, err
}

// parseUpTo is parse where the arguments may be absent.
func (c *call) parseUpTo(names ...string) ([]string, error) {
	var positional []string
	for args := c.args; ; {
		if err := c.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, usageError{err}
		}
		if c.NArg() == 0 {
			break
		}
		positional = append(positional, c.Arg(0))
		args = c.Args()[1:]
	}
	if len(positional) > len(names) {
		return nil, wrongUse("%q is too much", positional[len(names)])
	}
	return positional, nil
}

// interruptible returns a context that Ctrl+C cancels, for commands that have something to finish or to clear
// away; the others simply end. A second Ctrl+C does not wait for that.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// usage shows what the command does, its arguments and flags.
func (c *call) usage() {
	fmt.Fprintf(c.err, "usage: lamp %s %s\n%s\n\n", c.command.name, c.command.args, c.command.does)
	c.SetOutput(c.err)
	c.PrintDefaults()
}

// printJSON writes v on one line, or indented, to standard output.
func (c *call) printJSON(v any, indent string) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	return e.Encode(v)
}
