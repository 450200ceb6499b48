package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"lamplight/tokenizer"
)

func tokenize(c *call) error {
	model := c.modelFlag()
	specials := c.Bool("specials", false, "read control tokens such as <bos> in the text as what they stand for")
	if _, err := c.parse(); err != nil {
		return err
	}
	v, err := openVocabulary(*model)
	if err != nil {
		return err
	}
	encode := v.tok.Encode
	if *specials {
		encode = v.tok.EncodeWithSpecial
	}
	return eachLine(c, func(line []byte) (any, error) {
		var text *string
		if err := json.Unmarshal(line, &text); err != nil || text == nil {
			return nil, errors.New("is not a JSON string such as \"Hello\"")
		}
		return list(encode(*text)), nil
	})
}

func detokenize(c *call) error {
	model := c.modelFlag()
	if _, err := c.parse(); err != nil {
		return err
	}
	v, err := openVocabulary(*model)
	if err != nil {
		return err
	}
	return eachLine(c, func(line []byte) (any, error) {
		var ids []tokenizer.ID
		if err := json.Unmarshal(line, &ids); err != nil || ids == nil {
			return nil, errors.New("is not a JSON array of token ids such as [2, 17]")
		}
		for _, id := range ids {
			if id < 0 || int(id) >= v.tok.Size() {
				return nil, fmt.Errorf("has id %d, and the vocabulary has %d tokens", id, v.tok.Size())
			}
		}
		return v.tok.Decode(ids), nil
	})
}

// list makes [] of no ids, where JSON would have null.
func list(ids []tokenizer.ID) []tokenizer.ID {
	if ids == nil {
		return []tokenizer.ID{}
	}
	return ids
}

// eachLine prints what answer makes of each line of standard input that is not empty. The errors of answer
// go on from the number of the line.
func eachLine(c *call, answer func(line []byte) (any, error)) error {
	lines := bufio.NewReader(c.in)
	for n := 1; ; n++ {
		line, end := lines.ReadBytes('\n')
		if end != nil && end != io.EOF {
			return fmt.Errorf("standard input: %w", end)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			a, err := answer(line)
			if err != nil {
				return fmt.Errorf("standard input: line %d %w", n, err)
			}
			if err := c.printJSON(a, ""); err != nil {
				return err
			}
		}
		if end == io.EOF {
			return nil
		}
	}
}
