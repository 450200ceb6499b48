package exchange

import (
	"cmp"
	"fmt"
	"iter"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lamplight/privacy/vault"
)

// LM Studio keeps a file for each conversation. A message is a list of versions and says which one is selected.
// An answer has steps, and a step that is a block of content has parts, as a question has itself. Times are
// milliseconds.

type lmStudioFile struct {
	Name      string                    `json:"name"`
	CreatedAt float64                   `json:"createdAt"`
	Messages  *bounded[lmStudioMessage] `json:"messages"`
}

type lmStudioMessage struct {
	Versions bounded[lmStudioVersion] `json:"versions"`
	Selected int                      `json:"currentlySelected"`
}

type lmStudioVersion struct {
	Role    string                `json:"role"`
	Content bounded[lmStudioPart] `json:"content"`
	Steps   bounded[lmStudioStep] `json:"steps"`
	Sender  struct {
		Name string `json:"senderName"`
	} `json:"senderInfo"`
}

type lmStudioStep struct {
	Type    string                `json:"type"`
	ID      string                `json:"stepIdentifier"` // begins with the time
	Content bounded[lmStudioPart] `json:"content"`
	Style   struct {
		Type string `json:"type"`
	} `json:"style"`
	Gen struct {
		Model string `json:"identifier"`
	} `json:"genInfo"`
}

type lmStudioPart struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// lmStudio reads one file, which lies in a folder of LM Studio's.
func (r *Result) lmStudio(path, folder string) iter.Seq2[vault.Thread, error] {
	return single(func() (vault.Thread, error) {
		var f lmStudioFile
		if err := readJSON(path, &f); err != nil {
			return vault.Thread{}, err
		}
		if f.Messages == nil {
			return vault.Thread{}, fmt.Errorf("%w: it has no messages", ErrUnknown)
		}
		h, err := r.lmStudioThread(f, strings.TrimSuffix(filepath.Base(path), ".json"))
		h.Conversation.Folder = cut(folder)
		return h, err
	})
}

func (r *Result) lmStudioThread(f lmStudioFile, id string) (vault.Thread, error) {
	created := epoch(f.CreatedAt)
	b := newBuilder(LMStudio, id, f.Name, created, time.Time{})
	var above int64
	last := created
	for _, m := range *f.Messages {
		next := above
		for i, v := range m.Versions {
			msg := v.message()
			if !said(msg.Role, msg.Text) {
				r.Skipped++
				continue
			}
			if msg.Created.IsZero() {
				msg.Created = last
			}
			last = msg.Created
			id, err := b.add(above, msg)
			if err != nil {
				return vault.Thread{}, err
			}
			if i == m.Selected || next == above {
				next = id
			}
		}
		above = next
	}
	b.h.Conversation.Leaf = above
	b.h.Conversation.Changed = last
	return b.h, nil
}

func (v lmStudioVersion) message() vault.Message {
	m := vault.Message{Role: v.Role, Model: v.Sender.Name}
	blocks := []string{joined(v.Content)}
	for _, s := range v.Steps {
		if s.Type != "contentBlock" || s.Style.Type == "thinking" {
			continue
		}
		blocks = append(blocks, joined(s.Content))
		m.Model = cmp.Or(m.Model, s.Gen.Model)
		if ms, _, ok := strings.Cut(s.ID, "-"); ok && m.Created.IsZero() {
			n, _ := strconv.ParseFloat(ms, 64)
			m.Created = epoch(n)
		}
	}
	m.Text = strings.TrimSpace(strings.Join(blocks, "\n\n"))
	return m
}

func joined(parts []lmStudioPart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Type == "text" {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
