package exchange

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lamplight/privacy/vault"
)

// The export of ChatGPT is a zip with conversations.json: a list of conversations, each a map from the IDs of
// nodes to nodes with a message, the ID of the parent and the IDs of the children. Times are seconds.

type chatGPTConversation struct {
	ID      string       `json:"id"`
	Other   string       `json:"conversation_id"`
	Title   string       `json:"title"`
	Created float64      `json:"create_time"`
	Updated float64      `json:"update_time"`
	Current string       `json:"current_node"`
	Mapping chatGPTNodes `json:"mapping"`
}

// chatGPTNodes are the nodes in the order of the file.
type chatGPTNodes struct {
	order []string
	at    map[string]*chatGPTNode
}

type chatGPTNode struct {
	Message  *chatGPTMessage `json:"message"`
	Parent   string          `json:"parent"`
	Children bounded[string] `json:"children"`
}

type chatGPTMessage struct {
	Author struct {
		Role string `json:"role"`
	} `json:"author"`
	Created float64 `json:"create_time"`
	Content struct {
		Type  string                   `json:"content_type"`
		Parts bounded[json.RawMessage] `json:"parts"`
		Text  string                   `json:"text"`
	} `json:"content"`
	Recipient string `json:"recipient"`
	Metadata  struct {
		Model  string `json:"model_slug"`
		Hidden bool   `json:"is_visually_hidden_from_conversation"`
	} `json:"metadata"`
}

// UnmarshalJSON reads the nodes.
func (n *chatGPTNodes) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	t, err := d.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('{') {
		return errors.New("the mapping is no object")
	}
	n.order, n.at = nil, map[string]*chatGPTNode{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if len(n.order) >= maxMessages {
			return fmt.Errorf("%w: a conversation has more than %d nodes", ErrTooLarge, maxMessages)
		}
		var node chatGPTNode
		if err := d.Decode(&node); err != nil {
			return err
		}
		id, _ := key.(string)
		if n.at[id] != nil {
			return fmt.Errorf("the node %.40q is there twice", id)
		}
		n.order, n.at[id] = append(n.order, id), &node
	}
	return nil
}

// text is what a message says, "" for one that is not imported.
func (m *chatGPTMessage) text() string {
	if m == nil || m.Metadata.Hidden || m.Recipient != "" && m.Recipient != "all" {
		return ""
	}
	switch m.Content.Type {
	case "text", "multimodal_text":
	case "code":
		return m.Content.Text
	default:
		return ""
	}
	var parts []string
	for _, raw := range m.Content.Parts {
		var text string
		if json.Unmarshal(raw, &text) != nil { // an image, or speech with its text
			var object struct {
				Text string `json:"text"`
			}
			_ = json.Unmarshal(raw, &object)
			text = object.Text
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "\n\n")
}

func (r *Result) chatGPT(c chatGPTConversation) (vault.Thread, error) {
	b := newBuilder(ChatGPT, cmp.Or(c.ID, c.Other, c.Title+fmt.Sprint(c.Created)), c.Title, epoch(c.Created), epoch(c.Updated))
	below := map[string][]string{} // "" has the roots
	for _, id := range c.Mapping.order {
		parent := c.Mapping.at[id].Parent
		if c.Mapping.at[parent] == nil {
			parent = ""
		}
		below[parent] = append(below[parent], id)
	}
	for parent, ids := range below {
		if node := c.Mapping.at[parent]; node != nil && len(ids) > 1 {
			place := map[string]int{}
			for i, id := range node.Children {
				place[id] = i - len(node.Children)
			}
			slices.SortStableFunc(ids, func(a, b string) int { return place[a] - place[b] })
		}
	}
	type step struct {
		id    string
		above int64 // the nearest message above that is imported
	}
	kept := map[string]int64{}
	var todo []step
	descend := func(id string, above int64) {
		for _, child := range slices.Backward(below[id]) {
			todo = append(todo, step{child, above})
		}
	}
	descend("", 0)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if m := c.Mapping.at[s.id].Message; m != nil {
			if text := m.text(); said(m.Author.Role, text) {
				id, err := b.add(s.above, vault.Message{Role: m.Author.Role, Text: text, Model: m.Metadata.Model, Created: epoch(m.Created)})
				if err != nil {
					return vault.Thread{}, err
				}
				s.above = id
			} else {
				r.Skipped++
			}
		}
		kept[s.id] = s.above
		if s.id != "" {
			descend(s.id, s.above)
		}
	}
	if len(kept) < len(c.Mapping.order) {
		return vault.Thread{}, fmt.Errorf("%w: in %.60q the parents of messages go in a circle", ErrDamaged, c.Title)
	}
	if id := kept[c.Current]; id != 0 {
		b.h.Conversation.Leaf = id
	}
	return b.h, nil
}

func (r *Result) chatGPTFile(path string) iter.Seq2[vault.Thread, error] {
	return reading(path, func(d *json.Decoder, m *meter) iter.Seq2[vault.Thread, error] { return elements(d, m, r.chatGPT) })
}

// chatGPTZip reads conversations.json in a zip, or the files that a large one is split into.
func (r *Result) chatGPTZip(name string) iter.Seq2[vault.Thread, error] {
	return func(yield func(vault.Thread, error) bool) {
		z, err := zip.OpenReader(name)
		if err != nil {
			yield(vault.Thread{}, fmt.Errorf("%w: %w", ErrDamaged, err))
			return
		}
		defer z.Close()
		left, found := int64(maxUnzipped), false
		for _, f := range z.File {
			if ok, _ := path.Match("conversations*.json", path.Base(f.Name)); !ok || !utf8.ValidString(f.Name) {
				continue
			}
			found = true
			in, err := f.Open()
			if err != nil {
				yield(vault.Thread{}, fmt.Errorf("%w: %s: %w", ErrDamaged, f.Name, err))
				return
			}
			m := &meter{from: in, left: maxPart, all: left}
			ok := true
			for h, err := range elements(json.NewDecoder(m), m, r.chatGPT) {
				if err != nil {
					err = fmt.Errorf("%s: %w", f.Name, err)
				}
				if ok = yield(h, err) && err == nil; !ok {
					break
				}
			}
			left = m.all
			in.Close()
			if !ok {
				return
			}
		}
		if !found {
			yield(vault.Thread{}, fmt.Errorf("%w: there is no conversations.json in it", ErrUnknown))
		}
	}
}
