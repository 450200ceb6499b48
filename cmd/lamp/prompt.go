package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"lamplight/engine/chat"
	"lamplight/tokenizer"
)

func prompt(c *call) error {
	model := c.modelFlag()
	generate := c.Bool("generate", true, "end with the beginning of the model's turn")
	if _, err := c.parse(); err != nil {
		return err
	}
	v, err := openVocabulary(*model)
	if err != nil {
		return err
	}
	messages, err := readMessages(c.in)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	segments, err := v.format.Render(messages, *generate)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return c.printJSON(struct {
		Text string         `json:"text"`
		IDs  []tokenizer.ID `json:"ids"`
	}{chat.Text(segments), list(chat.Encode(v.tok, segments))}, "")
}

// readMessages reads one JSON array of messages.
func readMessages(r io.Reader) ([]chat.Message, error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var messages []chat.Message
	if err := d.Decode(&messages); err != nil {
		return nil, fmt.Errorf(`is not a JSON array of messages such as [{"role": "user", "content": "Hi"}]: %w`, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("goes on after the array of messages")
	}
	return messages, nil
}
