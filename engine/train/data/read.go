package data

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"lamplight/engine/chat"
)

const (
	maxFile = 1 << 30  // bytes
	maxLine = 16 << 20 // bytes of a row
)

// ErrTooLarge: a file that is larger than any that training can use.
var ErrTooLarge = errors.New("the file is too large")

// ReadFile reads a file with examples: JSON, an object a line or a list of them, or CSV where the name ends in ".csv".
//
// An object is a conversation, {"messages": [{"role", "content"}…]} or {"conversations": [{"from", "value"}…]} (ShareGPT),
// a question with its answer, {"prompt", "completion"} or {"instruction", "input", "output"} (Alpaca), or {"text"}.
// The columns of CSV have the same names, or are called question and answer.
func ReadFile(path string) ([]Row, []Problem, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("%s: %d bytes, %d are possible: %w", path, info.Size(), maxFile, ErrTooLarge)
	}
	var rows []Row
	var problems []Problem
	if err == nil {
		rows, problems, err = Read(f, strings.EqualFold(filepath.Ext(path), ".csv"))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	return rows, problems, nil
}

// Read reads examples as CSV or as JSON. The error is that of the reader; what is wrong with rows is a problem each.
func Read(in io.Reader, asCSV bool) (rows []Row, problems []Problem, err error) {
	r := &reader{}
	b := bufio.NewReaderSize(in, 1<<16)
	if mark, _ := b.Peek(3); bytes.Equal(mark, []byte("\xEF\xBB\xBF")) {
		b.Discard(3)
	}
	switch {
	case asCSV:
		err = r.csv(b)
	case startsList(b):
		err = r.list(b)
	default:
		err = r.lines(b)
	}
	return r.rows, r.problems, err
}

// startsList reports whether the first character that is no space begins a list.
func startsList(b *bufio.Reader) bool {
	start, _ := b.Peek(1 << 12)
	return bytes.HasPrefix(bytes.TrimSpace(start), []byte("["))
}

type reader struct {
	rows     []Row
	problems []Problem
}

func (r *reader) problem(line int, detail string) {
	r.problems = append(r.problems, Problem{Line: line, Kind: Unreadable, Detail: detail})
}

func (r *reader) lines(b *bufio.Reader) error {
	s := bufio.NewScanner(b)
	s.Buffer(nil, maxLine)
	line := 0
	for s.Scan() {
		line++
		if text := bytes.TrimSpace(s.Bytes()); len(text) > 0 {
			r.object(line, text)
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than %d bytes: %w", line+1, maxLine, ErrTooLarge)
	}
	return s.Err()
}

func (r *reader) list(b *bufio.Reader) error {
	d := json.NewDecoder(b)
	if _, err := d.Token(); err != nil {
		return err
	}
	n := 0
	for d.More() {
		n++
		var raw json.RawMessage
		err := d.Decode(&raw)
		if err != nil {
			if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
				r.problem(n, "no JSON from here on")
				return nil
			}
			return err
		}
		r.object(n, raw)
	}
	return nil
}

// object has the keys of all shapes.
type object struct {
	Messages []struct {
		Role, Content string
	}
	Conversations []struct {
		From, Value string
	}
	Prompt, Completion         *string
	Instruction, Input, Output *string
	Text                       *string
}

func (r *reader) object(line int, text []byte) {
	var o object
	if err := json.Unmarshal(text, &o); err != nil {
		detail := "no JSON"
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			detail = fmt.Sprintf("%q is a %s", wrong.Field, wrong.Value)
		}
		r.problem(line, detail)
		return
	}
	row := Row{Line: line}
	say := func(role, text string) bool {
		to, ok := roles[strings.ToLower(role)]
		row.Messages = append(row.Messages, chat.Message{Role: to, Text: text})
		return ok
	}
	ok := true
	switch {
	case len(o.Messages) > 0:
		for _, m := range o.Messages {
			ok = say(m.Role, m.Content) && ok
		}
	case len(o.Conversations) > 0:
		for _, m := range o.Conversations {
			ok = say(m.From, m.Value) && ok
		}
	case o.Prompt != nil && o.Completion != nil:
		row.Messages = pair(*o.Prompt, *o.Completion)
	case o.Instruction != nil && o.Output != nil:
		row.Messages = pair(withInput(*o.Instruction, o.Input), *o.Output)
	case o.Text != nil:
		row.Text = *o.Text
	default:
		r.problem(line, "neither messages, conversations, prompt and completion, instruction and output, nor text")
		return
	}
	if !ok {
		r.problem(line, "a role that is not known")
		return
	}
	r.rows = append(r.rows, row)
}

// roles are the names that files give those who speak.
var roles = map[string]chat.Role{
	"system": chat.System, "user": chat.User, "human": chat.User,
	"assistant": chat.Assistant, "gpt": chat.Assistant, "model": chat.Assistant, "bot": chat.Assistant,
}

func pair(prompt, answer string) []chat.Message {
	return []chat.Message{{Role: chat.User, Text: prompt}, {Role: chat.Assistant, Text: answer}}
}

// withInput puts what an instruction is about behind it.
func withInput(instruction string, input *string) string {
	if input == nil || strings.TrimSpace(*input) == "" {
		return instruction
	}
	return instruction + "\n\n" + *input
}

// columns are the pairs of columns that a table may have for questions and answers.
var columns = [][2]string{{"prompt", "completion"}, {"instruction", "output"}, {"question", "answer"}, {"input", "output"}}

func (r *reader) csv(b *bufio.Reader) error {
	c := csv.NewReader(b)
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	var wrong *csv.ParseError
	if err != nil && !errors.As(err, &wrong) {
		return err
	}
	for i := range head {
		head[i] = strings.ToLower(strings.TrimSpace(head[i]))
	}
	column := func(name string) int { return slices.Index(head, name) }
	i := slices.IndexFunc(columns, func(p [2]string) bool { return column(p[0]) >= 0 && column(p[1]) >= 0 })
	if text := column("text"); i < 0 && text >= 0 {
		return r.records(c, func(f func(int) string) Row { return Row{Text: f(text)} })
	}
	if i < 0 {
		r.problem(1, "the first line does not name columns prompt and completion, instruction and output, question and answer, or text")
		return nil
	}
	question, answer, input := column(columns[i][0]), column(columns[i][1]), -1
	if columns[i][0] == "instruction" {
		input = column("input")
	}
	return r.records(c, func(f func(int) string) Row {
		about := f(input)
		return Row{Messages: pair(withInput(f(question), &about), f(answer))}
	})
}

// records makes a row of every record; the function it gives to row returns a field, "" where there is none.
func (r *reader) records(c *csv.Reader, row func(field func(int) string) Row) error {
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
			r.problem(wrong.StartLine, "no CSV: "+wrong.Err.Error())
			continue
		}
		if err != nil {
			return err
		}
		line, _ := c.FieldPos(0)
		if !slices.ContainsFunc(fields, func(s string) bool { return !utf8.ValidString(s) }) {
			made := row(func(i int) string {
				if i < 0 || i >= len(fields) {
					return ""
				}
				return fields[i]
			})
			made.Line = line
			r.rows = append(r.rows, made)
			continue
		}
		r.problem(line, "no UTF-8")
	}
}
