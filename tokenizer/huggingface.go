package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// huggingFace is what a tokenizer.json says that matters for byte-pair encoding over ▁-spaced text.
type huggingFace struct {
	Added []struct {
		ID      int    `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	Normalizer json.RawMessage `json:"normalizer"`
	Model      struct {
		Type         string            `json:"type"`
		ByteFallback bool              `json:"byte_fallback"`
		Unknown      string            `json:"unk_token"`
		Vocab        map[string]int    `json:"vocab"`
		Merges       []json.RawMessage `json:"merges"`
	} `json:"model"`
}

// addedScore is the merge priority of tokens that no merge produces.
const addedScore = -1000

// ParseHuggingFace reads the vocabulary of a tokenizer.json file with SentencePiece-style byte-pair encoding.
// The score of a piece is the rank of the merge that makes it, negated.
func ParseHuggingFace(tokenizerJSON []byte) (Vocab, error) {
	var h huggingFace
	if err := json.Unmarshal(tokenizerJSON, &h); err != nil {
		return Vocab{}, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	v, err := h.vocab()
	if err != nil {
		return Vocab{}, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	return v, nil
}

func (h *huggingFace) vocab() (Vocab, error) {
	if h.Model.Type != "BPE" || !h.Model.ByteFallback {
		return Vocab{}, fmt.Errorf("model type %q, only BPE with byte fallback can be read", h.Model.Type)
	}
	v, err := h.collect()
	if err != nil {
		return Vocab{}, err
	}
	if err := h.rank(&v); err != nil {
		return Vocab{}, err
	}
	find := func(text string) ID {
		if id, ok := h.Model.Vocab[text]; ok && id < len(v.Tokens) {
			return ID(id)
		}
		return -1
	}
	v.BOS, v.EOS, v.Padding, v.Unknown = find("<bos>"), find("<eos>"), find("<pad>"), find(h.Model.Unknown)
	v.AddBOS = v.BOS >= 0
	// A normalizer that prepends ▁ puts a space in front of text.
	v.AddSpacePrefix = strings.Contains(string(h.Normalizer), `"Prepend"`)
	return v, v.check()
}

// collect lays the tokens out by id and tells their kinds.
func (h *huggingFace) collect() (Vocab, error) {
	n := len(h.Model.Vocab)
	for _, a := range h.Added {
		n = max(n, min(a.ID, n+len(h.Added))+1)
	}
	if n > maxTokens {
		return Vocab{}, fmt.Errorf("%d tokens", n)
	}
	v := Vocab{Tokens: make([]string, n), Scores: make([]float32, n), Kinds: make([]Kind, n)}
	for text, id := range h.Model.Vocab {
		if id < 0 || id >= n || v.Kinds[id] != 0 {
			return Vocab{}, fmt.Errorf("token %.80q has id %d: ids must be different and below %d", text, id, n)
		}
		v.Tokens[id], v.Kinds[id], v.Scores[id] = text, Normal, addedScore
		if _, err := parseByte(text); err == nil {
			v.Kinds[id], v.Scores[id] = Byte, 0
		}
	}
	for _, a := range h.Added {
		if a.ID < 0 || a.ID >= n {
			return Vocab{}, fmt.Errorf("added token %.80q has id %d: ids must be below %d", a.Content, a.ID, n)
		}
		v.Tokens[a.ID], v.Kinds[a.ID], v.Scores[a.ID] = strings.ReplaceAll(a.Content, space, " "), UserDefined, addedScore
		if a.Special || controlPieces[a.Content] || unusedPiece(a.Content) {
			v.Kinds[a.ID] = Control
		}
		if a.Content == h.Model.Unknown {
			v.Kinds[a.ID] = Unknown
		}
	}
	for id, kind := range v.Kinds {
		if kind == 0 { // a gap in the ids
			v.Tokens[id], v.Kinds[id] = fmt.Sprintf("[PAD%d]", id), Unused
		}
	}
	return v, nil
}

// unusedPiece recognizes the reserved tokens that must not be reached by text.
func unusedPiece(text string) bool {
	return text == "<mask>" || strings.HasPrefix(text, "<unused") && strings.HasSuffix(text, ">")
}

// rank scores the pieces by the order of the merges that make them. A merge is a pair of pieces, or a string
// with one space between them.
func (h *huggingFace) rank(v *Vocab) error {
	for rank, raw := range h.Model.Merges {
		var pair [2]string
		if err := json.Unmarshal(raw, &pair); err != nil {
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return fmt.Errorf("merge %d is neither a pair nor a string", rank)
			}
			var ok bool
			if pair[0], pair[1], ok = strings.Cut(text, " "); !ok || pair[0] == "" || pair[1] == "" {
				return fmt.Errorf("merge %d is %.80q, not two pieces", rank, text)
			}
		}
		id, ok := h.Model.Vocab[pair[0]+pair[1]]
		if !ok {
			return fmt.Errorf("merge %d makes %.80q, which is not in the vocabulary", rank, pair[0]+pair[1])
		}
		// A piece that several merges make has the priority of the first.
		if v.Kinds[id] == Normal && v.Scores[id] == addedScore {
			v.Scores[id] = float32(-rank)
		}
	}
	return nil
}
