// Command lamp is Lamplight without its window, for tests, benchmarks and people who live in a terminal.
//
//	lamp run -m gemma-3-270m-it-q4_0.gguf -p "Why is the sky blue?"
//
// A MODEL is a GGUF file, a Hugging Face folder, or the name of a model in the library; without -m it is the
// library's active model. JSON and the model's own text go to standard output, everything else to standard
// error. The exit status is 0, 1 when the command failed and one line says why, or 2 when it was used
// wrongly. Like the window, the program closes the network to itself, and its memory to others, before it
// does anything.
//
// Each command is one file, named as the command is. What they share: call.go has flags, model.go finds the
// MODEL, messages.go has the advice that goes with an error.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"lamplight/privacy"
)

// commands in the order in which a newcomer needs them.
var commands = []command{
	{"run", "[-m MODEL] -p TEXT", "answer a prompt", run},
	{"write", "[-m MODEL] -action ACTION FILE", "correct, rewrite, translate or summarise a text", write},
	{"inspect", "MODEL", "show what a model file holds, as JSON", inspect},
	{"tokenize", "[-m MODEL] [-specials]", "turn JSON strings, one a line, into token ids", tokenize},
	{"detokenize", "[-m MODEL]", "turn JSON arrays of token ids, one a line, into strings", detokenize},
	{"prompt", "[-m MODEL]", "lay out a JSON array of messages {role, content} for the model", prompt},
	{"logits", "[-m MODEL] -ids 2,17,9 -o FILE", "write the logits of every position as float32", logits},
	{"bench", "[-m MODEL]", "measure the speed of a model on this computer", bench},
	{"discover", "[-json] [-in FOLDER]", "list the models that other applications keep on this computer", discoverModels},
	{"perplexity", "[-m MODEL] [-text FILE]", "say how well a model predicts a text", perplexity},
	{"kl", "[-m MODEL] -ref MODEL [-text FILE]", "say how far a model's predictions are from another's", kl},
	{"import", "[-reference] PATH", "put a model into the library", importIntoLibrary},
	{"verify", "[NAME] [-all]", "read models of the library again and mark those that have changed", verify},
	{"train", "[-m MODEL] -data FILE -o FOLDER", "teach a model from examples", trainModel},
	{"merge", "[-m MODEL] ADAPTER OUT", "write a model with what an adapter has learnt", merge},
	{"quantize", "IN OUT.gguf -type TYPE", "make a smaller model of a large one, or a GGUF file of a Hugging Face folder", quantize},
	{"starter", "-o FOLDER | -eval", "compose what the starter model learns from, or measure one", starterModel},
	{"synth", "-shape SHAPE -vocab VOCAB.gguf -o OUT.gguf", "make a model with random weights", synth},
}

const (
	statusFailed = 1
	statusUsage  = 2
)

func main() {
	_, err := privacy.Seal()
	if err = errors.Join(err, privacy.Hide()); err != nil {
		fmt.Fprintf(os.Stderr, "lamp: the network or the memory could not be closed: %s\n", oneLine(err))
	}
	os.Exit(lamp(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// lamp runs the command that args name and returns the exit status.
func lamp(args []string, in io.Reader, out, errs io.Writer) (status int) {
	if len(args) == 0 {
		overview(errs)
		return statusUsage
	}
	name, args := args[0], args[1:]
	if name == "help" || name == "-h" || name == "-help" || name == "--help" {
		if len(args) == 0 {
			overview(errs)
			return 0
		}
		name, args = args[0], []string{"-h"}
	}
	for _, c := range commands {
		if c.name == name {
			return c.run(newCall(c, args, in, out, errs))
		}
	}
	fmt.Fprintf(errs, "lamp: there is no command %q; lamp help lists them\n", name)
	return statusUsage
}

// overview lists the commands.
func overview(w io.Writer) {
	fmt.Fprint(w, "lamp runs language models on this computer.\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  lamp %-11s %s\n", c.name, c.does)
	}
	fmt.Fprint(w, "\nMODEL is a GGUF file, a Hugging Face folder or a name in the library; without -m it is the active model.\n",
		"lamp help COMMAND shows what a command takes.\n")
}

// command is one sub-command.
type command struct {
	name, args, does string
	main             func(c *call) error
}

// run runs the command and says on standard error what went wrong.
func (c command) run(call *call) (status int) {
	err := c.main(call)
	var wrong usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		call.usage()
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintf(call.err, "lamp %s: %s\n", c.name, oneLine(err))
		call.usage()
		return statusUsage
	}
	fmt.Fprintf(call.err, "lamp %s: %s\n", c.name, message(err))
	return statusFailed
}

// oneLine is the text of an error without line breaks.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
