package exchange

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"lamplight/privacy/vault"
)

// Jan keeps a folder for each thread, with thread.json and messages.jsonl. Times are seconds, or milliseconds
// in later versions.

type janThread struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Created  float64 `json:"created"`
	Updated  float64 `json:"updated"`
	Metadata struct {
		Title string `json:"title"`
	} `json:"metadata"`
	Assistants bounded[struct {
		Model struct {
			ID string `json:"id"`
		} `json:"model"`
	}] `json:"assistants"`
}

type janMessage struct {
	Role    string  `json:"role"`
	Created float64 `json:"created_at"`
	Content bounded[struct {
		Type string `json:"type"`
		Text struct {
			Value string `json:"value"`
		} `json:"text"`
	}] `json:"content"`
}

// jan reads the thread in a folder.
func (r *Result) jan(dir string) iter.Seq2[vault.Thread, error] {
	return single(func() (vault.Thread, error) {
		var t janThread
		if err := readJSON(filepath.Join(dir, "thread.json"), &t); err != nil {
			return vault.Thread{}, fmt.Errorf("thread.json: %w", err)
		}
		messages, err := janMessages(filepath.Join(dir, "messages.jsonl"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a thread in which nothing was said yet
			return vault.Thread{}, fmt.Errorf("messages.jsonl: %w", err)
		}
		return r.janThread(t, messages, filepath.Base(dir))
	})
}

func janMessages(path string) (list []janMessage, err error) {
	f, err := vault.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(&meter{from: f, left: maxPart, all: maxPart})
	lines.Buffer(nil, maxPart)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var m janMessage
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrDamaged, n, err)
		}
		if list = append(list, m); len(list) > maxMessages {
			return nil, fmt.Errorf("%w: it has more than %d messages", ErrTooLarge, maxMessages)
		}
	}
	return list, lines.Err()
}

func (r *Result) janThread(t janThread, messages []janMessage, folder string) (vault.Thread, error) {
	b := newBuilder(Jan, cmp.Or(t.ID, folder), cmp.Or(t.Title, t.Metadata.Title), epoch(t.Created), epoch(t.Updated))
	model := ""
	if len(t.Assistants) > 0 {
		model = t.Assistants[0].Model.ID
	}
	slices.SortStableFunc(messages, func(a, b janMessage) int { return epoch(a.Created).Compare(epoch(b.Created)) })
	var above int64
	for _, m := range messages {
		var parts []string
		for _, c := range m.Content {
			if c.Type == "text" && c.Text.Value != "" {
				parts = append(parts, c.Text.Value)
			}
		}
		msg := vault.Message{Role: m.Role, Text: strings.Join(parts, "\n\n"), Created: epoch(m.Created)}
		if !said(msg.Role, msg.Text) {
			r.Skipped++
			continue
		}
		if m.Role == assistant {
			msg.Model = model
		}
		id, err := b.add(above, msg)
		if err != nil {
			return vault.Thread{}, err
		}
		above = id
	}
	return b.h, nil
}
