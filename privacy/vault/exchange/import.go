package exchange

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"lamplight/privacy/vault"
)

// What a caller decides on. An error names the file, too.
var (
	ErrUnknown  = errors.New("no program that is known here has written this: choose the file or folder of an export")
	ErrDamaged  = errors.New("the file is damaged: export it again, or leave it out")
	ErrTooLarge = errors.New("the file has more in it than can be read: leave it out")
	ErrNewer    = errors.New("the file was written by a later version: export it in an older format")
	ErrInUse    = errors.New("another program is writing the file: end that program and try again")
)

// What is read of files that strangers have made. Real ones are far below.
const (
	maxPart     = 32 << 20 // bytes of one conversation
	maxUnzipped = 1 << 30  // bytes of a file in a zip
	maxMessages = 200_000  // of one conversation, with all that hangs below it
	maxFiles    = 100_000  // in a folder
	maxTitle    = 200      // characters
)

// Source is the program that has written a file.
type Source string

// The programs whose files can be imported.
const (
	Lamplight Source = "Lamplight"
	ChatGPT   Source = "ChatGPT"
	LMStudio  Source = "LM Studio"
	Jan       Source = "Jan"
	GPT4All   Source = "GPT4All"
	Ollama    Source = "Ollama"
)

// Result says what an import has done.
type Result struct {
	Source  Source
	Merged  vault.Merged
	Skipped int // messages that are left out: without text, of tools, instructions to the model
}

// Import adds the conversations of a file, or of a folder that a program keeps them in, to the vault: all of
// them or, after an error, none. What was imported before is not added again; a conversation that has grown
// since then grows.
func Import(ctx context.Context, v *vault.Vault, path string) (Result, error) {
	r, threads, err := open(ctx, path)
	if err == nil {
		r.Merged, err = v.Merge(ctx, r.talked(threads))
	}
	if err != nil {
		return Result{}, fmt.Errorf("import %s: %w", path, err)
	}
	return *r, nil
}

// Recognizes reports whether a file or folder is, by its name and its beginning, one to import: enough to tell it
// from other things, quickly. [Import] takes some more, and refuses some of these.
func Recognizes(path string) bool {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		most := 2000
		return recognizesFolder(path, 2, &most)
	}
	f, err := vault.OpenFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, _ := f.Read(head)
	var r Result
	if _, err := r.file(context.Background(), path, string(head[:n])); err != nil {
		return false
	}
	ext := strings.ToLower(filepath.Ext(path))
	switch r.Source {
	case ChatGPT: // any list of JSON, any zip
		return ext == ".json" || ext == ".zip"
	case LMStudio: // any object of JSON
		return strings.HasSuffix(path, ".conversation.json")
	}
	return true
}

// recognizesFolder looks, a few folders deep, for the names that the readers of folders look for. It gives up
// after most names.
func recognizesFolder(dir string, deep int, most *int) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	entries, _ := f.ReadDir(*most) // those that could be read
	f.Close()
	*most -= len(entries)
	var below []string
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir():
			below = append(below, filepath.Join(dir, name))
		case name == "conversations.json", name == "thread.json", strings.HasSuffix(name, ".conversation.json"),
			strings.HasPrefix(name, "gpt4all-") && strings.HasSuffix(name, ".chat"):
			return true
		}
	}
	for _, dir := range below {
		if deep > 0 && *most > 0 && recognizesFolder(dir, deep-1, most) {
			return true
		}
	}
	return false
}

// open finds out who has written path. The conversations are read while they are asked for, and Skipped counts
// meanwhile.
func open(ctx context.Context, path string) (*Result, iter.Seq2[vault.Thread, error], error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	r := &Result{}
	if info.IsDir() {
		threads, err := r.folder(path)
		return r, threads, err
	}
	f, err := vault.OpenFile(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, _ := f.Read(head) // what cannot be read is unknown
	threads, err := r.file(ctx, path, string(head[:n]))
	return r, threads, err
}

// talked leaves out what other programs keep of conversations in which nothing was said.
func (r *Result) talked(threads iter.Seq2[vault.Thread, error]) iter.Seq2[vault.Thread, error] {
	return func(yield func(vault.Thread, error) bool) {
		for h, err := range threads {
			if err == nil && len(h.Messages) == 0 && r.Source != Lamplight {
				continue
			}
			if !yield(h, err) {
				return
			}
		}
	}
}

// file chooses the reader of a file by its name and beginning.
func (r *Result) file(ctx context.Context, path, head string) (iter.Seq2[vault.Thread, error], error) {
	name := filepath.Base(path)
	text := strings.TrimLeft(strings.TrimPrefix(head, "\ufeff"), " \t\r\n")
	switch {
	case strings.HasPrefix(head, "SQLite format 3\x00"):
		r.Source = Ollama
		return r.ollama(ctx, path), nil
	case strings.HasPrefix(head, "PK\x03\x04"):
		r.Source = ChatGPT
		return r.chatGPTZip(path), nil
	case strings.HasPrefix(head, gpt4allMagic):
		r.Source = GPT4All
		return r.gpt4all(path), nil
	case name == "thread.json" || name == "messages.jsonl":
		r.Source = Jan
		return r.jan(filepath.Dir(path)), nil
	case strings.HasPrefix(text, "["):
		r.Source = ChatGPT
		return r.chatGPTFile(path), nil
	case strings.HasPrefix(text, "{") && strings.HasPrefix(strings.TrimLeft(text[1:], " \t\r\n"), `"format"`):
		r.Source = Lamplight
		return r.own(path), nil
	case strings.HasPrefix(text, "{"):
		r.Source = LMStudio
		return r.lmStudio(path, ""), nil
	}
	return nil, ErrUnknown
}

// folder chooses the reader of a folder by what is in it.
func (r *Result) folder(dir string) (iter.Seq2[vault.Thread, error], error) {
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	switch {
	case has("conversations.json"):
		r.Source = ChatGPT
		return r.chatGPTFile(filepath.Join(dir, "conversations.json")), nil
	case has("thread.json"):
		r.Source = Jan
		return r.jan(dir), nil
	case has("threads"):
		dir = filepath.Join(dir, "threads")
	}
	var found []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name := d.Name()
		switch {
		case name == "thread.json":
			r.Source = Jan
		case strings.HasSuffix(name, ".conversation.json"):
			r.Source = LMStudio
		case strings.HasPrefix(name, "gpt4all-") && strings.HasSuffix(name, ".chat"):
			r.Source = GPT4All
		default:
			return nil
		}
		if found = append(found, path); len(found) > maxFiles {
			return fmt.Errorf("%w: the folder has more than %d conversations", ErrTooLarge, maxFiles)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrUnknown
	}
	return func(yield func(vault.Thread, error) bool) {
		for _, path := range found {
			for h, err := range r.found(dir, path) {
				if err != nil {
					err = fmt.Errorf("%s: %w", path, err)
				}
				if !yield(h, err) || err != nil {
					return
				}
			}
		}
	}, nil
}

// found reads one of the files of a folder.
func (r *Result) found(dir, path string) iter.Seq2[vault.Thread, error] {
	switch name := filepath.Base(path); {
	case name == "thread.json":
		return r.jan(filepath.Dir(path))
	case strings.HasSuffix(name, ".chat"):
		return r.gpt4all(path)
	}
	in, err := filepath.Rel(dir, filepath.Dir(path))
	if err != nil || in == "." {
		in = ""
	}
	return r.lmStudio(path, filepath.ToSlash(in))
}

// single is what a file with one conversation gives.
func single(read func() (vault.Thread, error)) iter.Seq2[vault.Thread, error] {
	return func(yield func(vault.Thread, error) bool) { yield(read()) }
}

// builder makes a conversation. The UIDs are made of what is said and of what was said before, so that a
// conversation that is imported again, and has grown, continues the one that is there.
type builder struct {
	source Source
	h      vault.Thread
	below  map[int64]int // how many messages are below a message
}

func newBuilder(s Source, id, title string, created, changed time.Time) *builder {
	b := &builder{source: s, below: map[int64]int{}}
	b.h.Conversation = vault.Conversation{UID: vault.UIDOf(string(s), id), Title: cut(title), Created: created, Changed: changed}
	return b
}

// add adds a message below another one, 0 for none, shows it, and returns its ID.
func (b *builder) add(parent int64, m vault.Message) (int64, error) {
	if len(b.h.Messages) >= maxMessages {
		return 0, fmt.Errorf("%w: a conversation has more than %d messages", ErrTooLarge, maxMessages)
	}
	above := b.h.Conversation.UID
	if parent != 0 {
		above = b.h.Messages[parent-1].UID
	}
	if m.Created.IsZero() {
		m.Created = b.h.Conversation.Created
	}
	m.ID, m.Parent = int64(len(b.h.Messages)+1), parent
	m.UID = vault.UIDOf(string(b.source), above.String(), fmt.Sprint(b.below[parent]), m.Role, m.Text)
	b.below[parent]++
	b.h.Messages = append(b.h.Messages, m)
	b.h.Conversation.Leaf = m.ID
	return m.ID, nil
}

// said reports whether a message is one that is imported.
func said(role, text string) bool {
	return (role == user || role == assistant) && strings.TrimSpace(text) != ""
}

// cut makes one line of a title.
func cut(title string) string {
	title = strings.Join(strings.Fields(title), " ")
	if utf8.RuneCountInString(title) > maxTitle {
		title = string([]rune(title)[:maxTitle])
	}
	return title
}

// epoch is a time in seconds since 1970, or in milliseconds where it would be far off otherwise. Nonsense is no
// time.
func epoch(n float64) time.Time {
	if n >= 1e11 {
		n /= 1000
	}
	if !(n > 0 && n < 253402300799) {
		return time.Time{}
	}
	return time.UnixMilli(int64(n * 1000)).UTC()
}
