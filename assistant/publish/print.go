package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// ErrNoPrinter is returned where the system has no way to print, or no printer is set up.
var ErrNoPrinter = errors.New("there is no printer")

// printer is the system's program that takes what is to be printed; it is reached by a local socket.
const printer = "lp"

// CanPrint reports whether the system has a way to print. Whether there is a printer is known when something is printed.
func CanPrint() bool {
	_, err := exec.LookPath(printer)
	return err == nil && runtime.GOOS != "windows"
}

// Print has the system's usual printer print a PDF.
func Print(ctx context.Context, pdf []byte) error {
	if !CanPrint() {
		return fmt.Errorf("publish: %w", ErrNoPrinter)
	}
	var said bytes.Buffer
	c := exec.CommandContext(ctx, printer, "-t", "Lamplight", "-o", "fit-to-page")
	c.Stdin, c.Stderr = bytes.NewReader(pdf), &said
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("publish: %s: %w: %w: %.300s", printer, ErrNoPrinter, err, strings.TrimSpace(said.String()))
	}
	return nil
}
