package tokenizer

import (
	"bytes"
	"fmt"
	"strings"
)

// huggingFace is what a tokenizer.json says that matters for byte-pair encoding over ▁-spaced text.
type huggingFace struct {
	added        []added
	kind         string // of the model
	byteFallback bool
	unknown      string
	pieces       []piece
	merges       []byte // JSON: a list of pairs, or of strings with one space between two pieces
	spacePrefix  bool
}

// added is a token that is matched as a whole.
type added struct {
	id      int
	text    string
	control bool
}

type piece struct {
	id   int
	text string
}

// addedScore is the merge priority of tokens that no merge produces.
const addedScore = -1000

// ParseHuggingFace reads the vocabulary of a tokenizer.json file with SentencePiece-style byte-pair encoding.
// The score of a piece is the rank of the merge that makes it, negated.
func ParseHuggingFace(tokenizerJSON []byte) (Vocab, error) {
	var h huggingFace
	err := h.read(tokenizerJSON)
	var v Vocab
	if err == nil {
		v, err = h.vocab()
	}
	if err != nil {
		return Vocab{}, fmt.Errorf("tokenizer: tokenizer.json: %w", err)
	}
	return v, nil
}

func (h *huggingFace) read(data []byte) error {
	r := &jsonReader{data: data}
	err := r.object(func(key string) (err error) {
		switch key {
		case "added_tokens":
			return r.array(func() error { return h.readAdded(r) })
		case "model":
			return r.object(func(key string) error { return h.readModel(r, key) })
		case "normalizer":
			var text []byte
			text, err = r.skip()
			// A normalizer that prepends ▁ puts a space in front of text.
			h.spacePrefix = bytes.Contains(text, []byte(`"Prepend"`))
			return err
		}
		_, err = r.skip()
		return err
	})
	if err != nil {
		return err
	}
	return r.end()
}

func (h *huggingFace) readAdded(r *jsonReader) error {
	var a added
	err := r.object(func(key string) (err error) {
		switch key {
		case "id":
			a.id, err = r.integer()
		case "content":
			var text []byte
			text, err = r.text()
			a.text = string(text)
		case "special":
			a.control, err = r.truth()
		default:
			_, err = r.skip()
		}
		return err
	})
	h.added = append(h.added, a)
	return err
}

func (h *huggingFace) readModel(r *jsonReader, key string) (err error) {
	var text []byte
	switch key {
	case "type":
		text, err = r.text()
		h.kind = string(text)
	case "byte_fallback":
		h.byteFallback, err = r.truth()
	case "unk_token":
		text, err = r.text()
		h.unknown = string(text)
	case "vocab":
		err = r.object(func(key string) error {
			id, err := r.integer()
			h.pieces = append(h.pieces, piece{id, key})
			return err
		})
	case "merges": // to be read when the vocabulary is known
		h.merges, err = r.skip()
	default:
		_, err = r.skip()
	}
	return err
}

func (h *huggingFace) vocab() (Vocab, error) {
	if h.kind != "BPE" || !h.byteFallback {
		return Vocab{}, fmt.Errorf("model type %q, only BPE with byte fallback can be read", h.kind)
	}
	v, err := h.collect()
	if err != nil {
		return Vocab{}, err
	}
	spelled, err := newTexts(v.Tokens)
	if err != nil {
		return Vocab{}, err
	}
	all := newTable(spelled)
	for _, p := range h.pieces {
		all.insert(ID(p.id))
	}
	for _, a := range h.added {
		all.insert(ID(a.id))
	}
	if err := h.rank(&v, &all); err != nil {
		return Vocab{}, err
	}
	find := func(text string) ID {
		if id, ok := all.find(text); ok {
			return id
		}
		return -1
	}
	v.BOS, v.EOS, v.Padding, v.Unknown = find("<bos>"), find("<eos>"), find("<pad>"), find(h.unknown)
	v.AddBOS = v.BOS >= 0
	v.AddSpacePrefix = h.spacePrefix
	for _, a := range h.added { // last, because merges spell spaces otherwise
		v.Tokens[a.id] = strings.ReplaceAll(a.text, space, " ")
	}
	return v, v.check()
}

// collect lays the tokens out by id and tells their kinds. There can be gaps between ids, at most one for
// each token.
func (h *huggingFace) collect() (Vocab, error) {
	n := len(h.pieces)
	for _, a := range h.added {
		n = max(n, min(a.id, len(h.pieces)+len(h.added))+1)
	}
	if n > maxTokens {
		return Vocab{}, fmt.Errorf("%d tokens", n)
	}
	v := Vocab{Tokens: make([]string, n), Scores: make([]float32, n), Kinds: make([]Kind, n)}
	for _, p := range h.pieces {
		if p.id < 0 || p.id >= n || v.Kinds[p.id] != 0 {
			return Vocab{}, fmt.Errorf("token %.80q has id %d: ids must be different and below %d", p.text, p.id, n)
		}
		v.Tokens[p.id], v.Kinds[p.id], v.Scores[p.id] = p.text, Normal, addedScore
		if _, ok := parseByte(p.text); ok {
			v.Kinds[p.id], v.Scores[p.id] = Byte, 0
		}
	}
	for _, a := range h.added {
		if a.id < 0 || a.id >= n {
			return Vocab{}, fmt.Errorf("added token %.80q has id %d: ids must be below %d", a.text, a.id, n)
		}
		v.Tokens[a.id], v.Kinds[a.id], v.Scores[a.id] = a.text, UserDefined, addedScore
		if a.control || controlPieces[a.text] {
			v.Kinds[a.id] = Control
		}
		if a.text == h.unknown {
			v.Kinds[a.id] = Unknown
		}
	}
	for id, kind := range v.Kinds {
		if kind == 0 {
			v.Tokens[id], v.Kinds[id] = fmt.Sprintf("[PAD%d]", id), Unused
		}
	}
	return v, nil
}

// rank scores the pieces by the order of the merges that make them. all finds the tokens.
func (h *huggingFace) rank(v *Vocab, all *table) error {
	if h.merges == nil {
		return nil
	}
	r := &jsonReader{data: h.merges}
	ranked := make([]bool, len(v.Tokens))
	rank := 0
	var text, last []byte // both pieces of a merge, of the one before
	var id ID
	err := r.array(func() (err error) {
		if text, err = readMerge(r, text[:0]); err != nil {
			return fmt.Errorf("merge %d: %w", rank, err)
		}
		if !bytes.Equal(text, last) || rank == 0 { // the ways to make a piece stand together
			var ok bool
			if id, ok = all.find(string(text)); !ok {
				return fmt.Errorf("merge %d makes %.80q, which is not in the vocabulary", rank, text)
			}
			text, last = last, text
		}
		// A piece that several merges make has the priority of the first.
		if v.Kinds[id] == Normal && !ranked[id] {
			v.Scores[id], ranked[id] = float32(-rank), true
		}
		rank++
		return nil
	})
	for id, kind := range v.Kinds {
		if kind == Normal && !ranked[id] {
			v.Scores[id] = float32(-rank) // after everything else
		}
	}
	return err
}

// readMerge appends the two pieces of a merge to dst.
func readMerge(r *jsonReader, dst []byte) ([]byte, error) {
	if r.peek() == '"' {
		text, err := r.text()
		left, right, ok := bytes.Cut(text, []byte(" "))
		if err == nil && (!ok || len(left) == 0 || len(right) == 0) {
			err = fmt.Errorf("%.80q is not two pieces", text)
		}
		return append(append(dst, left...), right...), err
	}
	n := 0
	err := r.array(func() error {
		text, err := r.text()
		dst = append(dst, text...)
		n++
		return err
	})
	if err == nil && n != 2 {
		err = fmt.Errorf("%d pieces, want 2", n)
	}
	return dst, err
}
