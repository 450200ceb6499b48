package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"

	"lamplight/privacy/vault"
)

// Our own JSON is an object with format and version first, and then the conversations.
const (
	ownFormat  = "lamplight conversations"
	ownVersion = 2 // 1 had no extra, and no pinned messages
)

type ownConversation struct {
	UID      vault.UID           `json:"uid"`
	Title    string              `json:"title"`
	Folder   string              `json:"folder,omitempty"`
	Pinned   bool                `json:"pinned,omitempty"`
	Created  string              `json:"created"`
	Changed  string              `json:"changed"`
	Lifetime int64               `json:"lifetime,omitempty"` // seconds
	Leaf     *vault.UID          `json:"leaf,omitempty"`     // the message whose path is shown
	Extra    json.RawMessage     `json:"extra,omitempty"`
	Messages bounded[ownMessage] `json:"messages"`
}

type ownMessage struct {
	UID     vault.UID  `json:"uid"`
	Parent  *vault.UID `json:"parent,omitempty"`
	Role    string     `json:"role"`
	Text    string     `json:"text"`
	State   uint8      `json:"state,omitempty"`
	Model   string     `json:"model,omitempty"`
	Created string     `json:"created"`

	Pinned bool            `json:"pinned,omitempty"`
	Extra  json.RawMessage `json:"extra,omitempty"`
}

type jsonWriter struct {
	out  io.Writer
	next bool
}

func (w *jsonWriter) begin() error {
	_, err := fmt.Fprintf(w.out, "{\"format\":%q,\"version\":%d,\"conversations\":[\n", ownFormat, ownVersion)
	return err
}

func (w *jsonWriter) end() error {
	_, err := io.WriteString(w.out, "]}\n")
	return err
}

func (w *jsonWriter) thread(h vault.Thread) error {
	if w.next {
		if _, err := io.WriteString(w.out, ","); err != nil {
			return err
		}
	}
	w.next = true
	c := ownConversation{UID: h.Conversation.UID, Title: h.Conversation.Title, Folder: h.Conversation.Folder,
		Pinned: h.Conversation.Pinned, Created: ownTime(h.Conversation.Created), Changed: ownTime(h.Conversation.Changed),
		Lifetime: int64(h.Conversation.Lifetime / time.Second), Extra: h.Conversation.Extra, Messages: bounded[ownMessage]{}}
	uids := make(map[int64]vault.UID, len(h.Messages))
	named := func(id int64) *vault.UID {
		if u, ok := uids[id]; ok {
			return &u
		}
		return nil
	}
	for _, m := range h.Messages {
		uids[m.ID] = m.UID
		c.Messages = append(c.Messages, ownMessage{UID: m.UID, Parent: named(m.Parent), Role: m.Role, Text: m.Text,
			State: m.State, Model: m.Model, Created: ownTime(m.Created), Pinned: m.Pinned, Extra: m.Extra})
	}
	c.Leaf = named(h.Conversation.Leaf)
	return encode(w.out, c)
}

// ownTime is a time as RFC 3339 has it, to the millisecond.
func ownTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// own reads what jsonWriter wrote.
func (r *Result) own(path string) iter.Seq2[vault.Thread, error] {
	return reading(path, func(d *json.Decoder, m *meter) iter.Seq2[vault.Thread, error] {
		if err := ownHead(d); err != nil {
			return single(func() (vault.Thread, error) { return vault.Thread{}, wrong(d, err) })
		}
		return elements(d, m, ownThread)
	})
}

// ownHead reads to the list of conversations.
func ownHead(d *json.Decoder) error {
	var format, key string
	var version int
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch key, _ = t.(string); key {
		case "format":
			err = d.Decode(&format)
		case "version":
			err = d.Decode(&version)
		case "conversations":
			if format != ownFormat || version < 1 {
				return fmt.Errorf("%w: the format is %.40q %d", ErrUnknown, format, version)
			}
			if version > ownVersion {
				return fmt.Errorf("%w: the version is %d, this program knows %d", ErrNewer, version, ownVersion)
			}
			return nil
		default:
			return fmt.Errorf("the field %.40q is not known", key)
		}
		if err != nil {
			return err
		}
	}
	return errors.New("there are no conversations")
}

func ownThread(c ownConversation) (h vault.Thread, err error) {
	if c.UID == (vault.UID{}) {
		return h, errors.New("a conversation has no uid")
	}
	if c.Lifetime < 0 || c.Lifetime > math.MaxInt64/int64(time.Second) {
		return h, fmt.Errorf("the lifetime %d is out of range", c.Lifetime)
	}
	h.Conversation = vault.Conversation{UID: c.UID, Title: c.Title, Folder: c.Folder, Pinned: c.Pinned,
		Lifetime: time.Duration(c.Lifetime) * time.Second, Extra: c.Extra}
	if h.Conversation.Created, err = fromOwn(c.Created); err != nil {
		return h, err
	}
	if h.Conversation.Changed, err = fromOwn(c.Changed); err != nil {
		return h, err
	}
	ids := map[vault.UID]int64{}
	for i, m := range c.Messages {
		msg := vault.Message{ID: int64(i + 1), UID: m.UID, Role: m.Role, Text: m.Text, State: m.State, Model: m.Model,
			Pinned: m.Pinned, Extra: m.Extra}
		if msg.Created, err = fromOwn(m.Created); err != nil {
			return h, err
		}
		if m.Parent != nil {
			if msg.Parent = ids[*m.Parent]; msg.Parent == 0 {
				return h, fmt.Errorf("%w: the message %v comes before its parent %v", ErrDamaged, m.UID, *m.Parent)
			}
		}
		if m.UID == (vault.UID{}) || ids[m.UID] != 0 {
			return h, fmt.Errorf("%w: the uid %v is missing or there twice", ErrDamaged, m.UID)
		}
		ids[m.UID] = msg.ID
		h.Messages = append(h.Messages, msg)
	}
	if c.Leaf != nil {
		if h.Conversation.Leaf = ids[*c.Leaf]; h.Conversation.Leaf == 0 {
			return h, fmt.Errorf("%w: the leaf %v is none of the messages", ErrDamaged, *c.Leaf)
		}
	}
	return h, nil
}

// fromOwn reads a time of the years 1 to 9999, none if it is not given.
func fromOwn(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err == nil && (t.UTC().Year() < 1 || t.UTC().Year() > 9999) {
		err = fmt.Errorf("the time %.40q is out of range", s)
	}
	return t.UTC(), err
}
