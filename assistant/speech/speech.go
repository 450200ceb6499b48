// Package speech has text read aloud by a program of the system, if there is one.
//
//	by, err := speech.Read(ctx, text, "de")
//
// The text goes to the program through a pipe, never on its command line, where other users could read it. Programs that are
// started from here have no network either (package privacy); speech services are reached by local sockets.
package speech

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrNoVoice is returned where the system has no program that reads aloud.
var ErrNoVoice = errors.New("nothing on this system reads aloud")

// voice is a program that reads aloud.
type voice struct {
	program string
	args    func(language string) []string
	quiet   []string // arguments that end what it has handed to a service; nil: it ends with the program
	path    string
}

// voices are the programs that are known, by system, the best first.
var voices = map[string][]voice{
	"unix": {
		{program: "spd-say", args: func(l string) []string { return option([]string{"-e", "-w"}, "-l", l) }, quiet: []string{"-S"}},
		{program: "espeak-ng", args: func(l string) []string { return option([]string{"-s", "150", "--stdin"}, "-v", l) }},
		{program: "espeak", args: func(l string) []string { return option([]string{"-s", "150", "--stdin"}, "-v", l) }},
	},
	"darwin":  {{program: "say", args: func(string) []string { return []string{"-f", "-"} }}},
	"windows": {{program: "powershell.exe", args: func(string) []string { return []string{"-NoProfile", "-NonInteractive", "-Command", sapi} }}},
}

// sapi reads its input aloud with the voice that the user has chosen in Windows.
const sapi = `[Console]::InputEncoding = [Text.Encoding]::UTF8; Add-Type -AssemblyName System.Speech; ` +
	`(New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak([Console]::In.ReadToEnd())`

func option(args []string, name, value string) []string {
	if value == "" {
		return args
	}
	return append(args, name, value)
}

// Read has text read aloud by the first program that can, and returns which when that is done, or was cancelled. Language is a
// BCP 47 tag, "" for the usual voice.
func Read(ctx context.Context, text, language string) (by string, err error) {
	system := runtime.GOOS
	if voices[system] == nil {
		system = "unix"
	}
	language, _, _ = strings.Cut(language, "-")
	err = ErrNoVoice
	for _, v := range voices[system] {
		if v.path, _ = exec.LookPath(v.program); v.path == "" {
			continue
		}
		if err = v.read(ctx, sayable(text), language); err == nil || ctx.Err() != nil {
			return v.program, err
		}
	}
	return "", fmt.Errorf("speech: %w", err)
}

// read fails where a program has no service or voice to read with.
func (v voice) read(ctx context.Context, text, language string) error {
	c := exec.CommandContext(ctx, v.path, v.args(language)...)
	c.Stdin = strings.NewReader(text)
	c.WaitDelay = time.Second
	err := c.Run()
	if ctx.Err() != nil {
		if v.quiet != nil {
			_ = exec.Command(v.path, v.quiet...).Run() // what cannot be ended goes on
		}
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", v.program, err)
	}
	return nil
}

// maxLine is how long a line may get, in bytes: programs read no longer ones in one piece.
const maxLine = 400

// sayable is text as programs take it: in lines, each with a space before it, because spd-say takes a line that begins with
// "!-!" for a command.
func sayable(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		length := 0
		for word := range strings.FieldsSeq(line) {
			word = strings.Map(func(r rune) rune {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
					return -1
				}
				return r
			}, word)
			if length > 0 && length+len(word) > maxLine {
				b.WriteByte('\n')
				length = 0
			}
			b.WriteString(" " + word)
			length += len(word) + 1
		}
		if length > 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
