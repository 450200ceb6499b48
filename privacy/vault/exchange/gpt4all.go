package exchange

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"unicode/utf16"

	"lamplight/privacy/vault"
)

// GPT4All keeps a file for each chat, written by Qt's QDataStream: big endian; a string is its length in bytes
// and UTF-16, a list its length and its elements. Since version 11 a chat has its text and nothing else; before,
// the state of the model was in it.
const (
	gpt4allMagic  = "\xf5\xd5\x53\xcc"
	gpt4allOldest = 11
	gpt4allNewest = 12
	gpt4allDepth  = 8 // answers have parts, which have parts
)

func (r *Result) gpt4all(path string) iter.Seq2[vault.Thread, error] {
	return single(func() (vault.Thread, error) {
		f, err := vault.OpenFile(path)
		if err != nil {
			return vault.Thread{}, err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return vault.Thread{}, err
		}
		s := &qtStream{from: bufio.NewReader(f), left: info.Size()}
		h, err := r.gpt4allChat(s, filepath.Base(path))
		if err == nil {
			err = s.err
		}
		if err != nil && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrNewer) && !errors.Is(err, ErrUnknown) {
			err = fmt.Errorf("%w: %d bytes before the end: %w", ErrDamaged, s.left, err)
		}
		return h, err
	})
}

func (r *Result) gpt4allChat(s *qtStream, name string) (vault.Thread, error) {
	if magic := s.bytes(4); string(magic) != gpt4allMagic {
		return vault.Thread{}, fmt.Errorf("%w: it is no chat of GPT4All", ErrUnknown)
	}
	version := s.int32()
	switch {
	case s.err != nil:
	case version > gpt4allNewest:
		return vault.Thread{}, fmt.Errorf("%w: the version is %d, this program knows %d", ErrNewer, version, gpt4allNewest)
	case version < gpt4allOldest:
		return vault.Thread{}, fmt.Errorf("%w: the version %d is too old: start a recent GPT4All once, which writes the chats anew", ErrUnknown, version)
	}
	created, id, title := epoch(float64(s.int64())), s.string(), s.string()
	s.string() // the name of the user
	model := s.string()
	for range s.count(s.int32()) { // collections of documents
		s.string()
	}
	if id == "" {
		id = name
	}
	b := newBuilder(GPT4All, id, title, created, created)
	var above int64
	for range s.count(s.int32()) {
		item := s.item(int(version))
		if s.err != nil {
			break
		}
		m := vault.Message{Role: item.role(), Text: item.text()}
		if !said(m.Role, m.Text) {
			r.Skipped++
			continue
		}
		if m.Role == assistant {
			m.Model = model
		}
		next, err := b.add(above, m)
		if err != nil {
			return vault.Thread{}, err
		}
		above = next
	}
	if s.err == nil && s.left != 0 {
		s.err = errors.New("there is more than a chat")
	}
	return b.h, s.err
}

// qtItem is a question, an answer, or a part of an answer.
type qtItem struct {
	label, value string
	parts        []qtItem
}

func (i qtItem) role() string {
	switch i.label {
	case "Prompt: ":
		return user
	case "Response: ":
		return assistant
	}
	return ""
}

// text is what an answer says, without what the model thought and without tools.
func (i qtItem) text() string {
	text := ""
	for _, p := range i.parts {
		if p.label == "Response: " || p.label == "Text: " {
			text += p.text()
		}
	}
	return text + i.value
}

// item reads a question or an answer.
func (s *qtStream) item(version int) (i qtItem) {
	if version < 12 {
		s.int32()
	}
	i.label, i.value = s.string(), s.string()
	s.string() // an answer that the user has proposed
	s.bytes(4) // whether it is the current one, was stopped, and two thumbs
	if i.role() == assistant {
		s.bytes(1) // whether it is an error
	}
	for range s.count(s.int64()) { // sources: collection, path, file, title, author, date and text, page and lines
		for range 7 {
			s.string()
		}
		s.bytes(12)
	}
	for range s.count(s.int64()) { // attachments: address and content
		s.blob()
		s.blob()
	}
	if version >= 12 {
		i.parts = s.parts(gpt4allDepth)
	}
	return i
}

// parts reads the parts of an answer.
func (s *qtStream) parts(depth int) (parts []qtItem) {
	n := s.count(s.int64())
	if n > 0 && depth == 0 {
		s.fail(errors.New("the parts of an answer are too deep"))
	}
	for range n {
		i := qtItem{label: s.string(), value: s.string()}
		switch i.label {
		case "Response: ", "Text: ", "ToolResponse: ":
		case "Think: ":
			s.int32() // milliseconds
		case "ToolCall: ":
			s.toolCall()
		default:
			s.fail(fmt.Errorf("the part %.20q is not known", i.label))
		}
		i.parts = s.parts(depth - 1)
		if s.err != nil {
			return nil
		}
		parts = append(parts, i)
	}
	return parts
}

// toolCall reads name, parameters, result and error of a call.
func (s *qtStream) toolCall() {
	s.string()
	for range s.count(s.int64()) {
		s.string()
		s.int32()
		const qString = 10
		if kind := s.int32(); kind != qString {
			s.fail(fmt.Errorf("a parameter is of the type %d", kind))
		}
		s.bytes(1) // whether it is null
		s.string()
	}
	s.string()
	s.int32()
	s.string()
}

// qtStream reads what QDataStream wrote. After an error everything is empty.
type qtStream struct {
	from io.Reader
	left int64 // bytes to the end of the file
	err  error
}

func (s *qtStream) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// bytes reads n bytes, if the file has them: nothing is made larger than that.
func (s *qtStream) bytes(n int64) []byte {
	switch {
	case s.err != nil:
	case n < 0 || n > s.left:
		s.fail(io.ErrUnexpectedEOF)
	case n > maxPart:
		s.fail(fmt.Errorf("%w: a text has %d bytes", ErrTooLarge, n))
	default:
		b := make([]byte, n)
		_, err := io.ReadFull(s.from, b)
		s.left -= n
		if err == nil {
			return b
		}
		s.fail(err)
	}
	return nil
}

func (s *qtStream) int32() int64 {
	if b := s.bytes(4); b != nil {
		return int64(int32(binary.BigEndian.Uint32(b)))
	}
	return 0
}

func (s *qtStream) int64() int64 {
	if b := s.bytes(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// count checks the length of a list: an element has at least a byte.
func (s *qtStream) count(n int64) int64 {
	switch {
	case s.err != nil:
		return 0
	case n < 0 || n > s.left:
		s.fail(fmt.Errorf("a list has %d elements in %d bytes", n, s.left))
		return 0
	case n > maxMessages:
		s.fail(fmt.Errorf("%w: a list has %d elements", ErrTooLarge, n))
		return 0
	}
	return n
}

// blob reads bytes with their length before them; all ones is none.
func (s *qtStream) blob() []byte {
	n := s.int32()
	if n == -1 {
		return nil
	}
	return s.bytes(n & 0xffffffff)
}

func (s *qtStream) string() string {
	b := s.blob()
	if len(b)%2 != 0 {
		s.fail(errors.New("a text of UTF-16 has an odd length"))
		return ""
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
