package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonReader walks a JSON text from front to back. A tokenizer.json has half a million merges, for which
// encoding/json takes a second and ten times the file's size; this takes what is asked for and steps over
// the rest.
type jsonReader struct {
	data []byte
	at   int
}

var errSyntax = errors.New("not valid JSON")

func (r *jsonReader) fail(err error) error { return fmt.Errorf("at byte %d: %w", r.at, err) }

// peek returns the first byte that is not white space, 0 at the end.
func (r *jsonReader) peek() byte {
	for ; r.at < len(r.data); r.at++ {
		if c := r.data[r.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// take steps over c if it is next.
func (r *jsonReader) take(c byte) bool {
	if r.peek() != c || r.at == len(r.data) {
		return false
	}
	r.at++
	return true
}

// null steps over a null if it is next.
func (r *jsonReader) null() bool {
	if r.peek() != 'n' || !bytes.HasPrefix(r.data[r.at:], []byte("null")) {
		return false
	}
	r.at += len("null")
	return true
}

// object calls f for each key; f must read or skip the value. A null is an object without keys.
func (r *jsonReader) object(f func(key string) error) error {
	if r.null() {
		return nil
	}
	return r.list('{', '}', func() error {
		key, err := r.text()
		if err != nil {
			return err
		}
		if !r.take(':') {
			return r.fail(errSyntax)
		}
		return f(string(key))
	})
}

// array calls f for each element; f must read or skip it. A null is an array without elements.
func (r *jsonReader) array(f func() error) error {
	if r.null() {
		return nil
	}
	return r.list('[', ']', f)
}

func (r *jsonReader) list(open, end byte, f func() error) error {
	if !r.take(open) {
		return r.fail(fmt.Errorf("want %c: %w", open, errSyntax))
	}
	if r.take(end) {
		return nil
	}
	for {
		if err := f(); err != nil {
			return err
		}
		if r.take(end) {
			return nil
		}
		if !r.take(',') {
			return r.fail(errSyntax)
		}
	}
}

// text reads a string. The bytes are valid until the data changes. A null is an empty string.
func (r *jsonReader) text() ([]byte, error) {
	if r.null() {
		return nil, nil
	}
	literal, plain, err := r.literal()
	if err != nil {
		return nil, err
	}
	if inner := literal[1 : len(literal)-1]; plain && utf8.Valid(inner) {
		return inner, nil
	}
	var s string
	if err := json.Unmarshal(literal, &s); err != nil {
		return nil, r.fail(err)
	}
	return []byte(s), nil
}

// literal returns a string as it is written, with its quotes. Plain: every byte stands for itself.
func (r *jsonReader) literal() (text []byte, plain bool, err error) {
	if r.peek() != '"' {
		return nil, false, r.fail(fmt.Errorf("want a string: %w", errSyntax))
	}
	plain = true
	for i := r.at + 1; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '"':
			text, r.at = r.data[r.at:i+1], i+1
			return text, plain, nil
		case c == '\\':
			plain = false
			i++
		case c < ' ':
			plain = false
		}
	}
	return nil, false, r.fail(fmt.Errorf("a string has no end: %w", errSyntax))
}

// word reads a number, true or false.
func (r *jsonReader) word() []byte {
	r.peek()
	start := r.at
	for r.at < len(r.data) && strings.IndexByte(" \n\t\r,:]}[{\"", r.data[r.at]) < 0 {
		r.at++
	}
	return r.data[start:r.at]
}

func (r *jsonReader) integer() (int, error) {
	at := r.at
	n, err := strconv.ParseInt(string(r.word()), 10, 32)
	if err != nil {
		r.at = at
		return 0, r.fail(fmt.Errorf("want a whole number: %w", errSyntax))
	}
	return int(n), nil
}

func (r *jsonReader) truth() (bool, error) {
	at := r.at
	switch string(r.word()) {
	case "true":
		return true, nil
	case "false", "null":
		return false, nil
	}
	r.at = at
	return false, r.fail(fmt.Errorf("want true or false: %w", errSyntax))
}

// skip steps over a value and returns it as it is written. Its inside is only looked at for where it ends.
func (r *jsonReader) skip() ([]byte, error) {
	switch r.peek() {
	case '"':
		text, _, err := r.literal()
		return text, err
	case '{', '[':
		return r.skipBrackets()
	}
	text := r.word()
	if len(text) == 0 {
		return nil, r.fail(errSyntax)
	}
	return text, nil
}

func (r *jsonReader) skipBrackets() ([]byte, error) {
	depth := 0
	for i := r.at; i < len(r.data); i++ {
		switch r.data[i] {
		case '"':
			for i++; i < len(r.data) && r.data[i] != '"'; i++ {
				if r.data[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				text := r.data[r.at : i+1]
				r.at = i + 1
				return text, nil
			}
		}
	}
	return nil, r.fail(fmt.Errorf("a list has no end: %w", errSyntax))
}

// end fails when anything is left.
func (r *jsonReader) end() error {
	if r.peek(); r.at < len(r.data) {
		return r.fail(errSyntax)
	}
	return nil
}
